//! Where the results of a command on several documents go.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use hsign::file::Existing;

use crate::failure::Usage;
use crate::files;
use crate::session::Session;

/// What the options say about it.
pub(super) struct Outputs<'a> {
    pub(super) out: Option<&'a Path>,
    pub(super) in_place: bool,
    pub(super) force: bool,
}

impl Outputs<'_> {
    /// Refuses what can't be meant together; `result` is what would go to standard output beside JSON.
    pub(super) fn check(&self, session: &Session, inputs: &[PathBuf], result: &str) -> Result<()> {
        if self.out.is_some() && inputs.len() != 1 {
            bail!(Usage::OneInput { option: "--out" });
        }
        if (inputs.len() > 1 || self.in_place) && inputs.iter().any(|input| files::is_standard(input)) {
            bail!(Usage::OneInput { option: "-" });
        }
        if session.json && files::goes_to_output(self.out, inputs) {
            let reason = format!("the {result} itself goes to standard output");
            bail!(Usage::NotAValue { option: "output".to_owned(), reason });
        }
        Ok(())
    }

    /// The place of one result. What came by standard input goes to standard output unless a name is given.
    pub(super) fn target(&self, input: &Path, beside: impl FnOnce() -> PathBuf) -> (PathBuf, Existing) {
        let existing = if self.force { Existing::Replace } else { Existing::Keep };
        match self.out {
            _ if self.in_place => (input.to_owned(), Existing::Replace),
            Some(out) => (out.to_owned(), existing),
            None if files::is_standard(input) => (input.to_owned(), existing),
            None => (beside(), existing),
        }
    }
}

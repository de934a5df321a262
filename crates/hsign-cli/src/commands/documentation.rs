//! Completions and man pages, from the same definition as the parser.

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::CommandFactory as _;

use crate::args::Arguments;
use crate::help;
use crate::session::Session;

pub(super) fn completions(session: &Session, shell: clap_complete::Shell) -> Result<u8> {
    let mut command = help::localise(Arguments::command(), session.language);
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "hsign", &mut script);
    crate::output::bytes(&script)?;
    Ok(0)
}

/// `hsign.1`, `hsign-sign.1`, … in the folder.
pub(super) fn man_pages(session: &Session, folder: &Path) -> Result<u8> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let command = help::localise(Arguments::command(), session.language);
    clap_mangen::generate_to(command, folder).with_context(|| folder.display().to_string())?;
    Ok(0)
}

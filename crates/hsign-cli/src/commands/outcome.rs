//! Several documents in one run: progress, what each came to, and the one exit code they make.

use std::path::{Path, PathBuf};

use anyhow::{Error, Result};
use indicatif::ProgressBar;
use serde_json::Value;

use crate::session::Session;
use crate::{failure, progress};

/// What came of an operation on several documents.
pub(super) struct Tally {
    /// A row of JSON for each document, failed ones too.
    pub(super) rows: Vec<Value>,
    /// Exit codes of those that were done.
    pub(super) done: Vec<u8>,
    /// What stopped the others.
    pub(super) failures: Vec<Error>,
}

impl Tally {
    /// Does `work` on each document in turn; a failure is told at once and doesn't stop the others. `work` gives an
    /// exit code and a row; what it prints goes around the progress bar.
    pub(super) fn over(
        session: &Session,
        inputs: &[PathBuf],
        work: impl Fn(&Path, &ProgressBar) -> Result<(u8, Value)>,
    ) -> Self {
        let bar = progress::bar(inputs.len(), session.quiet);
        let mut tally = Self { rows: Vec::new(), done: Vec::new(), failures: Vec::new() };
        for input in inputs {
            match work(input, &bar) {
                Ok((code, row)) => {
                    tally.done.push(code);
                    tally.rows.push(row);
                }
                Err(error) => {
                    session.record_failure(&error);
                    bar.suspend(|| failure::say(&error, session.language, Some(input)));
                    tally.rows.push(failure::row(&error, input, session.language));
                    tally.failures.push(error);
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        tally
    }

    /// Everything was done, some of it not, or nothing (contract: exit codes 0/3, 7, the failure's own).
    pub(super) fn exit_code(&self) -> u8 {
        match (self.done.is_empty(), &self.failures[..]) {
            (_, []) => self.done.iter().copied().max().unwrap_or(0),
            (true, [first, rest @ ..]) => {
                let code = failure::exit_code(first);
                if rest.iter().all(|other| failure::exit_code(other) == code) { code } else { PARTLY }
            }
            (false, _) => PARTLY,
        }
    }
}

const PARTLY: u8 = 7;

/// 0 if all pass, else the worst: 1 before 3 before 4 before anything else.
pub(super) fn of_judgements(codes: &[u8]) -> u8 {
    let rank = |code: &u8| match code {
        1 => 0,
        3 => 1,
        4 => 2,
        0 => u8::MAX,
        other => *other,
    };
    codes.iter().copied().min_by_key(rank).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Usage;

    fn usage() -> Error {
        Usage::NoTsa.into()
    }

    #[test]
    fn the_worst_judgement_wins() {
        assert_eq!(of_judgements(&[0, 3, 1, 4]), 1);
        assert_eq!(of_judgements(&[0, 4, 3]), 3);
        assert_eq!(of_judgements(&[0, 4]), 4);
        assert_eq!(of_judgements(&[0, 8]), 8);
        assert_eq!(of_judgements(&[0, 0]), 0);
    }

    #[test]
    fn some_failed_operations_are_partly_done() {
        let of = |done: &[u8], failures: Vec<Error>| {
            Tally { rows: Vec::new(), done: done.to_vec(), failures }.exit_code()
        };
        assert_eq!(of(&[0, 3], vec![]), 3);
        assert_eq!(of(&[0], vec![usage()]), 7);
        assert_eq!(of(&[], vec![usage()]), 2);
    }
}

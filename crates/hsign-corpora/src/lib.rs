//! Development only: reads test corpora and compares their expectations case by case.
//!
//! A corpus is a folder with `expectations.tsv` (first line: column names) and archives `*.tar.zst`. Corpora are
//! not part of the project; they lie in the folder named by `HSIGN_CORPORA`, or in `../shared/corpora` beside the
//! checkout. Where one is absent its test is skipped with a line, unless `REQUIRE_ALL=1`. `HSIGN_SETS` names the sets
//! that a run is about, commas between them; without it all are.
//!
//! A test in which everything is compared ends with [`Comparison::finish`]: differences must stand in
//! `tests/conformance/known-differences.toml` with their reason, a listed one that has vanished must be struck out,
//! and at most 3 % of a set may differ. What can't be compared is counted with its reason.
#![allow(clippy::panic, clippy::expect_used, clippy::print_stdout, clippy::missing_panics_doc)]

mod comparison;
mod corpus;
mod sets;

pub use comparison::Comparison;
pub use corpus::{Corpus, Row, workspace_root};

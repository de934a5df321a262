//! Random lives of a signature, judged by the engine and by a slow oracle that is right by its plainness.
#![allow(unreachable_pub, reason = "shared with other test binaries")]
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

#[path = "../synthetic/mod.rs"]
mod synthetic;

mod comparison;
mod generator;
mod oracle;
mod oracle_tests;
mod timeline;
mod world;

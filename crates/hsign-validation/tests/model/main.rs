//! Random lives of a signature, judged by the engine and by a slow oracle that is right by its plainness.

mod oracle;
mod oracle_tests;
mod timeline;

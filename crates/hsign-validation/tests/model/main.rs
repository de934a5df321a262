//! Random lives of a signature, judged by the engine and by a slow oracle that is right by its plainness.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../synthetic/mod.rs"]
mod synthetic;

mod comparison;
mod generator;
mod oracle;
mod oracle_tests;
mod timeline;
mod world;

//! Whole documents: originals inside amended ones, what has to travel with a document, and what it relies on.
#![allow(clippy::disallowed_methods, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

mod amendments;
mod boundaries;
mod explanation;
mod readings;
mod records;
mod supporting_evidence;

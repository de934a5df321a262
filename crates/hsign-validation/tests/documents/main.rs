//! Whole documents: originals inside amended ones, what has to travel with a document, and what it relies on.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod amendments;
mod boundaries;
mod explanation;
mod readings;
mod records;
mod supporting_evidence;

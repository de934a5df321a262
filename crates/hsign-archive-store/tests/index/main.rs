//! The index, on SQLite and on PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub
)]

#[macro_use]
mod support;

mod contents;
mod model;
mod work;

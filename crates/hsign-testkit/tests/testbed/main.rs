//! The test PKI in the eyes of others: OpenSSL, plain HTTP clients, and the command's callers.
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

mod certificates;
mod command;
mod common;
mod revocation;
mod timestamps;
mod transport;

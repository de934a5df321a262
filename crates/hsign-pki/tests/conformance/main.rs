//! Paths and revocation as other sets expect them, set by set.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used
)]

mod boringssl;
mod common;
mod eprescription;
mod limbo;
mod pkits;
mod revocation;

//! Forgeries and odd but honest documents through the public library, on real bytes: what must not pass doesn't, what
//! is good does. The names of the tests say what is demanded.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::ptr_arg,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub
)]

mod amend;
mod certificates;
mod changing;
mod cms;
mod disguises;
mod modifications;
mod past;
mod pdf;
mod policies;
mod revocation;
mod stamps;
mod time;
mod world;

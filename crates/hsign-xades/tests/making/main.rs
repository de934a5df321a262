//! Every packaging with every kind of key on every level, judged by xmlsec1 and by our own reader.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(missing_docs, unreachable_pub, clippy::print_stdout)]

mod eprescription;
mod packaging;
mod placing;
mod support;

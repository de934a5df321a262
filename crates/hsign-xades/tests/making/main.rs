//! Every packaging with every kind of key on every level, judged by xmlsec1 and by our own reader.
#![allow(clippy::disallowed_methods, missing_docs, unreachable_pub)]

mod eprescription;
mod packaging;
mod placing;
mod support;

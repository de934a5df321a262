//! Long-term validation: what was valid once and is proven to have existed then.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod archive;
mod before_signing;
mod past_validation;
mod plans;
mod records;
mod sub_indications;
mod supporting_evidence;
#[path = "../synthetic/mod.rs"]
mod synthetic;

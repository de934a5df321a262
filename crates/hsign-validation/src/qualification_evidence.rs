//! Qualification-evidence records (guideline 5.2 §6.12, routes (b) and (c)): whether an attester of the registry
//! signed them, what they are bound to, and what that says about a signer. A record that fails anywhere helps nobody
//! and is shown with the reason.

mod attestation;
mod binding;
mod testimony;

pub(crate) use attestation::{JudgedRecord, judge_records};
pub(crate) use binding::Signed;
pub(crate) use testimony::{Testimony, for_nobody, testimony};

//! Rule by rule, on certificates that are written for it: paths, revocation, and who is trusted.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod forge;
mod generations;
mod names;
mod ocsp;
mod path;
mod policies;
mod profile;
mod registry;
mod revocation;
mod search;
mod trust_check;

use forge::{Forge, Toy, time};
use hsign_asn1::encode;
use hsign_core::{Finding, Severity};
use hsign_pki::{Anchor, PathFailures, PathParameters, ValidatedPath, build_and_validate};
use hsign_x509::Certificate;

const NOW: &str = "2026-06-01T00:00:00Z";
const ROOT: u8 = 1;
const CA: u8 = 2;
const EE: u8 = 3;

fn now() -> PathParameters {
    PathParameters::at(time(NOW))
}

fn root() -> Anchor {
    Anchor::from_certificate(Forge::ca("Root", ROOT, "Root", ROOT).make())
}

fn ca() -> Forge {
    Forge::ca("CA", CA, "Root", ROOT)
}

fn person() -> Forge {
    Forge::new("Person", EE, "CA", CA)
}

fn made(pool: &[&Forge]) -> Vec<Certificate> {
    pool.iter().map(|forge| forge.make()).collect()
}

fn run(target: &Forge, pool: &[&Forge], parameters: &PathParameters) -> Result<ValidatedPath, PathFailures> {
    build_and_validate(&target.make(), &made(pool), &[root()], parameters, &Toy)
}

/// The errors of the best failure.
fn errors(outcome: Result<ValidatedPath, PathFailures>) -> Vec<Finding> {
    let failures = outcome.expect_err("the path must fail");
    let findings = failures.best().unwrap().findings.iter();
    findings.filter(|finding| finding.severity == Severity::Error).cloned().collect()
}

fn codes(outcome: Result<ValidatedPath, PathFailures>) -> Vec<String> {
    errors(outcome).into_iter().map(|finding| finding.code).collect()
}

fn oid(dotted: &str) -> Vec<u8> {
    encode::oid(dotted).unwrap()
}

//! Decision cases of another validator: files that state facts only (who issued what, dates, what covers what, which
//! digests agree) with the verdict that its own tests expect. Each file becomes facts and evidence of ours, with
//! made-up keys and real DER, and is judged under a policy with the same levels.
//!
//! What a format crate would have noticed in the bytes, the importer notices in the file.
#![allow(unreachable_pub, reason = "shared with other test binaries")]
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

#[path = "../synthetic/mod.rs"]
mod synthetic;

mod facts;
mod material;
mod policy;
mod xml;

use std::collections::BTreeMap;

use hsign_core::{Time, ValidationTime};
use hsign_corpora::{Comparison, Corpus};
use hsign_hpki::ProfessionTable;
use hsign_validation::{Context, DocumentVerdict, Evidence, Policy, judge};
use roxmltree::Document;

use crate::material::Material;
use crate::synthetic::ToyVerifier;
use crate::xml::text_of;

/// Cases that rest on rules of the European trusted lists, which nobody has here.
const EUROPEAN: [(&str, &str); 1] = [(
    "diag-data/DSS-2805/dss-2805-online.xml",
    "a trusted list vouches for the certificate of a time-stamping unit itself, also after that certificate's own end",
)];

#[test]
fn conformance_dss_replays() {
    let Some(corpus) = Corpus::open("dss-replays") else { return };
    let policy = policy::mirrored(&file(&corpus, "policy/constraint.xml"));
    let mut comparison = Comparison::new("dss-replays");
    for (path, expected) in expectations(&corpus) {
        let verdict = replay(&file(&corpus, &path), &policy);
        let ours = answer(&verdict);
        let by_european_rule = EUROPEAN.iter().find(|(case, _)| *case == path);
        if let Some((_, rule)) = by_european_rule {
            assert!(!expected.contains(&ours), "{path} no longer differs: {rule}");
            assert!(!ours.starts_with("TOTAL-PASSED"), "{path}");
            println!("apart from the comparison: {path}: {rule}");
        } else if expected.contains(&ours) {
            comparison.agree(&path);
        } else if ours.starts_with("TOTAL-PASSED") {
            comparison.false_accept(&path, format!("expected {expected:?}"));
        } else {
            comparison.differ(&path, told(&verdict, &expected));
        }
    }
    comparison.finish();
}

/// What is expected of each file. Two stand there several times with different answers: they are judged there under
/// policies with one constraint moved, which the set doesn't keep; one of their answers has to be ours.
fn expectations(corpus: &Corpus) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in corpus.rows() {
        let answer = format!("{} {}", row.get("indication"), row.get("sub_indication"));
        let known = all.entry(row.get("path").to_owned()).or_default();
        known.push(answer.trim().to_owned());
    }
    all
}

fn file(corpus: &Corpus, path: &str) -> String {
    String::from_utf8(corpus.file(&format!("dss-replays/{path}")).to_vec()).unwrap()
}

fn replay(text: &str, policy: &Policy) -> DocumentVerdict {
    let document = Document::parse(text).unwrap();
    let root = document.root_element();
    let material = Material::read(root);
    let context = Context {
        policy,
        trust: &material.trust(),
        evidence: &Evidence::new(),
        time: ValidationTime(text_of(root, "ValidationDate").unwrap().parse::<Time>().unwrap()),
        verifier: &ToyVerifier,
        professions: &ProfessionTable::builtin(),
        document_class: None,
        required_roles: &[],
        proofs: &[],
        listed_signers: &[],
    };
    judge(&facts::read(root, &material), &context)
}

/// The first signature's answer: the others are its counter-signatures.
fn answer(verdict: &DocumentVerdict) -> String {
    let first = &verdict.signatures()[0];
    let sub = first.sub_indication().map_or("", |sub| sub.name());
    format!("{} {sub}", first.indication().name()).trim().to_owned()
}

fn told(verdict: &DocumentVerdict, expected: &[String]) -> String {
    let first = &verdict.signatures()[0];
    let codes: Vec<&str> = first.findings().iter().map(|finding| finding.code.as_str()).collect();
    let stamps: Vec<String> = first
        .timestamps()
        .iter()
        .map(|stamp| {
            let codes: Vec<&str> = stamp.findings().iter().map(|finding| finding.code.as_str()).collect();
            format!("{:?} {:?} {:?} {codes:?}", stamp.kind(), stamp.indication(), stamp.sub_indication())
        })
        .collect();
    format!("expected {expected:?}, ours {}; {codes:?}; stamps {stamps:?}", answer(verdict))
}

//! Reports as pages and as XML: what stands in them whatever the input says.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../../hsign-validation/tests/common/mod.rs"]
mod common;

use common::*;
use hsign_core::{Finding, ValidationTime};
use hsign_report::{DocumentReport, Language, Outcome, VerifyReport, etsi_xml, html, text};
use hsign_testkit::{DAY, Person};
use hsign_validation::DocumentVerdict;

const HOSTILE: &str = "<script>alert('1')</script>&\"<img src=x onerror=y>\u{1b}\u{202e}\u{ffff}.pdf";

fn report<'a>(world: &'a World, path: &str, verdict: &'a DocumentVerdict) -> VerifyReport<'a> {
    VerifyReport {
        validation_time: ValidationTime(time(world.now)),
        policy: &world.policy,
        trust_sha256: world.trust.sha256(),
        documents: vec![DocumentReport { path: path.to_owned(), outcome: Outcome::Judged(verdict) }],
    }
}

fn stamped(world: &World) -> DocumentVerdict {
    world.judge(&document(vec![world.stamped(Person::Pharmacist, NOW - DAY)]))
}

#[test]
fn what_comes_from_files_is_text_and_never_markup() {
    let world = World::new();
    let mut facts = world.stamped(Person::Pharmacist, NOW - DAY);
    facts.id = HOSTILE.to_owned();
    facts.findings.push(Finding::warning("never-heard-of").with("value", HOSTILE));
    let verdict = world.judge(&document(vec![facts]));
    for language in Language::ALL {
        let report = report(&world, HOSTILE, &verdict);
        for page in [html(&report, language), etsi_xml(&report, language)] {
            for markup in ["<script", "<img", "\u{1b}", "\u{202e}", "\u{ffff}"] {
                assert!(!page.contains(markup), "{markup:?}\n{page}");
            }
            assert!(page.matches("&#60;script&#62;alert(&#39;1&#39;)").count() >= 2, "{page}");
        }
    }
}

#[test]
fn a_page_needs_nothing_else_and_runs_nothing() {
    let world = World::new();
    let page = html(&report(&world, "scan.signed.pdf", &stamped(&world)), Language::Ja);
    for outside in ["src=", "href=", "url(", "@import", "<script", "<link", "<iframe", "onload"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'"));
    assert!(page.contains("<html lang=\"ja\">"));
}

#[test]
fn the_page_says_first_what_the_text_says_first() {
    let world = World::new();
    let verdict = stamped(&world);
    let report = report(&world, "scan.signed.pdf", &verdict);
    for (language, separator) in [(Language::En, ", "), (Language::Ja, "、")] {
        let first = text(&report, language).lines().next().unwrap().to_owned();
        let (status, about) = first.strip_prefix("scan.signed.pdf: ").unwrap().split_once(" - ").unwrap();
        let page = html(&report, language);
        let headline = page.split("<main>").nth(1).unwrap().split("</section>").next().unwrap();
        assert!(headline.contains(status), "{headline}");
        for part in about.split(separator) {
            assert!(headline.contains(&format!("<li>{part}</li>")), "{part}\n{headline}");
        }
    }
}

#[test]
fn no_page_holds_a_raw_key_or_an_unfilled_value() {
    let world = World::new();
    for person in Person::ALL {
        for at in [None, Some(NOW - DAY)] {
            let facts = at.map_or_else(|| world.signature(person), |at| world.stamped(person, at));
            let verdict = world.judge(&document(vec![facts]));
            for language in Language::ALL {
                let page = html(&report(&world, "scan.signed.pdf", &verdict), language);
                let body = page.split("<body>").nth(1).unwrap();
                for raw in ["label.", "status.", "kind.", "basis.", "check.", "source.", "html.", "{", "}"] {
                    assert!(!body.contains(raw), "{person:?} {raw}\n{body}");
                }
            }
        }
    }
}

#[test]
fn several_signatures_and_unreadable_documents_are_all_shown() {
    let world = World::new();
    let verdict = world.judge(&document(vec![
        world.stamped(Person::Pharmacist, NOW - DAY),
        world.signature(Person::Doctor),
    ]));
    let mut report = report(&world, "two.pdf", &verdict);
    report.documents.push(DocumentReport {
        path: "broken.pdf".to_owned(),
        outcome: Outcome::Unreadable { sha256: None, findings: vec![Finding::error("unsupported-format")] },
    });
    let page = html(&report, Language::En);
    assert_eq!(page.matches("<section class=\"signature ").count(), 2);
    assert!(page.contains("broken.pdf") && page.contains("NO SIGNATURE"));
    let xml = etsi_xml(&report, Language::En);
    assert_eq!(xml.matches("</SignatureValidationReport>").count(), 3);
    assert!(xml.contains("urn:x-hsign:mainindication:no-signature"));
}

#[test]
fn the_xml_names_the_indications_by_the_standards_uris() {
    let world = World::new();
    let mut broken = world.stamped(Person::Doctor, NOW - DAY);
    broken.signed.as_mut().unwrap().references[0].actual.as_mut().unwrap().value.0[0] ^= 1;
    for (verdict, expected) in [
        (
            stamped(&world),
            vec!["mainindication:total-passed", "validationprocess:LTVM", "SignatureTimeStamp"],
        ),
        (
            world.judge(&document(vec![broken])),
            vec!["mainindication:total-failed", "subindication:HASH_FAILURE"],
        ),
        (
            world.judge(&document(vec![world.signature(Person::TestCard)])),
            vec!["mainindication:indeterminate", "validationprocess:Basic", "status=\"test-card\""],
        ),
    ] {
        let xml = etsi_xml(&report(&world, "a.pdf", &verdict), Language::En);
        for part in expected {
            assert!(xml.contains(part), "{part}\n{xml}");
        }
    }
}

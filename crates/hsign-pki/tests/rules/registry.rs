//! The trust registry: format, dates, pins, and what counts.

use std::collections::BTreeSet;

use hsign_core::ErrorKind;
use hsign_pki::{
    Accreditation, Confidence, PathFailureKind, PathParameters, Purpose, TrustKind, TrustRegistry,
    build_and_validate,
};
use hsign_x509::Certificate;

use super::forge::{self, Forge, Toy, time};

const PIN: &str = "6ED2796B1B101736D952185787CB36DA9CE80522CC8CB7B5CE728B61BE1B674C";

fn nothing(_: &str) -> Option<Vec<u8>> {
    None
}

fn parse(text: &str) -> TrustRegistry {
    TrustRegistry::parse_toml(text, &nothing).unwrap()
}

fn refusal(text: &str) -> String {
    let error = TrustRegistry::parse_toml(text, &nothing).expect_err("must be refused");
    assert_eq!(error.kind(), ErrorKind::Unreadable);
    error.to_string()
}

fn root() -> Certificate {
    Forge::ca("Root", 1, "Root", 1).make()
}

#[test]
fn every_key_of_the_contract_is_read() {
    let registry = parse(&format!(
        "[[service]]\nkind = \"tsa\"\nsubject = \"C=JP, CN=A TSA\"\nsha256 = \"{PIN}\"\naccreditation = \"jadac\"\n\
         from = \"2016-04-01\"\nto = 2023-05-04\npolicies = [\"0.2.440.200185.1.1.1\"]\nsource = \"a page\"\n\
         source_date = \"2026-11-01\"\nconfidence = \"likely\"\n"
    ));
    let entry = &registry.entries()[0];
    assert_eq!((entry.kind, entry.accreditation), (TrustKind::Tsa, Accreditation::Jadac));
    assert_eq!(entry.pin_hex(), PIN);
    assert_eq!(entry.from, Some(time("2016-03-31T15:00:00Z")));
    assert_eq!(entry.to, Some(time("2023-05-04T14:59:59Z")));
    assert_eq!(entry.policies, ["0.2.440.200185.1.1.1"]);
    assert_eq!((entry.source.as_deref(), entry.source_date.as_deref()), (Some("a page"), Some("2026-11-01")));
    assert_eq!(entry.confidence, Some(Confidence::Likely));
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let text =
        format!("[[anchor]]\nkind = \"jpki-ca\"\nsubject = \"x\"\nsha256 = \"{PIN}\"\ncolour = \"red\"\n");
    let message = refusal(&text);
    assert!(message.contains("line 5") && message.contains("colour"), "{message}");
    assert!(refusal("[[ancor]]\n").contains("line 1"));
}

#[test]
fn contradictions_are_refused_with_the_line_of_the_entry() {
    let entry =
        |more: &str| format!("# comment\n[[anchor]]\nkind = \"hpki-root\"\nsubject = \"x\"\n{more}\n");
    let pinned = |more: &str| entry(&format!("sha256 = \"{PIN}\"\n{more}"));
    for (text, part) in [
        (entry(""), "neither sha256 nor certificate"),
        (entry("sha256 = \"12\""), "64 hexadecimal digits"),
        (pinned("accreditation = \"mic\""), "accreditation belongs"),
        (pinned("from = \"2020-02-30\""), "neither a date"),
        (pinned("from = \"2021-01-01\"\nto = \"2020-01-01\""), "later than"),
        (pinned("policies = [\"1.x\"]"), "no object identifier"),
        (pinned("certificate = \"missing.pem\""), "can't be read"),
    ] {
        let message = refusal(&text);
        assert!(message.contains("line 2") && message.contains(part), "{message}");
    }
    assert!(refusal(&entry(&format!("sha256 = \"{PIN}\"\nconfidence = \"sure\""))).contains("line 6"));
}

#[test]
fn a_certificate_that_is_not_the_pinned_one_is_refused() {
    let text = format!(
        "[[anchor]]\nkind = \"hpki-root\"\nsubject = \"x\"\nsha256 = \"{PIN}\"\ncertificate = \"root.cer\"\n"
    );
    let error = TrustRegistry::parse_toml(&text, &|_| Some(root().der().to_vec())).expect_err("another one");
    assert!(error.to_string().contains("doesn't match sha256"));
}

#[test]
fn a_certificate_in_a_file_of_its_own_needs_the_pin_so_that_the_digest_covers_it() {
    let root = root();
    let row = "[[anchor]]\nkind = \"hpki-root\"\nsubject = \"x\"\ncertificate = \"root.cer\"\n";
    let bytes = root.der().to_vec();
    let resolve = move |name: &str| (name == "root.cer").then(|| bytes.clone());
    let error = TrustRegistry::parse_toml(row, &resolve).unwrap_err().to_string();
    assert!(error.contains("sha256"), "{error}");
    let pinned = format!("{row}sha256 = \"{}\"\n", root.sha256_hex());
    assert_eq!(TrustRegistry::parse_toml(&pinned, &resolve).unwrap().entries().len(), 1);
}

#[test]
fn what_is_written_reads_back_the_same() {
    let text = format!(
        "[[service]]\nkind = \"tsa\"\nsubject = \"CN=\\\"quoted\\\"\"\ncertificate = \"tsa.cer\"\nsha256 = \"{}\"\n\
                accreditation = \"e-prescription\"\nfrom = \"2024-01-01T00:00:00Z\"\nconfidence = \"certain\"\n",
        root().sha256_hex()
    );
    let registry = TrustRegistry::parse_toml(&text, &|_| Some(root().der().to_vec())).unwrap();
    let again = parse(&registry.to_toml());
    assert_eq!(again.entries(), registry.entries());
}

#[test]
fn a_pin_becomes_an_anchor_by_a_certificate_that_arrives() {
    let text =
        format!("[[anchor]]\nkind = \"jpki-ca\"\nsubject = \"x\"\nsha256 = \"{}\"\n", root().sha256_hex());
    let registry = parse(&text);
    assert!(registry.anchors(Purpose::Signer, &[]).is_empty());
    let stranger = Forge::ca("Root", 2, "Root", 2).make();
    assert!(registry.anchors(Purpose::Signer, &[stranger]).is_empty());
    assert_eq!(registry.anchors(Purpose::Signer, &[root()]).len(), 1);
    assert!(registry.anchors(Purpose::Tsa, &[root()]).is_empty());
}

#[test]
fn built_in_pins_count_only_when_confirmed_and_change_the_digest() {
    let builtin = TrustRegistry::builtin().unwrap();
    assert_eq!(builtin.entries().len(), 7);
    assert!(builtin.entries().iter().all(|entry| {
        !entry.confirmed
            && entry.source.is_some()
            && entry.source_date.is_some()
            && entry.confidence == Some(Confidence::Certain)
    }));
    let pin = builtin.entries()[0].sha256;
    let confirmed = builtin.clone().confirmed(&BTreeSet::from([pin]));
    assert_eq!(confirmed.entries().iter().filter(|entry| entry.confirmed).count(), 1);
    assert_ne!(confirmed.sha256(), builtin.sha256());
}

#[test]
fn authentication_cas_are_known_and_never_anchors_of_signers() {
    let text = format!(
        "[[anchor]]\nkind = \"hpki-authentication-ca\"\nsubject = \"x\"\nsha256 = \"{}\"\n",
        root().sha256_hex()
    );
    let registry = parse(&text);
    assert!(registry.anchors(Purpose::Signer, &[root()]).is_empty());
    assert_eq!(registry.entry_for(&root()).unwrap().kind, TrustKind::HpkiAuthenticationCa);
}

#[test]
fn a_signature_ca_is_no_anchor_beside_its_root() {
    let ca = Forge::ca("CA", 2, "Root", 1).make();
    let text = format!(
        "[[anchor]]\nkind = \"hpki-root\"\nsubject = \"x\"\nsha256 = \"{}\"\n\
         [[anchor]]\nkind = \"hpki-signature-ca\"\nsubject = \"y\"\nsha256 = \"{}\"\n",
        root().sha256_hex(),
        ca.sha256_hex()
    );
    let registry = parse(&text);
    let both = registry.anchors(Purpose::Signer, &[root(), ca.clone()]);
    assert_eq!(both.iter().map(|anchor| anchor.entry().kind).collect::<Vec<_>>(), [TrustKind::HpkiRoot]);
    assert_eq!(registry.anchors(Purpose::Signer, &[ca]).len(), 1);
}

#[test]
fn bare_certificates_are_anchors_without_limits() {
    let signers = TrustRegistry::from_signer_certificates(root().der()).unwrap();
    let anchor = &signers.anchors(Purpose::Signer, &[])[0];
    assert_eq!(anchor.entry().kind, TrustKind::Bare);
    assert!(anchor.entry().holds_at(time("1970-01-01T00:00:00Z")));
    let tsas = TrustRegistry::from_tsa_certificates(root().der()).unwrap();
    assert!(tsas.anchors(Purpose::Signer, &[]).is_empty());
    assert_eq!(tsas.entries()[0].accreditation_at(time("2026-01-01T00:00:00Z")), Accreditation::None);
    assert_ne!(signers.sha256(), tsas.sha256());
    assert!(TrustRegistry::from_signer_certificates(b"nothing").is_err());
}

#[test]
fn an_anchor_is_trusted_from_a_date_to_a_date() {
    let text = format!(
        "[[anchor]]\nkind = \"certification-business\"\nsubject = \"x\"\nsha256 = \"{}\"\n\
         from = \"2025-06-01T00:00:00Z\"\nto = \"2026-06-01T00:00:00Z\"\n",
        root().sha256_hex()
    );
    let anchors = parse(&text).anchors(Purpose::Signer, &[root()]);
    let target = Forge::new("Person", 3, "Root", 1).make();
    let run = |at: &str| build_and_validate(&target, &[], &anchors, &PathParameters::at(time(at)), &Toy);
    assert!(run("2025-06-01T00:00:00Z").is_ok());
    assert!(run("2026-06-01T00:00:00Z").is_ok());
    for outside in ["2025-05-31T23:59:59Z", "2026-06-01T00:00:01Z"] {
        assert_eq!(run(outside).expect_err(outside).kind(), PathFailureKind::AnchorPeriod);
    }
}

#[test]
fn a_tsas_dates_speak_of_its_accreditation_only() {
    let text = format!(
        "[[service]]\nkind = \"tsa\"\nsubject = \"x\"\nsha256 = \"{}\"\naccreditation = \"mic\"\n\
         from = \"2025-06-01T00:00:00Z\"\nto = \"2025-12-31T00:00:00Z\"\npolicies = [\"1.2.3\"]\n",
        root().sha256_hex()
    );
    let anchors = parse(&text).anchors(Purpose::Tsa, &[root()]);
    let unit = Forge::new("Unit", 3, "Root", 1)
        .with(forge::extended_key_usage(true, &[hsign_pki::TIME_STAMPING]))
        .make();
    let late = time("2026-06-01T00:00:00Z");
    let path =
        build_and_validate(&unit, &[], &anchors, &PathParameters::time_stamping_at(late), &Toy).unwrap();
    let entry = path.anchor().entry();
    assert_eq!(entry.accreditation_at(late), Accreditation::None);
    assert_eq!(entry.accreditation_at(time("2025-07-01T00:00:00Z")), Accreditation::Mic);
}

#[test]
fn a_file_has_a_limit_of_entries() {
    let row = format!("[[anchor]]\nkind = \"hpki-root\"\nsubject = \"Root\"\nsha256 = \"{PIN}\"\n");
    assert!(refusal(&row.repeat(10_001)).contains("more than 10000 entries"));
}

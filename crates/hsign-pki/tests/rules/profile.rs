//! The certificate profile (RFC 5280 §4): told, and where it is asked for refused.

use hsign_asn1::encode;
use hsign_pki::{Anchor, PathParameters, ProfileRules, build_and_validate};

use super::forge::{self, Forge, Toy};
use super::{CA, EE, ROOT, made, now, root};

/// A CA and a person that conform.
fn ca() -> Forge {
    let [own, above] = forge::key_identifiers(CA, ROOT);
    super::ca().with(own).with(above)
}

fn person() -> Forge {
    super::person().with(forge::key_identifiers(EE, CA)[1].clone())
}

/// What is told of a path, as `rule element`.
fn told(target: &Forge, issuer: &Forge, anchor: &Forge, parameters: &PathParameters) -> Vec<String> {
    let anchors = [Anchor::from_certificate(anchor.make())];
    let path = build_and_validate(&target.make(), &made(&[issuer]), &anchors, parameters, &Toy).unwrap();
    let profile = path.findings().iter().filter(|finding| finding.code == "certificate-profile");
    profile.map(|finding| format!("{} {}", finding.values["rule"], finding.values["element"])).collect()
}

fn plain_root() -> Forge {
    Forge::ca("Root", ROOT, "Root", ROOT).with(forge::key_identifiers(ROOT, ROOT)[0].clone())
}

fn of_target(target: &Forge) -> Vec<String> {
    told(target, &ca(), &plain_root(), &now())
}

fn of_ca(issuer: &Forge) -> Vec<String> {
    told(&person(), issuer, &plain_root(), &now())
}

fn one_name(form: u32, octets: &[u8]) -> Vec<u8> {
    encode::sequence(&[&encode::implicit_primitive(form, octets)])
}

#[test]
fn a_conforming_path_gives_no_cause() {
    assert!(of_target(&person()).is_empty());
    let anchored = PathParameters { apply_anchor_constraints: true, ..now() };
    assert!(told(&person(), &ca(), &plain_root(), &anchored).is_empty());
}

#[test]
fn what_is_told_is_refused_where_the_profile_is_enforced() {
    let strict = PathParameters { profile: ProfileRules::Enforce, ..now() };
    let run = |target: &Forge| build_and_validate(&target.make(), &made(&[&ca()]), &[root()], &strict, &Toy);
    assert!(run(&person()).is_ok());
    assert!(run(&super::person()).is_err());
}

#[test]
fn rfc5280_4_2_which_extensions_are_critical() {
    let value = encode::octet_string(&[EE; 20]);
    let identifier = super::person()
        .with(forge::extension("2.5.29.14", true, &value))
        .with(forge::key_identifiers(EE, CA)[1].clone());
    // An extension that isn't processed must not be critical, whatever the profile says.
    let strict = PathParameters { profile: ProfileRules::Enforce, ..now() };
    let refused = build_and_validate(&identifier.make(), &made(&[&ca()]), &[root()], &strict, &Toy);
    let findings = refused.unwrap_err().best().unwrap().findings.clone();
    assert!(
        findings
            .iter()
            .any(|f| f.code == "certificate-profile" && f.values["rule"] == "must-not-be-critical")
    );

    let attributes = forge::extension("2.5.29.9", true, &encode::sequence(&[]));
    assert_eq!(of_target(&person().with(attributes)), ["must-not-be-critical subjectDirectoryAttributes"]);
    let cases = [
        ("2.5.29.30", one_constraint(), "must-be-critical nameConstraints"),
        (
            "2.5.29.36",
            encode::sequence(&[&encode::implicit_primitive(1, &[5])]),
            "must-be-critical policyConstraints",
        ),
        ("2.5.29.54", encode::integer(5), "must-be-critical inhibitAnyPolicy"),
    ];
    for (oid, value, expected) in cases {
        assert_eq!(of_ca(&ca().with(forge::extension(oid, false, &value))), [expected]);
        assert!(of_ca(&ca().with(forge::extension(oid, true, &value))).is_empty(), "{oid}");
    }
}

/// nameConstraints that permit hosts of example.jp.
fn one_constraint() -> Vec<u8> {
    let subtree = encode::sequence(&[&encode::implicit_primitive(2, b"example.jp")]);
    encode::sequence(&[&encode::implicit_constructed(0, &subtree)])
}

#[test]
fn rfc5280_4_2_1_1_authority_key_identifier_unless_self_signed() {
    assert_eq!(of_target(&super::person()), ["missing authorityKeyIdentifier"]);
    let named = forge::extension("2.5.29.35", false, &encode::sequence(&[]));
    assert_eq!(of_target(&super::person().with(named)), ["missing authorityKeyIdentifier"]);
    let own = Forge::new("Person", EE, "Person", EE);
    assert!(told(&own, &ca(), &own, &now()).is_empty());
}

#[test]
fn rfc5280_4_2_1_2_and_9_what_a_ca_has() {
    let without_identifier = super::ca().with(forge::key_identifiers(CA, ROOT)[1].clone());
    assert_eq!(of_ca(&without_identifier), ["missing subjectKeyIdentifier"]);
    let flag = encode::sequence(&[&encode::boolean(true)]);
    let [own, above] = forge::key_identifiers(CA, ROOT);
    let not_critical = Forge::new("CA", CA, "Root", ROOT)
        .with(forge::extension("2.5.29.19", false, &flag))
        .with(forge::key_usage(0x06))
        .with(own)
        .with(above);
    assert_eq!(of_ca(&not_critical), ["must-be-critical basicConstraints"]);
}

#[test]
fn rfc5280_4_2_1_3_and_10_what_only_a_ca_has() {
    let target = person().with(forge::extension("2.5.29.30", true, &one_constraint()));
    assert_eq!(of_target(&target), ["only-in-ca-certificates nameConstraints"]);
    assert_eq!(of_target(&person().with(forge::key_usage(0x04))), ["only-in-ca-certificates keyCertSign"]);
    assert!(of_target(&person().with(forge::key_usage(0xc0))).is_empty());
}

#[test]
fn rfc5280_4_1_2_2_a_serial_number_is_positive_and_has_twenty_octets_at_most() {
    let of = |octets: Vec<u8>| {
        let mut target = person();
        target.odd_serial = Some(octets);
        of_target(&target)
    };
    assert!(of(vec![0x7f; 20]).is_empty());
    assert!(of(vec![0, 0x80]).is_empty());
    for odd in [vec![0x7f; 21], vec![0x80], vec![0]] {
        assert_eq!(of(odd), ["out-of-range serialNumber"]);
    }
}

#[test]
fn rfc5280_4_2_1_6_alternative_names() {
    let named = |subject: &str, critical, value: &[u8]| {
        Forge::new(subject, EE, "CA", CA)
            .with(forge::key_identifiers(EE, CA)[1].clone())
            .with(forge::extension("2.5.29.17", critical, value))
    };
    assert_eq!(of_target(&named("Person", false, b"x")), ["undecodable subjectAltName"]);
    assert_eq!(of_target(&named("Person", false, &one_name(7, &[1, 2, 3]))), ["undecodable subjectAltName"]);
    assert!(of_target(&named("Person", false, &one_name(7, &[192, 0, 2, 1]))).is_empty());
    let with_mask = one_name(7, &[192, 0, 2, 1, 255, 255, 255, 0]);
    assert_eq!(of_target(&named("Person", false, &with_mask)), ["out-of-range iPAddress"]);
    assert_eq!(of_target(&named("", false, &one_name(2, b"a.jp"))), ["must-be-critical subjectAltName"]);
    assert!(of_target(&named("", true, &one_name(2, b"a.jp"))).is_empty());
    let nameless = Forge::new("", EE, "CA", CA).with(forge::key_identifiers(EE, CA)[1].clone());
    assert_eq!(of_target(&nameless), ["missing subjectAltName"]);
}

#[test]
fn an_anchors_own_profile_is_told_on_request() {
    let anchored = PathParameters { apply_anchor_constraints: true, ..now() };
    let bare = Forge::new("Root", ROOT, "Root", ROOT).with(forge::key_identifiers(ROOT, ROOT)[0].clone());
    assert_eq!(told(&person(), &ca(), &bare, &anchored), ["missing basicConstraints"]);
    assert!(told(&person(), &ca(), &bare, &now()).is_empty());
}

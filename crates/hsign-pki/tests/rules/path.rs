//! A test per rule of RFC 5280 §6.1, each broken alone.

use hsign_asn1::encode;
use hsign_pki::{
    ANY_POLICY, Anchor, ExtendedKeyUsageDemand, PathFailureKind, PathFailures, PathParameters, ProfileRules,
    TIME_STAMPING, TrustRegistry, ValidatedPath, build_and_validate,
};

use super::forge::{self, Forge, Toy, time};
use super::{CA, EE, NOW, ROOT, ca, person, root, run};

fn at(text: &str) -> PathParameters {
    PathParameters::at(time(text))
}

/// Codes and kind of the best failure.
fn failure(outcome: Result<ValidatedPath, PathFailures>) -> (PathFailureKind, Vec<String>) {
    let failures = outcome.expect_err("the path must fail");
    let best = failures.best().unwrap();
    let errors = best.findings.iter().filter(|finding| finding.severity == hsign_core::Severity::Error);
    (best.kind, errors.map(|finding| finding.code.clone()).collect())
}

fn fails_with(outcome: Result<ValidatedPath, PathFailures>, kind: PathFailureKind, code: &str) {
    assert_eq!(failure(outcome), (kind, vec![code.to_owned()]));
}

#[test]
fn a_plain_path_is_valid() {
    let path = run(&person(), &[&ca()], &at(NOW)).unwrap();
    assert_eq!(path.certificates().len(), 3);
    assert_eq!(path.below_anchor().len(), 2);
    assert_eq!(path.anchor(), &root());
}

#[test]
fn rfc5280_6_1_3_a_1_a_namesake_with_another_key_is_not_the_issuer() {
    let stranger = Forge::ca("CA", 9, "Root", ROOT);
    let (kind, codes) = failure(run(&person(), &[&stranger], &at(NOW)));
    assert_eq!((kind, codes), (PathFailureKind::Signature, vec!["certificate-signature-invalid".to_owned()]));
}

#[test]
fn a_signature_nobody_here_can_check_is_told_apart() {
    let odd = Forge::ca("CA", forge::UNKNOWN_KEY, "Root", ROOT);
    let target = Forge::new("Person", EE, "CA", forge::UNKNOWN_KEY);
    fails_with(
        run(&target, &[&odd], &at(NOW)),
        PathFailureKind::SignatureUnsupported,
        "certificate-signature-unsupported",
    );
}

#[test]
fn rfc5280_6_1_3_a_2_both_ends_of_the_validity_are_included() {
    for inside in ["2025-01-01T00:00:00Z", "2026-12-31T23:59:59Z"] {
        assert!(run(&person(), &[&ca()], &at(inside)).is_ok(), "{inside}");
    }
    for (outside, code) in [
        ("2024-12-31T23:59:59Z", "certificate-not-yet-valid"),
        ("2027-01-01T00:00:00Z", "certificate-expired"),
    ] {
        let long = ca().valid("2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z");
        fails_with(run(&person(), &[&long], &at(outside)), PathFailureKind::TargetValidity, code);
        let without = PathParameters { check_target_validity: false, ..at(outside) };
        assert!(run(&person(), &[&long], &without).is_ok());
    }
}

#[test]
fn time_zero_is_a_time_like_any_other() {
    let (kind, _) = failure(run(&person(), &[&ca()], &at("1970-01-01T00:00:00Z")));
    assert_eq!(kind, PathFailureKind::Validity);
}

#[test]
fn rfc5280_6_1_3_a_2_an_expired_ca_fails() {
    let expired = ca().valid("2020-01-01T00:00:00Z", "2025-06-01T00:00:00Z");
    fails_with(run(&person(), &[&expired], &at(NOW)), PathFailureKind::Validity, "certificate-expired");
}

#[test]
fn without_an_issuer_there_is_no_path() {
    fails_with(run(&person(), &[], &at(NOW)), PathFailureKind::NoPath, "issuer-not-found");
}

#[test]
fn building_goes_on_past_an_expired_generation() {
    let old = ca().valid("2020-01-01T00:00:00Z", "2025-06-01T00:00:00Z");
    assert!(run(&person(), &[&old, &ca()], &at(NOW)).is_ok());
}

#[test]
fn same_name_generations_are_told_apart_by_key() {
    let other = Forge::ca("CA", 9, "Root", ROOT).with(forge::key_identifiers(9, ROOT)[0].clone());
    let right = ca().with(forge::key_identifiers(CA, ROOT)[0].clone());
    let target = person().with(forge::key_identifiers(EE, CA)[1].clone());
    let path = run(&target, &[&other, &right], &at(NOW)).unwrap();
    assert_eq!(path.certificates()[1], right.make());
}

#[test]
fn loops_of_cross_certificates_end() {
    let a_by_b = Forge::ca("A", 10, "B", 11);
    let b_by_a = Forge::ca("B", 11, "A", 10);
    let target = Forge::new("Person", EE, "A", 10);
    let (kind, _) = failure(run(&target, &[&a_by_b, &b_by_a], &at(NOW)));
    assert_eq!(kind, PathFailureKind::NoPath);
}

#[test]
fn a_maze_of_cross_certificates_ends_within_the_budget() {
    let mut maze = Vec::new();
    for subject in 0..14u8 {
        for issuer in (0..14u8).filter(|issuer| *issuer != subject) {
            maze.push(Forge::ca(&format!("M{subject}"), 100 + subject, &format!("M{issuer}"), 100 + issuer));
        }
    }
    let target = Forge::new("Person", EE, "M0", 100);
    let failures = run(&target, &maze.iter().collect::<Vec<_>>(), &at(NOW)).expect_err("no anchor there");
    assert!(failures.all().len() <= 64);
    assert!(failures.all().iter().any(|failure| failure.kind == PathFailureKind::Budget));
}

#[test]
fn rfc5280_6_1_4_k_an_issuer_that_is_no_ca_fails() {
    let not_a_ca = Forge::new("CA", CA, "Root", ROOT).with(forge::key_usage(0x06));
    fails_with(run(&person(), &[&not_a_ca], &at(NOW)), PathFailureKind::Form, "issuer-is-not-a-ca");
}

#[test]
fn rfc5280_6_1_4_n_key_usage_without_cert_sign_fails() {
    let mute =
        Forge::new("CA", CA, "Root", ROOT).with(forge::basic_constraints(None)).with(forge::key_usage(0x02));
    fails_with(
        run(&person(), &[&mute], &at(NOW)),
        PathFailureKind::Form,
        "key-usage-forbids-certificate-signing",
    );
}

#[test]
fn rfc5280_6_1_4_l_path_length_counts_cas_that_are_not_self_issued() {
    let short = Forge::new("CA", CA, "Root", ROOT).with(forge::basic_constraints(Some(0)));
    assert!(run(&person(), &[&short], &at(NOW)).is_ok());
    let below = Forge::ca("Below", 4, "CA", CA);
    let target = Forge::new("Person", EE, "Below", 4);
    fails_with(
        run(&target, &[&short, &below], &at(NOW)),
        PathFailureKind::Constraints,
        "path-length-exceeded",
    );
    let renewed = Forge::ca("CA", 5, "CA", CA);
    let of_renewed = Forge::new("Person", EE, "CA", 5);
    assert!(run(&of_renewed, &[&short, &renewed], &at(NOW)).is_ok());
}

#[test]
fn rfc5280_4_2_a_repeated_extension_fails() {
    let twice = person().with(forge::dns_names(&["a.example"])).with(forge::dns_names(&["b.example"]));
    fails_with(run(&twice, &[&ca()], &at(NOW)), PathFailureKind::Form, "extension-repeated");
}

#[test]
fn an_unknown_critical_extension_fails() {
    let critical = person().with(forge::extension("1.2.3.4", true, &[5, 0]));
    fails_with(run(&critical, &[&ca()], &at(NOW)), PathFailureKind::Form, "critical-extension-unknown");
    let harmless = person().with(forge::extension("1.2.3.4", false, &[5, 0]));
    assert!(run(&harmless, &[&ca()], &at(NOW)).is_ok());
}

#[test]
fn rfc5280_6_1_3_b_c_name_constraints_bind_all_below() {
    let constrained = ca().with(forge::dns_constraints(&["example.jp"], &["bad.example.jp"]));
    let named = |name: &str| person().with(forge::dns_names(&[name]));
    assert!(run(&named("host.example.jp"), &[&constrained], &at(NOW)).is_ok());
    assert!(run(&person(), &[&constrained], &at(NOW)).is_ok());
    for (name, code) in [("example.com", "name-not-permitted"), ("x.bad.example.jp", "name-excluded")] {
        fails_with(run(&named(name), &[&constrained], &at(NOW)), PathFailureKind::Constraints, code);
    }
}

#[test]
fn an_undecodable_alternative_name_does_not_slip_past_name_constraints() {
    let constrained = ca().with(forge::dns_constraints(&["example.jp"], &[]));
    let garbled = person().with(forge::extension("2.5.29.17", false, b"example.com"));
    fails_with(
        run(&garbled, &[&constrained], &at(NOW)),
        PathFailureKind::Constraints,
        "subject-alternative-name-undecodable",
    );
}

#[test]
fn cve_2025_61727_a_wildcard_is_excluded_with_one_of_the_names_it_stands_for() {
    let constrained = ca().with(forge::dns_constraints(&[], &["secret.example.jp"]));
    let wildcard = person().with(forge::dns_names(&["*.example.jp"]));
    fails_with(run(&wildcard, &[&constrained], &at(NOW)), PathFailureKind::Constraints, "name-excluded");
}

#[test]
fn rfc5280_4_2_1_10_constraints_bind_namesakes_and_the_targets_own_self_issued_certificate() {
    // A CA that re-issues itself doesn't escape; only CAs in between that are self-issued are exempt.
    let constrained = ca().with(forge::dns_constraints(&["example.jp"], &[]));
    let renewed = Forge::ca("CA", 5, "CA", CA).with(forge::dns_names(&["example.com"]));
    let below = Forge::new("Person", EE, "CA", 5).with(forge::dns_names(&["example.com"]));
    let (kind, codes) = failure(run(&below, &[&constrained, &renewed], &at(NOW)));
    assert_eq!((kind, codes), (PathFailureKind::Constraints, vec!["name-not-permitted".to_owned()]));
    let fitting = Forge::new("Person", EE, "CA", 5).with(forge::dns_names(&["www.example.jp"]));
    assert!(run(&fitting, &[&constrained, &renewed], &at(NOW)).is_ok());
}

#[test]
fn rfc5280_4_2_1_4_a_critical_policy_with_an_unknown_qualifier_fails() {
    let oid = |dotted: &str| encode::oid(dotted).unwrap();
    let qualifier = encode::sequence(&[&oid("1.2.3.4"), &encode::null()]);
    let information = encode::sequence(&[&oid("1.2.3"), &encode::sequence(&[&qualifier])]);
    let policies = encode::sequence(&[&information]);
    let critical = person().with(forge::extension("2.5.29.32", true, &policies));
    fails_with(run(&critical, &[&ca()], &at(NOW)), PathFailureKind::Form, "policy-qualifier-unknown");
    let told = person().with(forge::extension("2.5.29.32", false, &policies));
    assert!(run(&told, &[&ca()], &at(NOW)).is_ok());
}

#[test]
fn an_odd_encoding_is_verified_over_the_bytes_that_arrived() {
    // TRUE as 01: strict DER refuses it, and a re-encoding would have another hash.
    let lax = [encode::oid("1.2.3").unwrap(), vec![1, 1, 1], encode::octet_string(&[5, 0])].concat();
    let unknown = person().with(encode::tlv(0x30, &lax));
    fails_with(run(&unknown, &[&ca()], &at(NOW)), PathFailureKind::Form, "critical-extension-unknown");
    let usage = encode::octet_string(&encode::bit_string(&[0x40]));
    let lax = [encode::oid("2.5.29.15").unwrap(), vec![1, 1, 1], usage].concat();
    let path = run(&person().with(encode::tlv(0x30, &lax)), &[&ca()], &at(NOW)).unwrap();
    let told = path.findings().iter().find(|finding| finding.code == "encoding-not-der").expect("a finding");
    assert_eq!(told.values["violation"], "boolean-not-ff");
}

#[test]
fn name_constraints_have_a_budget() {
    let many: Vec<String> = (0..1100).map(|n| format!("h{n}.example")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let constrained = ca().with(forge::dns_constraints(&many, &[]));
    let target = person().with(forge::dns_names(&many));
    fails_with(
        run(&target, &[&constrained], &at(NOW)),
        PathFailureKind::Constraints,
        "name-constraints-too-many",
    );
}

#[test]
fn rfc5280_6_1_5_g_explicit_policy_needs_one_of_those_asked_for() {
    let production = "1.2.392.100495.1.5.1.1.3.1";
    let test_card = "1.2.392.100495.1.5.1.1.0.1";
    let issuer = ca().with(forge::policies(&[production]));
    let asked = PathParameters {
        initial_policies: Some(vec![production.to_owned()]),
        require_explicit_policy: true,
        ..at(NOW)
    };
    let path = run(&person().with(forge::policies(&[production])), &[&issuer], &asked).unwrap();
    assert!(path.policies().iter().eq([production]));
    let card = person().with(forge::policies(&[test_card]));
    fails_with(run(&card, &[&issuer], &asked), PathFailureKind::Constraints, "no-valid-policy");
    assert!(run(&card, &[&issuer], &at(NOW)).is_ok());
}

#[test]
fn the_policies_of_the_anchors_entry_count_unless_others_are_asked_for() {
    let root = Forge::ca("Root", ROOT, "Root", ROOT).make();
    let pin: String = root.sha256_hex();
    let text = format!(
        "[[anchor]]\nkind = \"hpki-root\"\nsubject = \"Root\"\nsha256 = \"{pin}\"\npolicies = [\"1.2.3\"]\n"
    );
    let registry = TrustRegistry::parse_toml(&text, &|_| None).unwrap();
    let anchors = registry.anchors(hsign_pki::Purpose::Signer, &[root]);
    let other = [ca().with(forge::policies(&["1.2.4"])).make()];
    let target = person().with(forge::policies(&["1.2.4"])).make();
    fails_with(
        build_and_validate(&target, &other, &anchors, &at(NOW), &Toy),
        PathFailureKind::Constraints,
        "no-valid-policy",
    );
    let any = PathParameters { initial_policies: Some(vec![ANY_POLICY.to_owned()]), ..at(NOW) };
    assert!(build_and_validate(&target, &other, &anchors, &any, &Toy).is_ok());
}

#[test]
fn rfc3161_2_3_time_stamping_alone_and_critical() {
    let parameters = PathParameters::time_stamping_at(time(NOW));
    let unit = |critical, purposes: &[&str]| person().with(forge::extended_key_usage(critical, purposes));
    assert!(run(&unit(true, &[TIME_STAMPING]), &[&ca()], &parameters).is_ok());
    for wrong in [
        unit(false, &[TIME_STAMPING]),
        unit(true, &[TIME_STAMPING, "1.3.6.1.5.5.7.3.1"]),
        unit(true, &["1.2.3"]),
        person(),
    ] {
        let (kind, codes) = failure(run(&wrong, &[&ca()], &parameters));
        assert_eq!(
            (kind, codes),
            (PathFailureKind::Constraints, vec!["extended-key-usage-forbids".to_owned()])
        );
    }
}

#[test]
fn rfc5280_4_2_1_12_no_extension_and_any_purpose_allow_everything() {
    let parameters = PathParameters {
        extended_key_usage: ExtendedKeyUsageDemand::Allows(vec!["1.3.6.1.5.5.7.3.4".to_owned()]),
        ..at(NOW)
    };
    assert!(run(&person(), &[&ca()], &parameters).is_ok());
    let any = person().with(forge::extended_key_usage(false, &["2.5.29.37.0"]));
    assert!(run(&any, &[&ca()], &parameters).is_ok());
    let limited = ca().with(forge::extended_key_usage(false, &["1.3.6.1.5.5.7.3.1"]));
    fails_with(
        run(&person(), &[&limited], &parameters),
        PathFailureKind::Constraints,
        "extended-key-usage-forbids",
    );
}

#[test]
fn profile_of_an_anchor_counts_only_when_asked() {
    // Issued by somebody else, and without authorityKeyIdentifier.
    let cross = Forge::ca("Root", ROOT, "Elsewhere", 8).with(forge::key_identifiers(ROOT, 8)[0].clone());
    let issuer = ca()
        .with(forge::key_identifiers(CA, ROOT)[0].clone())
        .with(forge::key_identifiers(CA, ROOT)[1].clone());
    let target = person().with(forge::key_identifiers(EE, CA)[1].clone()).make();
    let anchors = [Anchor::from_certificate(cross.make())];
    let pool = [issuer.make()];
    assert!(build_and_validate(&target, &pool, &anchors, &at(NOW), &Toy).is_ok());
    let strict = PathParameters { apply_anchor_constraints: true, profile: ProfileRules::Enforce, ..at(NOW) };
    let failures =
        build_and_validate(&target, &pool, &anchors, &strict, &Toy).expect_err("missing identifier");
    assert_eq!(failures.best().unwrap().findings[0].values["element"], "authorityKeyIdentifier");
}

#[test]
fn an_anchor_is_its_name_and_key_unless_its_dates_are_asked_for() {
    let old =
        Forge::ca("Root", ROOT, "Root", ROOT).valid("2000-01-01T00:00:00Z", "2010-01-01T00:00:00Z").make();
    let anchors = [Anchor::from_certificate(old)];
    let (target, pool) = (person().make(), [ca().make()]);
    assert!(build_and_validate(&target, &pool, &anchors, &at(NOW), &Toy).is_ok());
    let dated = PathParameters { apply_anchor_dates: true, ..at(NOW) };
    fails_with(
        build_and_validate(&target, &pool, &anchors, &dated, &Toy),
        PathFailureKind::Validity,
        "certificate-expired",
    );
}

#[test]
fn every_failure_is_told_not_only_the_first() {
    let bad = Forge::new("CA", CA, "Root", ROOT)
        .valid("2020-01-01T00:00:00Z", "2025-06-01T00:00:00Z")
        .with(forge::extension("1.2.3.4", true, &[5, 0]));
    let (_, mut codes) = failure(run(&person(), &[&bad], &at(NOW)));
    codes.sort();
    assert_eq!(codes, ["certificate-expired", "critical-extension-unknown", "issuer-is-not-a-ca"]);
}

#[test]
fn the_target_may_be_an_anchor_if_that_is_allowed() {
    let own = Forge::new("Person", EE, "Person", EE).make();
    let anchors = [Anchor::from_certificate(own.clone())];
    let path = build_and_validate(&own, &[], &anchors, &at(NOW), &Toy).unwrap();
    assert!(path.below_anchor().is_empty());
    assert!(build_and_validate(&own, &[], &anchors, &at("2030-01-01T00:00:00Z"), &Toy).is_err());
    let strict = PathParameters { allow_anchor_as_target: false, ..at(NOW) };
    assert!(build_and_validate(&own, &[], &[root()], &strict, &Toy).is_err());
}

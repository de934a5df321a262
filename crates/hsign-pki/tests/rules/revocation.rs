//! A test per rule of RFC 5280 §6.3.3, each alone. (PKITS covers their combinations.)

use hsign_asn1::encode;
use hsign_pki::{
    Anchor, FreshnessPolicy, PathParameters, Provenance, Provided, RevocationAnswer, RevocationEvidence,
    RevocationParameters, RevocationStatus, ValidatedPath, build_and_validate, missing_certificates,
    revocation_status,
};
use hsign_x509::{Certificate, Crl};

use super::forge::{self, Forge, Toy, time};

const NOW: &str = "2026-06-02T00:00:00Z";
const DAILY: (&str, &str) = ("2026-06-01T00:00:00Z", "2026-06-05T00:00:00Z");
const ROOT: u8 = 1;
const EE: u8 = 3;
const SERIAL: u64 = 4;

fn root() -> Certificate {
    Forge::ca("Root", ROOT, "Root", ROOT).make()
}

fn person() -> Forge {
    Forge::new("Person", EE, "Root", ROOT)
}

fn path_of(target: &Forge, pool: &[Certificate]) -> ValidatedPath {
    let anchors = [Anchor::from_certificate(root())];
    build_and_validate(&target.make(), pool, &anchors, &PathParameters::at(time(NOW)), &Toy).unwrap()
}

fn ask(path: &ValidatedPath, crls: Vec<Crl>, certificates: Vec<Certificate>) -> RevocationAnswer {
    let evidence = RevocationEvidence {
        crls: crls.into_iter().map(|value| Provided::new(value, Provenance::Embedded)).collect(),
        ocsp_responses: Vec::new(),
        certificates,
    };
    let freshness = FreshnessPolicy::CrlOlderThanStampAllowed;
    let parameters = RevocationParameters { at: time(NOW), now: time(NOW), freshness };
    revocation_status(path, 0, &evidence, &parameters, &Toy)
}

fn status(target: &Forge, crls: Vec<Crl>) -> RevocationStatus {
    ask(&path_of(target, &[]), crls, Vec::new()).status
}

fn list(entries: &[(u64, &str, Option<u8>)], extensions: &[Vec<u8>]) -> Crl {
    forge::crl("Root", ROOT, DAILY, entries, extensions)
}

fn number(number: u64) -> Vec<u8> {
    forge::extension("2.5.29.20", false, &encode::integer(number))
}

fn delta_indicator(base: u64) -> Vec<u8> {
    forge::extension("2.5.29.27", true, &encode::integer(base))
}

/// issuingDistributionPoint from its fields.
fn scope(fields: &[Vec<u8>]) -> Vec<u8> {
    forge::extension("2.5.29.28", true, &encode::sequence(&[&fields.concat()]))
}

fn flag(number: u32) -> Vec<u8> {
    encode::implicit_primitive(number, &[0xff])
}

/// onlySomeReasons: the first octet of the bit string.
fn some_reasons(bits: u8) -> Vec<u8> {
    encode::implicit_primitive(3, &[0, bits, 0])
}

#[test]
fn a_list_of_the_issuer_without_the_certificate_says_good() {
    assert_eq!(
        status(&person(), vec![list(&[(99, "2026-05-01T00:00:00Z", Some(1))], &[])]),
        RevocationStatus::Good
    );
}

#[test]
fn no_list_says_nothing() {
    let answer = ask(&path_of(&person(), &[]), Vec::new(), Vec::new());
    assert_eq!(answer.status, RevocationStatus::Unknown);
    assert_eq!(answer.findings[0].code, "revocation-data-missing");
}

#[test]
fn every_reason_counts_alike_and_hold_is_told_apart() {
    for reason in [None, Some(0), Some(1), Some(5), Some(9)] {
        let found = status(&person(), vec![list(&[(SERIAL, "2026-05-01T00:00:00Z", reason)], &[])]);
        assert!(
            matches!(found, RevocationStatus::Revoked { time, .. } if time == forge::time("2026-05-01T00:00:00Z"))
        );
    }
    let held = status(&person(), vec![list(&[(SERIAL, "2026-05-01T00:00:00Z", Some(6))], &[])]);
    assert!(matches!(held, RevocationStatus::OnHold { .. }));
}

#[test]
fn a_revocation_counts_even_from_an_outdated_list() {
    let old = forge::crl(
        "Root",
        ROOT,
        ("2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z"),
        &[(SERIAL, "2025-12-01T00:00:00Z", Some(1))],
        &[],
    );
    assert!(matches!(status(&person(), vec![list(&[], &[]), old]), RevocationStatus::Revoked { .. }));
}

#[test]
fn a_hold_that_a_later_list_lifts_is_over() {
    let held = forge::crl(
        "Root",
        ROOT,
        ("2026-05-01T00:00:00Z", "2026-05-05T00:00:00Z"),
        &[(SERIAL, "2026-04-01T00:00:00Z", Some(6))],
        &[],
    );
    assert_eq!(status(&person(), vec![held, list(&[], &[])]), RevocationStatus::Good);
}

#[test]
fn rfc5280_6_3_3_b_2_lists_for_one_kind_say_nothing_about_the_other() {
    assert_eq!(status(&person(), vec![list(&[], &[scope(&[flag(1)])])]), RevocationStatus::Good);
    for other in [2, 5] {
        assert_eq!(status(&person(), vec![list(&[], &[scope(&[flag(other)])])]), RevocationStatus::Unknown);
    }
}

/// DistributionPointName: a full name that is a directory name.
fn place(common_name: &str) -> Vec<u8> {
    let directory = encode::explicit(4, &forge::name(common_name));
    encode::explicit(0, &encode::implicit_constructed(0, &directory))
}

#[test]
fn rfc5280_6_3_3_b_2_i_places_are_compared_as_names() {
    let points = encode::sequence(&[&encode::sequence(&[&place("List  of HPKI")])]);
    let target = person().with(forge::extension("2.5.29.31", false, &points));
    for (named, expected) in
        [("list of hpki", RevocationStatus::Good), ("list of others", RevocationStatus::Unknown)]
    {
        assert_eq!(status(&target, vec![list(&[], &[scope(&[place(named)])])]), expected, "{named}");
    }
}

#[test]
fn rfc5280_6_3_3_l_all_reasons_have_to_be_covered() {
    let first = list(&[], &[scope(&[some_reasons(0b0111_0000)])]);
    let second = list(&[], &[scope(&[encode::implicit_primitive(3, &[7, 0b0000_1111, 0b1000_0000])])]);
    assert_eq!(status(&person(), vec![first.clone()]), RevocationStatus::Unknown);
    assert_eq!(status(&person(), vec![first, second]), RevocationStatus::Good);
}

#[test]
fn lists_that_cover_all_reasons_together_speak_as_of_the_oldest_until_the_first_of_them_ends() {
    let some = |times, bits| forge::crl("Root", ROOT, times, &[], &[scope(&[bits])]);
    let first = || some_reasons(0b0111_0000);
    let second = || encode::implicit_primitive(3, &[7, 0b0000_1111, 0b1000_0000]);
    let older = some(("2026-05-30T00:00:00Z", "2026-06-10T00:00:00Z"), first());
    let newer = some(("2026-06-01T00:00:00Z", "2026-06-03T00:00:00Z"), second());
    let answer = ask(&path_of(&person(), &[]), vec![older, newer], Vec::new());
    assert_eq!(answer.status, RevocationStatus::Good);
    assert_eq!(answer.this_update, Some(time("2026-05-30T00:00:00Z")));
    assert_eq!(answer.next_update, Some(time("2026-06-03T00:00:00Z")));
}

#[test]
fn rfc5280_6_3_3_c_a_delta_is_never_ignored() {
    let base = list(&[], &[number(7)]);
    let delta = list(&[(SERIAL, "2026-05-20T00:00:00Z", Some(1))], &[number(8), delta_indicator(7)]);
    assert!(matches!(status(&person(), vec![base, delta.clone()]), RevocationStatus::Revoked { .. }));
    assert_eq!(status(&person(), vec![delta]), RevocationStatus::Unknown);
}

#[test]
fn rfc5280_6_3_3_k_remove_from_crl_lifts_a_hold() {
    let base = list(&[(SERIAL, "2026-05-01T00:00:00Z", Some(6))], &[number(7)]);
    let delta = list(&[(SERIAL, "2026-05-20T00:00:00Z", Some(8))], &[number(8), delta_indicator(7)]);
    assert_eq!(status(&person(), vec![base, delta]), RevocationStatus::Good);
}

#[test]
fn a_delta_for_a_newer_base_is_not_applied() {
    let base = list(&[], &[number(5)]);
    let delta = list(&[(SERIAL, "2026-05-20T00:00:00Z", Some(1))], &[number(8), delta_indicator(7)]);
    assert_eq!(status(&person(), vec![base, delta]), RevocationStatus::Good);
}

#[test]
fn rfc5280_5_2_an_unknown_critical_extension_makes_a_list_unusable() {
    let odd = list(&[], &[forge::extension("1.2.3.4", true, &[5, 0])]);
    assert_eq!(status(&person(), vec![odd]), RevocationStatus::Unknown);
    let critical_number = list(&[], &[forge::extension("2.5.29.20", true, &encode::integer(1))]);
    assert_eq!(status(&person(), vec![critical_number]), RevocationStatus::Unknown);
}

#[test]
fn rfc5280_6_3_3_f_the_signer_needs_crl_sign() {
    let mute = Forge::new("Root", ROOT, "Root", ROOT)
        .with(forge::basic_constraints(None))
        .with(forge::key_usage(0x04));
    let anchors = [Anchor::from_certificate(mute.make())];
    let path =
        build_and_validate(&person().make(), &[], &anchors, &PathParameters::at(time(NOW)), &Toy).unwrap();
    assert_eq!(ask(&path, vec![list(&[], &[])], Vec::new()).status, RevocationStatus::Unknown);
}

#[test]
fn a_list_under_another_key_of_the_issuers_name_needs_a_path_to_the_same_anchor() {
    let path = path_of(&person(), &[]);
    let by_other_key = forge::crl("Root", 20, DAILY, &[], &[]);
    let certified = Forge::new("Root", 20, "Root", ROOT).with(forge::key_usage(0x02));
    let stranger = Forge::new("Root", 20, "Root", 20).with(forge::key_usage(0x02));
    assert_eq!(ask(&path, vec![by_other_key.clone()], Vec::new()).status, RevocationStatus::Unknown);
    assert_eq!(
        ask(&path, vec![by_other_key.clone()], vec![stranger.make()]).status,
        RevocationStatus::Unknown
    );
    // Its own status can't come from the list it signed.
    assert_eq!(
        ask(&path, vec![by_other_key.clone()], vec![certified.make()]).status,
        RevocationStatus::Unknown
    );
    let answer = ask(&path, vec![by_other_key, list(&[], &[])], vec![certified.make()]);
    assert_eq!(answer.status, RevocationStatus::Good);
}

/// As in PKITS 4.14.30.
#[test]
fn an_issuer_of_lists_vouches_for_itself_only_where_its_own_issuer_appointed_it() {
    let lister = encode::implicit_constructed(2, &encode::explicit(4, &forge::name("Lister")));
    let points = |issuer: &[u8]| {
        let point = encode::sequence(&[&place("List"), issuer]);
        forge::extension("2.5.29.31", false, &encode::sequence(&[&point]))
    };
    let target = person().with(points(&lister));
    let indirect = forge::crl("Lister", 20, DAILY, &[], &[scope(&[place("List"), flag(4)])]);
    let path = path_of(&target, &[]);
    for (appointed, expected) in
        [(lister.as_slice(), RevocationStatus::Good), (&[], RevocationStatus::Unknown)]
    {
        let signer =
            Forge::new("Lister", 20, "Root", ROOT).with(forge::key_usage(0x02)).with(points(appointed));
        let answer = ask(&path, vec![indirect.clone()], vec![signer.make()]);
        assert_eq!(answer.status, expected);
    }
}

#[test]
fn a_list_issued_after_the_certificate_expired_cannot_clear_it() {
    let short = person().valid("2025-01-01T00:00:00Z", "2026-05-01T00:00:00Z");
    let anchors = [Anchor::from_certificate(root())];
    let parameters = PathParameters { check_target_validity: false, ..PathParameters::at(time(NOW)) };
    let path = build_and_validate(&short.make(), &[], &anchors, &parameters, &Toy).unwrap();
    let answer = ask(&path, vec![list(&[], &[])], Vec::new());
    assert_eq!(answer.status, RevocationStatus::Unknown);
    assert!(answer.findings.iter().any(|finding| finding.code == "revocation-data-after-expiry"));
    let since = encode::generalized_time(time("2026-01-01T00:00:00Z"));
    let kept = list(&[], &[forge::extension("2.5.29.60", false, &since)]);
    assert_eq!(ask(&path, vec![kept], Vec::new()).status, RevocationStatus::Good);
}

#[test]
fn an_issuer_that_is_missing_is_asked_for_where_the_certificate_says() {
    let location = encode::implicit_primitive(6, b"http://ca.example/ca.cer");
    let access =
        encode::sequence(&[&encode::sequence(&[&encode::oid("1.3.6.1.5.5.7.48.2").unwrap(), &location])]);
    let target =
        Forge::new("Person", EE, "CA", 2).with(forge::extension("1.3.6.1.5.5.7.1.1", false, &access)).make();
    let anchors = [Anchor::from_certificate(root())];
    assert_eq!(missing_certificates(&target, &[], &anchors).len(), 1);
    let ca = Forge::ca("CA", 2, "Root", ROOT).make();
    assert!(missing_certificates(&target, &[ca], &anchors).is_empty());
}

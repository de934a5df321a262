//! Certificate policies (RFC 5280 §6.1.3 (d) to (f), §6.1.4 (a) to (j), §6.1.5 (a), (b), (g)).

use hsign_asn1::encode;
use hsign_pki::{ANY_POLICY, PathParameters};

use super::forge::{self, Forge};
use super::{CA, EE, ROOT, ca, codes, now, oid, person, run};

const ISSUERS: &str = "1.2.1";
const SUBJECTS: &str = "1.2.2";

fn mappings(pairs: &[(&str, &str)]) -> Vec<u8> {
    let list: Vec<u8> =
        pairs.iter().flat_map(|(from, to)| encode::sequence(&[&oid(from), &oid(to)])).collect();
    forge::extension("2.5.29.33", true, &encode::sequence(&[&list]))
}

/// policyConstraints: requireExplicitPolicy ([0]) or inhibitPolicyMapping ([1]).
fn policy_constraints(field: u32, skip: u8) -> Vec<u8> {
    forge::extension("2.5.29.36", true, &encode::sequence(&[&encode::implicit_primitive(field, &[skip])]))
}

fn inhibit_any_policy(skip: u64) -> Vec<u8> {
    forge::extension("2.5.29.54", true, &encode::integer(skip))
}

fn asking(policy: &str) -> PathParameters {
    PathParameters { initial_policies: Some(vec![policy.to_owned()]), require_explicit_policy: true, ..now() }
}

fn mapping_ca() -> Forge {
    ca().with(forge::policies(&[ISSUERS])).with(mappings(&[(ISSUERS, SUBJECTS)]))
}

#[test]
fn rfc5280_6_1_4_b_1_below_a_mapping_the_subjects_policy_stands_for_the_issuers() {
    let target = person().with(forge::policies(&[SUBJECTS]));
    let path = run(&target, &[&mapping_ca()], &asking(ISSUERS)).unwrap();
    assert!(path.policies().iter().eq([ISSUERS]));
    assert_eq!(codes(run(&target, &[&mapping_ca()], &asking(SUBJECTS))), ["no-valid-policy"]);
    let unmapped = person().with(forge::policies(&[ISSUERS]));
    assert_eq!(codes(run(&unmapped, &[&mapping_ca()], &asking(ISSUERS))), ["no-valid-policy"]);
}

#[test]
fn rfc5280_6_1_4_b_2_an_inhibited_mapping_loses_the_policy() {
    let target = person().with(forge::policies(&[SUBJECTS]));
    let inhibited = PathParameters { inhibit_policy_mapping: true, ..asking(ISSUERS) };
    assert_eq!(codes(run(&target, &[&mapping_ca()], &inhibited)), ["no-valid-policy"]);
    // The same by the CA above: skip certificates 0 inhibits in the next one, 1 only below that.
    for (skip, works) in [(0, false), (1, true)] {
        let above = ca().with(forge::policies(&[ISSUERS])).with(policy_constraints(1, skip));
        let below = Forge::ca("Below", 4, "CA", CA)
            .with(forge::policies(&[ISSUERS]))
            .with(mappings(&[(ISSUERS, SUBJECTS)]));
        let target = Forge::new("Person", EE, "Below", 4).with(forge::policies(&[SUBJECTS]));
        assert_eq!(run(&target, &[&above, &below], &asking(ISSUERS)).is_ok(), works, "{skip}");
    }
}

#[test]
fn rfc5280_6_1_4_a_any_policy_is_never_mapped() {
    for pair in [(ANY_POLICY, SUBJECTS), (ISSUERS, ANY_POLICY)] {
        let mapping = ca().with(forge::policies(&[ISSUERS])).with(mappings(&[pair]));
        assert_eq!(codes(run(&person(), &[&mapping], &now())), ["any-policy-mapped"]);
    }
}

#[test]
fn an_undecodable_mapping_fails() {
    let garbled = ca().with(forge::extension("2.5.29.33", true, &[5, 0]));
    assert_eq!(codes(run(&person(), &[&garbled], &now())), ["extension-undecodable"]);
}

#[test]
fn rfc5280_6_1_5_b_the_targets_own_demand_for_a_policy_counts_at_once() {
    let demanding = |skip| person().with(policy_constraints(0, skip));
    assert_eq!(codes(run(&demanding(0), &[&ca()], &now())), ["no-valid-policy"]);
    assert!(run(&demanding(1), &[&ca()], &now()).is_ok());
    let with_policy = demanding(0).with(forge::policies(&[ISSUERS]));
    assert!(run(&with_policy, &[&ca().with(forge::policies(&[ISSUERS]))], &now()).is_ok());
}

#[test]
fn rfc5280_6_1_4_i_a_cas_demand_for_a_policy_counts_after_the_certificates_it_skips() {
    for (skip, works) in [(0, false), (1, false), (2, true)] {
        let demanding = ca().with(policy_constraints(0, skip));
        assert_eq!(run(&person(), &[&demanding], &now()).is_ok(), works, "{skip}");
    }
    // §6.1.4 (h): a self-issued certificate in between is not counted.
    let demanding = ca().with(policy_constraints(0, 2));
    let renewed = Forge::ca("CA", 5, "CA", CA);
    let below = Forge::new("Person", EE, "CA", 5);
    assert!(run(&below, &[&demanding, &renewed], &now()).is_ok());
    let other = Forge::ca("Other", 5, "CA", CA);
    let below = Forge::new("Person", EE, "Other", 5);
    assert_eq!(codes(run(&below, &[&demanding, &other], &now())), ["no-valid-policy"]);
}

#[test]
fn rfc5280_6_1_4_j_any_policy_stands_for_all_until_it_is_inhibited() {
    let target = Forge::new("Person", EE, "Below", 4).with(forge::policies(&[ISSUERS]));
    let below = Forge::ca("Below", 4, "CA", CA).with(forge::policies(&[ANY_POLICY]));
    let plain = ca().with(forge::policies(&[ISSUERS]));
    assert!(run(&target, &[&plain, &below], &asking(ISSUERS)).is_ok());
    let inhibiting = plain.clone().with(inhibit_any_policy(0));
    assert_eq!(codes(run(&target, &[&inhibiting, &below], &asking(ISSUERS))), ["no-valid-policy"]);
    assert!(run(&target, &[&plain.with(inhibit_any_policy(1)), &below], &asking(ISSUERS)).is_ok());
    let from_the_start = PathParameters { inhibit_any_policy: true, ..asking(ISSUERS) };
    let any = ca().with(forge::policies(&[ANY_POLICY]));
    let target = person().with(forge::policies(&[ISSUERS]));
    assert!(run(&target, &[&any], &asking(ISSUERS)).is_ok());
    assert_eq!(codes(run(&target, &[&any], &from_the_start)), ["no-valid-policy"]);
}

#[test]
fn rfc5280_6_1_3_d_2_a_renewed_ca_may_assert_any_policy_although_it_is_inhibited() {
    let inhibiting = ca().with(forge::policies(&[ISSUERS])).with(inhibit_any_policy(0));
    let renewed = Forge::ca("CA", 5, "CA", CA).with(forge::policies(&[ANY_POLICY]));
    let target = Forge::new("Person", EE, "CA", 5).with(forge::policies(&[ISSUERS]));
    assert!(run(&target, &[&inhibiting, &renewed], &asking(ISSUERS)).is_ok());
}

#[test]
fn rfc5280_4_2_1_4_a_policy_stands_once() {
    let twice = person().with(forge::policies(&[ISSUERS, ISSUERS]));
    assert_eq!(
        codes(run(&twice, &[&ca().with(forge::policies(&[ISSUERS]))], &now())),
        ["extension-undecodable"]
    );
}

#[test]
fn a_missing_policy_is_told_once() {
    let asked = PathParameters { require_explicit_policy: true, ..now() };
    let below = Forge::ca("Below", 4, "CA", CA);
    let target = Forge::new("Person", EE, "Below", 4);
    assert_eq!(codes(run(&target, &[&ca(), &below], &asked)), ["no-valid-policy"]);
    assert!(run(&Forge::new("Person", EE, "Root", ROOT), &[], &now()).is_ok());
}

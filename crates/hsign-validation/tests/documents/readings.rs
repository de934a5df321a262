//! Readings of RFC 5652 that the policy chooses.

use hsign_core::{Finding, Severity};
use hsign_testkit::{DAY, Person};
use hsign_validation::{Indication, Policy, SubIndication};

use crate::common::{NOW, World, has};

#[test]
fn rfc5652_5_3_whether_signed_attributes_are_needed_is_the_policys_question() {
    let mut world = World::new();
    let mut signature = world.stamped(Person::Doctor, NOW - DAY);
    signature.findings.push(Finding::error("cms-no-signed-attributes"));
    let required = world.verdict(signature.clone());
    assert_eq!(required.sub_indication(), Some(SubIndication::SigConstraintsFailure));
    assert!(has(&required, "cms-no-signed-attributes"));
    world.policy_with("signed_attributes = \"required\"", "signed_attributes = \"reported\"");
    let reported = world.verdict(signature);
    assert_eq!(reported.indication(), Indication::TotalPassed);
    let told = reported.findings().iter().filter(|finding| finding.code == "cms-no-signed-attributes");
    assert_eq!(told.map(|finding| finding.severity).collect::<Vec<_>>(), [Severity::Warning]);
}

#[test]
fn a_policy_tells_what_its_file_says_of_it() {
    for name in Policy::PRESETS {
        let (text, policy) = (Policy::preset_text(name).unwrap(), Policy::preset(name).unwrap());
        assert_eq!(policy.name(), name);
        for (key, said) in [("ja", policy.ja()), ("en", policy.en())] {
            assert!(text.contains(&format!("\n{key} = \"{said}\"\n")), "{name} {key}: {said}");
        }
    }
}

//! Readings of RFC 5652 that the policy chooses.

use hsign_core::{Finding, Severity};
use hsign_testkit::{DAY, Person};
use hsign_validation::{Indication, SubIndication};

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

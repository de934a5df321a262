//! Whatever file arrives, reading ends with facts or an error, and a changed byte never goes unnoticed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::sync::LazyLock;

use hsign_pades::read_facts;
use hsign_testkit::{Person, documents};
use proptest::prelude::*;

static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let letter = documents::referral_letter_with_object_streams().unwrap();
    support::stamped(&support::signed_and_stamped(&letter, Person::DoctorP256))
});

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn good_ones_changed_and_cut(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = GOOD.clone();
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        let _ = read_facts(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        let _ = read_facts(&bytes);
    }

    #[test]
    fn a_change_outside_the_holes_breaks_a_digest(index in any::<prop::sample::Index>(), flip in 1_u8..=255) {
        let mut bytes = GOOD.clone();
        let at = index.index(bytes.len());
        let contents = bytes.windows(9).rposition(|window| window == b"/Contents").unwrap();
        let hole_end = contents + bytes[contents..].iter().position(|byte| *byte == b'>').unwrap();
        // The last hole holds the token that covers all else; nothing covers it.
        prop_assume!(!(contents..=hole_end).contains(&at));
        bytes[at] ^= flip;
        let Ok(facts) = read_facts(&bytes) else { return Ok(()) };
        let whole = facts.signatures.iter().all(|s| support::intact(s.signed.as_ref()))
            && facts.timestamps.iter().all(|t| {
                t.read.as_ref().is_some_and(|read| {
                    read.imprint.holds() == Some(true) && support::intact(Some(&read.signed))
                })
            });
        let listed = facts.signatures.len() == 1 && facts.timestamps.len() == 1;
        let noticed = facts.signatures.iter().any(|s| !s.findings.is_empty())
            || facts.timestamps.iter().any(|t| !t.findings.is_empty());
        prop_assert!(!(whole && listed) || noticed, "byte {at}");
    }
}

//! Evidence records that are made of bundles (RFC 4998), read by the reader that others' records were tested with.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use hsign_archive::{Bundle, Error, Recorder, TimestampRenewal, TreeRenewal};
use hsign_core::Severity;
use hsign_core::facts::Covered;
use hsign_ers::{ProtectedObject, Record, facts};
use support::*;

/// Whether the record shows the data, and every time stamp what it is for.
fn holds(bytes: &[u8], data: &[u8]) -> bool {
    let record = Record::parse(bytes).unwrap();
    let digests = record.wanted_digests().into_iter().map(|algorithm| digest(algorithm, data)).collect();
    let object = ProtectedObject { covered: Covered::Data { digest: digest(SHA256, data) }, digests };
    let facts = facts(&record, "er", &[object]);
    facts.findings.is_empty()
        && facts.chains.iter().flat_map(|chain| &chain.timestamps).all(|timestamp| {
            let imprint = &timestamp.timestamp.read.as_ref().unwrap().imprint;
            // All earlier tokens of the chain stand in the first list, where the RFC asks for one: noted as information.
            let clean = timestamp.timestamp.findings.iter().all(|finding| finding.severity == Severity::Info);
            clean
                && timestamp.shows.iter().all(|shown| shown.found == Some(true))
                && imprint.holds() == Some(true)
        })
}

fn each_document_has_its_record(bundle: &Bundle, places: impl Iterator<Item = usize>) {
    let recorder = Recorder::new(bundle, "a").unwrap();
    for place in places {
        let record = recorder.record(place).unwrap();
        assert!(holds(&record, &data(place)), "{place}");
        assert!(!holds(&record, b"another"), "{place}");
    }
}

/// The tokens of these bundles renewed by one time stamp.
fn renewed(bundles: &mut [(Bundle, Files)], day: i64) {
    let renewal = TimestampRenewal::over(bundles.iter().map(|(bundle, _)| as_it_is(bundle)), "a").unwrap();
    let token = token(&renewal.root(), day);
    for (bundle, files) in bundles {
        let step = renewal.step(as_it_is(bundle), &token).unwrap();
        put(bundle, files, &step);
    }
}

#[test]
fn rfc4998_4_2_every_document_of_a_bundle_has_a_record() {
    for count in [1, 2, 3, 5, 8, 33] {
        each_document_has_its_record(&stamped(count).0, 0..count);
    }
}

#[test]
fn rfc4998_5_2_one_time_stamp_renews_the_records_of_many_bundles() {
    let mut bundles = [1, 3, 6].map(stamped);
    for day in 1..=3 {
        renewed(&mut bundles, day);
        for (bundle, files) in &bundles {
            let bundle = whole(bundle, files);
            each_document_has_its_record(&bundle, 0..bundle.documents().len());
        }
    }
    let tokens: Vec<_> = bundles.iter().map(|(bundle, _)| bundle.last_step("a").unwrap().token()).collect();
    assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn rfc4998_5_2_a_new_tree_goes_on_from_renewed_records_and_can_be_renewed_itself() {
    let mut bundles = [3, 5].map(stamped);
    renewed(&mut bundles, 1);
    for (bundle, files) in &mut bundles {
        let digests =
            (0..bundle.documents().len()).map(|place| (place, digest(SHA512, &data(place)))).collect();
        let renewal = TreeRenewal::over(as_it_is(bundle), "a", digests).unwrap();
        let step = renewal.step(bundle, &token(&renewal.root(), 2)).unwrap();
        put(bundle, files, &step);
    }
    renewed(&mut bundles, 3);
    for (bundle, files) in &bundles {
        let bundle = whole(bundle, files);
        each_document_has_its_record(&bundle, 0..bundle.documents().len());
        let record = Record::parse(&Recorder::new(&bundle, "a").unwrap().record(0).unwrap()).unwrap();
        let lengths: Vec<_> = record.chains().iter().map(|chain| chain.timestamps().len()).collect();
        assert_eq!(lengths, [2, 2]);
    }
}

#[test]
fn rfc4998_5_2_a_deleted_document_is_left_out_and_its_neighbours_stay() {
    let (mut bundle, mut files) = stamped(4);
    let digests = [0, 2, 3].map(|place| (place, digest(SHA512, &data(place)))).into();
    let renewal = TreeRenewal::over(as_it_is(&bundle), "a", digests).unwrap();
    let step = renewal.step(&bundle, &token(&renewal.root(), 1)).unwrap();
    put(&mut bundle, &mut files, &step);
    let bundle = whole(&bundle, &files);
    each_document_has_its_record(&bundle, [0, 2, 3].into_iter());
    assert!(matches!(Recorder::new(&bundle, "a").unwrap().record(1), Err(Error::Bundle(_))));
}

#[test]
fn rfc4998_5_1_a_renewal_tree_has_one_digest_algorithm() {
    let (plain, _) = stamped(2);
    let (mut newer, mut files) = stamped(3);
    let digests = [(0, digest(SHA512, &data(0)))].into();
    let renewal = TreeRenewal::over(as_it_is(&newer), "a", digests).unwrap();
    let step = renewal.step(&newer, &token(&renewal.root(), 1)).unwrap();
    put(&mut newer, &mut files, &step);
    assert!(matches!(
        TimestampRenewal::over([as_it_is(&plain), as_it_is(&newer)], "a"),
        Err(Error::Batch(_))
    ));
    assert!(matches!(TimestampRenewal::over([], "a"), Err(Error::Batch(_))));
}

#[test]
fn two_documents_of_the_same_octets_share_a_leaf_and_have_a_record_each() {
    let mut batch = batch(3, &[track("a", SHA256)]);
    let twin = digest(SHA256, &data(1));
    let end = "2031-04-01".parse().unwrap();
    batch.documents.push(hsign_archive::Document::new("twin", 10, &[twin], "chart", end).unwrap());
    let mut bundle = hsign_archive::seal(&batch).unwrap().bundle;
    let step = bundle.first_step("a", &token(&bundle.root("a").unwrap(), 0)).unwrap();
    bundle.add(&step).unwrap();
    let recorder = Recorder::new(&bundle, "a").unwrap();
    let twin = bundle.position("twin").unwrap();
    assert_eq!(recorder.record(1).unwrap(), recorder.record(twin).unwrap());
    assert!(holds(&recorder.record(twin).unwrap(), &data(1)));
}

#[test]
fn without_a_time_stamp_there_is_no_record() {
    assert!(matches!(Recorder::new(&sealed(2).0, "a"), Err(Error::Bundle(_))));
    assert!(TimestampRenewal::over([as_it_is(&sealed(2).0)], "a").is_err());
    assert!(Recorder::new(&stamped(2).0, "a").unwrap().record(2).is_err());
}

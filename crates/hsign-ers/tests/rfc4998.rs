//! What RFC 4998 asks, clause by clause.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use hsign_asn1::{Rules, Tag, encode};
use hsign_core::facts::{Covered, EvidenceFacts, EvidenceRecordFacts};
use hsign_core::{DigestAlgorithm, ErrorKind, Severity};
use hsign_ers::{Error, Record, facts};
use support::{SHA256, SHA512, archive_timestamp, chain, hash, joined, object, record, record_with, token};

const A: &[u8] = b"first document";
const B: &[u8] = b"second document";
const C: &[u8] = b"third document";

fn read(bytes: &[u8], documents: &[&[u8]]) -> EvidenceRecordFacts {
    let record = Record::parse(bytes).unwrap();
    let objects: Vec<_> = documents.iter().map(|data| object(&record, data)).collect();
    facts(&record, "er", &objects)
}

/// What the archive time stamp at that place shows, and whether its imprint is the root of its tree.
fn at(facts: &EvidenceRecordFacts, chain: usize, place: usize) -> (Vec<Option<bool>>, Option<bool>) {
    let timestamp = &facts.chains[chain].timestamps[place];
    let shown = timestamp.shows.iter().map(|shown| shown.found).collect();
    (shown, timestamp.timestamp.read.as_ref().unwrap().imprint.holds())
}

fn holds(shown: usize) -> (Vec<Option<bool>>, Option<bool>) {
    (vec![Some(true); shown], Some(true))
}

/// One document among others: its list, then one sibling.
fn initial() -> Vec<u8> {
    let (a, b) = (hash(SHA256, A), hash(SHA256, B));
    archive_timestamp(&[&[&a], &[&b]], &token(SHA256, &joined(SHA256, &[&a, &b])))
}

#[test]
fn rfc4998_4_3_1_the_object_stands_in_the_first_list() {
    let bytes = record(&[SHA256], &[&chain(&[&initial()])]);
    assert_eq!(at(&read(&bytes, &[A]), 0, 0), holds(1));
    // A sibling further up is not what the record was made for.
    assert_eq!(at(&read(&bytes, &[B]), 0, 0).0, [Some(false)]);
    assert_eq!(at(&read(&bytes, &[C]), 0, 0).0, [Some(false)]);
}

#[test]
fn rfc4998_4_3_4_the_root_is_what_the_token_stamps() {
    let (a, b) = (hash(SHA256, A), hash(SHA256, B));
    let wrong = archive_timestamp(&[&[&a], &[&b]], &token(SHA256, &joined(SHA256, &[&a, &hash(SHA256, C)])));
    let facts = read(&record(&[SHA256], &[&chain(&[&wrong])]), &[A]);
    assert_eq!(at(&facts, 0, 0), (vec![Some(true)], Some(false)));
}

#[test]
fn rfc4998_4_2_without_a_tree_the_token_stamps_the_object() {
    let alone = archive_timestamp(&[], &token(SHA256, &hash(SHA256, A)));
    let bytes = record(&[SHA256], &[&chain(&[&alone])]);
    assert_eq!(at(&read(&bytes, &[A]), 0, 0).1, Some(true));
    assert_eq!(at(&read(&bytes, &[B]), 0, 0).1, Some(false));
    assert_eq!(at(&read(&bytes, &[]), 0, 0).1, None, "nothing to compare");
}

#[test]
fn rfc4998_4_2_a_group_is_all_of_the_first_list() {
    let (a, b) = (hash(SHA256, A), hash(SHA256, B));
    let group = archive_timestamp(&[&[&a, &b]], &token(SHA256, &joined(SHA256, &[&a, &b])));
    assert_eq!(at(&read(&record(&[SHA256], &[&chain(&[&group])]), &[A, B]), 0, 0), holds(2));
}

#[test]
fn rfc4998_5_2_a_renewed_time_stamp_shows_the_one_before() {
    let first = initial();
    let first_token = Record::parse(&record(&[SHA256], &[&chain(&[&first])])).unwrap();
    let previous = hash(SHA256, first_token.chains()[0].timestamps()[0].token());
    let second = archive_timestamp(&[&[&previous]], &token(SHA256, &previous));
    let facts = read(&record(&[SHA256], &[&chain(&[&first, &second])]), &[A]);
    assert_eq!(at(&facts, 0, 1), holds(1));
    let shown = &facts.chains[0].timestamps[1].shows[0].object;
    assert_eq!(*shown, Covered::Timestamp { timestamp: "er/1.1".to_owned() });

    let other = hash(SHA256, b"another token");
    let second = archive_timestamp(&[&[&other]], &token(SHA256, &other));
    let facts = read(&record(&[SHA256], &[&chain(&[&first, &second])]), &[A]);
    assert_eq!(at(&facts, 0, 1), (vec![Some(false)], Some(true)));
}

/// A second chain under SHA-512 over object and earlier chains joined as `order` says.
fn rehashed(order: &dyn Fn(Vec<u8>, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let earlier = chain(&[&initial()]);
    let sequence = hash(SHA512, &encode::sequence(&[&earlier]));
    let leaf = hash(SHA512, &order(hash(SHA512, A), sequence));
    let renewed = archive_timestamp(&[&[&leaf]], &token(SHA512, &leaf));
    record(&[SHA256, SHA512], &[&earlier, &chain(&[&renewed])])
}

/// The same sorted, and whether that changed the order.
fn rehashed_in_order() -> (Vec<u8>, bool) {
    let swapped = std::cell::Cell::new(false);
    let bytes = rehashed(&|object, sequence| {
        swapped.set(sequence < object);
        let mut both = [object, sequence];
        both.sort_unstable();
        both.concat()
    });
    (bytes, swapped.get())
}

#[test]
fn rfc4998_5_2_a_renewed_tree_joins_the_object_with_all_that_was_before() {
    let bytes = rehashed(&|object, sequence| [object, sequence].concat());
    let facts = read(&bytes, &[A]);
    assert_eq!(at(&facts, 0, 0), holds(1));
    assert_eq!(at(&facts, 1, 0), holds(1));
    assert_eq!(at(&read(&bytes, &[C]), 1, 0).0, [Some(false)]);
}

#[test]
fn rfc4998_5_2_a_renewed_tree_covers_every_token_of_the_earlier_chains() {
    let first = initial();
    let first_token = Record::parse(&record(&[SHA256], &[&chain(&[&first])])).unwrap();
    let previous = hash(SHA256, first_token.chains()[0].timestamps()[0].token());
    let second = archive_timestamp(&[&[&previous]], &token(SHA256, &previous));
    let earlier = chain(&[&first, &second]);
    let leaf =
        |chains: &[&[u8]]| hash(SHA512, &[hash(SHA512, A), hash(SHA512, &encode::sequence(chains))].concat());
    let third = leaf(&[&earlier]);
    let third = chain(&[&archive_timestamp(&[&[&third]], &token(SHA512, &third))]);
    let fourth = leaf(&[&earlier, &third]);
    let fourth = chain(&[&archive_timestamp(&[&[&fourth]], &token(SHA512, &fourth))]);
    let facts = read(&record(&[SHA256, SHA512], &[&earlier, &third, &fourth]), &[A]);
    for (index, tokens) in [(1, &["er/1.1", "er/1.2"][..]), (2, &["er/1.1", "er/1.2", "er/2.1"])] {
        assert_eq!(at(&facts, index, 0), holds(1));
        let covers = &facts.chains[index].timestamps[0].timestamp.covers;
        let covered = covers.iter().filter_map(|covered| match covered {
            Covered::Timestamp { timestamp } => Some(timestamp.as_str()),
            _ => None,
        });
        assert_eq!(covered.collect::<Vec<_>>(), tokens);
        assert_eq!(covers.len(), 1 + tokens.len(), "the object too");
    }
}

#[test]
fn a_sorted_join_is_told_and_nothing_else_is_taken() {
    // The token differs each time, and with it the earlier chains' hash: some are in order anyway.
    let (sorted, _) = (0..64)
        .map(|_| rehashed_in_order())
        .find(|(_, swapped)| *swapped)
        .expect("one of 64 hashes is below the object's");
    assert_eq!(at(&read(&sorted, &[A]), 1, 0), holds(1));
    let codes: Vec<_> = read(&sorted, &[A]).chains[1].timestamps[0].timestamp.findings.clone();
    assert!(codes.iter().any(|finding| finding.code == "evidence-record-renewal-sorted"));
    let neither = rehashed(&|object, sequence| [object, sequence, vec![0]].concat());
    assert_eq!(at(&read(&neither, &[A]), 1, 0).0, [Some(false)]);
}

#[test]
fn rfc4998_5_1_one_chain_has_one_hash_function() {
    let second_root = hash(SHA512, b"x");
    let second = archive_timestamp(&[&[&second_root]], &token(SHA512, &second_root));
    let facts = read(&record(&[SHA256], &[&chain(&[&initial(), &second])]), &[A]);
    assert!(facts.findings.iter().any(|finding| finding.code == "evidence-record-chain-mixes-digests"));
}

#[test]
fn a_single_hash_that_was_hashed_again_is_told() {
    let a = hash(SHA256, A);
    let twice = hash(SHA256, &a);
    for lists in [vec![vec![a.as_slice()]], vec![vec![twice.as_slice()]], vec![]] {
        let lists: Vec<&[&[u8]]> = lists.iter().map(Vec::as_slice).collect();
        let odd = archive_timestamp(&lists, &token(SHA256, &twice));
        let facts = read(&record(&[SHA256], &[&chain(&[&odd])]), &[A]);
        assert_eq!(at(&facts, 0, 0), holds(1));
        let findings = &facts.chains[0].timestamps[0].timestamp.findings;
        let told = findings.iter().any(|finding| finding.code == "evidence-record-leaf-hashed-twice");
        assert!(told || lists.is_empty(), "{findings:?}");
    }
}

#[test]
fn rfc4998_3_1_only_version_1_and_only_filled_sequences() {
    let chains = chain(&[&initial()]);
    assert!(matches!(Record::parse(&record_with(2, &[SHA256], &[], &[&chains])), Err(Error::Version(2))));
    let told = Record::parse(&record_with(2, &[SHA256], &[], &[&chains])).unwrap_err().finding();
    assert_eq!((told.code.as_str(), told.values["version"].as_str()), ("evidence-record-version", "2"));
    let empty = Record::parse(&record(&[SHA256], &[])).unwrap_err();
    assert_eq!(empty.finding().code, "evidence-record-unreadable");
    assert_eq!(empty.kind(), ErrorKind::Unreadable);
    assert!(matches!(empty, Error::Empty(_)));
    assert!(matches!(Record::parse(&record(&[SHA256], &[&chain(&[])])), Err(Error::Empty(_))));
    assert!(Record::parse(b"").is_err());
    let trailing = [record(&[SHA256], &[&chains]), vec![0]].concat();
    assert!(Record::parse(&trailing).is_err());
}

#[test]
fn rfc4998_3_1_crypto_infos_are_read_over_and_never_used() {
    let infos = encode::implicit_constructed(0, &encode::sequence(&[&encode::octet_string(b"anything")]));
    let bytes = record_with(1, &[SHA256], &[&infos], &[&chain(&[&initial()])]);
    let facts = read(&bytes, &[A]);
    assert_eq!(at(&facts, 0, 0), holds(1));
    assert!(facts.findings.iter().any(|finding| finding.code == "evidence-record-crypto-infos"));
    assert_eq!(facts.evidence, EvidenceFacts::default());
}

/// The archive time stamp of `initial`, with the digestAlgorithm field.
fn initial_naming(algorithm: DigestAlgorithm) -> Vec<u8> {
    let identifier = hsign_x509::digest_algorithm_to_der(algorithm);
    let contents = hsign_asn1::single(&identifier, Tag::SEQUENCE, Rules::Der).unwrap().contents;
    let plain = initial();
    let plain = hsign_asn1::single(&plain, Tag::SEQUENCE, Rules::Der).unwrap().contents;
    encode::sequence(&[&encode::implicit_constructed(0, contents), plain])
}

#[test]
fn rfc4998_4_1_the_algorithm_of_the_tree_is_the_fields_or_else_the_tokens() {
    let algorithm = |timestamp: Vec<u8>| {
        let bytes = record(&[SHA256], &[&chain(&[&timestamp])]);
        let facts = read(&bytes, &[A]);
        let told = facts.chains[0].timestamps[0].timestamp.findings.clone();
        let differs = told.iter().any(|finding| finding.code == "archive-timestamp-digest-differs");
        (facts.chains[0].digest_algorithm, at(&facts, 0, 0) == holds(1), differs)
    };
    assert_eq!(algorithm(initial()), (Some(SHA256), true, false));
    assert_eq!(algorithm(initial_naming(SHA256)), (Some(SHA256), true, false));
    assert_eq!(algorithm(initial_naming(SHA512)), (Some(SHA512), false, true));
}

#[test]
fn rfc4998_4_1_another_kind_of_time_stamp_is_listed_and_not_judged() {
    let other = encode::sequence(&[&encode::octet_string(b"a publication in a newspaper")]);
    let facts =
        read(&record(&[SHA256], &[&chain(&[&archive_timestamp(&[&[&hash(SHA256, A)]], &other)])]), &[A]);
    let timestamp = &facts.chains[0].timestamps[0].timestamp;
    assert!(timestamp.read.is_none());
    assert!(timestamp.findings.iter().any(|finding| finding.severity == Severity::Error));
}

#[test]
fn rfc4998_6_an_encrypted_object_is_not_judged() {
    let encryption = encode::implicit_constructed(1, &encode::null());
    let bytes = record_with(1, &[SHA256], &[&encryption], &[&chain(&[&initial()])]);
    assert!(read(&bytes, &[A]).findings.iter().any(|finding| finding.code == "evidence-record-encrypted"));
}

#[test]
fn an_object_without_its_digest_stays_open() {
    let record = Record::parse(&record(&[SHA256], &[&chain(&[&initial()])])).unwrap();
    let mut unknown = object(&record, A);
    unknown.digests.clear();
    let facts = facts(&record, "er", &[unknown]);
    assert_eq!(at(&facts, 0, 0), (vec![None], Some(true)));
}

#[test]
fn no_prefix_of_a_record_panics() {
    let bytes = rehashed(&|object, sequence| [object, sequence].concat());
    for end in 0..bytes.len() {
        assert!(Record::parse(&bytes[..end]).is_err());
    }
    for position in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[position] ^= 0x15;
        if let Ok(record) = Record::parse(&flipped) {
            let objects = [object(&record, A)];
            let _ = facts(&record, "er", &objects);
        }
    }
}

//! What RFC 4998 asks of those who make and renew records. What is written is read by the reader, which was tested with
//! records made without the writer (`rfc4998.rs`) and by others (`corpora.rs`).
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use hsign_core::facts::EvidenceRecordFacts;
use hsign_core::{Digest, DigestAlgorithm, ErrorKind};
use hsign_ers::{
    Error, Group, HashTree, Record, facts, initial, timestamp_renewal, tree_renewal, with_renewed_timestamp,
    with_renewed_tree,
};
use support::{SHA256, SHA512, hash, joined, object, token};

fn digest(algorithm: DigestAlgorithm, data: &[u8]) -> Digest {
    Digest::new(algorithm, hash(algorithm, data))
}

fn single(algorithm: DigestAlgorithm, data: &[u8]) -> Group {
    Group::new(&[digest(algorithm, data)]).unwrap()
}

fn documents(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| format!("document {number}").into_bytes()).collect()
}

fn tree(algorithm: DigestAlgorithm, documents: &[Vec<u8>]) -> HashTree {
    let groups: Vec<_> = documents.iter().map(|data| single(algorithm, data)).collect();
    HashTree::over(&groups, algorithm).unwrap()
}

/// The record of each document, all under one token.
fn records(documents: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let tree = tree(SHA256, documents);
    let token = token(SHA256, tree.root().value.as_slice());
    let one = |data: &Vec<u8>| initial(&tree.reduced(&single(SHA256, data)).unwrap(), &token).unwrap();
    documents.iter().map(one).collect()
}

fn read(bytes: &[u8], data: &[u8]) -> EvidenceRecordFacts {
    let record = Record::parse(bytes).unwrap();
    facts(&record, "er", &[object(&record, data)])
}

/// Everything that a record shows is found, and every imprint is the root of its tree.
fn holds(facts: &EvidenceRecordFacts) -> bool {
    facts.findings.is_empty()
        && facts.chains.iter().flat_map(|chain| &chain.timestamps).all(|timestamp| {
            let imprint = &timestamp.timestamp.read.as_ref().unwrap().imprint;
            timestamp.shows.iter().all(|shown| shown.found != Some(false)) && imprint.holds() != Some(false)
        })
}

#[test]
fn rfc4998_4_2_every_object_of_a_tree_has_a_record_and_no_other_object_has() {
    for count in [1, 2, 3, 5, 8, 13] {
        let documents = documents(count);
        for (data, record) in documents.iter().zip(records(&documents)) {
            assert!(holds(&read(&record, data)), "{count}");
            assert!(!holds(&read(&record, b"another")), "{count}");
        }
    }
}

#[test]
fn rfc4998_4_2_lists_above_the_first_have_one_sibling() {
    let documents = documents(5);
    let tree = tree(SHA256, &documents);
    for data in &documents {
        let reduced = tree.reduced(&single(SHA256, data)).unwrap();
        assert!(reduced[1..].iter().all(|list| list.len() == 1));
        assert!(reduced.len() <= 4);
    }
}

#[test]
fn rfc4998_4_2_the_order_of_objects_does_not_matter_and_each_counts_once() {
    let mut documents = documents(6);
    let root = tree(SHA256, &documents).root();
    documents.reverse();
    documents.push(documents[0].clone());
    let again = tree(SHA256, &documents);
    assert_eq!((again.root(), again.leaves()), (root, 6));
}

#[test]
fn rfc4998_4_2_1_members_of_a_group_stand_in_the_first_list() {
    let group = Group::new(&[digest(SHA256, b"letter"), digest(SHA256, b"signature")]).unwrap();
    let tree = HashTree::over(&[group.clone(), single(SHA256, b"other")], SHA256).unwrap();
    let members = joined(SHA256, &[&hash(SHA256, b"letter"), &hash(SHA256, b"signature")]);
    assert_eq!(tree.root().value.0, joined(SHA256, &[&members, &hash(SHA256, b"other")]));
    let bytes =
        initial(&tree.reduced(&group).unwrap(), &token(SHA256, tree.root().value.as_slice())).unwrap();
    assert!(holds(&read(&bytes, b"letter")) && holds(&read(&bytes, b"signature")));
    assert!(!holds(&read(&bytes, b"other")));
}

#[test]
fn rfc4998_4_2_a_lone_object_needs_no_tree() {
    let documents = documents(1);
    let record = Record::parse(&records(&documents)[0]).unwrap();
    assert_eq!(record.chains()[0].timestamps()[0].tree_height(), None);
}

/// EU DSS finds the joined digest of a file in a container only there.
#[test]
fn the_new_tree_of_a_lone_object_is_written_out() {
    let documents = documents(1);
    let record = Record::parse(&records(&documents)[0]).unwrap();
    let group = Group::new(&[tree_renewal(&record, &digest(SHA512, &documents[0])).unwrap()]).unwrap();
    let tree = HashTree::over(std::slice::from_ref(&group), SHA512).unwrap();
    let token = token(SHA512, tree.root().value.as_slice());
    let bytes = with_renewed_tree(&record, &tree.reduced(&group).unwrap(), &token).unwrap();
    assert!(holds(&read(&bytes, &documents[0])));
    let renewed = Record::parse(&bytes).unwrap();
    assert_eq!(renewed.chains()[1].timestamps()[0].tree_height(), Some(1));
}

#[test]
fn rfc4998_5_2_one_new_time_stamp_renews_many_records() {
    let documents = documents(3);
    let mut records = records(&documents);
    for round in 0..3 {
        let parsed: Vec<_> = records.iter().map(|bytes| Record::parse(bytes).unwrap()).collect();
        let groups: Vec<_> = parsed.iter().map(|record| timestamp_renewal(record).unwrap()).collect();
        // The three share their first token, so that their groups are the same leaf.
        let others = [single(SHA256, b"the token of another batch")];
        let tree = HashTree::over(&[&groups[..], &others[..]].concat(), SHA256).unwrap();
        assert_eq!(tree.leaves(), 2, "round {round}");
        let token = token(SHA256, tree.root().value.as_slice());
        let renewed = parsed.iter().zip(&groups).map(|(record, group)| {
            with_renewed_timestamp(record, &tree.reduced(group).unwrap(), &token).unwrap()
        });
        records = renewed.collect();
        for (data, bytes) in documents.iter().zip(&records) {
            assert!(holds(&read(bytes, data)));
            assert_eq!(Record::parse(bytes).unwrap().chains()[0].timestamps().len(), round + 2);
        }
    }
}

#[test]
fn rfc4998_5_2_what_was_there_stays_octet_by_octet() {
    let before = records(&documents(2)).remove(0);
    let record = Record::parse(&before).unwrap();
    let group = timestamp_renewal(&record).unwrap();
    let tree = HashTree::over(std::slice::from_ref(&group), SHA256).unwrap();
    let token = token(SHA256, tree.root().value.as_slice());
    let after = with_renewed_timestamp(&record, &tree.reduced(&group).unwrap(), &token).unwrap();
    let first = record.chains()[0].timestamps()[0].token();
    assert!(after.windows(first.len()).any(|window| window == first));
}

#[test]
fn rfc4998_5_2_a_new_tree_binds_the_object_to_all_earlier_chains() {
    let documents = documents(4);
    let records: Vec<_> = records(&documents).iter().map(|bytes| Record::parse(bytes).unwrap()).collect();
    let leaves: Vec<_> = records
        .iter()
        .zip(&documents)
        .map(|(record, data)| tree_renewal(record, &digest(SHA512, data)).unwrap())
        .collect();
    let groups: Vec<_> = leaves.iter().map(|leaf| Group::new(std::slice::from_ref(leaf)).unwrap()).collect();
    let tree = HashTree::over(&groups, SHA512).unwrap();
    let token = token(SHA512, tree.root().value.as_slice());
    for ((record, data), group) in records.iter().zip(&documents).zip(&groups) {
        let bytes = with_renewed_tree(record, &tree.reduced(group).unwrap(), &token).unwrap();
        assert!(holds(&read(&bytes, data)));
        assert!(!holds(&read(&bytes, b"another")));
        let renewed = Record::parse(&bytes).unwrap();
        let listed: Vec<_> = renewed.digest_algorithms().iter().map(|(_, algorithm)| *algorithm).collect();
        assert_eq!(listed, [Some(SHA256), Some(SHA512)]);
        // And once more the time stamp, under the new algorithm.
        let again = timestamp_renewal(&renewed).unwrap();
        let tree = HashTree::over(std::slice::from_ref(&again), SHA512).unwrap();
        let token = support::token(SHA512, tree.root().value.as_slice());
        let bytes = with_renewed_timestamp(&renewed, &tree.reduced(&again).unwrap(), &token).unwrap();
        assert!(holds(&read(&bytes, data)));
    }
}

#[test]
fn rfc4998_5_1_a_chain_has_one_digest_algorithm() {
    let record = Record::parse(&records(&documents(2))[0]).unwrap();
    let group = Group::new(&[digest(SHA512, record.chains()[0].timestamps()[0].token())]).unwrap();
    let tree = HashTree::over(std::slice::from_ref(&group), SHA512).unwrap();
    let token = token(SHA512, tree.root().value.as_slice());
    let refused = with_renewed_timestamp(&record, &tree.reduced(&group).unwrap(), &token);
    assert!(matches!(refused, Err(Error::Build(_))));
}

#[test]
fn a_time_stamp_over_something_else_makes_no_record() {
    let documents = documents(3);
    let tree = tree(SHA256, &documents);
    let reduced = tree.reduced(&single(SHA256, &documents[0])).unwrap();
    assert!(matches!(initial(&reduced, &token(SHA256, &[7; 32])), Err(Error::Build(_))));
    let refused = initial(&reduced, b"no token").unwrap_err();
    assert_eq!(
        (refused.kind(), refused.finding().code.as_str()),
        (ErrorKind::Refused, "evidence-record-not-made")
    );
}

#[test]
fn what_is_not_in_the_tree_has_no_way_to_its_root() {
    assert!(tree(SHA256, &documents(3)).reduced(&single(SHA256, b"another")).is_none());
    assert!(HashTree::over(&[], SHA256).is_err());
    assert!(HashTree::over(&[single(SHA512, b"a")], SHA256).is_err());
    assert!(Group::new(&[]).is_err());
    assert!(Group::new(&[digest(SHA256, b"a"), digest(SHA512, b"a")]).is_err());
}

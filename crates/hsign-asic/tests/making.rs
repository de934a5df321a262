//! Containers with CAdES, from the first signature to the renewal of the archive time stamp.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/people.rs"]
mod people;
#[path = "support/mod.rs"]
mod support;

use hsign_asic::{ContainerType, DataObject, Draft, Error, extract, read_facts};
use hsign_core::facts::{Coverage, Covered, Level, TimestampKind};
use hsign_core::{Source, read_all};
use hsign_testkit::Person;
use people::*;

#[test]
fn asic_e_with_one_signature_over_every_file() {
    let files = files();
    let mut draft = draft(&files, ContainerType::AsicE);
    let id = add_signature(&mut draft, Person::Doctor);
    assert_eq!(id, "META-INF/signature001.p7s#Signature1");
    let facts = read_facts(&bytes(&draft)).unwrap();
    assert!(all_hold(&facts) && errors(&facts).is_empty(), "{:?}", errors(&facts));
    assert_eq!(facts.findings, []);
    let signature = &facts.signatures[0];
    assert_eq!((signature.id.as_str(), signature.coverage), (id.as_str(), Coverage::WholeDocument));
    let names: Vec<_> = signature
        .signed
        .as_ref()
        .unwrap()
        .references
        .iter()
        .map(|reference| reference.name.as_str())
        .collect();
    assert_eq!(names, ["META-INF/ASiCManifest001.xml", FILES[0].0, FILES[1].0, FILES[2].0]);
    for (file, (name, bytes)) in facts.files.iter().zip(FILES) {
        assert_eq!((file.name.as_str(), file.length), (name, Some(bytes.len() as u64)));
        let coverage: Vec<_> = file.covered_by.iter().map(|one| (one.by.as_str(), one.intact)).collect();
        assert_eq!(coverage, [(id.as_str(), Some(true))]);
    }
}

#[test]
fn the_container_begins_with_its_mimetype_stored_and_bare() {
    let files = files();
    let container = bytes(&draft(&files, ContainerType::AsicE));
    assert_eq!(&container[30..38], b"mimetype");
    assert_eq!(&container[38..69], b"application/vnd.etsi.asic-e+zip");
    assert_eq!(&container[26..30], [8, 0, 0, 0]);
}

#[test]
fn the_same_input_makes_the_same_bytes() {
    let files = files();
    assert_eq!(bytes(&draft(&files, ContainerType::AsicE)), bytes(&draft(&files, ContainerType::AsicE)));
}

#[test]
fn what_is_written_is_what_is_read_as_a_source() {
    let files = files();
    let mut draft = draft(&files, ContainerType::AsicE);
    add_signature(&mut draft, Person::Doctor);
    assert_eq!(read_all(&draft).unwrap(), bytes(&draft));
    assert_eq!(draft.length(), bytes(&draft).len() as u64);
}

#[test]
fn asic_e_to_the_archive_level_and_renewed() {
    let files = files();
    let mut draft = draft(&files, ContainerType::AsicE);
    let id = add_signature(&mut draft, Person::Doctor);
    assert_eq!(draft.facts().unwrap().signatures[0].level, Level::BB);
    add_stamp(&mut draft, &id);
    assert_eq!(draft.facts().unwrap().signatures[0].level, Level::BT);
    assert!(draft.add_evidence(&id, &evidence()).unwrap());
    assert!(!draft.add_evidence(&id, &evidence()).unwrap(), "it is there already");
    assert_eq!(draft.facts().unwrap().signatures[0].level, Level::BLt);
    add_archive_stamp(&mut draft, &id);
    let archived = bytes(&draft);
    let facts = read_facts(&archived).unwrap();
    assert!(all_hold(&facts) && errors(&facts).is_empty(), "{:?}", errors(&facts));
    assert_eq!(facts.signatures[0].level, Level::BLta);
    let [stamp] = facts.timestamps.as_slice() else { panic!("{}", facts.timestamps.len()) };
    assert_eq!((stamp.id.as_str(), stamp.kind), ("META-INF/timestamp001.tst", TimestampKind::Archive));
    assert!(stamp.covers.contains(&Covered::SignatureValue { signature: id.clone() }));
    let own = facts.signatures[0].timestamps[0].id.clone();
    assert!(stamp.covers.contains(&Covered::Timestamp { timestamp: own }));
    for list in &evidence().crls {
        let digest = hsign_crypto::digest(SHA256, list.as_slice()).unwrap();
        assert!(stamp.covers.contains(&Covered::Evidence { digest }));
    }

    // What a later stamp needs goes into the last token; what it covers stays.
    let mut again = Draft::open(&archived, now()).unwrap();
    let value = again.signature_imprint(&id, SHA256).unwrap();
    assert!(matches!(again.add_signature_timestamp(&id, &people::stamp(value)), Err(Error::Covered(_))));
    let mut more = evidence();
    more.certificates.push(PKI.person(Person::Pharmacist).certificate_der().to_vec().into());
    assert!(again.add_evidence(&id, &more).unwrap());
    assert!(!again.add_evidence(&id, &more).unwrap());
    assert!(all_hold(&again.facts().unwrap()));
    add_archive_stamp(&mut again, &id);
    let renewed = bytes(&again);
    let facts = read_facts(&renewed).unwrap();
    assert!(all_hold(&facts) && errors(&facts).is_empty(), "{:?}", errors(&facts));
    let ids: Vec<_> = facts.timestamps.iter().map(|stamp| stamp.id.as_str()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    let second = facts.timestamps.iter().find(|stamp| stamp.id.ends_with("timestamp002.tst")).unwrap();
    assert!(
        second.covers.contains(&Covered::Timestamp { timestamp: "META-INF/timestamp001.tst".to_owned() })
    );
    assert!(second.covers.contains(&Covered::SignatureValue { signature: id }));
    for file in &facts.files {
        assert_eq!(file.covered_by.len(), 3, "{file:?}");
        assert!(file.covered_by.iter().all(|one| one.intact == Some(true)));
    }
}

#[test]
fn adding_to_a_container_leaves_the_entries_of_files_as_they_are() {
    let files = files();
    let mut first = draft(&files, ContainerType::AsicE);
    let id = add_signature(&mut first, Person::Doctor);
    let before = bytes(&first);
    let mut second = Draft::open(&before, now()).unwrap();
    add_stamp(&mut second, &id);
    let after = bytes(&second);
    let end = 30 + 8 + 31 + files.iter().map(|(name, bytes)| 30 + name.len() + bytes.len()).sum::<usize>();
    assert_eq!(before[..end], after[..end]);
    assert_ne!(before, after);
}

#[test]
fn entries_of_other_tools_keep_every_byte() {
    let mut odd = support::deflated("a.txt", &b"packed ".repeat(100));
    (odd.flags, odd.local_flags, odd.local_crc) = (8, 8, 0);
    odd.after =
        [&b"PK\x07\x08"[..], &odd.crc.to_le_bytes(), &odd.compressed.to_le_bytes(), &odd.size.to_le_bytes()]
            .concat();
    let before = support::zip(&[support::mimetype(), odd]);
    let directory = before.len() - 22 - (46 + 8) - (46 + 5);
    let mut draft = Draft::open(&before, now()).unwrap();
    add_signature(&mut draft, Person::Doctor);
    let after = bytes(&draft);
    assert_eq!(before[..directory], after[..directory]);
    assert!(all_hold(&read_facts(&after).unwrap()));
}

#[test]
fn two_signers_each_with_their_own_manifest() {
    let files = files();
    let mut draft = draft(&files, ContainerType::AsicE);
    let doctor = add_signature(&mut draft, Person::Doctor);
    let pharmacist = add_signature(&mut draft, Person::Pharmacist);
    add_stamp(&mut draft, &doctor);
    let facts = read_facts(&bytes(&draft)).unwrap();
    assert!(all_hold(&facts) && errors(&facts).is_empty());
    let ids: Vec<_> = facts.signatures.iter().map(|signature| signature.id.clone()).collect();
    assert!(ids.contains(&doctor) && ids.contains(&pharmacist));
    let stamped: Vec<_> =
        facts.signatures.iter().filter(|signature| !signature.timestamps.is_empty()).collect();
    assert_eq!((stamped.len(), &stamped[0].id), (1, &doctor));
}

#[test]
fn asic_s_to_the_archive_level_and_cosigned() {
    let files = vec![("処方箋.xml", b"<a/>".to_vec())];
    let mut draft = draft(&files, ContainerType::AsicS);
    let id = add_signature(&mut draft, Person::Doctor);
    assert_eq!(id, "META-INF/signature.p7s#Signature1");
    add_stamp(&mut draft, &id);
    draft.add_evidence(&id, &evidence()).unwrap();
    add_archive_stamp(&mut draft, &id);
    let facts = read_facts(&bytes(&draft)).unwrap();
    assert!(all_hold(&facts) && errors(&facts).is_empty(), "{:?}", errors(&facts));
    assert_eq!(
        (facts.signatures[0].level, facts.signatures[0].coverage),
        (Level::BLta, Coverage::WholeDocument)
    );
    let other = add_signature(&mut draft, Person::Pharmacist);
    assert_eq!(other, "META-INF/signature.p7s#Signature2");
    let facts = read_facts(&bytes(&draft)).unwrap();
    assert!(all_hold(&facts) && errors(&facts).is_empty(), "{:?}", errors(&facts));
    assert_eq!(facts.signatures.len(), 2);
}

#[test]
fn each_file_of_a_batch_is_still_provable_alone() {
    let files = files();
    let mut draft = draft(&files, ContainerType::AsicE);
    let id = add_signature(&mut draft, Person::Doctor);
    add_stamp(&mut draft, &id);
    draft.add_evidence(&id, &evidence()).unwrap();
    add_archive_stamp(&mut draft, &id);
    let whole = bytes(&draft);
    for (alone, _) in FILES {
        let facts = read_facts(&read_all(&extract(&whole, &[alone]).unwrap()).unwrap()).unwrap();
        let signature = &facts.signatures[0];
        assert_eq!((signature.coverage, signature.level), (Coverage::Partial, Level::BLta));
        let references = &signature.signed.as_ref().unwrap().references;
        let holding: Vec<_> =
            references.iter().filter(|one| one.holds() == Some(true)).map(|one| &one.name).collect();
        assert_eq!(holding, ["META-INF/ASiCManifest001.xml", alone]);
        assert!(references.iter().all(|one| one.holds() != Some(false)));
        for file in &facts.files {
            let here = file.name == alone;
            assert_eq!(file.length.is_some(), here);
            let expected = if here { Some(true) } else { None };
            assert!(
                !file.covered_by.is_empty() && file.covered_by.iter().all(|one| one.intact == expected),
                "{file:?}"
            );
        }
        assert!(errors(&facts).is_empty(), "{:?}", errors(&facts));
    }
    assert!(matches!(extract(&whole, &["no such file"]), Err(Error::NoSuchFile(_))));
}

#[test]
fn names_that_containers_must_not_hold_are_refused() {
    let bytes = b"x".to_vec();
    let create = |names: &[&str], kind| {
        let objects: Vec<_> = names
            .iter()
            .map(|name| DataObject { name, source: &bytes as &dyn Source, media_type: None })
            .collect();
        Draft::create(&objects, kind, now(), &[SHA256]).map(|_| ())
    };
    for name in ["../a", "/a", "a\\b", "mimetype", "META-INF/a.xml", "meta-inf/a", "a/", ""] {
        assert!(matches!(create(&[name], ContainerType::AsicE), Err(Error::Name { .. })), "{name}");
    }
    assert!(matches!(create(&["a", "a"], ContainerType::AsicE), Err(Error::Name { .. })));
    assert!(create(&["a", "A"], ContainerType::AsicE).is_err());
    assert!(create(&["a", "b"], ContainerType::AsicS).is_err());
    assert!(create(&[], ContainerType::AsicE).is_err());
    assert!(create(&["a", "b"], ContainerType::AsicE).is_ok());
}

#[test]
fn asic_e_with_xades_to_the_archive_level() {
    let files = files();
    let mut draft = draft(&files, ContainerType::AsicE);
    let id = add_xades(&mut draft, Person::Doctor);
    assert!(id.starts_with("META-INF/signatures001.xml#"), "{id}");
    add_stamp(&mut draft, &id);
    assert!(draft.add_evidence(&id, &evidence()).unwrap());
    add_archive_stamp(&mut draft, &id);
    let other = add_xades(&mut draft, Person::Pharmacist);
    assert!(other.starts_with("META-INF/signatures002.xml#"), "{other}");
    let facts = read_facts(&bytes(&draft)).unwrap();
    assert!(all_hold(&facts) && errors(&facts).is_empty(), "{:?}", errors(&facts));
    assert_eq!(facts.findings, []);
    let levels: Vec<_> =
        facts.signatures.iter().map(|signature| (signature.level, signature.coverage)).collect();
    assert_eq!(levels, [(Level::BLta, Coverage::WholeDocument), (Level::BB, Coverage::WholeDocument)]);
    assert!(facts.files.iter().all(|file| file.covered_by.len() == 2));
}

#[test]
fn asic_s_with_xades_and_a_second_signer_in_the_same_file() {
    let files = vec![("処方箋 1.csv", b"1,2".to_vec())];
    let mut draft = draft(&files, ContainerType::AsicS);
    let first = add_xades(&mut draft, Person::Doctor);
    add_stamp(&mut draft, &first);
    let second = add_xades(&mut draft, Person::Pharmacist);
    assert_ne!(first, second);
    add_stamp(&mut draft, &second);
    let facts = read_facts(&bytes(&draft)).unwrap();
    assert!(all_hold(&facts) && errors(&facts).is_empty(), "{:?}", errors(&facts));
    let ids: Vec<_> = facts.signatures.iter().map(|signature| signature.id.clone()).collect();
    assert_eq!(ids, [first, second]);
    assert!(ids.iter().all(|id| id.starts_with("META-INF/signatures.xml#")));
    assert!(facts.signatures.iter().all(|signature| signature.level == Level::BT));
}

#[test]
fn two_xml_signatures_of_one_person_in_one_second_have_ids_of_their_own() {
    let files = vec![("a.txt", b"a".to_vec())];
    for kind in [ContainerType::AsicS, ContainerType::AsicE] {
        let mut draft = draft(&files, kind);
        add_xades(&mut draft, Person::Doctor);
        add_xades(&mut draft, Person::Doctor);
        let facts = read_facts(&bytes(&draft)).unwrap();
        let ids: std::collections::BTreeSet<&str> =
            facts.signatures.iter().filter_map(|signature| signature.id.rsplit('#').next()).collect();
        assert_eq!((facts.signatures.len(), ids.len()), (2, 2), "{kind:?}: {ids:?}");
        assert!(all_hold(&facts));
        assert!(errors(&facts).is_empty(), "{:?}", errors(&facts));
    }
}

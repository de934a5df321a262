//! Attacks on the ZIP file around a container: each is refused, or told by a finding that keeps the document from passing,
//! and no tool's reading of the attacked entry is taken for what was signed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::ptr_arg,
    clippy::cast_possible_truncation
)]

mod support;

use hsign_asic::{Error, read_facts};
use hsign_core::facts::DocumentFacts;
use hsign_core::{Severity, Source};
use support::{codes, deflated, mimetype, stored, zip};

fn facts(bytes: &Vec<u8>) -> DocumentFacts {
    read_facts(bytes).unwrap()
}

/// The code is there, and it is one that keeps the document from passing.
fn told(bytes: &Vec<u8>, code: &str) {
    let facts = facts(bytes);
    let found = facts.findings.iter().find(|finding| finding.code == code);
    let found = found.unwrap_or_else(|| panic!("{code} not among {:?}", codes(&facts)));
    assert_eq!(found.severity, Severity::Error, "{code}");
}

#[test]
fn a_sound_container_has_no_findings() {
    let bytes = zip(&[mimetype(), stored("a.txt", b"a"), deflated("b/c.txt", &b"c".repeat(1000))]);
    let facts = facts(&bytes);
    assert_eq!(codes(&facts), [""; 0]);
    let files: Vec<_> = facts.files.iter().map(|file| (file.name.as_str(), file.length)).collect();
    assert_eq!(files, [("a.txt", Some(1)), ("b/c.txt", Some(1000))]);
}

#[test]
fn two_entries_of_one_name() {
    told(&zip(&[mimetype(), stored("a.txt", b"good"), stored("a.txt", b"evil")]), "zip-entry-duplicate");
    told(&zip(&[mimetype(), mimetype(), stored("a.txt", b"good")]), "zip-entry-duplicate");
}

#[test]
fn names_that_differ_by_case_or_normalisation() {
    told(&zip(&[mimetype(), stored("Dose.txt", b"1"), stored("dose.TXT", b"2")]), "zip-entry-twin");
    told(
        &zip(&[mimetype(), stored("\u{304c}.txt", b"1"), stored("\u{304b}\u{3099}.txt", b"2")]),
        "zip-entry-twin",
    );
}

#[test]
fn names_that_leave_the_folder() {
    for name in ["../a.txt", "/a.txt", "C:\\a.txt", "a/../../b.txt", ".", "a\\b", "a\0b"] {
        told(&zip(&[mimetype(), stored(name, b"a")]), "zip-name-unsafe");
    }
}

#[test]
fn local_header_with_another_name() {
    let mut entry = stored("a.txt", b"a");
    entry.local_name = b"b.txt".to_vec();
    told(&zip(&[mimetype(), entry]), "zip-headers-disagree");
}

#[test]
fn a_second_name_in_an_extra_field() {
    let mut entry = stored("a.txt", b"a");
    entry.extra = [&[0x75, 0x70, 10, 0, 1, 0, 0, 0, 0][..], b"b.txt"].concat();
    told(&zip(&[mimetype(), entry]), "zip-headers-disagree");
}

#[test]
fn local_header_with_another_method_length_or_checksum() {
    let mut method = stored("a.txt", b"a");
    method.local_method = 8;
    let mut checksum = stored("a.txt", b"a");
    checksum.local_crc ^= 1;
    let mut size = stored("a.txt", b"a");
    size.size = 2;
    for entry in [method, checksum, size] {
        told(&zip(&[mimetype(), entry]), "zip-headers-disagree");
    }
}

#[test]
fn no_local_header_where_the_directory_says() {
    let mut entry = stored("a.txt", b"a");
    entry.offset = Some(5);
    told(&zip(&[mimetype(), entry]), "zip-headers-disagree");
}

#[test]
fn data_descriptor_that_says_something_else() {
    let mut entry = stored("a.txt", b"a");
    (entry.flags, entry.local_flags, entry.local_crc) = (8, 8, 0);
    let good: Vec<u8> = [&b"PK\x07\x08"[..], &entry.crc.to_le_bytes(), &[1, 0, 0, 0, 1, 0, 0, 0]].concat();
    entry.after.clone_from(&good);
    assert_eq!(codes(&facts(&zip(&[mimetype(), entry.clone()]))), [""; 0]);
    entry.after[5] ^= 1;
    told(&zip(&[mimetype(), entry]), "zip-headers-disagree");
}

#[test]
fn entries_that_share_bytes() {
    let mut second = stored("b.txt", b"a");
    second.local_name = b"a.txt".to_vec();
    let first = mimetype();
    let start = 30 + first.name.len() + first.data.len();
    second.offset = Some(start as u32);
    second.listed = true;
    told(&zip(&[first, stored("a.txt", b"a"), second]), "zip-entries-overlap");
}

#[test]
fn an_entry_that_the_directory_leaves_out() {
    let mut hidden = stored("hidden.txt", b"only tools that stream see this");
    hidden.listed = false;
    let bytes = zip(&[mimetype(), hidden, stored("a.txt", b"a")]);
    told(&bytes, "zip-bytes-unaccounted");
    let facts = facts(&bytes);
    let finding = facts.findings.iter().find(|finding| finding.code == "zip-bytes-unaccounted").unwrap();
    assert_eq!(finding.values["place"], "hidden entry");
}

#[test]
fn bytes_between_entries_and_after_the_end() {
    let mut entry = stored("a.txt", b"a");
    entry.after = b"????".to_vec();
    told(&zip(&[mimetype(), entry]), "zip-bytes-unaccounted");
    let mut behind = zip(&[mimetype(), stored("a.txt", b"a")]);
    behind.extend(b"behind");
    told(&behind, "zip-bytes-unaccounted");
}

#[test]
fn bytes_before_the_first_entry() {
    let mut bytes = b"#!/bin/sh\n".to_vec();
    bytes.extend(zip(&[mimetype(), stored("a.txt", b"a")]));
    assert!(matches!(read_facts(&bytes), Err(Error::Zip(_))));
}

#[test]
fn a_second_directory_in_the_comment() {
    let inner = zip(&[mimetype(), stored("evil.txt", b"evil")]);
    let mut bytes = zip(&[mimetype(), stored("a.txt", b"good")]);
    let at = bytes.len() - 2;
    bytes[at..].copy_from_slice(&(inner.len() as u16).to_le_bytes());
    bytes.extend(&inner);
    // The last end record is the one that tools take; its offsets are wrong from here.
    match read_facts(&bytes) {
        Err(Error::Zip(_)) => {}
        other => assert!(codes(&other.unwrap()).contains(&"zip-end-ambiguous")),
    }
}

#[test]
fn links_and_folders_with_contents() {
    let mut link = zip(&[mimetype(), stored("a.txt", b"../../etc/passwd")]);
    let directory = link.len() - 22 - 46 - 5;
    assert!(link[directory..].starts_with(b"PK\x01\x02"));
    link[directory + 38..directory + 42].copy_from_slice(&0xa1ff_0000_u32.to_le_bytes());
    told(&link, "zip-entry-link");
    told(&zip(&[mimetype(), stored("folder/", b"a file after all")]), "zip-name-unsafe");
    assert_eq!(codes(&facts(&zip(&[mimetype(), stored("folder/", b""), stored("folder/a", b"a")]))), [""; 0]);
}

#[test]
fn what_tools_see_differently_is_never_added_to() {
    let twice = zip(&[mimetype(), stored("a.txt", b"good"), stored("a.txt", b"evil")]);
    let now = hsign_core::Time::from_unix_seconds(1_790_000_000).unwrap();
    assert!(matches!(hsign_asic::Draft::open(&twice, now), Err(Error::Zip(_))));
    assert!(matches!(hsign_asic::extract(&twice, &["a.txt"]), Err(Error::Zip(_))));
}

#[test]
fn encrypted_entries() {
    let mut entry = stored("a.txt", b"a");
    (entry.flags, entry.local_flags) = (1, 1);
    told(&zip(&[mimetype(), entry]), "zip-entry-encrypted");
}

#[test]
fn methods_that_few_tools_know() {
    let mut entry = stored("a.txt", b"a");
    (entry.method, entry.local_method) = (93, 93);
    told(&zip(&[mimetype(), entry]), "zip-method-unsupported");
}

#[test]
fn bombs_are_refused_before_anything_is_unpacked() {
    let mut entry = deflated("a.txt", b"a");
    entry.size = u32::MAX - 1;
    assert!(matches!(read_facts(&zip(&[mimetype(), entry])), Err(Error::Limit(_))));
}

#[test]
fn a_damaged_signature_file_is_listed_and_not_judged() {
    let long = b"a signature file that is long enough to be packed".repeat(10);
    let mut checksum = deflated("META-INF/signature001.p7s", &long);
    (checksum.crc, checksum.local_crc) = (1, 1);
    let mut cut = deflated("META-INF/signature001.p7s", &long);
    cut.data.pop();
    cut.compressed -= 1;
    let mut longer = deflated("META-INF/signature001.p7s", &long);
    longer.size += 1;
    let mut shorter = deflated("META-INF/signature001.p7s", &long);
    shorter.size -= 1;
    let mut behind = deflated("META-INF/signature001.p7s", &long);
    behind.data.extend(b"hidden behind the end");
    behind.compressed = behind.data.len() as u32;
    for entry in [checksum, cut, longer, shorter, behind] {
        let bytes = zip(&[mimetype(), stored("a.txt", b"a"), entry]);
        told(&bytes, "zip-entry-damaged");
        let facts = facts(&bytes);
        assert_eq!(facts.signatures.len(), 1);
        assert!(facts.signatures[0].signed.is_none());
        assert_eq!(facts.signatures[0].findings[0].code, "asic-signature-file-unreadable");
    }
}

#[test]
fn zip64_numbers_that_readers_of_the_old_record_dont_see() {
    let mut bytes = zip(&[mimetype(), stored("a.txt", b"a")]);
    let end = bytes.split_off(bytes.len() - 22);
    let place = bytes.len() as u64;
    let directory = u64::from(u32::from_le_bytes(end[16..20].try_into().unwrap()));
    let length = u64::from(u32::from_le_bytes(end[12..16].try_into().unwrap()));
    let record = |entries: u64| {
        let mut record = b"PK\x06\x06".to_vec();
        record.extend(44_u64.to_le_bytes());
        record.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for number in [entries, entries, length, directory] {
            record.extend(number.to_le_bytes());
        }
        record.extend(b"PK\x06\x07\0\0\0\0");
        record.extend(place.to_le_bytes());
        record.extend([1, 0, 0, 0]);
        record
    };
    assert_eq!(codes(&facts(&[bytes.clone(), record(2), end.clone()].concat())), [""; 0]);
    told(&[bytes, record(3), end].concat(), "zip-end-ambiguous");
}

#[test]
fn the_mimetype_entry_has_its_own_rules() {
    let warned = |entries: &[support::Entry], code: &str| {
        let facts = facts(&zip(entries));
        assert!(codes(&facts).contains(&code), "{code}: {:?}", codes(&facts));
    };
    warned(&[stored("a.txt", b"a")], "asic-mimetype-missing");
    warned(&[stored("a.txt", b"a"), mimetype()], "asic-mimetype-not-first");
    warned(
        &[deflated("mimetype", b"application/vnd.etsi.asic-e+zip"), stored("a", b"a")],
        "asic-mimetype-compressed",
    );
    let mut extra = mimetype();
    extra.extra = vec![0xfe, 0xca, 0, 0];
    warned(&[extra, stored("a", b"a")], "asic-mimetype-extra-field");
    warned(
        &[stored("mimetype", b"application/vnd.etsi.asic-e+zip\n"), stored("a", b"a")],
        "asic-mimetype-padded",
    );
    warned(&[stored("mimetype", b"text/plain"), stored("a", b"a")], "asic-mimetype-unknown");
}

#[test]
fn cut_files_are_errors_at_every_length() {
    let bytes = zip(&[mimetype(), stored("a.txt", b"a"), deflated("META-INF/signature.p7s", &[1; 50])]);
    for length in 0..bytes.len() {
        assert!(read_facts(&bytes[..length].to_vec()).is_err(), "{length}");
    }
    assert_eq!(bytes.length(), bytes.len() as u64);
}

#[test]
fn changed_bytes_never_panic() {
    let bytes = zip(&[mimetype(), stored("a.txt", b"a"), deflated("META-INF/ASiCManifest.xml", &[b'x'; 50])]);
    for at in 0..bytes.len() {
        for value in [0, 0x7f, 0xff] {
            let mut changed = bytes.clone();
            changed[at] = value;
            let _ = read_facts(&changed);
        }
    }
}

#[test]
fn a_container_without_its_directory_is_told_by_what_is_left() {
    let whole = zip(&[stored("a.txt", b"a"), stored("META-INF/signature.p7s", b"no signature")]);
    assert!(hsign_asic::is_container(&whole));
    let cut = whole[..whole.len() - 30].to_vec();
    assert!(hsign_asic::is_container(&cut) && read_facts(&cut).is_err());
    let other = zip(&[stored("a.txt", b"a"), stored("META-INF/MANIFEST.MF", b"a program")]);
    assert!(
        !hsign_asic::is_container(&other) && !hsign_asic::is_container(&other[..other.len() - 30].to_vec())
    );
}

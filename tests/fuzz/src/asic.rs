//! Containers of any shape: what is read of one is read of its copy, and each file stays what it is when it stands alone.

use hsign_asic::{ContainerType, DataObject, Draft, extract, read_facts};
use hsign_core::facts::{DocumentFacts, FileFacts};
use hsign_core::{Digest, DigestAlgorithm, Source, Time, read_all};

pub fn asic(data: &[u8]) {
    let container = data.to_vec();
    let Ok(facts) = read_facts(&container) else { return };
    for file in &facts.files {
        assert!(
            file.length.is_some() || !file.covered_by.is_empty(),
            "a file is there or named by something"
        );
    }
    let Ok(mut draft) = Draft::open(&container, Time::from_unix_seconds(0).unwrap()) else { return };
    let copy = read_all(&draft).unwrap();
    assert!(same(&read_facts(&copy).unwrap(), &facts), "written as it was read");
    let names: Vec<&str> = there(&facts).map(|file| file.name.as_str()).collect();
    for name in names.iter().take(3) {
        let Ok(alone) = extract(&container, &[name]) else { continue };
        let alone = read_facts(&alone).unwrap();
        let of = |facts: &DocumentFacts| {
            let coverage = there(facts).filter(|file| file.name == *name).map(|file| file.covered_by.clone());
            coverage.collect::<Vec<_>>()
        };
        // Without a manifest it matters how many files there are.
        if names.len() == 1 {
            assert_eq!(of(&alone), of(&facts), "a file is covered as it was");
        }
    }
    let Ok(prepared) = draft.prepare_cades(DigestAlgorithm::Sha256) else { return };
    let before = facts.files.len();
    if draft.add_cades(prepared, &[]).is_ok() {
        assert!(draft.facts().unwrap().files.len() >= before, "no file is lost");
    }
}

fn there(facts: &DocumentFacts) -> impl Iterator<Item = &FileFacts> {
    facts.files.iter().filter(|file| file.length.is_some())
}

/// The same but for the length, which a comment and bytes outside of entries make.
fn same(one: &DocumentFacts, other: &DocumentFacts) -> bool {
    one.signatures == other.signatures && one.timestamps == other.timestamps && one.files == other.files
}

/// Containers of both kinds, the signature being some CMS and the stamp some token.
pub fn seeds(cms: &[u8], token: &[u8]) -> Vec<Vec<u8>> {
    let (one, two) = (b"Rp. loxoprofen".to_vec(), b"II* a scan".to_vec());
    let objects = [
        DataObject { name: "処方箋.txt", source: &one as &dyn Source, media_type: Some("text/plain") },
        DataObject { name: "scans/1.tiff", source: &two, media_type: None },
    ];
    let now = Time::from_unix_seconds(1_790_000_000).unwrap();
    let mut made = Vec::new();
    for (kind, count) in [(ContainerType::AsicS, 1), (ContainerType::AsicE, 2)] {
        let mut draft = Draft::create(&objects[..count], kind, now, &[DigestAlgorithm::Sha256]).unwrap();
        made.push(read_all(&draft).unwrap());
        let prepared = draft.prepare_cades(DigestAlgorithm::Sha256).unwrap();
        let _: &Digest = prepared.content_digest();
        let Ok(id) = draft.add_cades(prepared, cms) else { continue };
        made.push(read_all(&draft).unwrap());
        let stamped = draft.add_signature_timestamp(&id, token).is_ok();
        if stamped && draft.archive_imprint(&id, DigestAlgorithm::Sha256).is_ok() {
            let _ = draft.add_archive_timestamp(&id, token);
            made.push(read_all(&draft).unwrap());
        }
    }
    made
}

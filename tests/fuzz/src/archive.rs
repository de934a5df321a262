//! What the archive reads back after decades, from stores that anybody may have written to.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use hsign_archive::{Segment, TrailHead, read, read_evidence};
use hsign_crypto::sha256;

/// The kept bundle: its files in the order of their names.
static BUNDLE: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/archive/bundle-1");
    let folder = entries(&kept).into_iter().find(|path| path.is_dir()).unwrap();
    let files = entries(&folder).into_iter();
    files
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap()))
        .collect()
});

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The files that no other file holds the digest of, and one that does: a changed one is read to its end.
const READ_AS_THEY_ARE: [&str; 3] = ["bundle.json", "step.a.1.1.json", "step.a.2.1.json"];

/// A bundle with one file taken from the input; the first octet says which.
pub fn bundle(data: &[u8]) {
    let Some((choice, changed)) = data.split_first() else { return };
    let name = READ_AS_THEY_ARE[usize::from(*choice) % READ_AS_THEY_ARE.len()];
    let mut files = BUNDLE.clone();
    files.insert(name.to_owned(), changed.to_vec());
    let id: String = sha256(&files["bundle.json"]).iter().map(|octet| format!("{octet:02x}")).collect();
    let same = files == *BUNDLE;
    let whole = read(&id, &files);
    let evidence = read_evidence(&id, &files);
    assert!(!same || (whole.damage.is_empty() && evidence.damage.is_empty()), "the kept bundle is whole");
    assert!(whole.bundle.is_none() || evidence.bundle.is_some(), "what is read whole is read in part too");
}

/// The lines of a segment without the closing one, which is made to fit. What is read is written as the same.
pub fn trail(data: &[u8]) {
    let events = data.split_inclusive(|octet| *octet == b'\n').count().saturating_sub(1);
    let digest: String = sha256(data).iter().map(|octet| format!("{octet:02x}")).collect();
    let closing = format!("{{\"events\":{events},\"sha256\":\"{digest}\"}}\n");
    let bytes = [data, closing.as_bytes()].concat();
    let Ok(segment) = Segment::read(&bytes, TrailHead::START) else { return };
    let again = Segment::next(TrailHead::START, segment.time(), segment.actor(), segment.events().to_vec());
    assert_eq!(again.unwrap().bytes(), bytes, "there is one way of writing it");
}

pub fn bundle_seeds() -> impl Iterator<Item = Vec<u8>> {
    (0..).zip(READ_AS_THEY_ARE).map(|(choice, name)| [&[choice], BUNDLE[name].as_slice()].concat())
}

pub const TRAIL: &str = concat!(
    r#"{"format":"hsign.archive-trail/1","segment":1,"#,
    r#""before":"0000000000000000000000000000000000000000000000000000000000000000","#,
    r#""time":"2026-11-21T09:00:00Z","actor":"worker"}"#,
    "\n",
    r#"{"event":"set-aside","key":"chart/2","location":"/records/2","reason":"unreadable","findings":["hash-mismatch"]}"#,
    "\n",
    r#"{"event":"set-aside-settled","key":"chart/2","how":"taken again as chart/3"}"#,
    "\n",
    r#"{"event":"stores","stores":[{"name":"main","country":"JP","operator":"our own","access":"repair"}]}"#,
    "\n",
);

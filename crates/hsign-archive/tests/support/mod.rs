//! Bundles around tokens of the testkit's authority.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, missing_docs, unreachable_pub)]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use hsign_archive::{
    Batch, BatchKey, Bundle, BundleFile, Document, NewStep, Sealed, ToRenew, Track, read, seal,
};
use hsign_core::{Digest, DigestAlgorithm};
use hsign_testkit::{Ca, Clock, Pki, Tsa};
use hsign_tsp::{TimestampRequest, TimestampResponse};

pub const NOW: i64 = 1_790_000_000;
pub const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;
pub const SHA512: DigestAlgorithm = DigestAlgorithm::Sha512;

pub static PKI: LazyLock<Arc<Pki>> = LazyLock::new(|| Arc::new(Pki::new("http://127.0.0.1:9", NOW).unwrap()));

pub type Files = BTreeMap<String, Vec<u8>>;

/// A token over `root`, so many days after the PKI was made.
pub fn token(root: &Digest, day: i64) -> Vec<u8> {
    let request =
        TimestampRequest { imprint: root.clone(), nonce: None, policy: None, certificate_requested: true };
    let tsa = Tsa::new(Arc::clone(&PKI), Clock::fixed(NOW + day * 86_400));
    let response = tsa.respond(&request.to_der().unwrap(), &[]).unwrap();
    TimestampResponse::parse(&response).unwrap().granted().unwrap().to_vec()
}

pub fn anchors() -> Vec<u8> {
    PKI.authority(Ca::TsaRoot).certificate_der().to_vec()
}

pub fn digest(algorithm: DigestAlgorithm, data: &[u8]) -> Digest {
    hsign_crypto::digest(algorithm, data).unwrap()
}

pub fn data(number: usize) -> Vec<u8> {
    format!("document {number}").into_bytes()
}

pub fn document(number: usize, algorithms: &[DigestAlgorithm]) -> Document {
    let data = data(number);
    let digests: Vec<_> = algorithms.iter().map(|algorithm| digest(*algorithm, &data)).collect();
    let key = format!("chart/{number:04}");
    let document = Document::new(&key, data.len() as u64, &digests, "chart", "2031-04-30".parse().unwrap());
    document.unwrap().at(&format!("file:store/{number}")).unwrap()
}

pub fn track(name: &str, algorithm: DigestAlgorithm) -> Track {
    Track { name: name.to_owned(), algorithm }
}

pub fn batch(count: usize, tracks: &[Track]) -> Batch {
    let mut algorithms: Vec<_> = tracks.iter().map(|track| track.algorithm).collect();
    algorithms.dedup();
    let documents: Vec<_> = (0..count).map(|number| document(number, &algorithms)).collect();
    Batch { key: BatchKey::of(&documents[0], tracks).unwrap(), documents }
}

/// A sealed bundle of one track, and its files as they lie in a folder.
pub fn sealed(count: usize) -> (Bundle, Files) {
    let Sealed { bundle, files } = seal(&batch(count, &[track("a", SHA256)])).unwrap();
    (bundle, files.into_iter().map(|BundleFile { name, bytes }| (name, bytes)).collect())
}

/// Puts a step where the bundle is.
pub fn put(bundle: &mut Bundle, files: &mut Files, step: &NewStep) {
    for file in step.files() {
        assert_eq!(files.insert(file.name.clone(), file.bytes.clone()), None, "{}", file.name);
    }
    bundle.add(step).unwrap();
}

/// With its first time stamp.
pub fn stamped(count: usize) -> (Bundle, Files) {
    let (mut bundle, mut files) = sealed(count);
    let step = bundle.first_step("a", &token(&bundle.root("a").unwrap(), 0)).unwrap();
    put(&mut bundle, &mut files, &step);
    (bundle, files)
}

/// Reads files in which nothing is wrong.
pub fn whole(bundle: &Bundle, files: &Files) -> Bundle {
    let reading = read(bundle.id(), files);
    assert_eq!((reading.damage, reading.unused), (vec![], Vec::<String>::new()));
    reading.bundle.unwrap()
}

/// The bundle with its last token as it is: nothing is added to it.
pub fn as_it_is(bundle: &Bundle) -> ToRenew<'_> {
    ToRenew { bundle, token: bundle.last_step("a").map_or_else(Vec::new, |step| step.token().to_vec()) }
}

use hsign_core::{Digest, Source};
use hsign_xades::DetachedContent;
use hsign_xades::make::{
    DataObject, Enveloped, Options, Prepared, detached, enveloped, enveloping_octets, enveloping_xml,
    manifest,
};
use hsign_xml::dsig::{NoExternal, NotAtHand, Resolver};

use crate::support::{Key, SHA256, holds, keys, levels, signed, xmlsec};

const DOCUMENT: &[u8] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!-- 退院時サマリー -->\n<c:Document xmlns:c=\"urn:hl7-org:v3\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xml:lang='ja'>\n  <c:title>診断&amp;所見</c:title>\n\
    <c:empty/></c:Document>\n<!-- end -->"
    .as_bytes();
const SCAN: &[u8] = b"\xff\xd8\xff\xe0 not really an image \x00\x01";
const NOTE: &[u8] = "経過記録".as_bytes();

struct Files;

impl Resolver for Files {
    fn read(&self, uri: Option<&str>, sink: &mut dyn FnMut(&[u8])) -> Result<(), NotAtHand> {
        match uri {
            Some("scan.jpg") => sink(SCAN),
            Some("note.txt") => sink(NOTE),
            _ => return Err(NotAtHand),
        }
        Ok(())
    }
}

fn digests() -> [Digest; 2] {
    [SCAN, NOTE].map(|bytes| hsign_crypto::digest(SHA256, bytes).unwrap())
}

fn objects(digests: &[Digest; 2]) -> [DataObject<'_>; 2] {
    let [scan, note] = digests;
    [
        DataObject { uri: "scan.jpg", mime_type: "image/jpeg", digest: scan },
        DataObject { uri: "note.txt", mime_type: "text/plain", digest: note },
    ]
}

type Prepare = fn(&Options<'_>) -> Prepared;

/// Name, how it is prepared, the data that have to be found unchanged in the outcome.
const PACKAGINGS: [(&str, Prepare, &[u8]); 6] = [
    ("enveloped", |options| enveloped(DOCUMENT, &Enveloped::default(), options).unwrap(), DOCUMENT),
    (
        "enveloped over signatures",
        |options| {
            let request = Enveloped { over_signatures: true, ..Enveloped::default() };
            enveloped(DOCUMENT, &request, options).unwrap()
        },
        DOCUMENT,
    ),
    ("enveloping XML", |options| enveloping_xml(DOCUMENT, options).unwrap(), DOCUMENT),
    ("enveloping octets", |options| enveloping_octets(SCAN, "image/jpeg", options).unwrap(), b""),
    ("detached", |options| detached(&objects(&digests()), options).unwrap(), b""),
    ("manifest", |options| manifest(&objects(&digests()), options).unwrap(), b""),
];

fn every_level(key: &Key) {
    let pair = (key.identity)();
    let (scan, note) = (SCAN.to_vec(), NOTE.to_vec());
    let content =
        DetachedContent::new().with("scan.jpg", &scan as &dyn Source).with("note.txt", &note as &dyn Source);
    for (name, prepare, original) in PACKAGINGS {
        let (document, id) = signed(&pair, &key.algorithm, prepare);
        let mut all = vec![("B-B", document.clone())];
        all.extend(levels(&document, &id, &content));
        for (level, document) in all {
            let what = format!("{name} with {} at {level}", key.algorithm);
            assert!(holds(&document, &id, &Files), "{what}");
            assert!(is_subsequence(original, &document), "{what}: the original text is not all there");
            if key.known_to_xmlsec && matches!(level, "B-B" | "renewed") {
                let files = [("scan.jpg", SCAN), ("note.txt", NOTE)];
                assert_ne!(xmlsec(&document, &id, &files, true), Some(false), "{what}: xmlsec1 disagrees");
            }
        }
        assert!(!holds(&broken(&document), &id, &Files), "{name}: a change goes unnoticed");
    }
}

/// Whether `whole` is `part` with insertions.
fn is_subsequence(part: &[u8], whole: &[u8]) -> bool {
    let mut rest = whole.iter();
    // The end of an empty element's tag is the only thing that may go.
    part.iter().all(|byte| rest.any(|other| other == byte))
}

/// With one digit of the first digest changed.
fn broken(document: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(document).unwrap();
    let at = text.find("<ds:DigestValue>").unwrap() + "<ds:DigestValue>".len();
    let mut broken = document.to_vec();
    broken[at] = if broken[at] == b'A' { b'B' } else { b'A' };
    broken
}

#[test]
fn every_packaging_and_level_with_rsa() {
    keys().iter().take(2).for_each(every_level);
}

#[test]
fn every_packaging_and_level_with_elliptic_curves() {
    keys().iter().skip(2).take(2).for_each(every_level);
}

#[test]
fn every_packaging_and_level_with_pss_and_ed25519() {
    keys().iter().skip(4).for_each(every_level);
}

#[test]
fn a_signature_without_data_is_refused() {
    let algorithm = hsign_core::SignatureAlgorithm::RsaPkcs1(SHA256);
    let options = Options::new(b"", &algorithm, crate::support::time(0));
    for refused in [detached(&[], &options), manifest(&[], &options)] {
        assert_eq!(refused.unwrap_err().kind(), hsign_core::ErrorKind::Usage);
    }
}

#[test]
fn nothing_is_resolved_that_nobody_gave() {
    let (document, id) =
        crate::support::by_doctor(|options| detached(&objects(&digests()), options).unwrap());
    assert!(!holds(&document, &id, &NoExternal));
    let error =
        hsign_xades::make::archive_imprint(&document, &id, SHA256, &DetachedContent::new()).unwrap_err();
    assert_eq!(error.finding().code, "xml-data-not-found");
    assert_eq!(error.finding().values["name"], "scan.jpg");
}

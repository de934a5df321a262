//! CMS of any shape: what is streamed is what is read in memory, and what is added moves nothing else.

use hsign_asn1::SourceReader;
use hsign_cades::{Draft, Error, Profile, signature_facts};
use hsign_cms::{ContentSink, SignedData, add_unsigned_attribute, attributes};
use hsign_core::facts::EvidenceFacts;
use hsign_core::{Digest, DigestAlgorithm};

pub fn cms(data: &[u8]) {
    for profile in [Profile::Cades, Profile::Cms] {
        if let Ok(facts) = signature_facts(data, "fuzz", profile, &mut crate::targets::any_digest) {
            assert!(facts.encoded_length <= data.len(), "no more than there is");
        }
    }
    let source = data.to_vec();
    let held = SignedData::parse(data);
    let mut content = Content(Vec::new());
    let streamed = SignedData::stream(SourceReader::new(&source), &mut content);
    assert_eq!(held.is_ok(), streamed.is_ok(), "readable either way or not at all");
    let (Ok(held), Ok((streamed, layout))) = (held, streamed) else { return };
    assert_eq!(told(&held), told(&streamed));
    assert_eq!(held.content().unwrap_or_default(), content.0);
    let end = usize::try_from(layout.content_info.end).unwrap_or(usize::MAX);
    assert_eq!(end, held.encoded_length());
    for signer in 0..held.signers().len().min(3) {
        added(&held, signer, data);
    }
    drafted(&source);
}

struct Content(Vec<u8>);

impl ContentSink for Content {
    fn begin(&mut self, _: &[DigestAlgorithm]) {}

    fn octets(&mut self, part: &[u8]) {
        self.0.extend_from_slice(part);
    }
}

fn told(cms: &SignedData) -> String {
    let head = (cms.version(), cms.content_type(), cms.digest_algorithms(), cms.encoded_length());
    format!("{head:?} {:?} {:?} {:?}", cms.signers(), cms.findings(), cms.evidence())
}

/// Every field of every signer but the unsigned attributes of one, which has one more.
fn added(before: &SignedData, signer: usize, data: &[u8]) {
    let attribute = attributes::attribute("1.2.3", &[5, 0]).unwrap();
    let grown = add_unsigned_attribute(data, signer, &attribute).unwrap();
    let after = SignedData::parse(&grown).unwrap();
    assert_eq!((after.content(), after.evidence()), (before.content(), before.evidence()));
    for (number, (one, other)) in before.signers().iter().zip(after.signers()).enumerate() {
        assert_eq!(one.signed_fields(), other.signed_fields());
        let (one, other) = (one.unsigned_attributes().all(), other.unsigned_attributes().all());
        assert!(other.starts_with(one));
        assert_eq!(other.len(), one.len() + usize::from(number == signer));
    }
}

/// A document that can be read can be extended, and says of what was there what it said before.
fn drafted(source: &Vec<u8>) {
    let content = b"content".to_vec();
    let Ok((mut draft, before)) = Draft::open(source, Some(&content)) else { return };
    let evidence = EvidenceFacts { crls: vec![vec![0x30, 3, 2, 1, 7].into()], ..EvidenceFacts::default() };
    match draft.add_evidence("Signature1", &evidence) {
        Ok(_) | Err(Error::NoSuchSignature(_) | Error::Protected(_)) => {}
        Err(error) => panic!("{error}"),
    }
    let after = draft.facts().unwrap();
    assert_eq!(before.signatures.len(), after.signatures.len());
    for (one, other) in before.signatures.iter().zip(&after.signatures) {
        assert_eq!((&one.id, &one.signed), (&other.id, &other.signed));
    }
}

/// A detached signature made to last, around its content.
pub fn archived(cms: &[u8], stamp: &mut dyn FnMut(&Digest) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let content = b"content".to_vec();
    let mut draft = Draft::around(cms, &content, &[]).ok()?;
    let evidence = EvidenceFacts { crls: vec![vec![0x30, 3, 2, 1, 5].into()], ..EvidenceFacts::default() };
    draft.add_evidence("Signature1", &evidence).ok()?;
    let imprint = draft.archive_imprint("Signature1", DigestAlgorithm::Sha256).ok()?;
    draft.add_archive_timestamp("Signature1", &stamp(&imprint)?).ok()?;
    draft.to_vec().ok()
}

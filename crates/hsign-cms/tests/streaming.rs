//! What is read from a source in windows is what is read in memory, whatever the bytes.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::ptr_arg, reason = "a Vec is a Source, a slice has no size")]

mod support;

use std::sync::LazyLock;

use hsign_asn1::{SourceReader, encode};
use hsign_cms::{ContentSink, Growing, Layout, SignedData, add_unsigned_attribute};
use hsign_core::{DigestAlgorithm, Source};
use proptest::prelude::*;
use support::{CONTENT, Identity};

static DER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let content = CONTENT.to_vec();
    Growing::around(&support::plain(&Identity::p256()), &content).unwrap().to_vec().unwrap()
});

/// The same with indefinite lengths down to the content, which comes in two pieces, one of them in pieces itself.
static BER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let layout = Layout::read(&*DER).unwrap();
    let part = |from: u64, to: u64| &DER[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()];
    let (first, second) = CONTENT.split_at(9);
    let inner =
        [&[0x24, 0x80][..], &encode::octet_string(second), &encode::octet_string(b""), &[0, 0]].concat();
    let content = [&[0x24, 0x80][..], &encode::octet_string(first), &inner, &[0, 0]].concat();
    [
        &[0x30, 0x80][..],
        part(layout.content_info.contents, layout.explicit.start),
        &[0xa0, 0x80, 0x30, 0x80],
        part(layout.signed_data.contents, layout.encapsulated.start),
        &[0x30, 0x80],
        part(layout.content_type.start, layout.content_type.end),
        &[0xa0, 0x80],
        &content,
        &[0, 0, 0, 0],
        part(layout.encapsulated.end, layout.signed_data.end),
        &[0; 6],
    ]
    .concat()
});

#[derive(Default)]
struct Collected {
    content: Vec<u8>,
    algorithms: Vec<DigestAlgorithm>,
}

impl ContentSink for Collected {
    fn begin(&mut self, algorithms: &[DigestAlgorithm]) {
        self.algorithms = algorithms.to_vec();
    }

    fn octets(&mut self, part: &[u8]) {
        self.content.extend_from_slice(part);
    }
}

fn streamed(bytes: &Vec<u8>) -> Option<(SignedData, Layout, Collected)> {
    let mut sink = Collected::default();
    let (signed_data, layout) = SignedData::stream(SourceReader::new(bytes), &mut sink).ok()?;
    Some((signed_data, layout, sink))
}

/// Everything that was read, to be compared.
fn told(signed_data: &SignedData) -> String {
    let parts = (signed_data.signers(), signed_data.findings(), signed_data.evidence());
    let head = (signed_data.version(), signed_data.content_type(), signed_data.digest_algorithms());
    format!("{head:?} {parts:?} {:?} {}", signed_data.other_certificates(), signed_data.encoded_length())
}

fn same_in_memory(bytes: &Vec<u8>) {
    let held = SignedData::parse(bytes).ok();
    let read = streamed(bytes);
    assert_eq!(held.is_some(), read.is_some(), "{:?}", SignedData::parse(bytes).err());
    let opened = SignedData::open(SourceReader::new(bytes));
    let (Some(held), Some((signed_data, layout, sink))) = (held, read) else { return };
    assert_eq!(told(&held), told(&signed_data));
    assert_eq!(told(&held), told(&opened.unwrap().0));
    assert_eq!(held.is_attached(), signed_data.is_attached());
    assert_eq!(held.content().unwrap_or_default(), sink.content);
    let mut again = Vec::new();
    let attached = layout.content_octets(bytes, &mut |part| again.extend_from_slice(part)).unwrap();
    assert_eq!((attached, again), (held.is_attached(), sink.content));
    adding_moves_nothing_else(bytes, &held);
}

fn adding_moves_nothing_else(bytes: &[u8], before: &SignedData) {
    let attribute = support::some_attribute();
    for position in 0..before.signers().len() {
        let grown = add_unsigned_attribute(bytes, position, &attribute).unwrap();
        let after = SignedData::parse(&grown).unwrap();
        assert_eq!(after.content(), before.content());
        assert_eq!(format!("{:?}", after.evidence()), format!("{:?}", before.evidence()));
        for (number, (one, other)) in before.signers().iter().zip(after.signers()).enumerate() {
            assert_eq!(one.signed_fields(), other.signed_fields());
            let added = usize::from(number == position);
            let attributes = other.unsigned_attributes().all();
            assert_eq!(attributes.len(), one.unsigned_attributes().all().len() + added);
            assert!(attributes.starts_with(one.unsigned_attributes().all()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn good_ones_changed_and_cut(
        ber in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
        more in proptest::collection::vec(any::<u8>(), 0..5),
    ) {
        let mut bytes = if ber { BER.clone() } else { DER.clone() };
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        bytes.extend(more);
        same_in_memory(&bytes);
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        same_in_memory(&bytes);
    }
}

#[test]
fn every_octet_changed_is_read_alike() {
    for good in [&*DER, &*BER] {
        assert!(streamed(good).is_some());
        same_in_memory(good);
        let head = good.len().min(120);
        for at in 0..head {
            for value in [0, 1, 0x24, 0x30, 0x80, 0x84, 0xff] {
                let mut bytes = good.clone();
                bytes[at] = value;
                same_in_memory(&bytes);
            }
        }
    }
}

#[test]
fn content_of_any_length_goes_through_a_window() {
    let content = vec![0x5a; 3_000_000];
    let around = Growing::around(&support::plain(&Identity::p256()), &content).unwrap();
    assert_eq!(around.length(), around.to_vec().unwrap().len() as u64);
    let bytes = around.to_vec().unwrap();
    let (signed_data, layout, sink) = streamed(&bytes).unwrap();
    assert_eq!(sink.content, content);
    assert_eq!(sink.algorithms, [DigestAlgorithm::Sha256]);
    assert_eq!(signed_data.content(), None, "it isn't kept");
    assert_eq!(layout.content_info.end, bytes.len() as u64);
    assert_eq!(SignedData::parse(&bytes).unwrap().content(), Some(&content[..]));
}

#[test]
fn signers_of_another_cms_are_put_behind() {
    let content = CONTENT.to_vec();
    let (first, second) = (support::plain(&Identity::p256()), support::plain(&Identity::rsa()));
    let mut growing = Growing::beside(&first, &content).unwrap();
    assert_eq!(growing.add_signers_of(&second).unwrap(), 1);
    let both = SignedData::parse(&growing.to_vec().unwrap()).unwrap();
    let bytes = |cms: &[u8]| SignedData::parse(cms).unwrap().signers()[0].bytes().to_vec();
    let signers: Vec<_> = both.signers().iter().map(|signer| signer.bytes().to_vec()).collect();
    assert_eq!(signers, [bytes(&first), bytes(&second)]);
    assert_eq!(both.certificates().len(), 2);
    assert_eq!(both.digest_algorithms().len(), 1, "listed once");
    assert!(Growing::beside(&DER, &content).is_err(), "not detached");
}

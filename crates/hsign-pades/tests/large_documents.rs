//! A document larger than memory should hold is read in small pieces, and its bytes few times.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::cell::Cell;
use std::io;

use hsign_cades::Options;
use hsign_core::facts::{Coverage, EvidenceFacts, Level};
use hsign_core::{DigestAlgorithm, Source};
use hsign_pades::{Appended, Draft, prepare, read_facts};
use hsign_testkit::Person;

const ZEROS: u64 = 64 << 20;

/// A PDF with one image of nothing but zeros, which don't exist anywhere; notes what is read of it.
struct Virtual {
    head: Vec<u8>,
    tail: Vec<u8>,
    longest_read: Cell<usize>,
    read: Cell<u64>,
}

impl Virtual {
    fn new() -> Self {
        let mut head = b"%PDF-1.7\n".to_vec();
        let mut offsets = Vec::new();
        for object in [
            "1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n".to_owned(),
            "2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n".to_owned(),
            "3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>\nendobj\n".to_owned(),
            format!("4 0 obj\n<< /Length {ZEROS} >>\nstream\n"),
        ] {
            offsets.push(head.len());
            head.extend_from_slice(object.as_bytes());
        }
        let end = "\nendstream\nendobj\n";
        let startxref = head.len() as u64 + ZEROS + end.len() as u64;
        let mut tail = format!("{end}xref\n0 5\n0000000000 65535 f \n");
        for offset in offsets {
            tail.push_str(&format!("{offset:010} 00000 n \n"));
        }
        tail.push_str(&format!("trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n{startxref}\n%%EOF\n"));
        Self { head, tail: tail.into_bytes(), longest_read: Cell::new(0), read: Cell::new(0) }
    }

    fn byte(&self, at: u64) -> Option<u8> {
        let at = usize::try_from(at).ok()?;
        let zeros = usize::try_from(ZEROS).ok()?;
        match self.head.get(at) {
            Some(byte) => Some(*byte),
            None if at < self.head.len() + zeros => Some(0),
            None => self.tail.get(at - self.head.len() - zeros).copied(),
        }
    }
}

impl Source for Virtual {
    fn length(&self) -> u64 {
        self.head.len() as u64 + ZEROS + self.tail.len() as u64
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.longest_read.set(self.longest_read.get().max(buffer.len()));
        self.read.set(self.read.get() + buffer.len() as u64);
        let inside = offset >= self.head.len() as u64
            && offset + buffer.len() as u64 <= self.head.len() as u64 + ZEROS;
        if inside {
            buffer.fill(0);
            return Ok(());
        }
        for (at, byte) in (offset..).zip(buffer.iter_mut()) {
            *byte = self.byte(at).ok_or(io::ErrorKind::UnexpectedEof)?;
        }
        Ok(())
    }
}

#[test]
fn two_passes_to_sign_and_verify_in_pieces_of_64_kib() {
    let document = Virtual::new();
    let prepared = prepare(&document, &support::request(Person::DoctorP256)).unwrap();
    let cms = support::cms(&prepared, Person::DoctorP256, DigestAlgorithm::Sha256, &Options::default());
    let appended = prepared.embed(&cms).unwrap();
    let facts = read_facts(&Appended::new(&document, &appended)).unwrap();
    let signature = facts.signatures.first().unwrap();
    assert_eq!(signature.coverage, Coverage::WholeDocument);
    assert!(support::intact(signature.signed.as_ref()));
    assert!(document.longest_read.get() <= 64 << 10, "{}", document.longest_read.get());
    assert!(document.read.get() < 2 * ZEROS + (4 << 20), "{}", document.read.get());
}

#[test]
fn signature_evidence_and_document_time_stamp_share_one_pass_and_the_check_takes_another() {
    let document = Virtual::new();
    let mut draft = Draft::new(&document, &[DigestAlgorithm::Sha256]).unwrap();
    let prepared = draft.prepare(&support::request(Person::Doctor)).unwrap();
    let cms = support::cms(&prepared, Person::Doctor, DigestAlgorithm::Sha256, &Options::default());
    let update = prepared.embed(&cms).unwrap();
    draft.append(&update);
    let evidence = EvidenceFacts { crls: vec![b"list".as_slice().into()], ..EvidenceFacts::default() };
    draft.add_evidence(&evidence).unwrap();
    let prepared = draft.prepare_document_timestamp(8_000).unwrap();
    let response = support::stamp(&prepared.content_digest(DigestAlgorithm::Sha256).unwrap());
    let update = prepared.embed(hsign_tsp::Token::parse(&response).unwrap().bytes()).unwrap();
    draft.append(&update);
    let facts = draft.facts().unwrap();
    assert_eq!(facts.signatures[0].level, Level::BLta);
    let slack = 4 << 20;
    assert!(document.read.get() < ZEROS + slack, "{} bytes read to make it", document.read.get());
    assert_eq!(read_facts(&draft).unwrap(), facts);
    assert!(document.read.get() < 2 * ZEROS + slack, "{} bytes read in all", document.read.get());
    assert!(document.longest_read.get() <= 1 << 20, "{} bytes at once", document.longest_read.get());
}

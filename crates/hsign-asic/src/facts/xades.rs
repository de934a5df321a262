//! XML signatures in a file of META-INF, their references being files of the container.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;

use hsign_core::facts::{Coverage, SignatureFacts};
use hsign_core::{Digest, DigestAlgorithm, Finding, Source, read_windows};
use hsign_xml::dsig::{NotAtHand, Resolver};

use super::{Found, Reading, SignedFile};
use crate::zip::Entry;
use crate::{Error, uri};

const CLAUSE: &str = "EN 319 162-1";

pub(super) fn read(reading: &Reading<'_, '_>, entry: &Entry, found: &mut Found) -> Result<(), Error> {
    let id = format!("{}#Signature1", entry.name);
    let Some(bytes) = reading.container.bytes(entry)? else {
        found.signatures.push(SignatureFacts::unreadable(
            id,
            Finding::error("asic-signature-file-unreadable").clause(CLAUSE),
        ));
        return Ok(());
    };
    let files = Files { reading, failure: RefCell::default() };
    let facts = hsign_xades::read_facts_with(&bytes, &files);
    if let Some(failure) = files.failure.into_inner() {
        return Err(failure);
    }
    match facts {
        Ok(facts) => found.take(&entry.name, facts, &mut |signature| Ok(name_files(signature))),
        Err(error) => {
            let finding = Finding::error("asic-signature-file-unreadable").clause(CLAUSE);
            found.signatures.push(SignatureFacts::unreadable(id, finding.with("reason", error)));
            Ok(())
        }
    }
}

/// The files that the references mean.
fn name_files(signature: &mut SignatureFacts) -> Vec<SignedFile> {
    if signature.countersigns.is_some() {
        return Vec::new();
    }
    signature.coverage = Coverage::Partial;
    // Of these nobody knows what was signed: a file may say what it likes where the filter doesn't look.
    let filtered = signature.findings.iter().filter(|finding| finding.code == "xml-external-filtered");
    let filtered: BTreeSet<String> =
        filtered.filter_map(|finding| finding.values.get("reference").cloned()).collect();
    let references =
        signature.signed.as_mut().map(|signed| signed.references.as_mut_slice()).unwrap_or_default();
    let mut files = Vec::new();
    for reference in references {
        if let Some(name) = uri::entry(&reference.name) {
            if !filtered.contains(&reference.name) {
                files.push((name.clone(), reference.holds()));
            }
            reference.name = name;
        }
    }
    files
}

/// The files of the container, each by the one URI that means it.
struct Files<'r, 'c, 's> {
    reading: &'r Reading<'c, 's>,
    failure: RefCell<Option<Error>>,
}

impl Resolver for Files<'_, '_, '_> {
    fn read(&self, uri: Option<&str>, sink: &mut dyn FnMut(&[u8])) -> Result<(), NotAtHand> {
        let name = uri.and_then(uri::entry).ok_or(NotAtHand)?;
        let file = self.reading.container.unpacked(&name).ok_or(NotAtHand)?;
        let read = read_windows(&file, 0..file.length(), |window| {
            sink(window);
            Ok::<_, io::Error>(())
        });
        match read {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(NotAtHand),
            Err(error) => {
                self.failure.borrow_mut().get_or_insert(error.into());
                Err(NotAtHand)
            }
            Ok(()) => Ok(()),
        }
    }

    fn digest(&self, uri: Option<&str>, algorithm: DigestAlgorithm) -> Option<Digest> {
        match self.reading.container.digest(&uri::entry(uri?)?, algorithm) {
            Ok(digest) => digest,
            Err(error) => {
                self.failure.borrow_mut().get_or_insert(error);
                None
            }
        }
    }
}

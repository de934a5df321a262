//! Archive time stamps: what their imprints are over, and what that covers.

pub(crate) mod hash_index;
mod older;
mod version_3;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use hsign_asn1::Place;
use hsign_cms::{Layout, SignerInfo, choices, revocation_data};
use hsign_core::facts::{Covered, TimestampFacts};
use hsign_core::{Budget, Digest, DigestAlgorithm, Finding, Source};
use hsign_crypto::Hasher;

use crate::Error;
use crate::content::{Contents, bytes_at};
use crate::unsigned::{Spot, Stamp, StampKind, Unsigned, covered_piece};

pub(crate) use version_3::imprint;

use hash_index::Version;

/// A document being read for its archive time stamps.
pub(crate) struct Archive<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) layout: &'a Layout,
    pub(crate) contents: &'a Contents<'a>,
    /// The elements of `certificates`, and what to call each.
    certificates: Vec<Vec<u8>>,
    revocation: Vec<Vec<u8>>,
    names: (Vec<Covered>, Vec<Covered>),
    hashes: RefCell<HashMap<DigestAlgorithm, ByHash>>,
    unsigned: RefCell<HashMap<(String, DigestAlgorithm, bool), UnsignedByHash>>,
    /// Everything up to the signers, as older time stamps hash it.
    common: RefCell<HashMap<DigestAlgorithm, Hasher>>,
    /// What the readings of older time stamps may hash together.
    budget: RefCell<Budget>,
}

/// Octets of unsigned attributes that older time stamps hash, each time stamp all that was there before it.
const MOST_HASHED: u64 = 1 << 30;

/// The same elements by their hashes.
type ByHash = Rc<(HashMap<Vec<u8>, usize>, HashMap<Vec<u8>, usize>)>;

/// Values of unsigned attributes by their hashes.
type UnsignedByHash = Rc<HashMap<Vec<u8>, Vec<Spot>>>;

/// A signer whose time stamps are read.
#[derive(Clone, Copy)]
pub(crate) struct Signer<'a> {
    pub(crate) id: &'a str,
    pub(crate) info: &'a SignerInfo,
    pub(crate) unsigned: &'a Unsigned,
}

impl<'a> Archive<'a> {
    pub(crate) fn new(
        source: &'a dyn Source,
        layout: &'a Layout,
        contents: &'a Contents<'a>,
    ) -> Result<Self, Error> {
        let elements = |place: Option<Place>| -> Result<Vec<Vec<u8>>, Error> {
            match place {
                Some(place) => Ok(choices(&bytes_at(source, &place)?)?),
                None => Ok(Vec::new()),
            }
        };
        let certificates = elements(layout.certificates)?;
        let revocation = elements(layout.crls)?;
        let of_revocation =
            |choice: &Vec<u8>| covered_piece(&revocation_data(choice).unwrap_or_else(|_| choice.clone()));
        let names = (
            certificates.iter().map(|certificate| covered_piece(certificate)).collect(),
            revocation.iter().map(of_revocation).collect(),
        );
        Ok(Self {
            source,
            layout,
            contents,
            certificates,
            revocation,
            names,
            hashes: RefCell::default(),
            unsigned: RefCell::default(),
            common: RefCell::default(),
            budget: RefCell::new(Budget::new("octets hashed for older archive time stamps", MOST_HASHED)),
        })
    }

    /// Certificates and revocation data of the document itself.
    pub(crate) fn choices(&self) -> (&[Vec<u8>], &[Vec<u8>]) {
        (&self.certificates, &self.revocation)
    }

    fn by_hash(&self, algorithm: DigestAlgorithm) -> ByHash {
        let mut hashes = self.hashes.borrow_mut();
        let found = hashes.entry(algorithm).or_insert_with(|| {
            Rc::new((
                hash_index::of_choices(algorithm, &self.certificates),
                hash_index::of_choices(algorithm, &self.revocation),
            ))
        });
        Rc::clone(found)
    }

    fn unsigned_by_hash(
        &self,
        signer: &Signer<'_>,
        algorithm: DigestAlgorithm,
        version: Version,
    ) -> UnsignedByHash {
        let key = (signer.id.to_owned(), algorithm, version == Version::Three);
        let mut known = self.unsigned.borrow_mut();
        let found = known.entry(key).or_insert_with(|| {
            let attributes = signer.info.unsigned_attributes().all();
            Rc::new(hash_index::of_unsigned(algorithm, version, attributes))
        });
        Rc::clone(found)
    }

    /// What one archive time stamp says, beside the digest of what it should cover.
    pub(crate) fn facts(&self, signer: &Signer<'_>, stamp: &Stamp) -> TimestampFacts {
        match stamp.kind {
            StampKind::ArchiveV3 => version_3::facts(self, signer, stamp),
            _ => older::facts(self, signer, stamp),
        }
    }
}

/// Over octets in pieces.
pub(crate) fn hash(algorithm: DigestAlgorithm, parts: &[&[u8]]) -> Result<Digest, Error> {
    let mut hasher = hsign_crypto::Hasher::new(algorithm)?;
    for part in parts {
        hasher.update(part)?;
    }
    Ok(hasher.finish()?)
}

/// What keeps a time stamp from being judged: nobody here knows what its imprint should be over.
pub(crate) fn not_judged(kind: StampKind) -> Finding {
    Finding::warning("timestamp-not-judged").clause("EN 319 122-1").with("attribute", kind.name())
}

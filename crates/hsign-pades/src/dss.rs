//! The document security store: validation material beside the signatures (EN 319 142-1).

use std::collections::{BTreeMap, BTreeSet, btree_map};

use hsign_core::facts::EvidenceFacts;
use hsign_core::{Budget, Digest, DigestAlgorithm, Finding, Octets};
use hsign_pdf::{Dictionary, Document, Object, ObjectId, Snapshot, XrefEntry};

/// Certificates, CRLs and OCSP responses in one store; archives renewed for decades hold some hundreds.
const MAXIMUM_ENTRIES: u64 = 10_000;
/// Their bytes together: a national CRL can take 10 MB.
const MAXIMUM_BYTES: u64 = 256 << 20;

/// Elements of all lists of all revisions together, repeated ones too.
const MOST_VISITED: u64 = 1_000_000;

/// What the /DSS of any revision holds.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) evidence: EvidenceFacts,
    /// Each piece with where its bytes end in the file: whatever covers the file up to there covers it.
    pub(crate) pieces: Vec<Piece>,
    /// Entries that can't be read.
    pub(crate) findings: Vec<Finding>,
}

/// One certificate, CRL or OCSP response of the store.
pub(crate) struct Piece {
    pub(crate) digest: Digest,
    pub(crate) end: u64,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Certificate,
    Crl,
    OcspResponse,
}

impl Kind {
    fn list(self, evidence: &mut EvidenceFacts) -> &mut Vec<Octets> {
        match self {
            Self::Certificate => &mut evidence.certificates,
            Self::Crl => &mut evidence.crls,
            Self::OcspResponse => &mut evidence.ocsp_responses,
        }
    }
}

/// Reads the store of every revision: writers may replace one another's lists, and what an earlier list named is still
/// in the file.
pub(crate) fn store(document: &Document<'_>) -> Store {
    let mut reader = Reader {
        seen: BTreeSet::new(),
        ends: BTreeMap::new(),
        visits: Budget::new("elements of the document security store", MOST_VISITED),
        entries: Budget::new("entries of the document security store", MAXIMUM_ENTRIES),
        bytes: Budget::new("bytes in the document security store", MAXIMUM_BYTES),
        store: Store::default(),
    };
    let newest = document.revisions().len().saturating_sub(1);
    for revision in 0..=newest {
        reader.revision(document.at(revision), revision == newest);
    }
    let Reader { mut store, ends, .. } = reader;
    store.pieces = ends
        .into_iter()
        .map(|(sha256, (end, kind))| Piece {
            digest: Digest::new(DigestAlgorithm::Sha256, &sha256[..]),
            end,
            kind,
        })
        .collect();
    store
}

struct Reader {
    /// Objects already taken: later revisions and /VRI name them again.
    seen: BTreeSet<(ObjectId, Option<Place>)>,
    /// By SHA-256, the earliest end.
    ends: BTreeMap<[u8; 32], (u64, Kind)>,
    visits: Budget,
    entries: Budget,
    bytes: Budget,
    store: Store,
}

/// Where an object's definition is, in a form that has an order.
type Place = (u64, u32);

fn place(entry: XrefEntry) -> Option<Place> {
    match entry {
        XrefEntry::At { offset, .. } => Some((offset, 0)),
        XrefEntry::Within { stream, index } => Some((u64::from(stream), index.saturating_add(1))),
        XrefEntry::Free => None,
    }
}

impl Reader {
    fn revision(&mut self, snapshot: Snapshot<'_, '_>, is_newest: bool) {
        let found = snapshot.catalog().and_then(|catalog| snapshot.value(&catalog, "DSS"));
        match found {
            Ok(Object::Dictionary(dss)) => self.dictionary(snapshot, &dss),
            Ok(Object::Null) => {}
            // An earlier revision may be incomplete (the first part of a linearised file).
            _ if !is_newest => {}
            Ok(_) => self.unreadable("DSS", "not a dictionary"),
            Err(error) => self.unreadable("DSS", error),
        }
    }

    fn dictionary(&mut self, snapshot: Snapshot<'_, '_>, dss: &Dictionary) {
        self.list(snapshot, dss, "Certs", Kind::Certificate);
        self.list(snapshot, dss, "CRLs", Kind::Crl);
        self.list(snapshot, dss, "OCSPs", Kind::OcspResponse);
        let Ok(Object::Dictionary(per_signature)) = snapshot.value(dss, "VRI") else { return };
        for entry in per_signature.entries() {
            if let Ok(Object::Dictionary(vri)) = snapshot.resolve(&entry.value) {
                self.list(snapshot, &vri, "Cert", Kind::Certificate);
                self.list(snapshot, &vri, "CRL", Kind::Crl);
                self.list(snapshot, &vri, "OCSP", Kind::OcspResponse);
            }
        }
    }

    fn list(&mut self, snapshot: Snapshot<'_, '_>, dictionary: &Dictionary, key: &'static str, kind: Kind) {
        let elements = match snapshot.value(dictionary, key) {
            Ok(Object::Array(elements)) => elements,
            Ok(Object::Null) => return,
            Ok(_) => return self.unreadable(key, "not an array"),
            Err(error) => return self.unreadable(key, error),
        };
        for element in elements {
            if let Err(error) = self.visits.spend(1) {
                return self.unreadable(key, error);
            }
            if let Object::Reference(id) = element
                && !self.seen.insert((id, snapshot.entry(id.number).and_then(place)))
            {
                continue;
            }
            if let Err(error) = self.entries.spend(1) {
                return self.unreadable(key, error);
            }
            match self.stream(snapshot, &element) {
                Ok((bytes, end)) => self.take(bytes, end, kind),
                Err(reason) => self.unreadable(key, reason),
            }
        }
    }

    /// The same bytes in a second object are one piece.
    fn take(&mut self, bytes: Vec<u8>, end: u64, kind: Kind) {
        match self.ends.entry(hsign_crypto::sha256(&bytes)) {
            btree_map::Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.0 = known.0.min(end);
            }
            btree_map::Entry::Vacant(new) => {
                new.insert((end, kind));
                kind.list(&mut self.store.evidence).push(bytes.into());
            }
        }
    }

    fn stream(&mut self, snapshot: Snapshot<'_, '_>, element: &Object) -> Result<(Vec<u8>, u64), String> {
        let told = |error: hsign_pdf::Error| error.to_string();
        match snapshot.resolve(element).map_err(told)? {
            Object::Stream(stream) => {
                let bytes = snapshot.stream_data(&stream, self.bytes.left()).map_err(told)?;
                self.bytes.spend(bytes.len() as u64).map_err(|error| error.to_string())?;
                let span = snapshot.stream_span(&stream).map_err(told)?;
                Ok((bytes, span.end))
            }
            _ => Err("not a stream".to_owned()),
        }
    }

    fn unreadable(&mut self, key: &str, reason: impl ToString) {
        self.store.findings.push(
            Finding::warning("dss-unreadable")
                .clause("EN 319 142-1")
                .with("entry", key)
                .with("reason", reason),
        );
    }
}

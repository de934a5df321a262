//! The document security store: validation material beside the signatures (EN 319 142-1).

use std::collections::BTreeSet;

use hsign_core::facts::EvidenceFacts;
use hsign_core::{Budget, Finding, Octets};
use hsign_pdf::{Dictionary, Document, Object, ObjectId, Snapshot};

/// Certificates, CRLs and OCSP responses in one store; archives renewed for decades hold some hundreds.
const MAXIMUM_ENTRIES: u64 = 10_000;
/// Their bytes together: a national CRL can take 10 MB.
const MAXIMUM_BYTES: u64 = 256 << 20;

/// What the newest /DSS holds; entries that can't be read are findings.
pub(crate) fn evidence(document: &Document<'_>) -> (EvidenceFacts, Vec<Finding>) {
    let snapshot = document.newest();
    let mut store = Store {
        snapshot,
        seen: BTreeSet::new(),
        entries: Budget::new("entries of the document security store", MAXIMUM_ENTRIES),
        bytes: Budget::new("bytes in the document security store", MAXIMUM_BYTES),
        findings: Vec::new(),
    };
    let mut evidence = EvidenceFacts::default();
    match snapshot.catalog().and_then(|catalog| snapshot.value(&catalog, "DSS")) {
        Ok(Object::Dictionary(dss)) => store.read(&dss, &mut evidence),
        Ok(Object::Null) => {}
        Ok(_) => store.unreadable("DSS", "not a dictionary"),
        Err(error) => store.unreadable("DSS", error),
    }
    (evidence, store.findings)
}

struct Store<'d, 's> {
    snapshot: Snapshot<'d, 's>,
    /// Streams already taken: /VRI names them a second time.
    seen: BTreeSet<ObjectId>,
    entries: Budget,
    bytes: Budget,
    findings: Vec<Finding>,
}

impl Store<'_, '_> {
    fn read(&mut self, dss: &Dictionary, evidence: &mut EvidenceFacts) {
        self.list(dss, "Certs", &mut evidence.certificates);
        self.list(dss, "CRLs", &mut evidence.crls);
        self.list(dss, "OCSPs", &mut evidence.ocsp_responses);
        let Ok(Object::Dictionary(per_signature)) = self.snapshot.value(dss, "VRI") else { return };
        for entry in per_signature.entries() {
            if let Ok(Object::Dictionary(vri)) = self.snapshot.resolve(&entry.value) {
                self.list(&vri, "Cert", &mut evidence.certificates);
                self.list(&vri, "CRL", &mut evidence.crls);
                self.list(&vri, "OCSP", &mut evidence.ocsp_responses);
            }
        }
    }

    fn list(&mut self, dictionary: &Dictionary, key: &'static str, found: &mut Vec<Octets>) {
        let elements = match self.snapshot.value(dictionary, key) {
            Ok(Object::Array(elements)) => elements,
            Ok(Object::Null) => return,
            Ok(_) => return self.unreadable(key, "not an array"),
            Err(error) => return self.unreadable(key, error),
        };
        for element in elements {
            if let Object::Reference(id) = element
                && !self.seen.insert(id)
            {
                continue;
            }
            if let Err(error) = self.entries.spend(1) {
                return self.unreadable(key, error);
            }
            match self.stream(&element) {
                Ok(bytes) => found.push(bytes.into()),
                Err(reason) => self.unreadable(key, reason),
            }
        }
    }

    fn stream(&mut self, element: &Object) -> Result<Vec<u8>, String> {
        match self.snapshot.resolve(element).map_err(|error| error.to_string())? {
            Object::Stream(stream) => {
                let bytes = self
                    .snapshot
                    .stream_data(&stream, self.bytes.left())
                    .map_err(|error| error.to_string())?;
                self.bytes.spend(bytes.len() as u64).map_err(|error| error.to_string())?;
                Ok(bytes)
            }
            _ => Err("not a stream".to_owned()),
        }
    }

    fn unreadable(&mut self, key: &str, reason: impl ToString) {
        self.findings.push(
            Finding::warning("dss-unreadable")
                .clause("EN 319 142-1")
                .with("entry", key)
                .with("reason", reason),
        );
    }
}

//! Qualification-evidence records that travel inside the document, as attachments.

use hsign_cades::Records;
use hsign_core::facts::{EvidenceOrigin, QualificationEvidenceFacts};
use hsign_pdf::Document;

/// A record has some two kilobytes, its signature with a certificate chain and a time stamp some twenty.
const LARGEST: u64 = 1024 * 1024;

/// Those of the newest revision: what was taken out of it shall not count.
pub(crate) fn attached(document: &Document<'_>) -> Vec<QualificationEvidenceFacts> {
    let mut records = Records::default();
    for (name, contents) in document.newest().embedded_files(LARGEST, &is_candidate) {
        records.take(&name, &contents, EvidenceOrigin::Embedded);
    }
    records.found().to_vec()
}

/// By their names, so that other attachments need not be unpacked.
fn is_candidate(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    matches!(extension.as_str(), "json" | "p7s" | "p7m")
}

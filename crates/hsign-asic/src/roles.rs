//! What the entries of META-INF are, by their names (EN 319 162-1; tools differ in the digits and words around).

use crate::container::META_INF;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A CMS signature.
    Cades,
    /// XML signatures.
    Xades,
    /// A time-stamp token.
    Timestamp,
    /// An evidence record (RFC 4998).
    EvidenceRecord,
    /// An evidence record in XML (RFC 6283).
    XmlEvidenceRecord,
    /// What one of these covers.
    Manifest,
    /// The list of files.
    Listing,
    /// Anything else.
    Other,
}

impl Role {
    pub(crate) fn is_proof(self) -> bool {
        matches!(
            self,
            Self::Cades | Self::Xades | Self::Timestamp | Self::EvidenceRecord | Self::XmlEvidenceRecord
        )
    }
}

pub(crate) fn role(name: &str) -> Role {
    let Some(name) = name.strip_prefix(META_INF) else { return Role::Other };
    let name = name.to_ascii_lowercase();
    let xml = name.ends_with(".xml");
    if name == "manifest.xml" {
        Role::Listing
    } else if xml && name.contains("manifest") && name.starts_with("asic") {
        Role::Manifest
    } else if xml && name.contains("evidencerecord") {
        Role::XmlEvidenceRecord
    } else if xml && name.contains("signature") {
        Role::Xades
    } else if name.ends_with(".p7s") || name.ends_with(".p7m") {
        Role::Cades
    } else if name.ends_with(".tst") {
        Role::Timestamp
    } else if name.ends_with(".ers") {
        Role::EvidenceRecord
    } else {
        Role::Other
    }
}

/// Whether a manifest is one of archive time stamps.
pub(crate) fn is_archive_manifest(name: &str) -> bool {
    name.to_ascii_lowercase().contains("archivemanifest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_known_by_their_names() {
        for (name, expected) in [
            ("META-INF/signature.p7s", Role::Cades),
            ("META-INF/signatures001.xml", Role::Xades),
            ("META-INF/documentsignatures.xml", Role::Xades),
            ("META-INF/ASiCManifest001.xml", Role::Manifest),
            ("META-INF/ASiCArchiveManifest.xml", Role::Manifest),
            ("META-INF/ASiCEvidenceRecordManifest001.xml", Role::Manifest),
            ("META-INF/evidencerecord001.xml", Role::XmlEvidenceRecord),
            ("META-INF/evidencerecord.ers", Role::EvidenceRecord),
            ("META-INF/timestamp.tst", Role::Timestamp),
            ("META-INF/manifest.xml", Role::Listing),
            ("META-INF/notes.txt", Role::Other),
            ("signature.p7s", Role::Other),
        ] {
            assert_eq!(role(name), expected, "{name}");
        }
    }
}

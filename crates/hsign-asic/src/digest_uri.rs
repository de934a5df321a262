//! Identifiers of digest algorithms in XML (RFC 9231, XML Encryption).

use hsign_core::DigestAlgorithm;

const KNOWN: [(DigestAlgorithm, &str); 9] = [
    (DigestAlgorithm::Md5, "http://www.w3.org/2001/04/xmldsig-more#md5"),
    (DigestAlgorithm::Sha1, "http://www.w3.org/2000/09/xmldsig#sha1"),
    (DigestAlgorithm::Sha224, "http://www.w3.org/2001/04/xmldsig-more#sha224"),
    (DigestAlgorithm::Sha256, "http://www.w3.org/2001/04/xmlenc#sha256"),
    (DigestAlgorithm::Sha384, "http://www.w3.org/2001/04/xmldsig-more#sha384"),
    (DigestAlgorithm::Sha512, "http://www.w3.org/2001/04/xmlenc#sha512"),
    (DigestAlgorithm::Sha3_256, "http://www.w3.org/2007/05/xmldsig-more#sha3-256"),
    (DigestAlgorithm::Sha3_384, "http://www.w3.org/2007/05/xmldsig-more#sha3-384"),
    (DigestAlgorithm::Sha3_512, "http://www.w3.org/2007/05/xmldsig-more#sha3-512"),
];

pub(crate) fn algorithm(uri: &str) -> Option<DigestAlgorithm> {
    KNOWN.iter().find(|(_, known)| *known == uri).map(|(algorithm, _)| *algorithm)
}

pub(crate) fn of(algorithm: DigestAlgorithm) -> &'static str {
    KNOWN.iter().find(|(known, _)| *known == algorithm).map_or("", |(_, uri)| uri)
}

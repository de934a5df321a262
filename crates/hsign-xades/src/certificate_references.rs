//! The signed reference to the signer's certificate: SigningCertificate and SigningCertificateV2 (EN 319 132-1).

use hsign_asn1::{Reader, Rules, Tag, octet_string, single};
use hsign_core::facts::CertificateReference;
use hsign_core::{Finding, Octets};
use hsign_xml::Node;
use hsign_xml::dsig::{IssuerSerial, KeyInfo};

use crate::names::{child, children};
use crate::values;

/// Certificates that one reference element may list: a path, not a store.
const MOST_CERTIFICATES: usize = 64;

/// What the two elements say, those of version 2 first.
#[derive(Default)]
pub(crate) struct Signed {
    pub(crate) references: Vec<CertificateReference>,
    /// How many of them are from SigningCertificateV2.
    pub(crate) of_version_2: usize,
    pub(crate) findings: Vec<Finding>,
}

pub(crate) fn read(signature_properties: Node<'_>) -> Signed {
    let mut signed = Signed::default();
    for element in children(signature_properties, "SigningCertificateV2") {
        signed.add(element);
    }
    signed.of_version_2 = signed.references.len();
    for element in children(signature_properties, "SigningCertificate") {
        signed.add(element);
    }
    signed
}

impl Signed {
    /// Where both versions are there they have to name the same certificate, as in CMS (RFC 5035 §5.4). The one in
    /// KeyInfo tells whether they do.
    pub(crate) fn disagreement(&self, key_info: Option<&KeyInfo<'_>>) -> Option<Finding> {
        let (newer, older) = self.references.split_at_checked(self.of_version_2)?;
        let (newer, false) = (newer.first()?, older.is_empty()) else { return None };
        let mut certificates = key_info?.certificates.iter();
        let named = certificates.find(|der| has_digest(der, newer))?;
        let agree = older.iter().any(|reference| has_digest(named, reference));
        (!agree).then(|| Finding::error("signing-certificate-versions-disagree").clause("EN 319 132-1"))
    }

    fn add(&mut self, element: Node<'_>) {
        for certificate in children(element, "Cert") {
            if self.references.len() >= MOST_CERTIFICATES {
                let limit = Finding::error("work-limit-reached").with("purpose", "certificate references");
                self.findings.push(limit.with("limit", MOST_CERTIFICATES));
                return;
            }
            match self.reference(certificate) {
                Some(reference) => self.references.push(reference),
                // Were it passed over, the next one, of an authority perhaps, would stand for the signer.
                None => self
                    .findings
                    .push(Finding::error("xades-certificate-reference-unreadable").clause("EN 319 132-1")),
            }
        }
    }

    fn reference(&mut self, certificate: Node<'_>) -> Option<CertificateReference> {
        let digest = values::digest(child(certificate, "CertDigest")?)?;
        let (issuer, serial) = if let Some(element) = child(certificate, "IssuerSerialV2") {
            self.issuer_serial_v2(element)
        } else if let Some(element) = child(certificate, "IssuerSerial") {
            // The name is text, which has no single encoding; the serial number says enough for a hint.
            (None, serial_v1(element))
        } else {
            (None, None)
        };
        Some(CertificateReference { digest, issuer, serial })
    }

    fn issuer_serial_v2(&mut self, element: Node<'_>) -> (Option<Octets>, Option<Octets>) {
        let read = values::octets(element);
        let read = read.as_deref();
        if let Some((issuer, serial)) = read.and_then(general_names) {
            return (Some(issuer), Some(serial));
        }
        let (code, found) = match read.and_then(name_in_octet_string) {
            Some(found) => ("wrapped", Some(found)),
            None => ("unreadable", None),
        };
        // A hint only: the digest decides which certificate was meant.
        let finding = Finding::warning("xades-issuer-serial-malformed").clause("RFC 5035 §4");
        self.findings.push(finding.with("reason", code));
        match found {
            Some((issuer, serial)) => (Some(issuer), Some(serial)),
            None => (None, None),
        }
    }
}

fn has_digest(certificate: &[u8], reference: &CertificateReference) -> bool {
    hsign_crypto::digest(reference.digest.algorithm, certificate)
        .is_ok_and(|digest| digest == reference.digest)
}

fn serial_v1(element: Node<'_>) -> Option<Octets> {
    IssuerSerial::read(element).map(|by| by.serial.into())
}

/// IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber CertificateSerialNumber }.
fn general_names(der: &[u8]) -> Option<(Octets, Octets)> {
    let mut fields = single(der, Tag::SEQUENCE, Rules::Ber).ok()?.reader().ok()?;
    let mut names = fields.expect(Tag::SEQUENCE).ok()?.reader().ok()?;
    let name = names.expect(Tag::context(4, true)).ok()?;
    let mut inside = name.reader().ok()?;
    let issuer = inside.expect(Tag::SEQUENCE).ok()?.bytes.into();
    let serial = fields.expect(Tag::INTEGER).ok()?.contents.into();
    Some((issuer, serial))
}

/// What some clients of the e-prescription write: the name inside an OCTET STRING.
fn name_in_octet_string(der: &[u8]) -> Option<(Octets, Octets)> {
    let mut fields = single(der, Tag::SEQUENCE, Rules::Ber).ok()?.reader().ok()?;
    let wrapped = octet_string(&fields.expect(Tag::OCTET_STRING).ok()?).ok()?.into_owned();
    let issuer = Reader::new(&wrapped, Rules::Ber).expect(Tag::SEQUENCE).ok()?.bytes.into();
    let serial = fields.expect(Tag::INTEGER).ok()?.contents.into();
    Some((issuer, serial))
}

#[cfg(test)]
mod tests {
    use hsign_asn1::encode;
    use hsign_xml::{Document, Limits};

    use super::*;

    const NAME: [u8; 15] = [0x30, 13, 0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 6, 0x13, 2, b'J', b'P'];
    const DIGEST: &str = "<d:DigestMethod Algorithm='http://www.w3.org/2001/04/xmlenc#sha256'/>\
        <d:DigestValue>AAEC</d:DigestValue>";

    fn read_properties(content: &str) -> Signed {
        let text = format!(
            "<x:SignedSignatureProperties xmlns:x='http://uri.etsi.org/01903/v1.3.2#' \
             xmlns:d='http://www.w3.org/2000/09/xmldsig#'>{content}</x:SignedSignatureProperties>"
        );
        let document = Document::parse(&text, &Limits::default()).unwrap();
        read(document.root())
    }

    fn version_2(digest: &str, issuer_serial: &[u8]) -> Signed {
        use base64::Engine as _;
        let base64 = base64::engine::general_purpose::STANDARD.encode(issuer_serial);
        read_properties(&format!(
            "<x:SigningCertificateV2><x:Cert><x:CertDigest>{digest}</x:CertDigest>\
             <x:IssuerSerialV2>{base64}</x:IssuerSerialV2></x:Cert></x:SigningCertificateV2>"
        ))
    }

    #[test]
    fn rfc5035_4_issuer_and_serial_number_are_read_in_both_forms_in_use() {
        let names = encode::sequence(&[&encode::explicit(4, &NAME)]);
        let right = encode::sequence(&[&names, &encode::integer(300)]);
        let signed = version_2(DIGEST, &right);
        let reference = &signed.references[0];
        assert_eq!(reference.issuer.as_ref().unwrap().as_slice(), NAME);
        assert_eq!(reference.serial.as_ref().unwrap().as_slice(), [1, 44]);
        assert!(signed.findings.is_empty());
        let wrapped = encode::sequence(&[&encode::octet_string(&NAME), &encode::integer(300)]);
        let signed = version_2(DIGEST, &wrapped);
        assert_eq!(signed.references[0].issuer.as_ref().unwrap().as_slice(), NAME);
        assert_eq!(signed.findings[0].code, "xades-issuer-serial-malformed");
        let signed = version_2(DIGEST, b"nothing of the kind");
        assert_eq!((signed.references[0].issuer.is_none(), signed.findings.len()), (true, 1));
    }

    #[test]
    fn an_unreadable_reference_is_not_passed_over_for_the_next() {
        for wrong in ["", &DIGEST.replace("AAEC", "..."), &DIGEST.replace("sha256", "sha-unknown")] {
            let signed = version_2(wrong, &[]);
            assert!(signed.references.is_empty());
            assert_eq!(signed.findings[0].code, "xades-certificate-reference-unreadable");
            assert_eq!(signed.findings[0].severity, hsign_core::Severity::Error);
        }
    }

    #[test]
    fn a_name_in_text_has_no_encoding_to_compare() {
        let signed = read_properties(&format!(
            "<x:SigningCertificate><x:Cert><x:CertDigest>{DIGEST}</x:CertDigest><x:IssuerSerial>\
             <d:X509IssuerName>C=JP</d:X509IssuerName><d:X509SerialNumber>300</d:X509SerialNumber>\
             </x:IssuerSerial></x:Cert></x:SigningCertificate>"
        ));
        let reference = &signed.references[0];
        assert_eq!((reference.issuer.is_none(), signed.of_version_2), (true, 0));
        assert_eq!(reference.serial.as_ref().unwrap().as_slice(), [1, 44]);
    }
}

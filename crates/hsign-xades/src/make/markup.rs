//! The text of a signature. All of it is ASCII, so that it can be written into a document of any encoding.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsign_core::{Digest, DigestAlgorithm};
use hsign_xml::CanonicalizationMethod;

use super::algorithms::digest_uri;
use crate::Error;
use crate::names::{DS, XADES_132};

/// How Base64 is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// On one line.
    One,
    /// At most 76 characters a line, each ended (RFC 2045 §6.8), as in the samples of electronic prescriptions.
    Folded,
}

impl Lines {
    pub(crate) fn base64(self, bytes: &[u8]) -> String {
        let encoded = STANDARD.encode(bytes);
        match self {
            Self::One => encoded,
            Self::Folded => {
                let mut folded = String::with_capacity(encoded.len() + encoded.len() / 76 + 1);
                let mut rest = encoded.as_str();
                while let Some((line, after)) = rest.split_at_checked(76) {
                    folded.push_str(line);
                    folded.push('\n');
                    rest = after;
                }
                folded.push_str(rest);
                if !rest.is_empty() {
                    folded.push('\n');
                }
                folded
            }
        }
    }
}

/// A ds:Reference to be written.
#[derive(Clone, Debug)]
pub(crate) struct ReferencePlan {
    pub(crate) id: String,
    pub(crate) uri: String,
    pub(crate) kind: Option<&'static str>,
    /// Transform elements, whole.
    pub(crate) transforms: Vec<String>,
    /// For SignedDataObjectProperties: data get a DataObjectFormat, parts of the signature none.
    pub(crate) mime_type: Option<String>,
    /// Where the data aren't in the document.
    pub(crate) known: Option<Digest>,
}

/// Everything of a signature but digests and value.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) id: String,
    /// What Ids of parts begin with.
    pub(crate) stem: String,
    pub(crate) canonicalization: CanonicalizationMethod,
    pub(crate) signature_uri: String,
    pub(crate) digest: DigestAlgorithm,
    pub(crate) references: Vec<ReferencePlan>,
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) signing_time: String,
    pub(crate) certificate_digest: Digest,
    /// ds:Object elements, whole, but for the last one of an enveloping signature around XML: that is open.
    pub(crate) objects: Vec<String>,
    pub(crate) lines: Lines,
}

impl Plan {
    /// The signature up to the content around which it is; all of it but its end where it is around nothing.
    pub(crate) fn opening(&self, digests: &[Vec<u8>], value: &[u8]) -> Result<String, Error> {
        let Self { id, stem, .. } = self;
        let mut text = format!("<ds:Signature xmlns:ds=\"{DS}\" Id=\"{id}\">");
        text.push_str(&self.signed_info(digests)?);
        text.push_str(&format!("<ds:SignatureValue Id=\"{stem}-SignatureValue\">"));
        text.push_str(&self.lines.base64(value));
        text.push_str(&format!("</ds:SignatureValue><ds:KeyInfo Id=\"{stem}-KeyInfo\"><ds:X509Data>"));
        for certificate in &self.certificates {
            let base64 = self.lines.base64(certificate);
            text.push_str(&format!("<ds:X509Certificate>{base64}</ds:X509Certificate>"));
        }
        text.push_str("</ds:X509Data></ds:KeyInfo>");
        self.objects.iter().for_each(|object| text.push_str(object));
        Ok(text)
    }

    /// What follows after that.
    pub(crate) fn closing(&self) -> Result<String, Error> {
        Ok(self.qualifying_properties()? + "</ds:Signature>")
    }

    fn signed_info(&self, digests: &[Vec<u8>]) -> Result<String, Error> {
        let mut text = format!("<ds:SignedInfo Id=\"{}-SignedInfo\">", self.stem);
        let method = self.canonicalization.uri();
        text.push_str(&format!(
            "<ds:CanonicalizationMethod Algorithm=\"{method}\"></ds:CanonicalizationMethod>"
        ));
        let signature = &self.signature_uri;
        text.push_str(&format!("<ds:SignatureMethod Algorithm=\"{signature}\"></ds:SignatureMethod>"));
        let mut digests = digests.iter();
        for reference in &self.references {
            let digest = digests.next().map_or(String::new(), |digest| self.lines.base64(digest));
            text.push_str(&self.reference(reference, &digest)?);
        }
        Ok(text + "</ds:SignedInfo>")
    }

    fn reference(&self, reference: &ReferencePlan, digest: &str) -> Result<String, Error> {
        let ReferencePlan { id, uri, .. } = reference;
        let uri = hsign_xml::escape_attribute(uri);
        let mut text = format!("<ds:Reference Id=\"{id}\"");
        if let Some(kind) = reference.kind {
            text.push_str(&format!(" Type=\"{kind}\""));
        }
        text.push_str(&format!(" URI=\"{uri}\">"));
        if !reference.transforms.is_empty() {
            text.push_str(&format!("<ds:Transforms>{}</ds:Transforms>", reference.transforms.concat()));
        }
        text.push_str(&digest_elements(self.digest, digest)?);
        Ok(text + "</ds:Reference>")
    }

    /// The properties of level B-B (EN 319 132-1).
    fn qualifying_properties(&self) -> Result<String, Error> {
        let Self { id, stem, signing_time, certificate_digest, .. } = self;
        let digest = self.lines.base64(certificate_digest.value.as_slice());
        let digest = digest_elements(certificate_digest.algorithm, &digest)?;
        let formats = self.data_object_formats();
        Ok(format!(
            "<ds:Object><xades:QualifyingProperties xmlns:xades=\"{XADES_132}\" Id=\"{stem}-QualifyingProperties\" \
             Target=\"#{id}\"><xades:SignedProperties Id=\"{stem}-SignedProperties\"><xades:SignedSignatureProperties>\
             <xades:SigningTime>{signing_time}</xades:SigningTime><xades:SigningCertificateV2><xades:Cert>\
             <xades:CertDigest>{digest}</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>\
             </xades:SignedSignatureProperties>{formats}</xades:SignedProperties></xades:QualifyingProperties>\
             </ds:Object>"
        ))
    }

    fn data_object_formats(&self) -> String {
        let formats: String = self
            .references
            .iter()
            .filter_map(|reference| Some((&reference.id, reference.mime_type.as_deref()?)))
            .map(|(id, mime_type)| {
                let mime_type = hsign_xml::escape_text(mime_type);
                format!(
                    "<xades:DataObjectFormat ObjectReference=\"#{id}\"><xades:MimeType>{mime_type}</xades:MimeType>\
                     </xades:DataObjectFormat>"
                )
            })
            .collect();
        if formats.is_empty() {
            return formats;
        }
        format!("<xades:SignedDataObjectProperties>{formats}</xades:SignedDataObjectProperties>")
    }

    /// SignedInfo in canonical form was made while the digests were empty; they are filled in, in order.
    pub(crate) fn fill(&self, canonical: &[u8], digests: &[Vec<u8>]) -> Vec<u8> {
        const EMPTY: &[u8] = b"<ds:DigestValue></ds:DigestValue>";
        const START: usize = b"<ds:DigestValue>".len();
        let mut filled = Vec::with_capacity(canonical.len() + 100 * digests.len());
        let mut rest = canonical;
        for digest in digests {
            let Some(at) = memchr::memmem::find(rest, EMPTY) else { break };
            let (before, after) = rest.split_at(at + START);
            filled.extend_from_slice(before);
            filled.extend_from_slice(self.lines.base64(digest).as_bytes());
            rest = after;
        }
        filled.extend_from_slice(rest);
        filled
    }
}

/// DigestMethod and DigestValue; the value is Base64 already.
pub(crate) fn digest_elements(algorithm: DigestAlgorithm, base64: &str) -> Result<String, Error> {
    let uri = digest_uri(algorithm)?;
    Ok(format!(
        "<ds:DigestMethod Algorithm=\"{uri}\"></ds:DigestMethod><ds:DigestValue>{base64}</ds:DigestValue>"
    ))
}

/// A Transform without parameters.
pub(crate) fn transform(algorithm: &str) -> String {
    format!("<ds:Transform Algorithm=\"{algorithm}\"></ds:Transform>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc2045_6_8_lines_have_at_most_76_characters() {
        assert_eq!(Lines::Folded.base64(&[0; 57]), "A".repeat(76) + "\n");
        assert_eq!(Lines::Folded.base64(&[0; 60]), "A".repeat(76) + "\nAAAA\n");
        assert_eq!(Lines::Folded.base64(b""), "");
        assert_eq!(Lines::One.base64(&[0; 60]), "A".repeat(80));
    }
}

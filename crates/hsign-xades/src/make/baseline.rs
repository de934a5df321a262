use hsign_core::{DigestAlgorithm, SignatureAlgorithm, Time};
use hsign_xml::CanonicalizationMethod;

use super::algorithms::signature_uri;
use super::markup::{Lines, Plan, ReferencePlan, transform};
use crate::Error;

/// `Type` of the reference to SignedProperties (EN 319 132-1).
const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";

/// What signatures of level B-B may differ in.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// The signer's certificate, DER.
    pub signer_certificate: &'a [u8],
    /// Certificates of its path that travel in KeyInfo, DER.
    pub path: &'a [Vec<u8>],
    /// How the signature will be made.
    pub algorithm: &'a SignatureAlgorithm,
    /// Hash function of references and of the certificate's digest.
    pub digest: DigestAlgorithm,
    /// The signer's claim.
    pub signing_time: Time,
    /// For SignedInfo and references. Exclusive C14N lets a signature be moved into another document.
    pub canonicalization: CanonicalizationMethod,
    /// XML that the signature will stand beside: Ids in there are taken.
    pub beside: &'a str,
}

impl<'a> Options<'a> {
    /// With exclusive C14N, SHA-256 and the signer's certificate alone.
    #[must_use]
    pub fn new(signer_certificate: &'a [u8], algorithm: &'a SignatureAlgorithm, signing_time: Time) -> Self {
        Self {
            signer_certificate,
            path: &[],
            algorithm,
            digest: DigestAlgorithm::Sha256,
            signing_time,
            canonicalization: CanonicalizationMethod::EXCLUSIVE,
            beside: "",
        }
    }

    /// A signature over these data and its own properties. `stem` begins the Ids of its parts.
    pub(crate) fn plan(
        &self,
        id: String,
        stem: String,
        mut data: Vec<ReferencePlan>,
        objects: Vec<String>,
    ) -> Result<Plan, Error> {
        if data.is_empty() {
            return Err(Error::NothingToSign);
        }
        data.push(ReferencePlan {
            id: format!("{stem}-Reference-SignedProperties"),
            uri: format!("#{stem}-SignedProperties"),
            kind: Some(SIGNED_PROPERTIES),
            transforms: vec![transform(self.canonicalization.uri())],
            mime_type: None,
            known: None,
        });
        let mut certificates = vec![self.signer_certificate.to_vec()];
        certificates.extend(self.path.iter().filter(|above| *above != self.signer_certificate).cloned());
        Ok(Plan {
            id,
            stem,
            canonicalization: self.canonicalization.clone(),
            signature_uri: signature_uri(self.algorithm)?,
            digest: self.digest,
            references: data,
            certificates,
            signing_time: whole_seconds(self.signing_time),
            certificate_digest: hsign_crypto::digest(self.digest, self.signer_certificate)?,
            objects,
            lines: Lines::One,
        })
    }

    /// Something to name a signature by that stands nowhere in `text` yet. The same request gives the same name.
    pub(crate) fn stem(&self, text: &str) -> String {
        self.stem_known(text, &hsign_crypto::sha256(text.as_bytes()))
    }

    /// The same where the digest of all of it is known already. It has to go in: whoever writes the text could put the
    /// name there otherwise.
    pub(crate) fn stem_known(&self, text: &str, digest: &[u8]) -> String {
        let seed = hsign_crypto::sha256(
            &[self.signer_certificate, self.signing_time.to_string().as_bytes(), digest].concat(),
        );
        let name = hsign_core::hex(&seed);
        // Seven digits collide by accident or on purpose; the whole digest cannot have been put there before.
        let lengths = (8..name.len()).step_by(8).chain([name.len()]);
        let candidates = lengths.filter_map(|length| Some(format!("id{}", name.get(..length)?)));
        let is_free = |candidate: &String| !text.contains(candidate) && !self.beside.contains(candidate);
        candidates.into_iter().find(is_free).unwrap_or(name)
    }
}

/// xs:dateTime in UTC, without a fraction.
fn whole_seconds(time: Time) -> String {
    let (year, month, day, hour, minute, second) = time.utc();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

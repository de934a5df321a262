use hsign_core::ports::{Signer, Timestamper};
use hsign_core::{Digest, DigestAlgorithm, Finding, Time};
use hsign_x509::Certificate;

use crate::{Clock, Error, Settings, SignRequest};

/// Who signs and who stamps, and how.
pub(crate) struct Signing<'a> {
    pub(crate) signer: &'a dyn Signer,
    pub(crate) certificate: &'a Certificate,
    /// Stamps the signature itself.
    pub(crate) timestamper: Option<&'a dyn Timestamper>,
    pub(crate) request: &'a SignRequest,
    pub(crate) settings: &'a Settings,
    pub(crate) clock: Clock<'a>,
}

impl Signing<'_> {
    /// The CMS over content with this digest, stamped if there is somebody to stamp; `attached` is put inside.
    pub(crate) fn cms(
        &self,
        content: &Digest,
        attached: Option<&[u8]>,
        options: &hsign_cades::Options,
    ) -> Result<Vec<u8>, Error> {
        let signer = self.signer;
        let to_be_signed = hsign_cades::baseline_b(content, signer.certificate(), options)?;
        let algorithm = signer.algorithm(content.algorithm);
        let value = signer.sign(&algorithm, &to_be_signed.signed_attributes)?;
        let cms = hsign_cades::assemble(&hsign_cades::Signed {
            to_be_signed: &to_be_signed,
            algorithm: &algorithm,
            value: &value,
            signer_certificate: signer.certificate(),
            certificates: signer.chain(),
            content: attached,
        })?;
        match self.first_stamp(&value, content.algorithm)? {
            Some(token) => Ok(hsign_cades::with_signature_timestamp(&cms, &token)?),
            None => Ok(cms),
        }
    }

    /// A time stamp over a signature value just made, if there is somebody to stamp. It has to come while the
    /// certificate is valid (guideline 5.2 §6.12 C2): later it would prove that the signature came too late.
    pub(crate) fn first_stamp(
        &self,
        value: &[u8],
        digest: DigestAlgorithm,
    ) -> Result<Option<Vec<u8>>, Error> {
        let Some(timestamper) = self.timestamper else { return Ok(None) };
        in_time(self.certificate, (self.clock)())?;
        Ok(Some(timestamper.stamp(&hsign_crypto::digest(digest, value)?)?))
    }
}

/// Whether a first time stamp made now still comes in time.
pub(crate) fn in_time(certificate: &Certificate, now: Time) -> Result<(), Error> {
    if now <= certificate.not_after() {
        return Ok(());
    }
    Err(Error::Refused(vec![
        Finding::error("signer-expired-before-stamp")
            .clause("guideline 5.2 §6.12 C2")
            .with("not_after", certificate.not_after()),
    ]))
}

use std::cell::RefCell;

use hsign_cades::{Profile, signature_facts};
use hsign_core::ports::{SignatureValidity, SignatureVerifier as _, Signer, Timestamper};
use hsign_core::{Digest, ErrorKind, Finding, Time};
use hsign_crypto::OpensslVerifier;
use hsign_x509::Certificate;
use hsign_xades::make::{Options, Prepared};

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
    /// Why there is no first time stamp, where the signature may be completed later.
    pub(crate) failed: RefCell<Vec<Finding>>,
}

/// An XML document with a signature just made.
pub(crate) struct SignedXml {
    pub(crate) document: Vec<u8>,
    /// The signature's.
    pub(crate) id: String,
}

impl Signing<'_> {
    /// What the signer states, as it is signed; nothing where there is nothing to state.
    pub(crate) fn statement(&self) -> Option<String> {
        let said = &self.request.statement;
        (!said.is_empty()).then(|| said.to_text())
    }

    /// The detached CMS over content with this digest, stamped if there is somebody to stamp.
    pub(crate) fn stamped_cms(
        &self,
        content: &Digest,
        options: &hsign_cades::Options,
    ) -> Result<Vec<u8>, Error> {
        let cms = self.cms(content, options)?;
        let value = hsign_cades::signature_value(&cms)?;
        match self.first_stamp(&|| Ok(hsign_crypto::digest(content.algorithm, &value)?))? {
            Some(token) => Ok(hsign_cades::with_signature_timestamp(&cms, &token)?),
            None => Ok(cms),
        }
    }

    /// The detached CMS over content with this digest.
    pub(crate) fn cms(&self, content: &Digest, options: &hsign_cades::Options) -> Result<Vec<u8>, Error> {
        match self.signer.finished_cms() {
            Some(_) if options.metadata.is_some() => {
                Err(Error::FinishedSignature("the service signs no statements"))
            }
            Some(finished) => self.checked(finished.sign_content(content)?, content),
            None => self.assembled(content, options),
        }
    }

    /// A document with the XML signature that was prepared for it.
    pub(crate) fn xml(
        &self,
        prepare: &dyn Fn(&Options<'_>) -> Result<Prepared, Error>,
    ) -> Result<SignedXml, Error> {
        if self.statement().is_some() {
            return Err(Error::StatementNotCarried);
        }
        let signer = self.signer;
        let algorithm = signer.algorithm(self.request.digest);
        let options = Options {
            path: signer.chain(),
            digest: self.request.digest,
            ..Options::new(signer.certificate(), &algorithm, (self.clock)())
        };
        let prepared = prepare(&options)?;
        let value = signer.sign(&algorithm, prepared.to_be_signed())?;
        Ok(SignedXml { document: prepared.assemble(&value)?, id: prepared.id().to_owned() })
    }

    /// Outside of PDF files signing-time is where the signer's claim stands (EN 319 122-1).
    pub(crate) fn cms_options(&self) -> hsign_cades::Options {
        hsign_cades::Options {
            signing_time: Some((self.clock)()),
            metadata: self.statement(),
            ..hsign_cades::Options::default()
        }
    }

    /// The CMS around a value made by the signer's key.
    fn assembled(&self, content: &Digest, options: &hsign_cades::Options) -> Result<Vec<u8>, Error> {
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
            content: None,
        })?;
        Ok(cms)
    }

    /// A CMS that a service gave: nothing goes on before it is what was asked for.
    fn checked(&self, cms: Vec<u8>, content: &Digest) -> Result<Vec<u8>, Error> {
        let differs = |reason| Err(Error::FinishedSignature(reason));
        let mut digest = |algorithm| (algorithm == content.algorithm).then(|| content.clone());
        let read = signature_facts(&cms, "Signature1", Profile::Cades, &mut digest);
        let read = read.map_err(hsign_cades::Error::from)?;
        let [signer] = read.signers.as_slice() else { return differs("not exactly one signer") };
        let Some(signed) = &signer.signed else { return differs("no signed attributes") };
        let reference = signed.certificate_references.first();
        let names_own = reference.is_some_and(|reference| {
            hsign_crypto::digest(reference.digest.algorithm, self.signer.certificate())
                .is_ok_and(|digest| digest == reference.digest)
        });
        if !names_own {
            return differs("another signer than the announced one");
        }
        if !signed.references.iter().all(|reference| reference.holds() == Some(true)) {
            return differs("other content than the one to be signed");
        }
        let key = self.certificate.public_key_info();
        let (octets, value) = (signed.signed_octets.as_slice(), signed.value.as_slice());
        let validity = OpensslVerifier::new().verify(&signed.algorithm, key, octets, value);
        if validity != SignatureValidity::Valid {
            return differs("the value isn't that of the announced key");
        }
        Ok(cms)
    }

    /// A time stamp over what a signature time stamp covers of the one just made, if there is somebody to stamp. It has to come while the
    /// certificate is valid (guideline 5.2 §6.12 C2): later it would prove that the signature came too late.
    pub(crate) fn first_stamp(
        &self,
        imprint: &dyn Fn() -> Result<Digest, Error>,
    ) -> Result<Option<Vec<u8>>, Error> {
        let Some(timestamper) = self.timestamper else { return Ok(None) };
        in_time(self.certificate, (self.clock)())?;
        match timestamper.stamp(&imprint()?) {
            Err(error) if self.request.allow_pending && error.kind == ErrorKind::Remote => {
                *self.failed.borrow_mut() = std::iter::once(error.first_finding())
                    .chain(error.findings.into_iter().skip(1))
                    .collect();
                Ok(None)
            }
            stamped => Ok(Some(stamped?)),
        }
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

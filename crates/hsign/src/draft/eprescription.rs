//! The electronic prescription: a CSV becomes the document of its side with a signature at level ES.

use hsign_core::facts::{DocumentFacts, EvidenceFacts};
use hsign_core::ports::{ElementRequest, ElementSigner};
use hsign_core::{Digest, DigestAlgorithm, Finding, Source};
use hsign_xades::eprescription::{Csv, ReferenceVariant, Side, Unsigned, element_needs, finished, prepare};
use hsign_xades::make::Options;

use super::Signing;
use super::per_signature::{PerSignature, Steps};
use super::xml::XmlSteps;
use crate::facts::no_facts;
use crate::{Content, Error};

/// The document of a CSV, which lacks its signature; `beside` is the prescription that a dispensing answers.
pub(super) fn new<'s>(
    csv: &dyn Source,
    beside: &[Content<'s>],
    reference: ReferenceVariant,
) -> Result<PerSignature<'s>, Error> {
    let csv = hsign_core::read_all(csv)?;
    let is_dispensing = csv.starts_with(b"CJ1");
    let unsigned = match (is_dispensing, beside) {
        (false, []) => Unsigned::prescription(&check(&csv, Side::Prescription)?)?,
        (true, [prescription]) => {
            let prescription = hsign_core::read_all(prescription.source)?;
            Unsigned::dispensing(&check(&csv, Side::Dispensing)?, &prescription)?
        }
        (false, _) => {
            return Err(Error::Refused(vec![Finding::error("eprescription-prescription-not-taken")]));
        }
        (true, _) => return Err(Error::Refused(vec![Finding::error("eprescription-prescription-needed")])),
    };
    // A prescription inside comes with its own signature, which is none of the new ones.
    let before = XmlSteps::made(unsigned.document().to_vec()).facts()?;
    Ok(PerSignature::new(before, EprescriptionSteps { unsigned, reference, made: None }))
}

fn check(csv: &[u8], side: Side) -> Result<Csv<'_>, Error> {
    Ok(Csv::check(csv, side).map_err(hsign_xades::Error::from)?)
}

struct EprescriptionSteps<'s> {
    unsigned: Unsigned,
    reference: ReferenceVariant,
    /// Once it is signed.
    made: Option<XmlSteps<'s>>,
}

impl<'s> EprescriptionSteps<'s> {
    fn made(&self) -> Result<&XmlSteps<'s>, Error> {
        self.made.as_ref().ok_or(Error::NothingToExtend)
    }

    fn made_mut(&mut self) -> Result<&mut XmlSteps<'s>, Error> {
        self.made.as_mut().ok_or(Error::NothingToExtend)
    }

    /// With the signer's key.
    fn signed(&self, signing: &Signing<'_>) -> Result<Vec<u8>, Error> {
        let signer = signing.signer;
        let algorithm = signer.algorithm(signing.request.digest);
        let options = Options {
            digest: signing.request.digest,
            ..Options::new(signer.certificate(), &algorithm, (signing.clock)())
        };
        let prepared = prepare(&self.unsigned, &options, self.reference)?;
        let value = signer.sign(&algorithm, prepared.to_be_signed())?;
        Ok(prepared.assemble(&value)?)
    }

    /// By a service that gives the whole element. It is taken only when it fits its place and is by the announced signer;
    /// that the value holds is checked with the whole document.
    fn finished(&self, signing: &Signing<'_>, service: &dyn ElementSigner) -> Result<Vec<u8>, Error> {
        let needs = element_needs(&self.unsigned, signing.request.digest, self.reference)?;
        let element = service.sign_element(&ElementRequest {
            signature_id: &needs.signature_id,
            reference_uri: &needs.reference_uri,
            digest: &needs.digest,
        })?;
        let differs = Error::FinishedSignature("it doesn't fit its place or the data");
        let document = finished(&self.unsigned, element.as_bytes()).map_err(|_| differs)?;
        let facts = XmlSteps::made(document.clone()).facts()?;
        let own = facts.signatures.iter().find(|one| one.id == needs.signature_id);
        let signed = own.and_then(|own| own.signed.as_ref());
        let names_announced =
            signed.and_then(|signed| signed.certificate_references.first()).is_some_and(|named| {
                hsign_crypto::digest(named.digest.algorithm, signing.signer.certificate())
                    .is_ok_and(|digest| digest == named.digest)
            });
        if names_announced {
            Ok(document)
        } else {
            Err(Error::FinishedSignature("another signer than the announced one"))
        }
    }
}

impl<'s> Steps<'s> for EprescriptionSteps<'s> {
    fn facts(&self) -> Result<DocumentFacts, Error> {
        self.made.as_ref().map_or_else(|| Ok(no_facts()), Steps::facts)
    }

    fn facts_afresh(&self) -> Result<DocumentFacts, Error> {
        self.made()?.facts_afresh()
    }

    fn sign(&mut self, signing: &Signing<'_>) -> Result<String, Error> {
        if signing.statement().is_some() {
            return Err(Error::StatementNotCarried);
        }
        let document = match signing.signer.finished_element() {
            Some(service) => self.finished(signing, service)?,
            None => self.signed(signing)?,
        };
        self.made = Some(XmlSteps::made(document));
        Ok(self.unsigned.signature_id().to_owned())
    }

    fn value_imprint(&self, id: &str, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        self.made()?.value_imprint(id, algorithm)
    }

    fn add_value_stamp(&mut self, id: &str, token: &[u8]) -> Result<(), Error> {
        self.made_mut()?.add_value_stamp(id, token)
    }

    fn add_evidence(&mut self, id: &str, evidence: &EvidenceFacts) -> Result<bool, Error> {
        self.made_mut()?.add_evidence(id, evidence)
    }

    fn imprint(&mut self, id: &str, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        self.made_mut()?.imprint(id, algorithm)
    }

    fn add_archive_stamp(&mut self, id: &str, token: &[u8]) -> Result<(), Error> {
        self.made_mut()?.add_archive_stamp(id, token)
    }

    fn into_source(self: Box<Self>) -> Box<dyn Source + 's> {
        match self.made {
            Some(made) => Box::new(made).into_source(),
            None => Box::new(Vec::new()),
        }
    }
}

//! Validation of a certification path, beside the signature verifications that nobody can do without.

use std::path::Path;

use hsign::crypto::OpensslVerifier;
use hsign_core::Time;
use hsign_core::ports::{SignatureValidity, SignatureVerifier as _};
use hsign_pki::{Anchor, PathParameters, build_and_validate};
use hsign_x509::Certificate;
use serde_json::{Value, json};

use crate::Failure;

/// Paths in one measurement: one alone is too short for the clock.
const PATHS: usize = 500;

/// Signer, CA, root: as bytes and as read.
pub(crate) struct Chain {
    bytes: [Vec<u8>; 3],
    read: [Certificate; 3],
    time: Time,
    /// Has each key decoded after its first use.
    verifier: OpensslVerifier,
}

impl Chain {
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        let bytes = [
            std::fs::read(folder.join("people/doctor/certificate.cer"))?,
            std::fs::read(folder.join("ca/hpki-signature-ca.cer"))?,
            std::fs::read(folder.join("ca/hpki-root.cer"))?,
        ];
        let read = read(&bytes)?;
        let time = read[0].not_before();
        Ok(Self { bytes, read, time, verifier: OpensslVerifier::new() })
    }

    /// From the bytes of the certificates that come with a document; the anchor is read with the registry.
    pub(crate) fn parsing(&self) -> Result<Value, Failure> {
        let [signer, ca, _] = &self.bytes;
        let [.., root] = &self.read;
        for _ in 0..PATHS {
            let read = [Certificate::from_der(signer)?, Certificate::from_der(ca)?, root.clone()];
            self.validate(&read)?;
        }
        Ok(json!({ "work": PATHS }))
    }

    /// From certificates that are read already.
    pub(crate) fn parsed(&self) -> Result<Value, Failure> {
        for _ in 0..PATHS {
            self.validate(&self.read)?;
        }
        Ok(json!({ "work": PATHS }))
    }

    /// The signature verifications alone.
    pub(crate) fn signatures(&self) -> Result<Value, Failure> {
        for _ in 0..PATHS {
            for pair in self.read.windows(2) {
                let [certificate, issuer] = pair else { continue };
                let validity = self.verifier.verify(
                    certificate.signature_algorithm(),
                    issuer.public_key_info(),
                    certificate.tbs(),
                    certificate.signature_value(),
                );
                if validity != SignatureValidity::Valid {
                    return Err("a signature of the chain doesn't hold".into());
                }
            }
        }
        Ok(json!({ "work": PATHS, "verifications": 2 * PATHS }))
    }

    fn validate(&self, [signer, ca, root]: &[Certificate; 3]) -> Result<(), Failure> {
        let anchors = [Anchor::from_certificate(root.clone())];
        let pool = [ca.clone()];
        let path =
            build_and_validate(signer, &pool, &anchors, &PathParameters::at(self.time), &self.verifier);
        match path {
            Ok(path) if path.certificates().len() == 3 => Ok(()),
            _ => Err("the chain isn't valid".into()),
        }
    }
}

fn read([signer, ca, root]: &[Vec<u8>; 3]) -> Result<[Certificate; 3], Failure> {
    Ok([Certificate::from_der(signer)?, Certificate::from_der(ca)?, Certificate::from_der(root)?])
}

//! Which of several certificates is the signer's, and which are the chain.

use hsign_x509::Certificate;

use crate::suitability;

/// The signer's certificate and the others.
#[derive(Clone)]
pub(crate) struct OwnCertificates {
    signer: Certificate,
    chain: Vec<Vec<u8>>,
}

impl OwnCertificates {
    /// Takes the certificate that `belongs` to the key. When several do (a renewal for the same key), one
    /// that may sign comes first, then the one issued last. `None` when none does.
    pub(crate) fn choose(
        certificates: Vec<Certificate>,
        belongs: impl Fn(&Certificate) -> bool,
    ) -> Option<Self> {
        let signer = certificates
            .iter()
            .filter(|certificate| belongs(certificate))
            .max_by_key(|certificate| (suitability(certificate).is_ok(), certificate.not_before()))?
            .clone();
        let mut chain: Vec<Vec<u8>> = Vec::new();
        for certificate in certificates {
            let der = certificate.der();
            if der != signer.der() && !chain.iter().any(|known| known == der) {
                chain.push(der.to_vec());
            }
        }
        Some(Self { signer, chain })
    }

    pub(crate) fn signer(&self) -> &Certificate {
        &self.signer
    }

    pub(crate) fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }
}

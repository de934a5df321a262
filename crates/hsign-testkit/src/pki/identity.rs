//! Somebody's certificate with its key and chain, and the containers that hold them.

use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::provider::Provider;
use openssl::stack::Stack;
use openssl::x509::X509;

use crate::Error;
use crate::keys;
use crate::pki::authorities::Authority;

/// The passphrase of every PKCS#12 file of the testkit.
pub const PASSPHRASE: &str = "hsign-test";

/// A certificate, its private key and the certificates above it.
#[derive(Debug)]
pub struct Identity {
    certificate: Vec<u8>,
    key: PKey<Private>,
    key_name: &'static str,
    /// Issuer first, root last.
    chain: Vec<Vec<u8>>,
}

/// How a PKCS#12 file protects key and certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protection {
    /// PBES2 with AES-256, MAC with SHA-256.
    Aes,
    /// pbeWithSHAAnd3-KeyTripleDES-CBC, MAC with SHA-1.
    TripleDes,
    /// Key as [`Protection::TripleDes`], certificates under pbeWithSHAAnd40BitRC2-CBC: the habit of older Windows. Needs OpenSSL's legacy provider.
    Rc2,
}

impl Protection {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Aes, Self::TripleDes, Self::Rc2];

    /// The file's name in a person's folder.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Aes => "identity.p12",
            Self::TripleDes => "identity-3des.p12",
            Self::Rc2 => "identity-rc2-40.p12",
        }
    }
}

impl Identity {
    pub(crate) fn new(
        certificate: Vec<u8>,
        key_name: &'static str,
        issuers: &[&Authority],
    ) -> Result<Self, Error> {
        Ok(Self::with_key(certificate, keys::load(key_name)?, key_name, issuers))
    }

    /// With a key that the pool need not have.
    pub(crate) fn with_key(
        certificate: Vec<u8>,
        key: PKey<Private>,
        key_name: &'static str,
        issuers: &[&Authority],
    ) -> Self {
        let chain = issuers.iter().map(|issuer| issuer.certificate_der().to_vec()).collect();
        Self { certificate, key, key_name, chain }
    }

    /// The certificate, DER.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate
    }

    /// The certificates above it, DER: issuer first, root last.
    pub fn chain_der(&self) -> &[Vec<u8>] {
        &self.chain
    }

    /// The certificate, PEM.
    pub fn certificate_pem(&self) -> String {
        pem(&self.certificate, "CERTIFICATE")
    }

    /// The certificate and those above it, PEM, root last.
    pub fn chain_pem(&self) -> String {
        let above = self.chain.iter().map(|certificate| pem(certificate, "CERTIFICATE"));
        self.certificate_pem() + &above.collect::<String>()
    }

    /// The private key as PKCS#8 PEM, not encrypted; empty for a key that isn't of the pool.
    pub fn private_key_pem(&self) -> &'static str {
        keys::pem(self.key_name).unwrap_or_default()
    }

    /// The private key.
    pub fn private_key(&self) -> &PKey<Private> {
        &self.key
    }

    /// The identity as PKCS#12 under [`PASSPHRASE`], chain included.
    ///
    /// # Errors
    /// What OpenSSL says; for [`Protection::Rc2`] that its legacy provider is missing.
    pub fn pkcs12(&self, protection: Protection) -> Result<Vec<u8>, Error> {
        // Loaded for this call only: whoever reads the file must cope without it. It goes last, after the container.
        let _legacy = match protection {
            Protection::Rc2 => Some(Provider::try_load(None, "legacy", true)?),
            Protection::Aes | Protection::TripleDes => None,
        };
        let triple_des = Nid::PBE_WITHSHA1AND3_KEY_TRIPLEDES_CBC;
        let rc2_40 = Nid::PBE_WITHSHA1AND40BITRC2_CBC;
        let (key, certificates, mac) = match protection {
            Protection::Aes => (Nid::AES_256_CBC, Nid::AES_256_CBC, MessageDigest::sha256()),
            Protection::TripleDes => (triple_des, triple_des, MessageDigest::sha1()),
            Protection::Rc2 => (triple_des, rc2_40, MessageDigest::sha1()),
        };
        let mut above = Stack::new()?;
        for certificate in &self.chain {
            above.push(X509::from_der(certificate)?)?;
        }
        let mut builder = Pkcs12::builder();
        builder.name(self.key_name).pkey(&self.key).cert(&*X509::from_der(&self.certificate)?).ca(above);
        builder.key_algorithm(key).cert_algorithm(certificates).key_iter(2_048).mac_iter(2_048).mac_md(mac);
        Ok(builder.build2(PASSPHRASE)?.to_der()?)
    }
}

/// PEM with lines of 64 characters.
pub(crate) fn pem(der: &[u8], label: &str) -> String {
    let base64 = openssl::base64::encode_block(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out + &format!("-----END {label}-----\n")
}

//! Certificates, CRLs, OCSP responses and their extensions, hcRole included: reading only.
//!
//! The decoders are our own on top of `hsign-asn1`: encodings that strict DER refuses but that are in use
//! (non-minimal INTEGER, BOOLEAN 01, times with offset or fraction, long lengths) are read, and told by
//! [`Certificate::oddities`]; the original bytes stay at hand for hashing and verification.
//!
//! An extension that is there but can't be decoded, or is there twice, is an error of its getter and never
//! counts as absent.

mod algorithm;
mod bundle;
mod certificate;
mod crl;
mod error;
mod extension;
mod general_name;
mod hc_role;
mod name;
mod ocsp;
mod oddity;
mod public_key;
mod signed;

pub use algorithm::{
    digest_algorithm_from_der, digest_algorithm_to_der, digest_algorithm_with_null_to_der,
    signature_algorithm_from_der, signature_algorithm_to_der,
};
pub use bundle::{certificates_from_bytes, crls_from_bytes};
pub use certificate::Certificate;
pub use crl::{Crl, CrlEntry, CrlNumber, CrlReason};
pub use error::{Error, OcspStatus};
pub use extension::{
    AccessDescription, AuthorityKeyIdentifier, BasicConstraints, DistributionPoint, DistributionPointName,
    ExtendedKeyUsage, Extension, GeneralSubtree, IssuingDistributionPoint, KeyUsage, NameConstraints,
    PolicyConstraints, PolicyInformation, PolicyMapping, PolicyQualifier, ReasonFlags, extension_oid,
};
pub use general_name::GeneralName;
pub use hc_role::HealthcareActor;
pub use name::{Name, NameAttribute};
pub use ocsp::{CertId, CertStatus, OcspResponse, ResponderId, SingleResponse, ocsp_request};

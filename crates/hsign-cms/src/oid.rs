//! Object identifiers of CMS and of the attributes that travel in it.
#![allow(missing_docs)]

/// id-data (RFC 5652 §4).
pub const DATA: &str = "1.2.840.113549.1.7.1";
/// id-signedData (RFC 5652 §5.1).
pub const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
/// id-contentType (RFC 5652 §11.1).
pub const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
/// id-messageDigest (RFC 5652 §11.2).
pub const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
/// id-signingTime (RFC 5652 §11.3).
pub const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
/// id-countersignature (RFC 5652 §11.4).
pub const COUNTERSIGNATURE: &str = "1.2.840.113549.1.9.6";
/// id-aa-CMSAlgorithmProtection (RFC 6211).
pub const ALGORITHM_PROTECTION: &str = "1.2.840.113549.1.9.52";
/// id-aa-signingCertificate (RFC 2634 §5.4).
pub const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
/// id-aa-signingCertificateV2 (RFC 5035 §3).
pub const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
/// id-ri-ocsp-response (RFC 5940 §2.1).
pub const OCSP_RESPONSE: &str = "1.3.6.1.5.5.7.16.2";
/// adbe-revocationInfoArchival (ISO 32000): revocation data as a signed attribute.
pub const REVOCATION_INFO_ARCHIVAL: &str = "1.2.840.113583.1.1.8";
/// Statements of the signer for machines, a UTF8String: hsign's own signed attribute. No standard attribute is for such
/// (content-hints and content-description are words for people about the content), and the arc of UUIDs needs no
/// registration (X.667).
pub const SIGNED_METADATA: &str = "2.25.32179069233500551056594721342927775976";

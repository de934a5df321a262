//! Object identifiers of the HPKI, and the example arc 2.999 (X.660) for what is only ours.

/// Policy of signature CAs and of their subscribers, assurance level 3.
pub const SIGNATURE_POLICY: &str = "1.2.392.100495.1.5.1.1.3.1";
/// Policy of authentication CAs for persons and of their subscribers.
pub const AUTHENTICATION_POLICY: &str = "1.2.392.100495.1.5.1.2.3.1";
/// Policy of test cards, which hang on the same CAs as real ones.
pub const TEST_CARD_POLICY: &str = "1.2.392.100495.1.5.1.1.0.1";
/// Attribute type of hcRole.
pub const HEALTHCARE_ACTOR: &str = "1.0.17090.0.1";
/// codingSchemeReference of the national qualifications.
pub const CODING_SCHEME: &str = "1.2.392.100495.1.6.1.1";
/// The TSA's policy, and the only one it accepts.
pub const TSA_POLICY: &str = "2.999.1.1";
/// A policy that the TSA refuses.
pub const OTHER_TSA_POLICY: &str = "2.999.1.2";
/// Policy of the unrelated commercial CA.
pub const COMMERCIAL_POLICY: &str = "2.999.2.1";
/// id-kp-timeStamping.
pub const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
/// id-kp-codeSigning.
pub const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
/// id-kp-OCSPSigning.
pub const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
/// id-kp-serverAuth.
pub const SERVER_AUTHENTICATION: &str = "1.3.6.1.5.5.7.3.1";
/// id-kp-clientAuth.
pub const CLIENT_AUTHENTICATION: &str = "1.3.6.1.5.5.7.3.2";
/// id-qt-cps.
pub const CPS: &str = "1.3.6.1.5.5.7.2.1";

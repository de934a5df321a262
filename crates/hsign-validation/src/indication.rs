use std::fmt;

use serde::{Serialize, Serializer};

/// The status of a signature, a time stamp or a document (EN 319 102-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Indication {
    /// Every check passed.
    #[serde(rename = "TOTAL-PASSED")]
    TotalPassed,
    /// Something is proven to be wrong.
    #[serde(rename = "TOTAL-FAILED")]
    TotalFailed,
    /// What is at hand isn't enough to decide.
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
    /// There is no signature; documents only.
    #[serde(rename = "NO-SIGNATURE")]
    NoSignature,
}

impl Indication {
    /// The standard's spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TotalPassed => "TOTAL-PASSED",
            Self::TotalFailed => "TOTAL-FAILED",
            Self::Indeterminate => "INDETERMINATE",
            Self::NoSignature => "NO-SIGNATURE",
        }
    }
}

impl fmt::Display for Indication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! sub_indications {
    ($($(#[$doc:meta])* $name:ident = $spelling:literal,)*) => {
        /// Why an indication isn't passed (EN 319 102-1), in the standard's spelling.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum SubIndication {
            $($(#[$doc])* $name,)*
        }

        impl SubIndication {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The standard's spelling.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $spelling,)* }
            }
        }
    };
}

sub_indications! {
    /// Not readable, or not conformant enough to be verified.
    FormatFailure = "FORMAT_FAILURE",
    /// The digest of something signed differs.
    HashFailure = "HASH_FAILURE",
    /// The value doesn't verify with the signer's key.
    SigCryptoFailure = "SIG_CRYPTO_FAILURE",
    /// Signing is proven to have happened after the revocation.
    Revoked = "REVOKED",
    /// Signing is proven to have happened after the certificate's end.
    Expired = "EXPIRED",
    /// The signature is proven to have existed before the certificate's beginning.
    NotYetValid = "NOT_YET_VALID",
    /// Attributes of the signature violate the policy.
    SigConstraintsFailure = "SIG_CONSTRAINTS_FAILURE",
    /// The certificates violate the policy.
    ChainConstraintsFailure = "CHAIN_CONSTRAINTS_FAILURE",
    /// The path isn't valid for another reason.
    CertificateChainGeneralFailure = "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    /// An algorithm was already too weak when it was used.
    CryptoConstraintsFailure = "CRYPTO_CONSTRAINTS_FAILURE",
    /// The signature policy can't be processed.
    PolicyProcessingError = "POLICY_PROCESSING_ERROR",
    /// The signature policy isn't at hand.
    SignaturePolicyNotAvailable = "SIGNATURE_POLICY_NOT_AVAILABLE",
    /// The time stamps contradict each other.
    TimestampOrderFailure = "TIMESTAMP_ORDER_FAILURE",
    /// The signer's certificate isn't identified.
    NoSigningCertificateFound = "NO_SIGNING_CERTIFICATE_FOUND",
    /// No path to an anchor.
    NoCertificateChainFound = "NO_CERTIFICATE_CHAIN_FOUND",
    /// Only to an anchor that is no longer trusted.
    NoCertificateChainFoundNoPoe = "NO_CERTIFICATE_CHAIN_FOUND_NO_POE",
    /// The signer's certificate is revoked, and it isn't known whether that was before signing.
    RevokedNoPoe = "REVOKED_NO_POE",
    /// A CA's certificate in the path is revoked.
    RevokedCaNoPoe = "REVOKED_CA_NO_POE",
    /// Outside the certificate's validity; known not to be revoked.
    OutOfBoundsNotRevoked = "OUT_OF_BOUNDS_NOT_REVOKED",
    /// Outside the certificate's validity, with nothing to tell when it was signed.
    OutOfBoundsNoPoe = "OUT_OF_BOUNDS_NO_POE",
    /// The certificate of the revocation data's issuer is outside its validity.
    RevocationOutOfBoundsNoPoe = "REVOCATION_OUT_OF_BOUNDS_NO_POE",
    /// An algorithm is too weak now, with no proof that it was used in time.
    CryptoConstraintsFailureNoPoe = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
    /// A proof of existence is missing.
    NoPoe = "NO_POE",
    /// Fresher revocation data are needed, or the certificate is on hold.
    TryLater = "TRY_LATER",
    /// What was signed isn't at hand.
    SignedDataNotFound = "SIGNED_DATA_NOT_FOUND",
}

impl fmt::Display for SubIndication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for SubIndication {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// How one building block ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conclusion {
    /// In order.
    Passed,
    /// Proven wrong.
    Failed(SubIndication),
    /// Open.
    Indeterminate(SubIndication),
}

impl Conclusion {
    /// Whether it passed.
    #[must_use]
    pub fn is_passed(self) -> bool {
        self == Self::Passed
    }

    /// Why it didn't pass.
    #[must_use]
    pub fn sub_indication(self) -> Option<SubIndication> {
        match self {
            Self::Passed => None,
            Self::Failed(sub) | Self::Indeterminate(sub) => Some(sub),
        }
    }

    /// The status that follows when this is the last word.
    #[must_use]
    pub fn indication(self) -> Indication {
        match self {
            Self::Passed => Indication::TotalPassed,
            Self::Failed(_) => Indication::TotalFailed,
            Self::Indeterminate(_) => Indication::Indeterminate,
        }
    }

    /// The standard's word for a building block: `PASSED`, `FAILED`, `INDETERMINATE`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Failed(_) => "FAILED",
            Self::Indeterminate(_) => "INDETERMINATE",
        }
    }

    /// The graver of the two; of two that weigh the same, the first.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        if other.weight() > self.weight() { other } else { self }
    }

    /// The other one, if this passed.
    #[must_use]
    pub fn and_then(self, next: impl FnOnce() -> Self) -> Self {
        if self.is_passed() { next() } else { self }
    }

    fn weight(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Indeterminate(_) => 1,
            Self::Failed(_) => 2,
        }
    }
}

impl Serialize for Conclusion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut fields = serializer.serialize_struct("Conclusion", 2)?;
        fields.serialize_field("indication", self.name())?;
        fields.serialize_field("sub_indication", &self.sub_indication())?;
        fields.end()
    }
}

/// What the digests and the signature value say, whatever the trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Integrity {
    /// What was signed is unchanged and the value belongs to the signer's key.
    Valid,
    /// It was changed, or the value doesn't belong to the key.
    Invalid,
    /// It can't be told.
    Undetermined,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_twenty_five_sub_indications_each_spelt_once() {
        let mut names: Vec<_> = SubIndication::ALL.iter().map(|sub| sub.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 25);
        assert!(names.iter().all(|name| name.chars().all(|c| c == '_' || c.is_ascii_uppercase())));
    }

    #[test]
    fn a_proven_fault_outweighs_an_open_question() {
        let open = Conclusion::Indeterminate(SubIndication::TryLater);
        let wrong = Conclusion::Failed(SubIndication::HashFailure);
        assert_eq!(open.worst(wrong), wrong);
        assert_eq!(wrong.worst(open), wrong);
        assert_eq!(Conclusion::Passed.worst(open), open);
        let other = Conclusion::Indeterminate(SubIndication::NoPoe);
        assert_eq!(open.worst(other), open);
    }
}

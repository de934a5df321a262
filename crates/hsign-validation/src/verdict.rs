//! Verdicts. Their fields can be read by everybody and set by the engine alone.

use std::borrow::Borrow;

use hsign_core::facts::{
    Coverage, DocumentFormat, FileFacts, Level, Modifications, ScanFacts, SignedMetadata, TimestampKind,
};
use hsign_core::{BestSignatureTime, ClaimedSigningTime, Digest, Finding, GenTime, Time};
use hsign_hpki::{IdentityMeans, Qualification, Way};
use hsign_pki::Accreditation;
use serde::Serialize;

use crate::poe::ProofOfExistence;
use crate::{Conclusion, Indication, Integrity, SubIndication};

macro_rules! verdict {
    ($(#[$doc:meta])* $name:ident {
        by value { $($(#[$copy_doc:meta])* $copy:ident: $copy_type:ty,)* }
        by reference { $($(#[$field_doc:meta])* $field:ident: $type:ty => $shown:ty = $get:ident,)* }
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        pub struct $name {
            $($(#[$copy_doc])* pub(crate) $copy: $copy_type,)*
            $($(#[$field_doc])* pub(crate) $field: $type,)*
        }

        impl $name {
            $($(#[$copy_doc])* #[must_use] pub fn $copy(&self) -> $copy_type { self.$copy })*
            $($(#[$field_doc])* #[must_use] pub fn $field(&self) -> $shown { self.$field.$get() })*
        }
    };
}

verdict! {
    /// The answer for one document.
    DocumentVerdict {
        by value {
            /// What kind of document it is.
            format: DocumentFormat,
            /// The worst of its signatures; for a bare token the token's.
            indication: Indication,
            /// Why it isn't passed: that of the worst signature.
            sub_indication: Option<SubIndication>,
        }
        by reference {
            /// Digests of the document.
            digests: Vec<Digest> => &[Digest] = as_slice,
            /// What was noticed about the document as a whole.
            findings: Vec<Finding> => &[Finding] = as_slice,
            /// Every signature, in document order.
            signatures: Vec<SignatureVerdict> => &[SignatureVerdict] = as_slice,
            /// Evidence records over the document or parts of it.
            evidence_records: Vec<EvidenceRecordVerdict> => &[EvidenceRecordVerdict] = as_slice,
            /// Every proof of existence that was found, the earliest of each object.
            proofs: Vec<ProofOfExistence> => &[ProofOfExistence] = as_slice,
            /// Time stamps of the document as a whole.
            timestamps: Vec<TimestampVerdict> => &[TimestampVerdict] = as_slice,
            /// What its scanned pages are made of, where somebody looked.
            scan: Option<ScanFacts> => Option<&ScanFacts> = as_ref,
            /// The files inside a container, and what covers each.
            files: Vec<FileFacts> => &[FileFacts] = as_slice,
            /// Originals that it amends, each judged like a document.
            originals: Vec<OriginalVerdict> => &[OriginalVerdict] = as_slice,
        }
    }
}

verdict! {
    /// The answer for an original inside an amended document.
    OriginalVerdict {
        by value {}
        by reference {
            /// Id of the signature that amends it.
            amended_by: String => &str = as_str,
            /// Name of the attachment; `None` where it is missing.
            name: Option<String> => Option<&String> = as_ref,
            /// The digest that was signed.
            digest: Digest => &Digest = borrow,
            /// The answer, where it could be read.
            verdict: Option<DocumentVerdict> => Option<&DocumentVerdict> = as_ref,
            /// Why it couldn't.
            findings: Vec<Finding> => &[Finding] = as_slice,
        }
    }
}

verdict! {
    /// The answer for one signature.
    SignatureVerdict {
        by value {
            /// Level by the elements present.
            level: Level,
            /// The status.
            indication: Indication,
            /// Why it isn't passed.
            sub_indication: Option<SubIndication>,
            /// Digests and signature value, whatever the trust.
            integrity: Integrity,
            /// What of the document is covered.
            coverage: Coverage,
            /// The signer's claim.
            claimed_signing_time: Option<ClaimedSigningTime>,
            /// The earliest proven time; the validation time when no time stamp helps.
            best_signature_time: Option<BestSignatureTime>,
            /// Where it passed by past validation: the latest time at which the signer's path is known to have been good.
            control_time: Option<Time>,
            /// The last day by which a new stamp is due, where it was computed.
            renew_by: Option<Time>,
        }
        by reference {
            /// Name within the document.
            id: String => &str = as_str,
            /// The profile that its place and shape belong to, such as `eprescription`.
            profile: Option<String> => Option<&String> = as_ref,
            /// The class of document that its place in the profile makes it.
            document_class: Option<String> => Option<&String> = as_ref,
            /// The signature that it countersigns, by its id.
            countersigns: Option<String> => Option<&String> = as_ref,
            /// What it refers to by digest.
            references: Vec<ReferenceVerdict> => &[ReferenceVerdict] = as_slice,
            /// What the signer states about the making of the document.
            metadata: Option<SignedMetadata> => Option<&SignedMetadata> = as_ref,
            /// The signer's certificate.
            signer: Option<CertificateSummary> => Option<&CertificateSummary> = as_ref,
            /// What was changed in the document after signing, as the policy weighs it; `None` where that can't happen.
            modifications: Option<Modifications> => Option<&Modifications> = as_ref,
            /// Who signs with which qualification; none without a signer's certificate.
            qualification: Option<Qualification> => Option<&Qualification> = as_ref,
            /// Who signs by a provider's key (立会人型), where evidence names the person.
            signatory: Option<Signatory> => Option<&Signatory> = as_ref,
            /// The qualification-evidence records that concern the signer, those that don't count too.
            evidence: Vec<EvidenceVerdict> => &[EvidenceVerdict] = as_slice,
            /// The end of the weakest algorithm that signature and path rely on; `None` when no end is known.
            algorithms_until: Option<AlgorithmEnd> => Option<&AlgorithmEnd> = as_ref,
            /// The path, anchor last; empty when none was found.
            path: Vec<CertificateSummary> => &[CertificateSummary] = as_slice,
            /// What is known about the revocation of the path's certificates.
            revocation: Vec<RevocationVerdict> => &[RevocationVerdict] = as_slice,
            /// What is proven to have existed before the time of validation, and on whose word: the value, the signed data,
            /// the certificates of the path and the data on their revocation.
            proofs: Vec<ProofOfExistence> => &[ProofOfExistence] = as_slice,
            /// The id of the newest valid time stamp over it: on this one everything rests from now on.
            protected_by: Option<String> => Option<&String> = as_ref,
            /// Its time stamps, and those of the document that cover it.
            timestamps: Vec<TimestampVerdict> => &[TimestampVerdict] = as_slice,
            /// The building blocks in the order they ran.
            checks: Vec<Check> => &[Check] = as_slice,
            /// Everything noticed.
            findings: Vec<Finding> => &[Finding] = as_slice,
        }
    }
}

verdict! {
    /// Whether what a signature refers to is as it was when it was signed.
    ReferenceVerdict {
        by value {
            /// Whether the digests agree; `None` where the data isn't at hand or the algorithm unknown.
            holds: Option<bool>,
        }
        by reference {
            /// What is referred to.
            name: String => &str = as_str,
        }
    }
}

verdict! {
    /// The answer for one time stamp.
    TimestampVerdict {
        by value {
            /// What it was put on for.
            kind: TimestampKind,
            /// What the token says.
            gen_time: Option<GenTime>,
            /// Imprint, digests and the token's signature value.
            integrity: Integrity,
            /// The status.
            indication: Indication,
            /// Why it isn't passed.
            sub_indication: Option<SubIndication>,
            /// Where it passed by past validation: the latest time at which the authority's path is known to have been good.
            control_time: Option<Time>,
        }
        by reference {
            /// Name within the document.
            id: String => &str = as_str,
            /// Who stamped.
            tsa: Option<TsaSummary> => Option<&TsaSummary> = as_ref,
            /// The end of the weakest algorithm that it relies on; `None` when no end is known.
            algorithms_until: Option<AlgorithmEnd> => Option<&AlgorithmEnd> = as_ref,
            /// The authority's path, anchor last; empty when none was found.
            path: Vec<CertificateSummary> => &[CertificateSummary] = as_slice,
            /// What is known about the revocation of the path's certificates.
            revocation: Vec<RevocationVerdict> => &[RevocationVerdict] = as_slice,
            /// Everything noticed.
            findings: Vec<Finding> => &[Finding] = as_slice,
        }
    }
}

verdict! {
    /// The answer for one evidence record (RFC 4998).
    EvidenceRecordVerdict {
        by value {
            /// The status.
            indication: Indication,
            /// Why it isn't passed.
            sub_indication: Option<SubIndication>,
            /// The time it proves, that of its first time stamp; `None` unless it passed.
            proven_time: Option<GenTime>,
        }
        by reference {
            /// Name within the document.
            id: String => &str = as_str,
            /// Its archive time stamps, oldest first.
            timestamps: Vec<TimestampVerdict> => &[TimestampVerdict] = as_slice,
            /// Everything noticed.
            findings: Vec<Finding> => &[Finding] = as_slice,
        }
    }
}

/// An algorithm and its last good moment, by the policy's table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct AlgorithmEnd {
    /// The last good moment.
    pub at: Time,
    /// The algorithm or the kind and size of key, as the table names it.
    pub algorithm: String,
}

verdict! {
    /// A time-stamp authority.
    TsaSummary {
        by value {
            /// Whose accreditation it had when stamping; `None` when no path to a known one was found.
            accreditation: Option<Accreditation>,
            /// The end of its certificate, after which its stamps prove nothing by themselves.
            not_after: Time,
        }
        by reference {
            /// Its certificate's subject.
            subject: String => &str = as_str,
        }
    }
}

verdict! {
    /// A certificate, by what people and machines know it by.
    CertificateSummary {
        by value {
            /// First moment of its validity.
            not_before: Time,
            /// Last moment of its validity.
            not_after: Time,
        }
        by reference {
            /// The common name, for people.
            name: Option<String> => Option<&String> = as_ref,
            /// Subject (RFC 4514), personal fields of the public's certificates masked.
            subject: String => &str = as_str,
            /// Issuer (RFC 4514).
            issuer: String => &str = as_str,
            /// Serial number, hexadecimal.
            serial: String => &str = as_str,
            /// SHA-256 of the certificate, lower-case hexadecimal.
            sha256: String => &str = as_str,
        }
    }
}

verdict! {
    /// What is known about the revocation of one certificate.
    RevocationVerdict {
        by value {
            /// The status.
            status: RevocationState,
            /// When it was revoked or put on hold.
            revoked_at: Option<Time>,
            /// Age of the data.
            this_update: Option<Time>,
            /// When newer data were promised.
            next_update: Option<Time>,
            /// When a server sent the data.
            fetched_at: Option<Time>,
        }
        by reference {
            /// The certificate's subject (RFC 4514), masked like the signer's.
            subject: String => &str = as_str,
            /// SHA-256 of the certificate, lower-case hexadecimal.
            sha256: String => &str = as_str,
            /// Where the data came from, in words for display.
            source: Option<String> => Option<&String> = as_ref,
            /// The address or the file they came from.
            place: Option<String> => Option<&String> = as_ref,
        }
    }
}

verdict! {
    /// The person on whose instruction a provider signed.
    Signatory {
        by value {}
        by reference {
            /// Name, as the evidence gives it.
            name: String => &str = as_str,
        }
    }
}

verdict! {
    /// A qualification-evidence record and what it is worth for a signer.
    EvidenceVerdict {
        by value {
            /// Whether it counts; the findings say why not.
            accepted: bool,
            /// When it was written.
            issued_at: Time,
            /// When the qualification was checked.
            checked_at: Time,
            /// By which of the guideline's four ways.
            way: Way,
            /// How the identity was checked.
            identity: IdentityMeans,
        }
        by reference {
            /// What to call it: a file's name.
            record: String => &str = as_str,
            /// SHA-256 of the record, lower-case hexadecimal.
            sha256: String => &str = as_str,
            /// The attester whose signature over it holds.
            attester: Option<CertificateSummary> => Option<&CertificateSummary> = as_ref,
            /// Who checked, then those to whom the registration was handed on.
            providers: Vec<String> => &[String] = as_slice,
        }
    }
}

/// Revocation status of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationState {
    /// Not revoked.
    Good,
    /// Revoked.
    Revoked,
    /// Suspended.
    OnHold,
    /// Nothing usable says.
    Unknown,
    /// The policy doesn't ask.
    NotChecked,
}

/// The building blocks and processes of EN 319 102-1, as they ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// Can it be read?
    FormatChecking,
    /// Whose certificate?
    SignerIdentification,
    /// Which signature policy does it name?
    ValidationContext,
    /// Path, revocation, constraints on certificates.
    X509Validation,
    /// Digests and value.
    CryptographicVerification,
    /// Attributes and algorithms against the policy.
    SignatureAcceptance,
    /// What the time stamps prove.
    ValidationWithTime,
    /// A path that was good once, and until when.
    PastCertificateValidation,
    /// What is wrong today was in order when the signature is proven to have existed.
    PastSignatureValidation,
    /// The profession at that time.
    Qualification,
}

/// How one of them ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which.
    pub check: CheckKind,
    /// How.
    #[serde(flatten)]
    pub conclusion: Conclusion,
}

impl TsaSummary {
    /// The accreditation's name in reports.
    #[must_use]
    pub fn accreditation_name(&self) -> &'static str {
        self.accreditation.map_or("undetermined", Accreditation::name)
    }
}

use hsign_core::Time;
use hsign_x509::Certificate;
use serde::{Deserialize, Serialize};

/// What an entry of the registry is trusted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TrustKind {
    /// The ministry's HPKI root.
    HpkiRoot,
    /// A CA below it that issues signature certificates.
    HpkiSignatureCa,
    /// A CA below it that issues authentication certificates: known, and never an anchor for signers.
    HpkiAuthenticationCa,
    /// A generation of the CA of the My Number card's signature certificates.
    JpkiCa,
    /// A certification business under the e-signature act.
    CertificationBusiness,
    /// A time-stamp authority, or the CA above it.
    Tsa,
    /// Somebody whose qualification-evidence records count.
    Attester,
    /// A bare certificate that was given as trust. Has no name in a registry file.
    #[serde(skip)]
    Bare,
}

impl TrustKind {
    /// The name registry files use; `bare` for certificates given without one.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HpkiRoot => "hpki-root",
            Self::HpkiSignatureCa => "hpki-signature-ca",
            Self::HpkiAuthenticationCa => "hpki-authentication-ca",
            Self::JpkiCa => "jpki-ca",
            Self::CertificationBusiness => "certification-business",
            Self::Tsa => "tsa",
            Self::Attester => "attester",
            Self::Bare => "bare",
        }
    }

    /// Whether it stands under `[[service]]` when written; reading accepts either table.
    #[must_use]
    pub fn is_service(self) -> bool {
        matches!(self, Self::Tsa | Self::Attester)
    }
}

/// On whose word a time-stamp authority is accredited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accreditation {
    /// The Minister for Internal Affairs and Communications (notification 146 of 2021).
    Mic,
    /// The older scheme of the Japan Data Communications Association.
    Jadac,
    /// The time-stamp service of the electronic prescription system.
    EPrescription,
    /// Nobody's.
    #[default]
    None,
}

impl Accreditation {
    /// The name registry files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mic => "mic",
            Self::Jadac => "jadac",
            Self::EPrescription => "e-prescription",
            Self::None => "none",
        }
    }
}

/// How sure whoever wrote the entry was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Seen in a primary source or in the data itself.
    Certain,
    /// From secondary sources.
    Likely,
    /// A guess to be checked.
    Unsure,
}

/// For whom an anchor is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// Signers of documents.
    Signer,
    /// Time-stamp authorities.
    Tsa,
    /// Attesters of qualification evidence.
    Attester,
}

/// One trusted certificate: by its pin, and by its bytes where they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustEntry {
    /// What it is trusted as.
    pub kind: TrustKind,
    /// Its name as people write it; for display only.
    pub subject: String,
    /// SHA-256 of the certificate: the pin.
    pub sha256: [u8; 32],
    /// The certificate, where the registry brings it.
    pub certificate: Option<Certificate>,
    /// For time-stamp authorities: whose accreditation the dates speak of.
    pub accreditation: Accreditation,
    /// First moment the entry holds for; unlimited if absent.
    pub from: Option<Time>,
    /// Last moment it holds for; unlimited if absent.
    pub to: Option<Time>,
    /// Certificate policies (dotted OIDs), one of which paths to this anchor must be valid for. Time-stamp
    /// authorities: the policies of their tokens. None named: no restriction.
    pub policies: Vec<String>,
    /// Where this was learnt.
    pub source: Option<String>,
    /// When it was seen there, as written.
    pub source_date: Option<String>,
    /// How sure that is.
    pub confidence: Option<Confidence>,
    /// Whether the pin counts. Only built-in entries wait for the user's confirmation.
    pub confirmed: bool,
}

impl TrustEntry {
    /// An unrestricted entry for a certificate that somebody gave as trust.
    #[must_use]
    pub fn bare(certificate: Certificate, kind: TrustKind) -> Self {
        Self {
            kind,
            subject: certificate.subject().to_string(),
            sha256: certificate.sha256(),
            certificate: Some(certificate),
            accreditation: Accreditation::None,
            from: None,
            to: None,
            policies: Vec::new(),
            source: None,
            source_date: None,
            confidence: None,
            confirmed: true,
        }
    }

    /// Whether `time` lies in the entry's period, both ends included.
    #[must_use]
    pub fn holds_at(&self, time: Time) -> bool {
        self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time <= to)
    }

    /// Whether anchors for `purpose` come from entries of this kind.
    #[must_use]
    pub fn serves(&self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::Signer => matches!(
                self.kind,
                TrustKind::HpkiRoot
                    | TrustKind::HpkiSignatureCa
                    | TrustKind::JpkiCa
                    | TrustKind::CertificationBusiness
                    | TrustKind::Bare
            ),
            Purpose::Tsa => self.kind == TrustKind::Tsa,
            Purpose::Attester => self.kind == TrustKind::Attester,
        }
    }

    /// A time-stamp authority's accreditation at `time`: the entry's inside its period, none outside.
    /// (Outside it the stamp still proves existence; it is only not an accredited one.)
    #[must_use]
    pub fn accreditation_at(&self, time: Time) -> Accreditation {
        if self.holds_at(time) { self.accreditation } else { Accreditation::None }
    }

    /// The pin as upper-case hexadecimal, the way ministries print it.
    #[must_use]
    pub fn pin_hex(&self) -> String {
        self.sha256.iter().map(|byte| format!("{byte:02X}")).collect()
    }
}

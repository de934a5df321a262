use std::collections::BTreeMap;

use hsign_core::facts::TimestampKind;
use hsign_validation::{CertificateSummary, TimestampVerdict};

use super::base64_of;
use super::signature::StatusXml;

/// What signatures refer to: certificates by digest, time stamps with reports of their own.
#[derive(Default)]
pub(super) struct Objects {
    pub(super) certificates: BTreeMap<String, String>,
    pub(super) timestamps: Vec<TimestampXml>,
}

pub(super) struct TimestampXml {
    pub(super) id: String,
    pub(super) gen_time: Option<String>,
    pub(super) status: StatusXml,
}

impl Objects {
    pub(super) fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.timestamps.is_empty()
    }

    /// The reference to a certificate.
    pub(super) fn certificate(&mut self, certificate: &CertificateSummary) -> String {
        let id = format!("C{}", certificate.sha256());
        self.certificates.insert(id.clone(), base64_of(&from_hex(certificate.sha256())));
        id
    }

    /// The reference to a time stamp.
    pub(super) fn timestamp(&mut self, id: String, verdict: &TimestampVerdict) -> TimestampReference {
        let gen_time = verdict.gen_time().map(|time| time.to_string());
        let status = StatusXml::of_timestamp(verdict);
        self.timestamps.push(TimestampXml { id: id.clone(), gen_time: gen_time.clone(), status });
        let element = match verdict.kind() {
            TimestampKind::Content => "AllDataObjectsTimeStamp",
            TimestampKind::Signature => "SignatureTimeStamp",
            TimestampKind::Document => "DocTimeStamp",
            TimestampKind::Archive | TimestampKind::EvidenceRecord => "ArchiveTimeStamp",
        };
        TimestampReference { element, id, gen_time }
    }
}

/// A time stamp as an attribute of a signature.
pub(super) struct TimestampReference {
    pub(super) element: &'static str,
    pub(super) id: String,
    pub(super) gen_time: Option<String>,
}

/// Verdicts hold lower-case hexadecimal, made by this project.
fn from_hex(text: &str) -> Vec<u8> {
    let pairs = (0..text.len()).step_by(2).filter_map(|at| text.get(at..at + 2));
    pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

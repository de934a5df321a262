//! Level B-LT: certificates and revocation data inside the signature (EN 319 132-1).

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsign_core::facts::EvidenceFacts;
use hsign_core::{Budget, Octets};
use hsign_tsp::token_facts;
use hsign_xml::Node;
use hsign_xml::dsig::KeyInfo;

use super::properties::{Target, add, declarations, fresh_id};
use crate::names::{DS, is_xades, xades};
use crate::{Error, evidence, values};

/// Far more than one signature holds.
const MOST_PIECES: u64 = 100_000;

/// Adds what the signature and the tokens on it lack of `wanted`; `None` when they lack nothing. The first time it goes
/// into CertificateValues and RevocationValues. Where those are there already, and may be covered by an archive time stamp,
/// it goes behind them: into TimeStampValidationData of the last time stamp, or AnyValidationData where there is none.
///
/// # Errors
/// When there is no such signature, or another one covers it as it is.
pub fn add_evidence(
    document: &[u8],
    signature: &str,
    wanted: &EvidenceFacts,
) -> Result<Option<Vec<u8>>, Error> {
    add(document, signature, |target, text| {
        let lacking = lacking(target, wanted)?;
        if lacking == EvidenceFacts::default() {
            return Ok(None);
        }
        Ok(Some(property(target, text, &lacking)))
    })
}

fn lacking(target: &Target<'_>, wanted: &EvidenceFacts) -> Result<EvidenceFacts, Error> {
    let mut seen = present(target)?;
    let mut take = |wanted: &[Octets]| -> Vec<Octets> {
        wanted.iter().filter(|piece| seen.insert(piece.0.clone())).cloned().collect()
    };
    Ok(EvidenceFacts {
        certificates: take(&wanted.certificates),
        crls: take(&wanted.crls),
        ocsp_responses: take(&wanted.ocsp_responses),
    })
}

/// Everything that travels inside the signature: in KeyInfo, in its properties, and in the tokens of its time stamps.
fn present(target: &Target<'_>) -> Result<BTreeSet<Vec<u8>>, Error> {
    let mut budget = Budget::new("certificates and revocation data in a signature", MOST_PIECES);
    let mut pieces = Vec::new();
    let mut unheeded = Vec::new();
    if let Some(key_info) = target.node.child(DS, "KeyInfo").and_then(|node| KeyInfo::read(node).ok()) {
        pieces.extend(evidence::of_key_info(&key_info, &mut budget).map_err(hsign_xml::Error::from)?);
    }
    for property in &target.properties.unsigned {
        pieces.extend(evidence::read(*property, &mut budget, &mut unheeded).map_err(hsign_xml::Error::from)?);
    }
    let mut present: BTreeSet<Vec<u8>> = pieces.into_iter().map(|piece| piece.octets.0).collect();
    for property in &target.properties.unsigned {
        for token in property.descendants().filter(|node| is_xades(*node, "EncapsulatedTimeStamp")) {
            let (read, _) = token_facts(&values::octets(token).unwrap_or_default(), &mut |_| None);
            let inside = read.map(|token| token.signed.evidence).unwrap_or_default();
            let all = inside.certificates.into_iter().chain(inside.crls).chain(inside.ocsp_responses);
            present.extend(all.map(|octets| octets.0));
        }
    }
    Ok(present)
}

fn property(target: &Target<'_>, text: &str, lacking: &EvidenceFacts) -> String {
    let values = [certificate_values(lacking), revocation_values(lacking)].concat();
    let has = |name: &str| target.properties.unsigned.iter().any(|property| is_xades(*property, name));
    if !has("CertificateValues") && !has("RevocationValues") && !has("ArchiveTimeStamp") {
        let declared = format!(" {}", declarations());
        // Both stand on their own, so each declares its prefixes.
        return values
            .replacen("<xades:CertificateValues>", &format!("<xades:CertificateValues{declared}>"), 1)
            .replacen("<xades:RevocationValues>", &format!("<xades:RevocationValues{declared}>"), 1);
    }
    let id = fresh_id(text, "ValidationData", values.as_bytes());
    let declared = declarations();
    match target.properties.unsigned.iter().rev().find(|property| is_timestamp(**property)) {
        Some(stamp) => {
            let uri = stamp
                .attribute("", "Id")
                .map_or(String::new(), |id| format!(" URI=\"#{}\"", hsign_xml::escape_attribute(&id)));
            format!(
                "<xades141:TimeStampValidationData {declared} Id=\"{id}\"{uri}>{values}\
                 </xades141:TimeStampValidationData>"
            )
        }
        None => format!(
            "<xades141:AnyValidationData {declared} Id=\"{id}\">{values}</xades141:AnyValidationData>"
        ),
    }
}

fn is_timestamp(property: Node<'_>) -> bool {
    xades(property).is_some_and(|(_, name)| name.ends_with("TimeStamp"))
}

fn certificate_values(evidence: &EvidenceFacts) -> String {
    if evidence.certificates.is_empty() {
        return String::new();
    }
    let values = encapsulated("EncapsulatedX509Certificate", &evidence.certificates);
    format!("<xades:CertificateValues>{values}</xades:CertificateValues>")
}

fn revocation_values(evidence: &EvidenceFacts) -> String {
    if evidence.crls.is_empty() && evidence.ocsp_responses.is_empty() {
        return String::new();
    }
    let lists = |container: &str, element: &str, pieces: &[Octets]| {
        if pieces.is_empty() {
            return String::new();
        }
        format!("<xades:{container}>{}</xades:{container}>", encapsulated(element, pieces))
    };
    let crls = lists("CRLValues", "EncapsulatedCRLValue", &evidence.crls);
    let responses = lists("OCSPValues", "EncapsulatedOCSPValue", &evidence.ocsp_responses);
    format!("<xades:RevocationValues>{crls}{responses}</xades:RevocationValues>")
}

fn encapsulated(element: &str, pieces: &[Octets]) -> String {
    let piece = |octets: &Octets| {
        format!("<xades:{element}>{}</xades:{element}>", STANDARD.encode(octets.as_slice()))
    };
    pieces.iter().map(piece).collect()
}

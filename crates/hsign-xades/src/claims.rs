//! What the signer states in the signed properties and nobody else confirms (EN 319 132-1).

use hsign_core::{ClaimedSigningTime, Finding};
use hsign_xml::Node;

use crate::names::{child, children, path};

const CLAUSE: &str = "EN 319 132-1";
/// Of a claimed role or commitment, for reports.
const MOST_CHARACTERS: usize = 200;
const MOST_CLAIMS: usize = 20;

/// SigningTime; a finding where it can't be read.
pub(crate) fn signing_time(
    signature_properties: Node<'_>,
    findings: &mut Vec<Finding>,
) -> Option<ClaimedSigningTime> {
    let text = child(signature_properties, "SigningTime")?.simple_text();
    let time = text.parse().ok().map(ClaimedSigningTime);
    if time.is_none() {
        // Without an offset it could be any of two days.
        findings.push(Finding::warning("xades-signing-time-unreadable").clause(CLAUSE));
    }
    time
}

/// Roles and commitments, told and not judged: a claimed role is no qualification, and a certified one isn't verified
/// here.
pub(crate) fn told(
    signature_properties: Option<Node<'_>>,
    data_properties: Option<Node<'_>>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let roles = signature_properties.into_iter().flat_map(|properties| {
        ["SignerRole", "SignerRoleV2"].into_iter().filter_map(move |name| child(properties, name))
    });
    for role in roles {
        for claimed in children(role, "ClaimedRoles").flat_map(|list| children(list, "ClaimedRole")) {
            findings.push(Finding::info("xades-role-claimed").clause(CLAUSE).with("role", short(claimed)));
        }
        let certified = ["CertifiedRoles", "CertifiedRolesV2", "SignedAssertions"];
        if certified.iter().any(|name| child(role, name).is_some()) {
            findings.push(Finding::info("xades-role-not-verified").clause(CLAUSE));
        }
    }
    let commitments =
        data_properties.into_iter().flat_map(|properties| children(properties, "CommitmentTypeIndication"));
    for commitment in commitments {
        if let Some(identifier) = path(commitment, &["CommitmentTypeId", "Identifier"]) {
            let told = Finding::info("xades-commitment").clause(CLAUSE);
            findings.push(told.with("commitment", short(identifier)));
        }
    }
    findings.truncate(MOST_CLAIMS);
    findings
}

fn short(node: Node<'_>) -> String {
    let words: Vec<String> = node.text().split_whitespace().map(str::to_owned).collect();
    words.join(" ").chars().take(MOST_CHARACTERS).collect()
}

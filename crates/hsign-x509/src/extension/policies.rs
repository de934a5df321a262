use hsign_asn1::{Tag, Tlv, integer_u64, oid, string};

use super::Extension;
use crate::Error;

/// One policy of certificatePolicies (RFC 5280 §4.2.1.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyInformation {
    /// Dotted policy identifier.
    pub policy: String,
    /// What the CA says about it.
    pub qualifiers: Vec<PolicyQualifier>,
}

/// A policy qualifier. Never decides anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyQualifier {
    /// Dotted qualifier type.
    pub oid: String,
    /// Its bytes with header; empty if left out.
    pub value: Vec<u8>,
    /// Address of the practice statement, or the explicit text of a user notice, where readable.
    pub text: Option<String>,
}

impl PolicyQualifier {
    /// id-qt-cps: address of the certification practice statement.
    pub const CPS: &'static str = "1.3.6.1.5.5.7.2.1";
    /// id-qt-unotice: a notice to be shown.
    pub const USER_NOTICE: &'static str = "1.3.6.1.5.5.7.2.2";
}

/// One pair of policyMappings (RFC 5280 §4.2.1.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyMapping {
    /// The issuer's policy.
    pub issuer_domain: String,
    /// The subject's policy that counts as the same.
    pub subject_domain: String,
}

/// policyConstraints (RFC 5280 §4.2.1.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyConstraints {
    /// After how many certificates an acceptable policy is needed.
    pub require_explicit_policy: Option<u64>,
    /// After how many certificates mapping is forbidden.
    pub inhibit_policy_mapping: Option<u64>,
}

pub(crate) fn certificate_policies(extension: &Extension) -> Result<Vec<PolicyInformation>, Error> {
    extension.decode("certificatePolicies", Tag::SEQUENCE, |element| {
        let mut inside = element.reader()?;
        let mut policies = Vec::new();
        while !inside.is_empty() {
            let mut fields = inside.expect(Tag::SEQUENCE)?.reader()?;
            let policy = oid(&fields.expect(Tag::OID)?)?;
            let list = fields.optional(Tag::SEQUENCE)?;
            fields.finish()?;
            let qualifiers = list.map(|list| qualifiers(&list)).transpose()?.unwrap_or_default();
            policies.push(PolicyInformation { policy, qualifiers });
        }
        if policies.is_empty() {
            return Err(element.bad("certificatePolicies holds at least one policy"));
        }
        Ok(policies)
    })
}

fn qualifiers(list: &Tlv<'_>) -> Result<Vec<PolicyQualifier>, hsign_asn1::Error> {
    let mut inside = list.reader()?;
    let mut qualifiers = Vec::new();
    while !inside.is_empty() {
        let mut fields = inside.expect(Tag::SEQUENCE)?.reader()?;
        let oid = oid(&fields.expect(Tag::OID)?)?;
        let value = fields.next()?;
        fields.finish()?;
        let text = value.and_then(|value| qualifier_text(&oid, &value));
        let value = value.map(|value| value.bytes.to_vec()).unwrap_or_default();
        qualifiers.push(PolicyQualifier { oid, value, text });
    }
    Ok(qualifiers)
}

fn qualifier_text(oid: &str, value: &Tlv<'_>) -> Option<String> {
    match oid {
        PolicyQualifier::CPS => string(value).ok(),
        PolicyQualifier::USER_NOTICE => {
            let mut fields = value.reader().ok()?;
            fields.optional(Tag::SEQUENCE).ok()?;
            string(&fields.next().ok()??).ok()
        }
        _ => None,
    }
}

pub(crate) fn policy_mappings(extension: &Extension) -> Result<Vec<PolicyMapping>, Error> {
    extension.decode("policyMappings", Tag::SEQUENCE, |element| {
        let mut inside = element.reader()?;
        let mut mappings = Vec::new();
        while !inside.is_empty() {
            let mut fields = inside.expect(Tag::SEQUENCE)?.reader()?;
            let issuer_domain = oid(&fields.expect(Tag::OID)?)?;
            let subject_domain = oid(&fields.expect(Tag::OID)?)?;
            fields.finish()?;
            mappings.push(PolicyMapping { issuer_domain, subject_domain });
        }
        if mappings.is_empty() {
            return Err(element.bad("policyMappings holds at least one pair"));
        }
        Ok(mappings)
    })
}

pub(crate) fn policy_constraints(extension: &Extension) -> Result<PolicyConstraints, Error> {
    extension.decode("policyConstraints", Tag::SEQUENCE, |element| {
        let mut fields = element.reader()?;
        let require_explicit_policy =
            fields.optional(Tag::context(0, false))?.map(|field| number(&field)).transpose()?;
        let inhibit_policy_mapping =
            fields.optional(Tag::context(1, false))?.map(|field| number(&field)).transpose()?;
        fields.finish()?;
        if require_explicit_policy.is_none() && inhibit_policy_mapping.is_none() {
            return Err(element.bad("policyConstraints must not be empty"));
        }
        Ok(PolicyConstraints { require_explicit_policy, inhibit_policy_mapping })
    })
}

/// inhibitAnyPolicy (RFC 5280 §4.2.1.14).
pub(crate) fn skip_certificates(extension: &Extension) -> Result<u64, Error> {
    extension.decode("inhibitAnyPolicy", Tag::INTEGER, number)
}

fn number(element: &Tlv<'_>) -> Result<u64, hsign_asn1::Error> {
    integer_u64(element.contents).map_err(|error| error.shifted(element.contents_offset()))
}

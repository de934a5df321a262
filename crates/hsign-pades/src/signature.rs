//! Facts of one signature field.

use std::ops::Range;

use hsign_cades::{CmsFacts, Profile, signature_facts};
use hsign_core::facts::{Coverage, Level, SignatureFacts, SignedMetadata};
use hsign_core::{ClaimedSigningTime, DigestAlgorithm, Finding};
use hsign_pdf::{LaterRevisions, SignatureDictionary, SignatureField};

use crate::ranges::{RangeDigests, ranges};
use crate::{
    CADES_DETACHED, Error, PBAD_DETACHED, PKCS7_DETACHED, PKCS7_SHA1, X509_RSA_SHA1, raw_rsa, rules,
    sha1_content,
};

/// The rules a sub-filter stands for; `None` for one that isn't read here.
fn profile(dictionary: &SignatureDictionary) -> Option<Profile> {
    match dictionary.sub_filter.as_deref() {
        Some(CADES_DETACHED) => Some(Profile::Cades),
        Some(PKCS7_DETACHED | PKCS7_SHA1 | PBAD_DETACHED) => Some(Profile::Cms),
        _ => None,
    }
}

fn is_sha1_content(dictionary: &SignatureDictionary) -> bool {
    dictionary.sub_filter.as_deref() == Some(PKCS7_SHA1)
}

fn is_raw_rsa(dictionary: &SignatureDictionary) -> bool {
    dictionary.sub_filter.as_deref() == Some(X509_RSA_SHA1)
}

/// Asks for the digests that the signature names.
pub(crate) fn want(dictionary: &SignatureDictionary, length: u64, digests: &mut RangeDigests) {
    let Some(ranges) = ranges(dictionary.byte_range, length) else { return };
    if is_raw_rsa(dictionary) {
        digests.want(DigestAlgorithm::Sha1, &ranges);
    }
    let Some(profile) = profile(dictionary) else { return };
    if is_sha1_content(dictionary) {
        digests.want(DigestAlgorithm::Sha1, &ranges);
    }
    let mut record = |algorithm: DigestAlgorithm| {
        digests.want(algorithm, &ranges);
        None
    };
    // What can't be read is told when the facts are made.
    let _ = signature_facts(&dictionary.contents, "", profile, &mut record);
}

/// The facts of a field that has a value, readable or not.
pub(crate) fn facts(
    field: &SignatureField,
    length: u64,
    later: &LaterRevisions<'_, '_>,
    digests: &RangeDigests,
) -> Result<SignatureFacts, Error> {
    let mut facts = SignatureFacts {
        findings: field.findings.clone(),
        ..SignatureFacts::new(field.name.clone(), Level::Other, Coverage::Partial)
    };
    let Some(dictionary) = &field.value else { return Ok(facts) };
    facts.coverage = dictionary.coverage;
    facts.modifications = Some(later.after(field, dictionary)?);
    facts.claimed_signing_time = dictionary.signing_time.map(ClaimedSigningTime);
    facts.findings.extend(dictionary.findings.iter().cloned());
    match dictionary.metadata.as_deref().map(SignedMetadata::from_text).transpose() {
        Ok(metadata) => facts.metadata = metadata,
        Err(unreadable) => facts.findings.push(unreadable),
    }
    let ranges = ranges(dictionary.byte_range, length);
    if is_raw_rsa(dictionary) {
        let content = ranges.as_deref().and_then(|ranges| digests.get(DigestAlgorithm::Sha1, ranges));
        match raw_rsa::signed_object(dictionary, content) {
            Ok((signed, findings)) => {
                facts.signed = Some(signed);
                facts.findings.extend(findings);
            }
            Err(findings) => facts.findings.extend(findings),
        }
        return Ok(facts);
    }
    let Some(profile) = profile(dictionary) else {
        facts.findings.push(unsupported(dictionary));
        return Ok(facts);
    };
    let cms = match read_cms(dictionary, &field.name, profile, ranges.as_deref(), digests) {
        Ok(cms) => cms,
        Err(error) => {
            let finding = Finding::error("cms-unreadable").clause("RFC 5652 §5").with("reason", error);
            facts.findings.push(finding);
            return Ok(facts);
        }
    };
    let content = is_sha1_content(dictionary).then(|| {
        let actual = ranges.as_deref().and_then(|ranges| digests.get(DigestAlgorithm::Sha1, ranges));
        sha1_content::reference(&cms, actual)
    });
    add_cms(&mut facts, dictionary, profile, cms);
    match (content, &mut facts.signed) {
        (Some(Ok(reference)), Some(signed)) => signed.references.push(reference),
        (Some(Err(finding)), _) => facts.findings.push(finding),
        _ => {}
    }
    Ok(facts)
}

fn read_cms(
    dictionary: &SignatureDictionary,
    id: &str,
    profile: Profile,
    ranges: Option<&[Range<u64>]>,
    digests: &RangeDigests,
) -> Result<CmsFacts, hsign_cms::Error> {
    let mut digest = |algorithm| digests.get(algorithm, ranges?);
    signature_facts(&dictionary.contents, id, profile, &mut digest)
}

fn add_cms(facts: &mut SignatureFacts, dictionary: &SignatureDictionary, profile: Profile, cms: CmsFacts) {
    facts.findings.extend(rules::check(dictionary, &cms));
    let Some(signer) = cms.signers.into_iter().next() else { return };
    if profile == Profile::Cades {
        facts.level = signer.level;
    }
    facts.claimed_signing_time = facts.claimed_signing_time.or(signer.claimed_signing_time);
    facts.policy = signer.policy;
    facts.signed = signer.signed;
    facts.timestamps = signer.timestamps;
    facts.findings.extend(signer.findings);
}

fn unsupported(dictionary: &SignatureDictionary) -> Finding {
    let name = dictionary.sub_filter.as_deref().unwrap_or("none");
    Finding::warning("unsupported-sub-filter").clause("ISO 32000-2 §12.8.3").with("sub_filter", name)
}

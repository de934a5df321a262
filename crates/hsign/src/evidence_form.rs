use hsign_core::facts::SignatureFacts;
use hsign_core::{Source, Time, hex, read_all};
use hsign_x509::{Certificate, certificates_from_bytes};
use serde_json::{Value, json};

use crate::{Error, InputFormat, input_format, read_facts};

/// Whom a qualification-evidence record is about.
#[derive(Clone, Copy, Debug)]
pub struct EvidenceSubject<'a> {
    /// Name, as on the licence.
    pub person: &'a str,
    /// Texts of the profession table.
    pub roles: &'a [String],
    /// Which signature of a document; needed where there are several.
    pub signature: Option<&'a str>,
}

/// A qualification-evidence record with its binding filled in, to be completed by an attester: what stands empty is
/// refused until it is filled in. From a certificate it is one for the holder; from a signed document one for the
/// person on whose instruction a provider signed it (立会人型), bound to the signature value.
///
/// # Errors
/// When it is neither, or not clear which signature is meant.
pub fn evidence_form(source: &dyn Source, subject: &EvidenceSubject<'_>, now: Time) -> Result<Value, Error> {
    let (kind, binding) = match input_format(source)? {
        InputFormat::Pdf | InputFormat::Cms => ("witness", of_signature(source, subject.signature)?),
        _ => ("personal", of_certificate(source)?),
    };
    Ok(json!({
        "schema": "hsign.qualification-evidence/1",
        "issued_at": now,
        "person": { "name": subject.person, "roles": subject.roles },
        "signature": kind,
        "binding": binding,
        "identity_check": { "means": "", "checked_at": "", "reference": "" },
        "qualification_check": { "way": "", "checked_at": "", "reference": "" },
        "audit": null,
        "providers": [{
            "name": "",
            "external_assessment": { "assessor": "", "reference": "", "from": "", "to": null },
            "retention": { "until": "" },
        }],
        "revocation": null,
    }))
}

fn of_certificate(source: &dyn Source) -> Result<Value, Error> {
    let bytes = read_all(source)?;
    let found = certificates_from_bytes(&bytes).map_err(|_| Error::UnsupportedFormat)?;
    let certificate: &Certificate = found.first().ok_or(Error::UnsupportedFormat)?;
    Ok(json!({
        "kind": "certificate",
        "issuer": certificate.issuer().to_string(),
        "serial": certificate.serial_hex(),
        "sha256": certificate.sha256_hex(),
    }))
}

fn of_signature(source: &dyn Source, wanted: Option<&str>) -> Result<Value, Error> {
    let facts = read_facts(source, &[])?;
    let meant = |signature: &&SignatureFacts| wanted.is_none_or(|wanted| wanted == signature.id);
    let meant: Vec<&SignatureFacts> = facts.signatures.iter().filter(meant).collect();
    let [only] = meant.as_slice() else { return Err(Error::WhichSignature { found: meant.len() }) };
    let signed = only.signed.as_ref().ok_or(Error::WhichSignature { found: 0 })?;
    let digest = hex(&hsign_crypto::sha256(signed.value.as_slice()));
    Ok(json!({ "kind": "signature-value", "digest": { "algorithm": "sha256", "value": digest } }))
}

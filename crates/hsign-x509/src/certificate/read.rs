//! From bytes to a certificate (RFC 5280 §4.1).

use std::sync::OnceLock;

use hsign_asn1::{Reader, Tag, Tlv, integer_u64, time_with_form};
use hsign_core::{Finding, Time};

use super::{Certificate, Inner};
use crate::error::{Within as _, limit_size};
use crate::extension::{self, Extension};
use crate::{Error, Name, algorithm, oddity, public_key, signed};

const WHAT: &str = "certificate";

/// Real certificates have 1 to 10 KB, those with hash-based signatures about 50 KB.
const LARGEST: usize = 1 << 20;

pub(super) fn certificate(bytes: &[u8]) -> Result<Inner, Error> {
    limit_size(bytes, WHAT, LARGEST)?;
    let mut oddities = Vec::new();
    let signed = signed::read(bytes, &mut oddities).within(WHAT)?;
    signed.rest.finish().within(WHAT)?;
    let mut fields = signed.tbs.reader().within(WHAT)?;
    let version = version(&mut fields, &mut oddities)?;
    let serial = fields.expect(Tag::INTEGER).within(WHAT)?;
    let inner_algorithm = fields.expect(Tag::SEQUENCE).within(WHAT)?;
    let issuer_element = fields.expect(Tag::SEQUENCE).within(WHAT)?;
    let validity = fields.expect(Tag::SEQUENCE).within(WHAT)?;
    let subject_element = fields.expect(Tag::SEQUENCE).within(WHAT)?;
    let spki = fields.expect(Tag::SEQUENCE).within("public key")?;
    // Unique identifiers (RFC 5280 §4.1.2.8) are read over.
    fields.optional(Tag::context(1, false)).within(WHAT)?;
    fields.optional(Tag::context(2, false)).within(WHAT)?;
    let extensions = extensions(&mut fields, version, &mut oddities)?;
    fields.finish().within(WHAT)?;

    let (not_before, not_after) = times(&validity, &mut oddities).within("validity")?;
    let (public_key_kind, public_key_bits) = public_key::read(&spki).within("public key")?;
    let signature_algorithm = algorithm::signature_algorithm_from_der(&signed.algorithm, None)?;
    let algorithms_agree = signed.algorithm.bytes == inner_algorithm.bytes;
    if !algorithms_agree {
        oddities.push(Finding::error("certificate-algorithm-mismatch").clause("RFC 5280 §4.1.1.2"));
    }
    if let Some(finding) = serial_oddity(&serial)? {
        oddities.push(finding);
    }
    Ok(Inner {
        sha256: OnceLock::new(),
        tbs: signed.tbs.range(),
        serial: serial.contents_range(),
        public_key_info: spki.range(),
        version,
        signature_algorithm,
        algorithms_agree,
        signature_value: signed.value,
        subject: Name::from_tlv(&subject_element).within("subject")?,
        issuer: Name::from_tlv(&issuer_element).within("issuer")?,
        not_before,
        not_after,
        public_key_kind,
        public_key_bits,
        extensions,
        oddities,
        further_oddities: OnceLock::new(),
        der: bytes.to_vec(),
    })
}

/// What takes another walk through the whole certificate: only those that are judged are asked for it.
pub(super) fn further_oddities(certificate: &Certificate) -> Vec<Finding> {
    let mut oddities = Vec::new();
    if certificate.issuer().has_universal_string() || certificate.subject().has_universal_string() {
        oddities.push(Finding::info("name-string-type-discouraged").clause("RFC 5280 §4.1.2.4"));
    }
    oddities.extend(oddity::encoding(certificate.der(), certificate.extensions()));
    oddities
}

/// Version `[0]` EXPLICIT DEFAULT v1 (RFC 5280 §4.1.2.1).
fn version(fields: &mut Reader<'_>, oddities: &mut Vec<Finding>) -> Result<u8, Error> {
    let Some(field) = fields.optional(Tag::context(0, true)).within(WHAT)? else { return Ok(1) };
    let number = field.only(Tag::INTEGER).and_then(|number| integer_u64(number.contents)).within(WHAT)?;
    match number {
        0 => {
            oddities.push(oddity::not_der("default-written", field.offset()));
            Ok(1)
        }
        1 => Ok(2),
        2 => Ok(3),
        version => Err(Error::Version { what: WHAT, version }),
    }
}

fn extensions(
    fields: &mut Reader<'_>,
    version: u8,
    oddities: &mut Vec<Finding>,
) -> Result<Vec<Extension>, Error> {
    const WHAT: &str = "extensions";
    let Some(field) = fields.optional(Tag::context(3, true)).within(WHAT)? else { return Ok(Vec::new()) };
    let (extensions, default_written) =
        field.only(Tag::SEQUENCE).and_then(|list| extension::read_list(&list)).within(WHAT)?;
    if default_written {
        oddities.push(oddity::not_der("default-written", field.offset()));
    }
    if extensions.is_empty() {
        oddities.push(Finding::warning("extensions-empty").clause("RFC 5280 §4.1.2.9"));
    }
    if version != 3 {
        oddities.push(
            Finding::error("certificate-extensions-need-v3")
                .clause("RFC 5280 §4.1.2.1")
                .with("version", version),
        );
    }
    Ok(extensions)
}

fn times(validity: &Tlv<'_>, oddities: &mut Vec<Finding>) -> Result<(Time, Time), hsign_asn1::Error> {
    let mut fields = validity.reader()?;
    let (not_before, before_form) = time_with_form(&fields.any()?)?;
    let (not_after, after_form) = time_with_form(&fields.any()?)?;
    fields.finish()?;
    oddities.extend(oddity::time("notBefore", not_before, before_form));
    oddities.extend(oddity::time("notAfter", not_after, after_form));
    Ok((not_before, not_after))
}

/// Serial numbers are positive and at most 20 octets long (RFC 5280 §4.1.2.2).
fn serial_oddity(serial: &Tlv<'_>) -> Result<Option<Finding>, Error> {
    let first =
        *serial.contents.first().ok_or_else(|| serial.bad("empty INTEGER")).within("serial number")?;
    let problem = if first & 0x80 != 0 {
        "negative"
    } else if serial.contents.iter().all(|octet| *octet == 0) {
        "zero"
    } else if hsign_asn1::unsigned_bytes(serial.contents).within("serial number")?.len() > 20 {
        "too-long"
    } else {
        return Ok(None);
    };
    let finding = Finding::warning("serial-number-not-conforming").clause("RFC 5280 §4.1.2.2");
    Ok(Some(finding.with("problem", problem)))
}

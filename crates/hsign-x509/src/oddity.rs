//! Findings about encodings that were read although a strict reader refuses them.

use hsign_asn1::{BitString, TimeForm, Violation, der_violations};
use hsign_core::{Finding, Time};

use crate::extension::Extension;

const DER: &str = "X.690 §10, §11";

/// One finding for each kind of departure from DER in the object and its extensions' values, with the
/// offset of the first place.
pub(crate) fn encoding(der: &[u8], extensions: &[Extension]) -> Vec<Finding> {
    let mut first_places: Vec<(Violation, usize)> = Vec::new();
    let values = extensions.iter().map(|extension| (extension.value.as_slice(), extension.offset()));
    for (bytes, base) in std::iter::once((der, 0)).chain(values) {
        // A value that isn't BER at all is told by its decoder.
        for (offset, violation) in der_violations(bytes).unwrap_or_default() {
            if !first_places.iter().any(|(known, _)| *known == violation) {
                first_places.push((violation, base.saturating_add(offset)));
            }
        }
    }
    first_places.into_iter().map(|(violation, offset)| not_der(violation.name(), offset)).collect()
}

pub(crate) fn not_der(violation: &str, offset: usize) -> Finding {
    Finding::warning("encoding-not-der").clause(DER).with("violation", violation).with("offset", offset)
}

/// A time in a form that RFC 5280 §4.1.2.5 doesn't allow.
pub(crate) fn time(field: &str, time: Time, form: TimeForm) -> Option<Finding> {
    let form_name = match form {
        _ if form.is_rfc5280(time) => return None,
        TimeForm { seconds_missing: true, .. } => "seconds-missing",
        TimeForm { offset: true, .. } => "offset",
        TimeForm { fraction: true, .. } => "fraction",
        TimeForm { generalized: true, .. } => "generalized-time-before-2050",
        _ => "utc-time-out-of-range",
    };
    let finding = Finding::warning("time-form-not-allowed").clause("RFC 5280 §4.1.2.5");
    Some(finding.with("field", field).with("form", form_name))
}

/// The octets of a signature value. No algorithm here makes anything but whole octets; a value that claims
/// otherwise becomes empty, so that it can't be valid, and is told.
pub(crate) fn signature_value(bits: BitString<'_>, oddities: &mut Vec<Finding>) -> Vec<u8> {
    if bits.unused == 0 {
        return bits.octets.into_owned();
    }
    oddities.push(
        Finding::error("signature-value-not-octets")
            .clause("RFC 5280 §4.1.1.3")
            .with("unused-bits", bits.unused),
    );
    Vec::new()
}

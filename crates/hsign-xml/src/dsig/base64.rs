use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::Error;
use crate::characters::is_space;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Octets from Base64 with white space in it, as xs:base64Binary has it.
///
/// # Errors
/// When there is anything else in it.
pub fn base64_decode(text: &str) -> Result<Vec<u8>, Error> {
    let text = text.as_bytes();
    // All looked at, so that many are at once.
    if !text.iter().fold(false, |spaced, byte| spaced | is_space(*byte)) {
        return decoded(text);
    }
    let mut dense = Vec::with_capacity(text.len());
    // By lines rather than by characters: most of what is decoded is long.
    for run in text.split(|byte| is_space(*byte)) {
        dense.extend_from_slice(run);
    }
    decoded(&dense)
}

fn decoded(dense: &[u8]) -> Result<Vec<u8>, Error> {
    LENIENT.decode(dense).map_err(|_| Error::NotBase64("a character or length that Base64 doesn't have"))
}

//! An evidence record made by hand, since nothing here writes them.

/// A DER element.
fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match contents.len() {
        short @ 0..=0x7f => bytes.push(u8::try_from(short).unwrap()),
        long => {
            let length = u32::try_from(long).unwrap().to_be_bytes();
            let digits: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            bytes.push(0x80 | u8::try_from(digits.len()).unwrap());
            bytes.extend(digits);
        }
    }
    bytes.extend(contents);
    bytes
}

/// SHA-256, without parameters.
const SHA256: [u8; 13] = [0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// An evidence record without a tree: the token stamps the file itself (RFC 4998 §4.2).
#[must_use]
pub fn record_around(token: &[u8]) -> Vec<u8> {
    let timestamp = element(0x30, token);
    let chains = element(0x30, &element(0x30, &timestamp));
    element(0x30, &[&[0x02, 0x01, 0x01][..], &element(0x30, &SHA256), &chains].concat())
}

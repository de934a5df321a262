//! A plain DER writer, not the project's own.

pub fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = contents.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let octets: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
        out.push(0x80 | octets.len() as u8);
        out.extend(octets);
    }
    out.extend_from_slice(contents);
    out
}

pub fn sequence(pieces: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &pieces.concat())
}

pub fn set(pieces: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x31, &pieces.concat())
}

pub fn explicit(number: u8, element: &[u8]) -> Vec<u8> {
    tlv(0xA0 | number, element)
}

pub fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().unwrap()).collect();
    let mut contents = base128(arcs[0] * 40 + arcs[1]);
    arcs[2..].iter().for_each(|arc| contents.extend(base128(*arc)));
    tlv(0x06, &contents)
}

fn base128(mut value: u64) -> Vec<u8> {
    let mut octets = vec![(value & 0x7F) as u8];
    while value >= 0x80 {
        value >>= 7;
        octets.push(0x80 | (value & 0x7F) as u8);
    }
    octets.reverse();
    octets
}

/// A non-negative INTEGER from big-endian octets.
pub fn unsigned(octets: &[u8]) -> Vec<u8> {
    let mut contents: Vec<u8> = octets.iter().copied().skip_while(|octet| *octet == 0).collect();
    if contents.first().is_none_or(|first| *first >= 0x80) {
        contents.insert(0, 0);
    }
    tlv(0x02, &contents)
}

pub fn integer(value: u64) -> Vec<u8> {
    unsigned(&value.to_be_bytes())
}

pub fn boolean(value: bool) -> Vec<u8> {
    tlv(0x01, &[if value { 0xFF } else { 0 }])
}

pub fn null() -> Vec<u8> {
    tlv(0x05, &[])
}

pub fn octets(bytes: &[u8]) -> Vec<u8> {
    tlv(0x04, bytes)
}

pub fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], bytes].concat())
}

/// A BIT STRING of named bits without trailing zero bits (X.690 §11.2.2).
pub fn named_bits(bits: &[u8]) -> Vec<u8> {
    let Some(last) = bits.iter().max() else { return tlv(0x03, &[0]) };
    let mut bytes = vec![0_u8; usize::from(last / 8) + 1];
    bits.iter().for_each(|bit| bytes[usize::from(bit / 8)] |= 0x80 >> (bit % 8));
    tlv(0x03, &[&[7 - last % 8], bytes.as_slice()].concat())
}

pub fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0C, text.as_bytes())
}

/// Validity and CRL times: UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5).
pub fn time(seconds: i64) -> Vec<u8> {
    let text = calendar(seconds);
    if (1950..2050).contains(&text[..4].parse::<u32>().unwrap()) {
        tlv(0x17, &text.as_bytes()[2..])
    } else {
        tlv(0x18, text.as_bytes())
    }
}

pub fn generalized_time(seconds: i64) -> Vec<u8> {
    tlv(0x18, calendar(seconds).as_bytes())
}

/// `YYYYMMDDHHMMSSZ` of seconds since 1970.
fn calendar(seconds: i64) -> String {
    let text = hsign_core::Time::from_unix_seconds(seconds).unwrap().to_string();
    text.chars().filter(|c| c.is_ascii_digit()).take(14).collect::<String>() + "Z"
}

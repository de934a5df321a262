//! Stream filters (ISO 32000-2, 7.4) as far as structure and validation data need them.

use std::io::Read;

use crate::error::{Error, Result};
use crate::lexer::{hex_digit, is_space};
use crate::object::{Dictionary, Object};

/// Applies the filters in order; the result stays below `limit` bytes.
pub(crate) fn decode(dictionary: &Dictionary, raw: Vec<u8>, limit: u64) -> Result<Vec<u8>> {
    let filters = names(dictionary.get("Filter"));
    let parameters = dictionary.get("DecodeParms").or_else(|| dictionary.get("DP"));
    let mut bytes = raw;
    for (index, filter) in filters.iter().enumerate() {
        let parameters = match parameters {
            Some(Object::Array(each)) => each.get(index).and_then(Object::as_dictionary),
            Some(other) => other.as_dictionary(),
            None => None,
        };
        bytes = match filter.as_slice() {
            b"FlateDecode" | b"Fl" => unpredict(inflate(&bytes, limit)?, parameters)?,
            b"ASCIIHexDecode" | b"AHx" => ascii_hex(&bytes),
            b"ASCII85Decode" | b"A85" => ascii_85(&bytes)?,
            // Decryption has been done before (ISO 32000-2, 7.4.10).
            b"Crypt" => bytes,
            other => return Err(Error::Filter(String::from_utf8_lossy(other).into_owned())),
        };
    }
    Ok(bytes)
}

fn names(filter: Option<&Object>) -> Vec<Vec<u8>> {
    match filter {
        Some(Object::Name(name)) => vec![name.clone()],
        Some(Object::Array(each)) => {
            each.iter().filter_map(|name| name.as_name().map(<[u8]>::to_vec)).collect()
        }
        _ => Vec::new(),
    }
}

fn inflate(bytes: &[u8], limit: u64) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let read = flate2::read::ZlibDecoder::new(bytes).take(limit + 1).read_to_end(&mut out);
    if out.len() as u64 > limit {
        return Err(hsign_core::BudgetExhausted { purpose: "decompressed bytes", limit }.into());
    }
    // Data after a lost checksum is usable; none at all is not.
    match read {
        Ok(_) => Ok(out),
        Err(_) if !out.is_empty() => Ok(out),
        Err(_) => Err(Error::Structure("a compressed stream can't be inflated")),
    }
}

fn unpredict(bytes: Vec<u8>, parameters: Option<&Dictionary>) -> Result<Vec<u8>> {
    let number = |key: &str, default: usize| {
        parameters
            .and_then(|parameters| parameters.get(key)?.as_integer())
            .and_then(|value| usize::try_from(value).ok())
            .unwrap_or(default)
    };
    match number("Predictor", 1) {
        1 => Ok(bytes),
        10..=15 => {
            let bits = number("Colors", 1).saturating_mul(number("BitsPerComponent", 8));
            let row = bits.saturating_mul(number("Columns", 1)).div_ceil(8);
            png(&bytes, bits.div_ceil(8).max(1), row)
        }
        _ => Err(Error::Filter("TIFF predictor".to_owned())),
    }
}

/// PNG filters (RFC 2083 §6): each row begins with its filter type.
fn png(bytes: &[u8], pixel: usize, row: usize) -> Result<Vec<u8>> {
    if row == 0 || row > 1 << 20 {
        return Err(Error::Structure("a predictor's row length makes no sense"));
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut above = vec![0_u8; row];
    for line in bytes.chunks(row + 1) {
        let Some((kind, line)) = line.split_first() else { break };
        let mut current = vec![0_u8; row];
        for (index, byte) in line.iter().enumerate() {
            let at = |row: &[u8], index: Option<usize>| {
                index.and_then(|index| row.get(index)).copied().unwrap_or(0)
            };
            let left = at(&current, index.checked_sub(pixel));
            let up = at(&above, Some(index));
            let corner = at(&above, index.checked_sub(pixel));
            let predicted = match kind {
                0 => 0,
                1 => left,
                2 => up,
                3 => u8::midpoint(left, up),
                4 => paeth(left, up, corner),
                _ => return Err(Error::Structure("unknown PNG filter type")),
            };
            if let Some(slot) = current.get_mut(index) {
                *slot = byte.wrapping_add(predicted);
            }
        }
        out.extend(current.get(..line.len()).unwrap_or_default());
        above = current;
    }
    Ok(out)
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |byte: u8| (estimate - i16::from(byte)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}

fn ascii_hex(bytes: &[u8]) -> Vec<u8> {
    let mut digits = bytes.iter().take_while(|byte| **byte != b'>').filter_map(|byte| hex_digit(*byte));
    let mut out = Vec::new();
    while let Some(high) = digits.next() {
        out.push(high * 16 + digits.next().unwrap_or(0));
    }
    out
}

fn ascii_85(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut group: Vec<u32> = Vec::with_capacity(5);
    for byte in bytes.iter().copied().filter(|byte| !is_space(*byte)) {
        match byte {
            b'~' => break,
            b'z' if group.is_empty() => out.extend([0; 4]),
            b'!'..=b'u' => group.push(u32::from(byte - b'!')),
            _ => return Err(Error::Structure("bad ASCII85 data")),
        }
        if group.len() == 5 {
            out.extend(ascii_85_group(&group));
            group.clear();
        }
    }
    if let Some(kept) = group.len().checked_sub(1) {
        group.resize(5, 84);
        out.extend(ascii_85_group(&group).iter().take(kept));
    }
    Ok(out)
}

fn ascii_85_group(group: &[u32]) -> [u8; 4] {
    group.iter().fold(0_u32, |value, digit| value.wrapping_mul(85).wrapping_add(*digit)).to_be_bytes()
}

use crate::encode::push_header;
use crate::reader::read_header;
use crate::{Error, MAXIMUM_DEPTH, Reason, Tag};

/// Rewrites BER with definite lengths in their shortest form and with strings in one piece; primitive
/// values stay as they are, and so does the order of SET members. For reading only: nothing may be hashed
/// or verified over the result.
///
/// # Errors
/// When the bytes can't be read or nest deeper than [`MAXIMUM_DEPTH`].
pub fn normalise_to_der(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut position = 0;
    while position < bytes.len() {
        position = element(bytes, position, bytes.len(), 0, &mut out)?;
    }
    Ok(out)
}

/// Appends the normalised element that starts at `start` and returns where it ended.
fn element(bytes: &[u8], start: usize, limit: usize, depth: u32, out: &mut Vec<u8>) -> Result<usize, Error> {
    let fail = |reason| Error::new(start, reason);
    if depth >= MAXIMUM_DEPTH {
        return Err(fail(Reason::TooDeep(MAXIMUM_DEPTH)));
    }
    let header = read_header(bytes.get(start..limit).unwrap_or_default()).map_err(fail)?;
    let body = start.saturating_add(header.size);
    let end = match header.length {
        Some(length) => {
            let end = body.checked_add(length).filter(|end| *end <= limit);
            Some(end.ok_or_else(|| fail(Reason::Truncated))?)
        }
        None => None,
    };
    if let (false, Some(end)) = (header.tag.constructed, end) {
        let contents = bytes.get(body..end).unwrap_or_default();
        push_header(header.tag, contents.len(), out);
        out.extend_from_slice(contents);
        return Ok(end);
    }
    let mut inside = Vec::new();
    let end = children(bytes, body, end, limit, depth, &mut inside)?;
    if header.tag.constructed && header.tag.may_be_in_pieces() {
        let joined = join(header.tag, &inside, start)?;
        push_header(Tag { constructed: false, ..header.tag }, joined.len(), out);
        out.extend_from_slice(&joined);
    } else {
        push_header(header.tag, inside.len(), out);
        out.extend_from_slice(&inside);
    }
    Ok(end)
}

fn children(
    bytes: &[u8],
    body: usize,
    end: Option<usize>,
    limit: usize,
    depth: u32,
    out: &mut Vec<u8>,
) -> Result<usize, Error> {
    let mut position = body;
    loop {
        match end {
            Some(end) if position >= end => return Ok(end),
            None if bytes.get(position..limit).is_some_and(|rest| rest.starts_with(&[0, 0])) => {
                return Ok(position.saturating_add(2));
            }
            _ => {}
        }
        position = element(bytes, position, end.unwrap_or(limit), depth.saturating_add(1), out)?;
    }
}

/// Joins normalised pieces: their contents one after the other; a BIT STRING's unused bits stand in its
/// last piece (X.690 §8.6.4).
fn join(tag: Tag, pieces: &[u8], offset: usize) -> Result<Vec<u8>, Error> {
    let is_bits = tag.number == Tag::BIT_STRING.number;
    let mut joined = if is_bits { vec![0] } else { Vec::new() };
    let mut pieces = crate::Reader::at(pieces, offset, crate::Rules::Der);
    while let Some(piece) = pieces.next().map_err(|error| Error::new(offset, error.reason))? {
        // Pieces of a restricted character string are OCTET STRINGs (X.690 §8.23.6 example) or the type itself.
        let fits = piece.tag.same_type(tag) || (!is_bits && piece.tag == Tag::OCTET_STRING);
        if !fits || piece.tag.constructed {
            return Err(Error::bad_value(offset, "a string in pieces holds something else"));
        }
        if !is_bits {
            joined.extend_from_slice(piece.contents);
            continue;
        }
        let (unused, octets) =
            piece.contents.split_first().ok_or(Error::bad_value(offset, "empty BIT STRING piece"))?;
        if joined.first() != Some(&0) {
            return Err(Error::bad_value(offset, "unused bits before the last BIT STRING piece"));
        }
        if let Some(first) = joined.first_mut() {
            *first = *unused;
        }
        joined.extend_from_slice(octets);
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indefinite_lengths_and_pieces_become_definite() {
        let ber = [
            0x30, 0x80, 0x24, 0x80, 0x04, 0x02, 1, 2, 0x04, 0x01, 3, 0, 0, 0xa0, 0x80, 0x02, 0x81, 0x01, 7,
            0, 0, 0, 0,
        ];
        let der = [0x30, 0x0a, 0x04, 0x03, 1, 2, 3, 0xa0, 0x03, 0x02, 0x01, 7];
        assert_eq!(normalise_to_der(&ber).unwrap(), der);
        assert_eq!(normalise_to_der(&der).unwrap(), der);
    }

    #[test]
    fn bit_string_pieces_keep_the_last_unused_bits() {
        let ber = [0x23, 0x80, 0x03, 0x02, 0, 0xaa, 0x03, 0x02, 4, 0xf0, 0, 0];
        assert_eq!(normalise_to_der(&ber).unwrap(), [0x03, 0x03, 4, 0xaa, 0xf0]);
        let wrong = [0x23, 0x80, 0x03, 0x02, 4, 0xa0, 0x03, 0x02, 0, 0xf0, 0, 0];
        assert!(normalise_to_der(&wrong).is_err());
    }

    #[test]
    fn hostile_nesting_and_missing_ends_are_errors() {
        let deep = [0x30, 0x80].repeat(10_000);
        assert_eq!(normalise_to_der(&deep).unwrap_err().reason, Reason::TooDeep(MAXIMUM_DEPTH));
        assert!(normalise_to_der(&[0x30, 0x80, 0x05, 0x00]).is_err());
        assert!(normalise_to_der(&[0x30, 0x04, 0x04, 0x05, 1, 2]).is_err(), "a child longer than its parent");
    }
}

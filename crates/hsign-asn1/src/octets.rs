use std::borrow::Cow;

use crate::{Error, Tlv, normalise_to_der};

/// The octets of an OCTET STRING; one in pieces (BER) is joined.
///
/// # Errors
/// When the pieces can't be read.
pub fn octet_string<'a>(tlv: &Tlv<'a>) -> Result<Cow<'a, [u8]>, Error> {
    if !tlv.tag.constructed {
        return Ok(Cow::Borrowed(tlv.contents));
    }
    let mut joined = Vec::new();
    let mut pieces = tlv.reader()?;
    while let Some(piece) = pieces.next()? {
        if !piece.tag.same_type(crate::Tag::OCTET_STRING) {
            return Err(piece.bad("an OCTET STRING in pieces holds something else"));
        }
        joined.extend_from_slice(&octet_string(&piece)?);
    }
    Ok(Cow::Owned(joined))
}

/// A BIT STRING: its octets and how many bits of the last one don't count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BitString<'a> {
    /// 0 to 7.
    pub unused: u8,
    /// The octets.
    pub octets: Cow<'a, [u8]>,
}

impl BitString<'_> {
    /// Whether bit `index`, counted from the first octet's highest, is set; bits beyond the end are not.
    #[must_use]
    pub fn bit(&self, index: usize) -> bool {
        let mask = 0x80_u8 >> (index & 7);
        index < self.length() && self.octets.get(index >> 3).is_some_and(|octet| octet & mask != 0)
    }

    /// How many bits there are.
    #[must_use]
    pub fn length(&self) -> usize {
        self.octets.len().saturating_mul(8).saturating_sub(usize::from(self.unused))
    }
}

/// Reads a BIT STRING (also under an implicit tag); one in pieces is joined.
///
/// # Errors
/// When the count of unused bits is missing or impossible.
pub fn bit_string<'a>(tlv: &Tlv<'a>) -> Result<BitString<'a>, Error> {
    let contents = if tlv.tag.constructed {
        let mut pieces = tlv.bytes.to_vec();
        // Under an implicit tag the joiner can't tell the type; a BIT STRING's tag in front can.
        if let Some(first) = pieces.first_mut() {
            *first = 0x23;
        }
        let joined = normalise_to_der(&pieces).map_err(|error| error.shifted(tlv.offset()))?;
        let element = crate::single(&joined, crate::Tag::BIT_STRING, crate::Rules::Der)?;
        Cow::Owned(element.contents.to_vec())
    } else {
        Cow::Borrowed(tlv.contents)
    };
    let unused = *contents.first().ok_or_else(|| tlv.bad("a BIT STRING has at least one octet"))?;
    if unused > 7 || (contents.len() == 1 && unused != 0) {
        return Err(tlv.bad("impossible count of unused bits"));
    }
    let octets = match contents {
        Cow::Borrowed(contents) => Cow::Borrowed(contents.get(1..).unwrap_or_default()),
        Cow::Owned(contents) => Cow::Owned(contents.get(1..).unwrap_or_default().to_vec()),
    };
    Ok(BitString { unused, octets })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rules, Tag, single};

    #[test]
    fn octets_in_pieces_are_joined() {
        let pieces = [0x24, 0x80, 0x04, 1, 1, 0x24, 0x03, 0x04, 1, 2, 0, 0];
        let element = single(&pieces, Tag::OCTET_STRING, Rules::Ber).unwrap();
        assert_eq!(*octet_string(&element).unwrap(), [1, 2]);
        assert!(single(&pieces, Tag::OCTET_STRING, Rules::Der).is_err());
    }

    #[test]
    fn bits_count_from_the_highest() {
        let element = single(&[0x03, 0x02, 0x06, 0xc0], Tag::BIT_STRING, Rules::Der).unwrap();
        let bits = bit_string(&element).unwrap();
        assert!(bits.bit(0) && bits.bit(1) && !bits.bit(2) && !bits.bit(99));
        assert_eq!(bits.length(), 2);
        let empty = single(&[0x03, 0x01, 0x01], Tag::BIT_STRING, Rules::Der).unwrap();
        assert!(bit_string(&empty).is_err());
    }
}

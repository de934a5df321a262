use std::cmp::Ordering;
use std::fmt;

use hsign_asn1::{Tag, unsigned_bytes};

use crate::Error;
use crate::extension::Extension;

/// A CRL number: up to 20 octets (RFC 5280 §5.2.3), ordered as numbers are.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CrlNumber(Vec<u8>);

impl CrlNumber {
    pub(super) fn from_extension(extension: &Extension) -> Result<Self, Error> {
        extension.decode("CRL number", Tag::INTEGER, |element| {
            if element.contents.first().is_some_and(|first| first & 0x80 != 0) {
                return Err(element.bad("a CRL number isn't negative"));
            }
            unsigned_bytes(element.contents)
                .map(|digits| Self(digits.to_vec()))
                .map_err(|error| error.shifted(element.offset()))
        })
    }
}

impl Ord for CrlNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for CrlNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Hexadecimal.
impl fmt::Display for CrlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        if self.0.is_empty() {
            return f.write_str("0");
        }
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for CrlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CrlNumber({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_numbers_are_larger() {
        let number = |digits: &[u8]| CrlNumber(digits.to_vec());
        assert!(number(&[1, 0]) > number(&[0xff]));
        assert!(number(&[2]) > number(&[1]));
        assert!(number(&[]) < number(&[1]));
        assert_eq!(number(&[0x0a, 0xff]).to_string(), "0x0aff");
        assert_eq!(number(&[]).to_string(), "0x0");
    }
}

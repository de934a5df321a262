//! Small readings that every part of CMS needs.

use hsign_asn1::{Error, Reader, Rules, Tag, Tlv, oid_to_string};

/// The first element of `bytes`, whatever follows it.
pub(crate) fn first<'a>(bytes: &'a [u8], tag: Tag) -> Result<Tlv<'a>, Error> {
    Reader::new(bytes, Rules::Ber).expect(tag)
}

/// The one element of `bytes`.
pub(crate) fn only<'a>(bytes: &'a [u8], tag: Tag) -> Result<Tlv<'a>, Error> {
    hsign_asn1::single(bytes, tag, Rules::Ber)
}

/// An OBJECT IDENTIFIER, dotted.
pub(crate) fn object_identifier(reader: &mut Reader<'_>) -> Result<String, Error> {
    oid_to_string(reader.expect(Tag::OID)?.contents)
}

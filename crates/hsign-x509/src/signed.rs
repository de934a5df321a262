//! The shape of what somebody signed: certificates (RFC 5280 §4.1.1), CRLs (§5.1.1), OCSP responses (RFC 6960 §4.2.1).

use hsign_asn1::{Error, Reader, Rules, Tag, Tlv, bit_string};
use hsign_core::Finding;

use crate::oddity;

/// What was signed, how, and the value.
pub(crate) struct Signed<'a> {
    pub(crate) tbs: Tlv<'a>,
    pub(crate) algorithm: Tlv<'a>,
    pub(crate) value: Vec<u8>,
    /// What comes after these.
    pub(crate) rest: Reader<'a>,
}

pub(crate) fn read<'a>(bytes: &'a [u8], oddities: &mut Vec<Finding>) -> Result<Signed<'a>, Error> {
    let mut fields = hsign_asn1::single(bytes, Tag::SEQUENCE, Rules::Ber)?.reader()?;
    let tbs = fields.expect(Tag::SEQUENCE)?;
    let algorithm = fields.expect(Tag::SEQUENCE)?;
    let value = fields.expect(Tag::BIT_STRING)?;
    let value = oddity::signature_value(bit_string(&value)?, oddities);
    Ok(Signed { tbs, algorithm, value, rest: fields })
}

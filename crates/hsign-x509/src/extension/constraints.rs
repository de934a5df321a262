use hsign_asn1::{Tag, Tlv, integer_u64};

use super::Extension;
use crate::{Error, GeneralName};

/// nameConstraints (RFC 5280 §4.2.1.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameConstraints {
    /// Names must lie within one of these of their type; empty: no limit.
    pub permitted: Vec<GeneralSubtree>,
    /// Names must lie within none of these.
    pub excluded: Vec<GeneralSubtree>,
}

/// A part of a name space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneralSubtree {
    /// Its root.
    pub base: GeneralName,
    /// 0 in every certificate that follows RFC 5280.
    pub minimum: u64,
    /// Absent in every certificate that follows RFC 5280.
    pub maximum: Option<u64>,
}

pub(crate) fn name_constraints(extension: &Extension) -> Result<NameConstraints, Error> {
    extension.decode("nameConstraints", Tag::SEQUENCE, |element| {
        let mut fields = element.reader()?;
        let permitted = fields.optional(Tag::context(0, true))?.map(|list| subtrees(&list)).transpose()?;
        let excluded = fields.optional(Tag::context(1, true))?.map(|list| subtrees(&list)).transpose()?;
        fields.finish()?;
        if permitted.is_none() && excluded.is_none() {
            return Err(element.bad("nameConstraints must not be empty"));
        }
        Ok(NameConstraints {
            permitted: permitted.unwrap_or_default(),
            excluded: excluded.unwrap_or_default(),
        })
    })
}

fn subtrees(list: &Tlv<'_>) -> Result<Vec<GeneralSubtree>, hsign_asn1::Error> {
    let mut inside = list.reader()?;
    let mut subtrees = Vec::new();
    while !inside.is_empty() {
        let mut fields = inside.expect(Tag::SEQUENCE)?.reader()?;
        let base = GeneralName::from_tlv(&fields.any()?)?;
        let minimum = fields.optional(Tag::context(0, false))?;
        let maximum = fields.optional(Tag::context(1, false))?;
        fields.finish()?;
        let number = |field: Tlv<'_>| {
            integer_u64(field.contents).map_err(|error| error.shifted(field.contents_offset()))
        };
        subtrees.push(GeneralSubtree {
            base,
            minimum: minimum.map(number).transpose()?.unwrap_or(0),
            maximum: maximum.map(number).transpose()?,
        });
    }
    // An empty list would permit nothing or everything, depending on who reads it.
    if subtrees.is_empty() {
        Err(list.bad("GeneralSubtrees holds at least one subtree"))
    } else {
        Ok(subtrees)
    }
}

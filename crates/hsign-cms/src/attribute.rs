use hsign_asn1::{Tag, Tlv, oid_to_string};
use hsign_core::Budget;

use crate::Error;
use crate::read::only;

/// An Attribute (RFC 5652 §5.3): a type and a set of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Type, dotted.
    pub oid: String,
    /// The whole Attribute as it arrived.
    pub bytes: Vec<u8>,
    /// Its type with tag and length, as it arrived.
    pub type_bytes: Vec<u8>,
    /// Each AttributeValue with tag and length, as it arrived.
    pub values: Vec<Vec<u8>>,
}

/// A SET OF Attribute in the order found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    items: Vec<Attribute>,
}

impl Attributes {
    pub(crate) fn read(set: &Tlv<'_>, budget: &mut Budget) -> Result<Self, Error> {
        let mut items = Vec::new();
        let mut reader = set.reader()?;
        while let Some(attribute) = reader.next()? {
            budget.spend(1)?;
            items.push(Attribute::read(&attribute, budget)?);
        }
        Ok(Self { items })
    }

    /// All of them, in the order found.
    #[must_use]
    pub fn all(&self) -> &[Attribute] {
        &self.items
    }

    /// Those of one type; more than one is legal syntax and often an attack.
    pub fn of_type<'a>(&'a self, oid: &'a str) -> impl Iterator<Item = &'a Attribute> {
        self.items.iter().filter(move |attribute| attribute.oid == oid)
    }

    /// Whether there is one of this type.
    #[must_use]
    pub fn has(&self, oid: &str) -> bool {
        self.of_type(oid).next().is_some()
    }

    /// Every value of every attribute of this type.
    pub fn values<'a>(&'a self, oid: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.of_type(oid).flat_map(|attribute| attribute.values.iter().map(Vec::as_slice))
    }

    /// The value of an attribute that may occur once with one value; `None` when it is absent or when
    /// there is a choice to be made, which nobody but the signer may make.
    #[must_use]
    pub fn single(&self, oid: &str) -> Option<&[u8]> {
        let mut of_type = self.items.iter().filter(|attribute| attribute.oid == oid);
        match (of_type.next()?.values.as_slice(), of_type.next()) {
            ([only], None) => Some(only),
            _ => None,
        }
    }
}

impl Attribute {
    fn read(tlv: &Tlv<'_>, budget: &mut Budget) -> Result<Self, Error> {
        let mut fields = only(tlv.bytes, Tag::SEQUENCE)?.reader()?;
        let kind = fields.expect(Tag::OID)?;
        let oid = oid_to_string(kind.contents)?;
        let mut set = fields.expect(Tag::SET)?.reader()?;
        fields.finish()?;
        let mut values = Vec::new();
        while let Some(value) = set.next()? {
            budget.spend(1)?;
            values.push(value.bytes.to_vec());
        }
        Ok(Self { oid, bytes: tlv.bytes.to_vec(), type_bytes: kind.bytes.to_vec(), values })
    }

    /// Type and values with tags and lengths, without the SEQUENCE around them.
    #[must_use]
    pub fn contents(&self) -> &[u8] {
        only(&self.bytes, Tag::SEQUENCE).map_or(&[], |attribute| attribute.contents)
    }
}

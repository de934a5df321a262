use super::reader::Reader;
use crate::Node;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Predicate {
    Any(Vec<Predicate>),
    All(Vec<Predicate>),
    Attribute(String, String),
    QualifiedName(String),
    LocalName(String),
    LocalNameStartsWith(String),
}

impl Predicate {
    pub(super) fn any(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let mut parts = vec![Self::all(reader)?];
        while reader.word("or") {
            parts.push(Self::all(reader)?);
        }
        Some(Self::Any(parts))
    }

    pub(super) fn all(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let mut parts = vec![Self::one(reader)?];
        while reader.word("and") {
            parts.push(Self::one(reader)?);
        }
        Some(Self::All(parts))
    }

    pub(super) fn one(reader: &mut Reader<'_, '_>) -> Option<Self> {
        if reader.take_all(&["starts-with", "(", "local-name", "(", ")", ","]) {
            let start = reader.literal()?;
            return reader.take(")").then_some(Self::LocalNameStartsWith(start));
        }
        let of: fn(String) -> Self = if reader.take_all(&["local-name", "(", ")", "="]) {
            Self::LocalName
        } else if reader.take_all(&["name", "(", ")", "="]) {
            Self::QualifiedName
        } else {
            let name = if reader.take("@") { reader.nc_name()?.to_owned() } else { return None };
            let value = if reader.take("=") { reader.literal()? } else { return None };
            return Some(Self::Attribute(name, value));
        };
        reader.literal().map(of)
    }

    pub(super) fn holds(&self, node: Node<'_>) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.holds(node)),
            Self::All(parts) => parts.iter().all(|part| part.holds(node)),
            Self::Attribute(name, value) => {
                node.attribute("", name).is_some_and(|found| found == value.as_str())
            }
            Self::QualifiedName(name) => node.qualified_name() == name,
            Self::LocalName(name) => node.name().1 == name,
            Self::LocalNameStartsWith(start) => node.name().1.starts_with(start.as_str()),
        }
    }
}

//! Elements by their Ids. Which attributes are Ids is declared by the caller: without a DTD the document can't say.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::{Document, Node, XML_NAMESPACE};

/// An attribute that holds an Id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdAttribute<'a> {
    /// Its namespace; "" for none.
    pub namespace: &'a str,
    /// Its local name.
    pub name: &'a str,
    /// Namespace and local name of the only element on which it counts; `None` for all.
    pub element: Option<(&'a str, &'a str)>,
}

impl<'a> IdAttribute<'a> {
    /// `Id`, `ID` and `id` without namespace, and `xml:id`, on every element: what signatures in the field use.
    pub const USUAL: [IdAttribute<'static>; 4] = [
        IdAttribute::any("Id"),
        IdAttribute::any("ID"),
        IdAttribute::any("id"),
        IdAttribute { namespace: XML_NAMESPACE, name: "id", element: None },
    ];

    /// An attribute without namespace, on every element.
    #[must_use]
    pub const fn any(name: &'a str) -> Self {
        Self { namespace: "", name, element: None }
    }

    /// The same on one element only.
    #[must_use]
    pub const fn on(mut self, namespace: &'a str, local: &'a str) -> Self {
        self.element = Some((namespace, local));
        self
    }
}

/// What an Id leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'d> {
    /// One element.
    Element(Node<'d>),
    /// More than one: nothing may be taken for what was meant.
    Several,
    /// None.
    Nothing,
}

/// The Ids of a document; by default none.
#[derive(Debug, Default)]
pub struct Ids<'d> {
    by_value: HashMap<Cow<'d, str>, Found<'d>>,
}

impl<'d> Ids<'d> {
    /// Looks through all elements once.
    #[must_use]
    pub fn declared(document: &'d Document<'_>, attributes: &[IdAttribute<'_>]) -> Self {
        let document: &'d Document<'d> = document;
        let mut by_value: HashMap<Cow<'d, str>, Found<'d>> = HashMap::new();
        for node in document.elements() {
            for attribute in node.attributes() {
                let (namespace, local) = attribute.name();
                let is_id = attributes.iter().any(|declared| {
                    declared.name == local
                        && declared.namespace == namespace
                        && declared.element.is_none_or(|element| element == node.name())
                });
                if is_id {
                    let value = attribute.value();
                    let found = by_value.entry(value).or_insert(Found::Element(node));
                    if *found != Found::Element(node) {
                        *found = Found::Several;
                    }
                }
            }
        }
        Self { by_value }
    }

    /// Where `id` leads.
    #[must_use]
    pub fn find(&self, id: &str) -> Found<'d> {
        self.by_value.get(id).copied().unwrap_or(Found::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn only_declared_attributes_are_ids_and_duplicates_lead_nowhere() {
        let text = "<a Id='1' x='2'><b id='3' xml:id='3'/><c ID='3'/><d xml:id='4'/></a>";
        let document = Document::parse(text, &Limits::default()).unwrap();
        let ids = Ids::declared(&document, &IdAttribute::USUAL);
        assert_eq!(ids.find("1"), Found::Element(document.root()));
        assert_eq!(ids.find("2"), Found::Nothing);
        assert_eq!(ids.find("3"), Found::Several);
        assert!(matches!(ids.find("4"), Found::Element(node) if node.is("", "d")));
        let narrow = Ids::declared(
            &document,
            &[IdAttribute::any("ID").on("", "c"), IdAttribute::any("id").on("", "c")],
        );
        assert!(matches!(narrow.find("3"), Found::Element(node) if node.is("", "c")));
    }
}

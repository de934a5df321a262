//! Tags: names, attributes and namespace declarations.

use std::borrow::Cow;
use std::collections::HashSet;

use super::build::{Builder, Open, make_room, short, within};
use super::cursor::QName;
use super::names::Shadowed;
use super::{AttributeData, Declaration, Interned, Kind, NONE, XML_NAMESPACE};
use crate::characters::find_byte;
use crate::{Error, value};

const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";
/// Up to here, comparing each attribute with each is quicker than a set.
const FEW: usize = 12;

impl<'t> Builder<'t, '_> {
    pub(super) fn start_tag(&mut self) -> Result<(), Error> {
        let start = self.cursor.position;
        within("depth of XML elements", self.open.len() + 1, self.limits.depth)?;
        self.cursor.take("<");
        let name = self.cursor.qname()?;
        let element = short(self.document.nodes.len());
        let first = (self.document.attributes.len(), self.document.declarations.len());
        let end = self.cursor.position;
        self.push(Kind::Element, start, end)?;
        let empty = self.attributes(first)?;
        let shadowed = self.declare(first.1)?;
        self.resolve_attributes(first.0)?;
        let prefix = self.names.prefix(name.prefix);
        let namespace = self.names.resolve(prefix, name.start)?;
        if let Some(node) = self.document.nodes.get_mut(element as usize) {
            node.prefix = prefix;
            node.namespace = namespace;
            node.name_end = short(name.end);
        }
        self.open.push(Open { element, shadowed });
        if empty {
            self.close();
        }
        Ok(())
    }

    pub(super) fn end_tag(&mut self) -> Result<(), Error> {
        let position = self.cursor.position;
        self.cursor.take("</");
        let expected = self.open.last().map(|open| self.document.data(open.element));
        let expected = expected.map_or("", |node| self.document.slice(node.start + 1, node.name_end));
        if !self.cursor.take(expected) {
            return Err(Error::at(position, "an end tag that doesn't match"));
        }
        self.cursor.spaces();
        self.cursor.expect(">", "an end tag that doesn't match")?;
        self.close();
        Ok(())
    }

    fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        self.names.leave(open.shadowed);
        let after = short(self.document.nodes.len());
        let end = short(self.cursor.position);
        if let Some(node) = self.document.nodes.get_mut(open.element as usize) {
            node.after = after;
            node.end = end;
        }
    }

    /// Attributes and the end of the tag; whether the element is empty. Declarations and attributes are kept apart.
    fn attributes(&mut self, first: (usize, usize)) -> Result<bool, Error> {
        loop {
            let spaced = self.cursor.spaces();
            if self.cursor.take(">") {
                return Ok(false);
            }
            if self.cursor.take("/>") {
                return Ok(true);
            }
            if !spaced {
                return Err(self.cursor.error("white space was expected"));
            }
            self.attribute()?;
            let count = self.document.attributes.len() - first.0 + self.document.declarations.len() - first.1;
            within("attributes of one XML element", count, self.limits.attributes)?;
        }
    }

    fn attribute(&mut self) -> Result<(), Error> {
        let name = self.cursor.qname()?;
        let quote = self.cursor.equals_quote()?;
        let value_start = self.cursor.position;
        let mut indirect = false;
        loop {
            let rest = self.cursor.rest();
            let special = |byte| byte == quote || matches!(byte, b'<' | b'&' | b'"' | b'\t' | b'\n' | b'\r');
            let length = find_byte(rest.as_bytes(), special);
            self.cursor.position +=
                length.ok_or_else(|| self.cursor.error("an attribute value without end"))?;
            match self.cursor.byte() {
                Some(byte) if byte == quote => break,
                Some(b'<') => return Err(self.cursor.error("'<' in an attribute value")),
                Some(b'&') => {
                    self.cursor.position += value::reference(self.cursor.rest(), self.cursor.position)?.1;
                }
                _ => self.cursor.position += 1,
            }
            indirect = true;
        }
        let value_end = self.cursor.position;
        self.cursor.position += 1;
        if name.prefix == "xmlns" || (name.prefix.is_empty() && name.local == "xmlns") {
            let raw = self.document.slice(short(value_start), short(value_end));
            return self.declaration(&name, value::of_attribute(raw));
        }
        let prefix = self.names.prefix(name.prefix);
        make_room(&mut self.document.attributes, &self.cursor);
        self.document.attributes.push(AttributeData {
            indirect,
            start: short(name.start),
            name_end: short(name.end),
            value_start: short(value_start),
            value_end: short(value_end),
            prefix,
            namespace: NONE,
        });
        Ok(())
    }

    /// Namespaces in XML 1.0 §3, §5: reserved names, and no prefix without a namespace.
    fn declaration(&mut self, name: &QName<'t>, namespace: Cow<'t, str>) -> Result<(), Error> {
        let prefix = if name.prefix.is_empty() { "" } else { name.local };
        let reserved = prefix == "xmlns"
            || namespace == XMLNS_NAMESPACE
            || (prefix == "xml") != (namespace == XML_NAMESPACE)
            || (!prefix.is_empty() && namespace.is_empty());
        if reserved {
            return Err(Error::at(name.start, "a namespace declaration that isn't allowed"));
        }
        let prefix = self.names.prefix(prefix);
        let namespace = self.names.namespace(namespace);
        self.document.declarations.push(Declaration { prefix, namespace });
        Ok(())
    }

    /// Brings the declarations of an element into force; what they hide.
    fn declare(&mut self, first: usize) -> Result<Shadowed, Error> {
        let own = self.document.declarations.get(first..).unwrap_or_default();
        let mut names: Vec<Interned> = own.iter().map(|declaration| declaration.prefix).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair.first() == pair.get(1)) {
            return Err(self.cursor.error("a namespace declared twice in one element"));
        }
        Ok(self.names.enter(own))
    }

    /// Namespace names of an element's attributes, and that no two have the same expanded name.
    fn resolve_attributes(&mut self, first: usize) -> Result<(), Error> {
        for at in first..self.document.attributes.len() {
            let Some(attribute) = self.document.attributes.get(at).copied() else { break };
            if attribute.prefix != NONE {
                let namespace = self.names.resolve(attribute.prefix, attribute.start as usize)?;
                if let Some(attribute) = self.document.attributes.get_mut(at) {
                    attribute.namespace = namespace;
                }
            }
        }
        let own = self.document.attributes.get(first..).unwrap_or_default();
        let name = |attribute: &AttributeData| {
            let qualified = self.document.slice(attribute.start, attribute.name_end);
            (attribute.namespace, self.document.without_prefix(qualified, attribute.prefix))
        };
        // Most are told apart by their lengths; the text need not be looked at.
        let length = |attribute: &AttributeData| attribute.name_end - attribute.start;
        let same = |one: &AttributeData, other: &AttributeData| {
            (one.prefix != other.prefix || length(one) == length(other)) && name(one) == name(other)
        };
        let twice = if own.len() <= FEW {
            own.iter().enumerate().any(|(at, one)| own.iter().skip(at + 1).any(|other| same(one, other)))
        } else {
            let mut seen = HashSet::with_capacity(own.len());
            !own.iter().all(|attribute| seen.insert(name(attribute)))
        };
        if twice { Err(self.cursor.error("an attribute given twice")) } else { Ok(()) }
    }
}

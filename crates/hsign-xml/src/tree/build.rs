//! From text to tree: one pass, a stack on the heap.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use hsign_core::BudgetExhausted;

use super::cursor::{Cursor, QName};
use super::{
    AttributeData, Declaration, Document, Index, Interned, Kind, Limits, NONE, NodeData, Work, XML,
    XML_NAMESPACE,
};
use crate::characters::first_forbidden;
use crate::{Error, value};

const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";
/// Up to here, comparing each attribute with each is quicker than a set.
const FEW: usize = 12;

pub(super) fn build<'t>(text: &'t str, limits: &Limits) -> Result<Document<'t>, Error> {
    let bytes = limits.bytes.min(u32::MAX as usize);
    within("bytes of XML", text.len(), bytes)?;
    if let Some(position) = first_forbidden(text) {
        return Err(Error::at(position, "a character that XML doesn't allow"));
    }
    let mut builder = Builder::new(text, limits);
    builder.prolog()?;
    builder.root()?;
    builder.misc()?;
    if builder.cursor.byte().is_some() {
        return Err(builder.cursor.error("something after the root element"));
    }
    Ok(builder.finish())
}

fn within(purpose: &'static str, used: usize, limit: usize) -> Result<(), Error> {
    if used > limit { Err(BudgetExhausted { purpose, limit: limit as u64 }.into()) } else { Ok(()) }
}

/// Texts are below 4 GiB.
fn short(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

struct Builder<'t, 'l> {
    cursor: Cursor<'t>,
    limits: &'l Limits,
    document: Document<'t>,
    open: Vec<Open>,
    prefix_ids: HashMap<&'t str, Interned>,
    namespace_ids: HashMap<Cow<'t, str>, Interned>,
    /// What each prefix is bound to where we stand; [`NONE`] for nothing.
    bound: Vec<Interned>,
    last_prefix: (&'t str, Interned),
}

struct Open {
    element: Index,
    /// Bindings to restore when it ends.
    shadowed: Vec<(Interned, Interned)>,
}

impl<'t, 'l> Builder<'t, 'l> {
    fn new(text: &'t str, limits: &'l Limits) -> Self {
        let document = Document {
            text,
            nodes: vec![NodeData { end: short(text.len()), ..NodeData::NOWHERE }],
            attributes: Vec::new(),
            declarations: Vec::new(),
            prefixes: vec!["", "xml"],
            namespaces: vec![Cow::Borrowed(""), Cow::Borrowed(XML_NAMESPACE)],
            work: Work::new(text.len(), limits.work),
        };
        Self {
            cursor: Cursor::new(text),
            limits,
            document,
            open: Vec::new(),
            prefix_ids: HashMap::from([("", NONE), ("xml", XML)]),
            namespace_ids: HashMap::from([(Cow::Borrowed(""), NONE), (Cow::Borrowed(XML_NAMESPACE), XML)]),
            bound: vec![NONE, XML],
            last_prefix: ("", NONE),
        }
    }

    fn finish(mut self) -> Document<'t> {
        let size = short(self.document.nodes.len());
        if let Some(document) = self.document.nodes.first_mut() {
            document.after = size;
        }
        self.document
    }

    /// XMLDecl? Misc*, up to the root element.
    fn prolog(&mut self) -> Result<(), Error> {
        self.cursor.take("\u{FEFF}");
        if self
            .cursor
            .rest()
            .strip_prefix("<?xml")
            .is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n']))
        {
            self.xml_declaration()?;
        }
        self.misc()?;
        if self.cursor.rest().starts_with("<!DOCTYPE") { Err(Error::Doctype) } else { Ok(()) }
    }

    /// XMLDecl (production 23); which encoding it names was a matter of decoding.
    fn xml_declaration(&mut self) -> Result<(), Error> {
        self.cursor.take("<?xml");
        let mut expected: &[(&str, bool)] = &[("version", true), ("encoding", false), ("standalone", false)];
        while let Some(((name, required), later)) = expected.split_first() {
            expected = later;
            let before = self.cursor.position;
            if !(self.cursor.spaces() && self.cursor.take(name)) {
                self.cursor.position = before;
                if *required {
                    return Err(self.cursor.error("an XML declaration without version"));
                }
                continue;
            }
            let quote = self.cursor.equals_quote()?;
            let quote = if quote == b'"' { "\"" } else { "'" };
            let value = self.cursor.until(quote, "an unfinished XML declaration")?;
            let good = match *name {
                "version" => value == "1.0",
                "standalone" => matches!(value, "yes" | "no"),
                _ => value.starts_with(|c: char| c.is_ascii_alphabetic()),
            };
            if !good {
                return Err(self.cursor.error("an XML declaration that isn't XML 1.0's"));
            }
        }
        self.cursor.spaces();
        self.cursor.expect("?>", "an unfinished XML declaration")
    }

    /// Misc*: comments, processing instructions and white space outside the root element.
    fn misc(&mut self) -> Result<(), Error> {
        loop {
            self.cursor.spaces();
            if self.cursor.rest().starts_with("<!--") {
                self.comment()?;
            } else if self.cursor.rest().starts_with("<?") {
                self.processing_instruction()?;
            } else {
                return Ok(());
            }
        }
    }

    /// The root element with everything in it.
    fn root(&mut self) -> Result<(), Error> {
        if self.cursor.byte() != Some(b'<') {
            return Err(self.cursor.error("no root element"));
        }
        self.start_tag()?;
        while !self.open.is_empty() {
            let bytes = self.cursor.rest().as_bytes();
            match (bytes.first(), bytes.get(1)) {
                (None, _) => return Err(self.cursor.error("an element without end")),
                (Some(b'<'), Some(b'/')) => self.end_tag()?,
                (Some(b'<'), Some(b'?')) => self.processing_instruction()?,
                (Some(b'<'), Some(b'!')) if self.cursor.rest().starts_with("<!--") => self.comment()?,
                (Some(b'<'), Some(b'!')) => self.text()?,
                (Some(b'<'), _) => self.start_tag()?,
                _ => self.text()?,
            }
        }
        Ok(())
    }

    /// Character data, references and CDATA sections: one node for all that touches.
    fn text(&mut self) -> Result<(), Error> {
        let start = self.cursor.position;
        let mut indirect = false;
        loop {
            let plain = self.cursor.rest();
            let length = plain
                .bytes()
                .position(|byte| matches!(byte, b'<' | b'&' | b'\r' | b'>'))
                .unwrap_or(plain.len());
            self.cursor.position += length;
            match self.cursor.byte() {
                Some(b'>') if self.cursor.since(start).ends_with("]]") => {
                    return Err(self.cursor.error("']]>' in character data"));
                }
                Some(b'>') => self.cursor.position += 1,
                Some(b'\r') => {
                    indirect = true;
                    self.cursor.position += 1;
                }
                Some(b'&') => {
                    indirect = true;
                    self.cursor.position += value::reference(self.cursor.rest(), self.cursor.position)?.1;
                }
                Some(b'<') if self.cursor.take("<![CDATA[") => {
                    indirect = true;
                    self.cursor.until("]]>", "a CDATA section without end")?;
                }
                _ => break,
            }
        }
        if self.cursor.rest().starts_with("<!") && !self.cursor.rest().starts_with("<!--") {
            return Err(self.cursor.error("markup declaration in content"));
        }
        if self.cursor.position == start {
            return Ok(());
        }
        let end = self.cursor.position;
        // Empty CDATA sections by themselves are no text node.
        let source = self.cursor.since(start);
        if source.starts_with("<![CDATA[]]>") && value::of_text(source).is_empty() {
            return Ok(());
        }
        self.push(Kind::Text, start, end).map(|node| node.indirect = indirect)
    }

    fn comment(&mut self) -> Result<(), Error> {
        let start = self.cursor.position;
        self.cursor.take("<!--");
        self.cursor.until("--", "a comment without end")?;
        self.cursor.expect(">", "'--' in a comment")?;
        let end = self.cursor.position;
        self.push(Kind::Comment, start, end).map(|_| ())
    }

    fn processing_instruction(&mut self) -> Result<(), Error> {
        let start = self.cursor.position;
        self.cursor.take("<?");
        let target = self.cursor.nc_name()?;
        if target.eq_ignore_ascii_case("xml") {
            return Err(self.cursor.error("an XML declaration that isn't at the start"));
        }
        let name_end = self.cursor.position;
        let spaced = self.cursor.spaces();
        let content = self.cursor.until("?>", "a processing instruction without end")?;
        if !spaced && !content.is_empty() {
            return Err(Error::at(name_end, "white space was expected"));
        }
        let end = self.cursor.position;
        self.push(Kind::ProcessingInstruction, start, end).map(|node| node.name_end = short(name_end))
    }

    fn start_tag(&mut self) -> Result<(), Error> {
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
        let prefix = self.prefix(name.prefix);
        let namespace = self.resolve(prefix, name.start)?;
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

    fn end_tag(&mut self) -> Result<(), Error> {
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
        for (prefix, namespace) in open.shadowed.into_iter().rev() {
            self.bind(prefix, namespace);
        }
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
        loop {
            let rest = self.cursor.rest();
            let length = rest.bytes().position(|byte| byte == quote || matches!(byte, b'<' | b'&'));
            self.cursor.position +=
                length.ok_or_else(|| self.cursor.error("an attribute value without end"))?;
            match self.cursor.byte() {
                Some(b'<') => return Err(self.cursor.error("'<' in an attribute value")),
                Some(b'&') => {
                    self.cursor.position += value::reference(self.cursor.rest(), self.cursor.position)?.1;
                }
                _ => break,
            }
        }
        let value_end = self.cursor.position;
        self.cursor.position += 1;
        if name.prefix == "xmlns" || (name.prefix.is_empty() && name.local == "xmlns") {
            let raw = self.document.slice(short(value_start), short(value_end));
            return self.declaration(&name, value::of_attribute(raw));
        }
        let prefix = self.prefix(name.prefix);
        self.document.attributes.push(AttributeData {
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
        let prefix = self.prefix(prefix);
        let namespace = self.namespace(namespace);
        self.document.declarations.push(Declaration { prefix, namespace });
        Ok(())
    }

    /// Brings the declarations of an element into force; what they hide.
    fn declare(&mut self, first: usize) -> Result<Vec<(Interned, Interned)>, Error> {
        let own = self.document.declarations.get(first..).unwrap_or_default();
        let mut names: Vec<Interned> = own.iter().map(|declaration| declaration.prefix).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair.first() == pair.get(1)) {
            return Err(self.cursor.error("a namespace declared twice in one element"));
        }
        let mut shadowed = Vec::with_capacity(own.len());
        for declaration in own {
            if let Some(bound) = self.bound.get_mut(declaration.prefix as usize) {
                shadowed.push((declaration.prefix, std::mem::replace(bound, declaration.namespace)));
            }
        }
        Ok(shadowed)
    }

    /// Namespace names of an element's attributes, and that no two have the same expanded name.
    fn resolve_attributes(&mut self, first: usize) -> Result<(), Error> {
        for at in first..self.document.attributes.len() {
            let Some(attribute) = self.document.attributes.get(at).copied() else { break };
            if attribute.prefix != NONE {
                let namespace = self.resolve(attribute.prefix, attribute.start as usize)?;
                if let Some(attribute) = self.document.attributes.get_mut(at) {
                    attribute.namespace = namespace;
                }
            }
        }
        let own = self.document.attributes.get(first..).unwrap_or_default();
        let name = |attribute: &AttributeData| {
            let qualified = self.document.slice(attribute.start, attribute.name_end);
            (attribute.namespace, qualified.rsplit(':').next().unwrap_or(qualified))
        };
        let twice = if own.len() <= FEW {
            own.iter()
                .enumerate()
                .any(|(at, one)| own.iter().skip(at + 1).any(|other| name(one) == name(other)))
        } else {
            let mut seen = HashSet::with_capacity(own.len());
            !own.iter().all(|attribute| seen.insert(name(attribute)))
        };
        if twice { Err(self.cursor.error("an attribute given twice")) } else { Ok(()) }
    }

    fn resolve(&self, prefix: Interned, position: usize) -> Result<Interned, Error> {
        match self.bound.get(prefix as usize) {
            Some(namespace) if *namespace != NONE || prefix == NONE => Ok(*namespace),
            _ => Err(Error::at(position, "a prefix without namespace")),
        }
    }

    fn bind(&mut self, prefix: Interned, namespace: Interned) {
        if let Some(bound) = self.bound.get_mut(prefix as usize) {
            *bound = namespace;
        }
    }

    fn prefix(&mut self, prefix: &'t str) -> Interned {
        if prefix.is_empty() {
            return NONE;
        }
        if self.last_prefix.0 == prefix {
            return self.last_prefix.1;
        }
        let id = *self.prefix_ids.entry(prefix).or_insert_with(|| {
            self.document.prefixes.push(prefix);
            self.bound.push(NONE);
            short(self.document.prefixes.len() - 1)
        });
        self.last_prefix = (prefix, id);
        id
    }

    fn namespace(&mut self, namespace: Cow<'t, str>) -> Interned {
        if let Some(id) = self.namespace_ids.get(&namespace) {
            return *id;
        }
        let id = short(self.document.namespaces.len());
        self.document.namespaces.push(namespace.clone());
        self.namespace_ids.insert(namespace, id);
        id
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) -> Result<&mut NodeData, Error> {
        within("nodes of XML", self.document.nodes.len(), self.limits.nodes)?;
        let index = short(self.document.nodes.len());
        let attributes = short(self.document.attributes.len());
        let declarations = short(self.document.declarations.len());
        let parent = self.open.last().map_or(0, |open| open.element);
        self.document.nodes.push(NodeData {
            kind,
            start: short(start),
            end: short(end),
            parent,
            after: index + 1,
            attributes,
            declarations,
            ..NodeData::NOWHERE
        });
        self.document.nodes.last_mut().ok_or_else(|| Error::at(start, "no node"))
    }
}

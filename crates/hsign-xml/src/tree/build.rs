//! From text to tree: one pass, a stack on the heap.

use hsign_core::BudgetExhausted;

use super::cursor::Cursor;
use super::names::{Names, Shadowed};
use super::{Document, Index, Kind, Limits, NodeData, Work};
use crate::characters::{find_byte, first_forbidden};
use crate::{Error, value};

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

pub(super) fn within(purpose: &'static str, used: usize, limit: usize) -> Result<(), Error> {
    if used > limit { Err(BudgetExhausted { purpose, limit: limit as u64 }.into()) } else { Ok(()) }
}

/// Room for as many more as the rest of the text will bring if it goes on like so far: a list that doubles again and again
/// leaves holes of its size behind.
pub(super) fn make_room<T>(list: &mut Vec<T>, cursor: &Cursor<'_>) {
    const LEAST: usize = 16;
    let length = list.len();
    if length == list.capacity() {
        let more = length.saturating_mul(cursor.rest().len()) / cursor.position.max(1);
        list.reserve_exact(more.clamp(length / 4 + LEAST, length.saturating_mul(7) + LEAST));
    }
}

/// Texts are below 4 GiB.
pub(super) fn short(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

pub(super) struct Builder<'t, 'l> {
    pub(super) cursor: Cursor<'t>,
    pub(super) limits: &'l Limits,
    pub(super) document: Document<'t>,
    pub(super) open: Vec<Open>,
    pub(super) names: Names<'t>,
}

pub(super) struct Open {
    pub(super) element: Index,
    /// Bindings to restore when it ends.
    pub(super) shadowed: Shadowed,
}

impl<'t, 'l> Builder<'t, 'l> {
    fn new(text: &'t str, limits: &'l Limits) -> Self {
        let document = Document {
            text,
            nodes: vec![NodeData { end: short(text.len()), ..NodeData::NOWHERE }],
            attributes: Vec::new(),
            declarations: Vec::new(),
            prefixes: Vec::new(),
            namespaces: Vec::new(),
            work: Work::new(text.len(), limits.work),
        };
        Self { cursor: Cursor::new(text), limits, document, open: Vec::new(), names: Names::new() }
    }

    fn finish(mut self) -> Document<'t> {
        let size = short(self.document.nodes.len());
        if let Some(document) = self.document.nodes.first_mut() {
            document.after = size;
        }
        (self.document.prefixes, self.document.namespaces) = self.names.finish();
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
            let length = find_byte(plain.as_bytes(), |byte| matches!(byte, b'<' | b'&' | b'\r' | b'>'))
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
                Some(b'<') if self.cursor.second() == Some(b'!') && self.cursor.take("<![CDATA[") => {
                    indirect = true;
                    self.cursor.until("]]>", "a CDATA section without end")?;
                }
                _ => break,
            }
        }
        let ahead = self.cursor.rest();
        if self.cursor.second() == Some(b'!') && ahead.starts_with('<') && !ahead.starts_with("<!--") {
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

    pub(super) fn push(&mut self, kind: Kind, start: usize, end: usize) -> Result<&mut NodeData, Error> {
        within("nodes of XML", self.document.nodes.len(), self.limits.nodes)?;
        let index = short(self.document.nodes.len());
        let attributes = short(self.document.attributes.len());
        let declarations = short(self.document.declarations.len());
        let parent = self.open.last().map_or(0, |open| open.element);
        make_room(&mut self.document.nodes, &self.cursor);
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

//! New XML: put together as text and set into the old text, of which nothing else changes.

use std::fmt;
use std::ops::Range;

use crate::{Error, Text};

/// `text` as element content that every parser and the canonical form read back unchanged.
#[must_use]
pub fn escape_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#xD;")
}

/// `value` as it stands between the double quotes of an attribute.
#[must_use]
pub fn escape_attribute(value: &str) -> String {
    value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
        .replace('\t', "&#x9;")
        .replace('\n', "&#xA;")
        .replace('\r', "&#xD;")
}

/// An element in the making. Names are written as given; everything else is escaped. What it displays as is already
/// in canonical form, provided that attributes are given in canonical order, declarations first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    name: String,
    start: String,
    content: String,
}

impl Element {
    /// `<name>`, with prefix where it has one.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), start: String::new(), content: String::new() }
    }

    /// With an attribute or namespace declaration.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        self.start.push_str(&format!(" {name}=\"{}\"", escape_attribute(value)));
        self
    }

    /// The same where there is a value.
    #[must_use]
    pub fn maybe_attribute(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    /// With text at the end of its content.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.content.push_str(&escape_text(text));
        self
    }

    /// With a child at the end of its content.
    #[must_use]
    pub fn child(mut self, child: &Self) -> Self {
        self.content.push_str(&child.to_string());
        self
    }

    /// With children at the end of its content.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().for_each(|child| self.content.push_str(&child.to_string()));
        self
    }

    /// With XML at the end of its content, as it is.
    #[must_use]
    pub fn raw(mut self, xml: &str) -> Self {
        self.content.push_str(xml);
        self
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{0}{1}>{2}</{0}>", self.name, self.start, self.content)
    }
}

/// New text for a range of the old one; an empty range inserts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Positions in the decoded text.
    pub range: Range<usize>,
    /// What comes there, as XML.
    pub xml: String,
}

impl Edit {
    /// Inserts at a position.
    #[must_use]
    pub fn insert(position: usize, xml: impl Into<String>) -> Self {
        Self { range: position..position, xml: xml.into() }
    }
}

/// The document with the edits done; every byte outside them is the original one. `text` was decoded from `bytes`.
/// Edits at one position keep their order.
///
/// # Errors
/// When edits overlap or lie outside the text, or the document's encoding lacks a character of theirs.
pub fn splice(bytes: &[u8], text: &Text<'_>, edits: &[Edit]) -> Result<Vec<u8>, Error> {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut spliced =
        Vec::with_capacity(bytes.len() + edits.iter().map(|edit| edit.xml.len()).sum::<usize>());
    let mut done = 0;
    for edit in ordered {
        let place = |position| text.position_in(bytes, position).ok_or(Error::NoSuchPlace(position));
        let (start, end) = (place(edit.range.start)?, place(edit.range.end)?);
        let kept = bytes.get(done..start).ok_or(Error::NoSuchPlace(edit.range.start))?;
        spliced.extend_from_slice(kept);
        spliced.extend_from_slice(&text.encode(&edit.xml)?);
        done = end.max(start);
    }
    spliced.extend_from_slice(bytes.get(done..).unwrap_or_default());
    Ok(spliced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CanonicalizationMethod, Document, Limits, NodeSet, canonical_octets, decode};

    #[test]
    fn an_element_displays_in_canonical_form() {
        let element = Element::new("a:b")
            .attribute("xmlns:a", "urn:a")
            .attribute("Id", "<\"\t&\r\n")
            .maybe_attribute("none", None)
            .child(&Element::new("a:c").text("1 < 2 & ]]>\r"));
        let text = element.to_string();
        let document = Document::parse(&text, &Limits::default()).unwrap();
        let octets = canonical_octets(&NodeSet::document(&document), &CanonicalizationMethod::DEFAULT);
        assert_eq!(String::from_utf8(octets).unwrap(), text);
        assert_eq!(document.root().text(), "1 < 2 & ]]>\r");
        assert_eq!(document.root().attribute("", "Id").unwrap(), "<\"\t&\r\n");
    }

    #[test]
    fn a_splice_leaves_every_other_byte_alone() {
        let xml = "<?xml version='1.0' encoding='Shift_JIS'?><a>表\r\n<b/>十</a>";
        let bytes = encoding_rs::SHIFT_JIS.encode(xml).0.into_owned();
        let text = decode(&bytes).unwrap();
        let at = text.as_str().find("<b/>").unwrap();
        let edits = [
            Edit { range: at..at + 4, xml: "<c/>".into() },
            Edit::insert(at, "<能/>"),
            Edit::insert(at, "<x/>"),
        ];
        let spliced = splice(&bytes, &text, &edits).unwrap();
        let expected = xml.replace("<b/>", "<能/><x/><c/>");
        assert_eq!(decode(&spliced).unwrap().as_str(), expected);
        assert!(matches!(splice(&bytes, &text, &[Edit::insert(at, "𠮷")]), Err(Error::NotEncodable { .. })));
        let inside = text.as_str().find('表').unwrap() + 1;
        assert_eq!(splice(&bytes, &text, &[Edit::insert(inside, "")]), Err(Error::NoSuchPlace(inside)));
        let overlapping = [
            Edit { range: at..at + 4, xml: String::new() },
            Edit { range: at + 1..at + 2, xml: String::new() },
        ];
        assert!(splice(&bytes, &text, &overlapping).is_err());
    }
}

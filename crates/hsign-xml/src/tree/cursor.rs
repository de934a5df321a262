//! A place in the text, and the small steps of the grammar.

use crate::Error;
use crate::characters::{is_space, nc_name_length};

pub(super) struct Cursor<'t> {
    text: &'t str,
    pub(super) position: usize,
}

/// A qualified name where it stands.
pub(super) struct QName<'t> {
    pub(super) prefix: &'t str,
    pub(super) local: &'t str,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, position: 0 }
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or_default()
    }

    pub(super) fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    /// The byte after the next one.
    pub(super) fn second(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position + 1).copied()
    }

    pub(super) fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.position).unwrap_or_default()
    }

    pub(super) fn error(&self, reason: &'static str) -> Error {
        Error::at(self.position, reason)
    }

    #[inline]
    pub(super) fn take(&mut self, expected: &str) -> bool {
        let ahead = self.text.as_bytes().get(self.position..).unwrap_or_default();
        let found = ahead.starts_with(expected.as_bytes());
        if found {
            self.position += expected.len();
        }
        found
    }

    #[inline]
    pub(super) fn expect(&mut self, expected: &str, reason: &'static str) -> Result<(), Error> {
        if self.take(expected) { Ok(()) } else { Err(self.error(reason)) }
    }

    /// S?, telling whether there was any.
    pub(super) fn spaces(&mut self) -> bool {
        let start = self.position;
        while self.byte().is_some_and(is_space) {
            self.position += 1;
        }
        self.position > start
    }

    /// Everything up to `end`, which is stepped over.
    pub(super) fn until(&mut self, end: &str, reason: &'static str) -> Result<&'t str, Error> {
        let length = self.rest().find(end).ok_or_else(|| self.error(reason))?;
        let start = self.position;
        self.position += length;
        let content = self.since(start);
        self.position += end.len();
        Ok(content)
    }

    pub(super) fn nc_name(&mut self) -> Result<&'t str, Error> {
        let start = self.position;
        match nc_name_length(self.rest()) {
            0 => Err(self.error("a name was expected")),
            length => {
                self.position += length;
                Ok(self.since(start))
            }
        }
    }

    pub(super) fn qname(&mut self) -> Result<QName<'t>, Error> {
        let start = self.position;
        let first = self.nc_name()?;
        if self.byte() != Some(b':') {
            return Ok(QName { prefix: "", local: first, start, end: self.position });
        }
        self.position += 1;
        let local = self.nc_name()?;
        if self.byte() == Some(b':') {
            return Err(self.error("a name with more than one colon"));
        }
        Ok(QName { prefix: first, local, start, end: self.position })
    }

    /// `Eq` and an opening quote; gives the quote.
    pub(super) fn equals_quote(&mut self) -> Result<u8, Error> {
        self.spaces();
        self.expect("=", "'=' was expected")?;
        self.spaces();
        match self.byte() {
            Some(quote @ (b'"' | b'\'')) => {
                self.position += 1;
                Ok(quote)
            }
            _ => Err(self.error("a quoted value was expected")),
        }
    }
}

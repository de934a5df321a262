//! Octets of the canonical form on their way out, a block at a time.

use crate::Error;
use crate::characters::find_byte;
use crate::tree::Work;

const BLOCK: usize = 16 * 1024;

pub(super) struct Output<'s> {
    sink: &'s mut dyn FnMut(&[u8]),
    block: Vec<u8>,
    work: Option<&'s Work>,
    stopped: Option<Error>,
}

impl<'s> Output<'s> {
    /// Draws from `work` where it is given.
    pub(super) fn new(sink: &'s mut dyn FnMut(&[u8]), work: Option<&'s Work>) -> Self {
        Self { sink, block: Vec::with_capacity(BLOCK), work, stopped: None }
    }

    /// Why nothing more is let out.
    pub(super) fn stopped(&self) -> Option<&Error> {
        self.stopped.as_ref()
    }

    /// A namespace name that is written; relative ones end it where the form is for a signature.
    pub(super) fn note_namespace(&mut self, name: &str) {
        let scheme = name.split_once(':').map_or("", |(scheme, _)| scheme);
        let absolute = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        if self.work.is_some() && !name.is_empty() && !absolute && self.stopped.is_none() {
            self.stopped = Some(Error::RelativeNamespace(name.to_owned()));
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        let bytes = text.as_bytes();
        if self.block.len() + bytes.len() > BLOCK {
            self.flush();
        }
        if bytes.len() >= BLOCK {
            self.let_out(bytes.len());
            if self.stopped.is_none() {
                (self.sink)(bytes);
            }
        } else {
            self.block.extend_from_slice(bytes);
        }
    }

    pub(super) fn flush(&mut self) {
        self.let_out(self.block.len());
        if !self.block.is_empty() && self.stopped.is_none() {
            (self.sink)(&self.block);
        }
        self.block.clear();
    }

    /// Counts work that leaves no octets.
    pub(super) fn charge(&mut self, units: usize) {
        self.let_out(units);
    }

    fn let_out(&mut self, length: usize) {
        if let (Some(work), None) = (self.work, &self.stopped) {
            self.stopped = work.spend(length).err().map(Error::from);
        }
    }

    /// Text of an element (C14N 1.0 §2.3).
    pub(super) fn push_text(&mut self, text: &str) {
        self.push_escaped(text, |byte| match byte {
            b'&' => Some("&amp;"),
            b'<' => Some("&lt;"),
            b'>' => Some("&gt;"),
            b'\r' => Some("&#xD;"),
            _ => None,
        });
    }

    /// ` name="value"` (C14N 1.0 §2.3).
    pub(super) fn push_attribute(&mut self, name: &str, value: &str) {
        self.push_attribute_of("", name, value);
    }

    /// The same where the name is in two pieces.
    pub(super) fn push_attribute_of(&mut self, prefix: &str, name: &str, value: &str) {
        self.push(" ");
        self.push(prefix);
        self.push(name);
        self.push("=\"");
        self.push_escaped(value, |byte| match byte {
            b'&' => Some("&amp;"),
            b'<' => Some("&lt;"),
            b'"' => Some("&quot;"),
            b'\t' => Some("&#x9;"),
            b'\n' => Some("&#xA;"),
            b'\r' => Some("&#xD;"),
            _ => None,
        });
        self.push("\"");
    }

    /// Comments and processing instructions: only the carriage return needs a form (C14N 1.0 §2.3).
    pub(super) fn push_literal(&mut self, text: &str) {
        self.push_escaped(text, |byte| (byte == b'\r').then_some("&#xD;"));
    }

    fn push_escaped(&mut self, text: &str, escape: impl Fn(u8) -> Option<&'static str>) {
        let mut rest = text;
        while let Some(position) = find_byte(rest.as_bytes(), |byte| escape(byte).is_some()) {
            let (plain, escaped) = rest.split_at(position);
            self.push(plain);
            self.push(escaped.bytes().next().and_then(&escape).unwrap_or_default());
            rest = escaped.get(1..).unwrap_or_default();
        }
        self.push(rest);
    }
}

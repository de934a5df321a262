//! Objects from tokens, with their byte positions.

use std::ops::Range;

use crate::lexer::{Lexer, Stop, Token};
use crate::object::{Dictionary, Entry, Object, ObjectId, PdfString, StringForm};

/// Nesting of arrays and dictionaries; real files stay far below.
const DEEPEST: u32 = 128;

/// What stands between `obj` and `endobj`.
pub(crate) struct IndirectObject {
    pub(crate) id: ObjectId,
    pub(crate) object: Object,
    /// First byte of stream data, if it is a stream.
    pub(crate) stream_start: Option<u64>,
    /// The object's bytes, without a stream's data.
    pub(crate) end: u64,
}

pub(crate) struct Parser<'a> {
    lexer: Lexer<'a>,
    /// File position of the piece's first byte.
    base: u64,
    depth: u32,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(bytes: &'a [u8], base: u64, at_end: bool) -> Self {
        Self { lexer: Lexer::new(bytes, at_end), base, depth: 0 }
    }

    pub(crate) fn position(&self) -> u64 {
        self.base + self.lexer.position as u64
    }

    pub(crate) fn lexer(&mut self) -> &mut Lexer<'a> {
        &mut self.lexer
    }

    pub(crate) fn object(&mut self) -> Result<Object, Stop> {
        let token = self.lexer.next()?;
        self.value(token)
    }

    fn value(&mut self, token: Token) -> Result<Object, Stop> {
        Ok(match token {
            Token::Integer(number) => self.integer_or_reference(number)?,
            Token::Real(text) => Object::Real(text),
            Token::Name { bytes, .. } => Object::Name(bytes),
            Token::Literal(bytes) => Object::String(PdfString { bytes, form: StringForm::Literal }),
            Token::Hexadecimal { bytes, regular } => Object::String(PdfString {
                bytes,
                form: if regular { StringForm::Hexadecimal } else { StringForm::IrregularHexadecimal },
            }),
            Token::ArrayOpen => self.nested(Self::array)?,
            Token::DictionaryOpen => Object::Dictionary(self.nested(Self::dictionary)?),
            Token::Keyword(word) => self.keyword(&word)?,
            Token::ArrayClose | Token::DictionaryClose => {
                return self.lexer.bad("unexpected closing bracket");
            }
            Token::End => return self.lexer.bad("unexpected end of file"),
        })
    }

    fn keyword(&self, word: &[u8]) -> Result<Object, Stop> {
        match word {
            b"true" => Ok(Object::Boolean(true)),
            b"false" => Ok(Object::Boolean(false)),
            b"null" => Ok(Object::Null),
            _ => self.lexer.bad("unknown keyword"),
        }
    }

    fn nested<T>(&mut self, read: fn(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        if self.depth >= DEEPEST {
            return self.lexer.bad("nested too deeply");
        }
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    /// `12` or `12 0 R`.
    fn integer_or_reference(&mut self, number: i64) -> Result<Object, Stop> {
        let plain = self.lexer.position;
        self.lexer.skip_space()?;
        let (Ok(number_part), Some(b'0'..=b'9')) = (u32::try_from(number), self.lexer.peek()) else {
            self.lexer.position = plain;
            return Ok(Object::Integer(number));
        };
        if let Token::Integer(generation) = self.lexer.next()?
            && let Ok(generation) = u16::try_from(generation)
        {
            self.lexer.skip_space()?;
            if self.lexer.peek() == Some(b'R') && self.lexer.next()? == Token::Keyword(b"R".to_vec()) {
                return Ok(Object::Reference(ObjectId::new(number_part, generation)));
            }
        }
        self.lexer.position = plain;
        Ok(Object::Integer(number))
    }

    fn array(&mut self) -> Result<Object, Stop> {
        let mut elements = Vec::new();
        loop {
            match self.lexer.next()? {
                Token::ArrayClose => return Ok(Object::Array(elements)),
                token => elements.push(self.value(token)?),
            }
        }
    }

    /// After `<<`.
    fn dictionary(&mut self) -> Result<Dictionary, Stop> {
        let mut dictionary = Dictionary::new();
        loop {
            match self.lexer.next()? {
                Token::DictionaryClose => return Ok(dictionary),
                Token::Name { bytes, escaped } => {
                    let (value, span) = self.spanned()?;
                    dictionary.push(Entry { key: bytes, key_escaped: escaped, value, span });
                }
                _ => return self.lexer.bad("dictionary key expected"),
            }
        }
    }

    fn spanned(&mut self) -> Result<(Object, Range<u64>), Stop> {
        self.lexer.skip_space()?;
        let start = self.position();
        let value = self.object()?;
        Ok((value, start..self.position()))
    }

    /// `N G obj … endobj`, up to and including `stream` where there is one.
    pub(crate) fn indirect(&mut self) -> Result<IndirectObject, Stop> {
        let id = self.header()?;
        let object = self.object()?;
        let after = self.lexer.position;
        let token = self.lexer.next()?;
        let is_stream = token == Token::Keyword(b"stream".to_vec());
        if !is_stream {
            // A missing endobj is common and harmless; what follows belongs to somebody else.
            if token != Token::Keyword(b"endobj".to_vec()) {
                self.lexer.position = after;
            }
            return Ok(IndirectObject { id, object, stream_start: None, end: self.position() });
        }
        self.end_of_line()?;
        let start = self.position();
        Ok(IndirectObject { id, object, stream_start: Some(start), end: start })
    }

    /// `N G obj`.
    pub(crate) fn header(&mut self) -> Result<ObjectId, Stop> {
        match (self.lexer.next()?, self.lexer.next()?, self.lexer.next()?) {
            (Token::Integer(number), Token::Integer(generation), Token::Keyword(word)) if word == b"obj" => {
                match (u32::try_from(number), u16::try_from(generation)) {
                    (Ok(number), Ok(generation)) => Ok(ObjectId::new(number, generation)),
                    _ => self.lexer.bad("object number out of range"),
                }
            }
            _ => self.lexer.bad("object header expected"),
        }
    }

    /// ISO 32000-2, 7.3.8.1: after `stream` CR LF or LF; a lone CR is tolerated.
    fn end_of_line(&mut self) -> Result<(), Stop> {
        let used = match self.lexer.rest() {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', _, ..] => 1,
            [] | [_] if !self.lexer.at_end() => return Err(Stop::Incomplete),
            _ => 0,
        };
        self.lexer.position += used;
        Ok(())
    }
}

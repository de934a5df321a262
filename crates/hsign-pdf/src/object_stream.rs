//! Object streams (ISO 32000-2, 7.5.7), decoded once and kept while there is room.

use std::collections::HashMap;
use std::rc::Rc;

use crate::lexer::Token;
use crate::object::{Dictionary, Object};
use crate::parser::Parser;

/// Decoded bytes of one object stream.
pub(crate) const LARGEST: u64 = 64 << 20;
/// Decoded object streams kept in memory.
const KEPT: usize = 32 << 20;

#[derive(Debug)]
pub(crate) struct ObjectStream {
    bytes: Vec<u8>,
    /// Number and position of each object.
    index: Vec<(u32, usize)>,
}

impl ObjectStream {
    pub(crate) fn new(dictionary: &Dictionary, bytes: Vec<u8>) -> Option<Self> {
        let number = |key: &str| usize::try_from(dictionary.get(key)?.as_integer()?).ok();
        let (count, first) = (number("N")?, number("First")?);
        let header = bytes.get(..first)?;
        let mut parser = Parser::new(header, 0, true);
        // Two digits and two spaces are the least a pair takes.
        let mut index = Vec::with_capacity(count.min(header.len() / 4 + 1));
        for _ in 0..count {
            let Ok(Token::Integer(object)) = parser.lexer().next() else { break };
            let Ok(Token::Integer(offset)) = parser.lexer().next() else { break };
            let offset = usize::try_from(offset).ok().and_then(|offset| first.checked_add(offset))?;
            index.push((u32::try_from(object).ok()?, offset));
        }
        Some(Self { bytes, index })
    }

    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.index.iter().map(|(number, _)| *number)
    }

    /// The object at `index`, which must be the one with that number.
    pub(crate) fn object(&self, index: u32, number: u32) -> Option<Object> {
        let (found, offset) = self.index.get(usize::try_from(index).ok()?)?;
        if *found != number {
            return None;
        }
        Parser::new(self.bytes.get(*offset..)?, *offset as u64, true).object().ok()
    }
}

/// Object streams by the position they stand at.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    streams: HashMap<u64, Rc<ObjectStream>>,
    size: usize,
}

impl Cache {
    pub(crate) fn get(&self, offset: u64) -> Option<Rc<ObjectStream>> {
        self.streams.get(&offset).cloned()
    }

    pub(crate) fn put(&mut self, offset: u64, stream: &Rc<ObjectStream>) {
        let size = stream.bytes.len() + stream.index.len() * 16;
        if self.size.saturating_add(size) > KEPT {
            self.streams.clear();
            self.size = 0;
        }
        self.size += size;
        self.streams.insert(offset, Rc::clone(stream));
    }
}

//! Pieces of the file, read where they are needed and no longer than needed.

use std::cell::RefCell;
use std::rc::Rc;

use hsign_core::{Budget, Source, read_range};
use memchr::memmem;

use crate::error::{Error, Result};
use crate::lexer::Stop;
use crate::parser::Parser;

/// First piece read for an object; most fit.
const FIRST_PIECE: u64 = 1024;
/// Longest object read (arrays of a hundred thousand pages, signatures): 64 MiB.
const LONGEST_PIECE: u64 = 64 << 20;

/// Bytes of long objects and streams read in all: a few passes over the file, and some more for small ones.
/// Thousands of entries that lead to one endless object would otherwise keep us busy for hours.
const MOST_READ: u64 = 256 << 20;
const MOST_PASSES: u64 = 8;

#[derive(Clone)]
pub(crate) struct Window<'s> {
    source: &'s dyn Source,
    /// Added to every position the file names: bytes before its header.
    pub(crate) shift: u64,
    budget: Rc<RefCell<Budget>>,
}

impl<'s> Window<'s> {
    pub(crate) fn new(source: &'s dyn Source) -> Self {
        let limit = source.length().saturating_mul(MOST_PASSES).saturating_add(MOST_READ);
        Self { source, shift: 0, budget: Rc::new(RefCell::new(Budget::new("bytes of long objects", limit))) }
    }

    /// The same file, its positions counted from `shift`.
    pub(crate) fn shifted(&self, shift: u64) -> Self {
        Self { shift, ..self.clone() }
    }

    pub(crate) fn length(&self) -> u64 {
        self.source.length()
    }

    /// The bytes from `start`, cut at the end of the file.
    pub(crate) fn piece(&self, start: u64, length: u64) -> Result<Vec<u8>> {
        if start >= self.length() {
            return Ok(Vec::new());
        }
        let length = length.min(self.length().saturating_sub(start));
        Ok(read_range(self.source, start, length)?)
    }

    /// Exactly these bytes.
    pub(crate) fn exact(&self, start: u64, length: u64) -> Result<Vec<u8>> {
        if start.checked_add(length).is_none_or(|end| end > self.length()) {
            return Err(Error::Damaged { offset: start, what: "data beyond the end of the file" });
        }
        self.budget.borrow_mut().spend(length)?;
        Ok(read_range(self.source, start, length)?)
    }

    /// Parses at a position, with longer and longer pieces until it fits.
    pub(crate) fn parse<T>(
        &self,
        start: u64,
        mut read: impl FnMut(&mut Parser<'_>) -> std::result::Result<T, Stop>,
    ) -> Result<T> {
        let mut length = FIRST_PIECE;
        loop {
            let bytes = self.piece(start, length)?;
            if length > FIRST_PIECE {
                self.budget.borrow_mut().spend(bytes.len() as u64)?;
            }
            let at_end = start.saturating_add(bytes.len() as u64) >= self.length();
            let mut parser = Parser::new(&bytes, start, at_end);
            match read(&mut parser) {
                Ok(value) => return Ok(value),
                Err(Stop::Incomplete) if !at_end && length < LONGEST_PIECE => length *= 8,
                Err(Stop::Incomplete) => {
                    return Err(Error::Damaged { offset: start, what: "object without end" });
                }
                Err(Stop::Bad(at, what)) => {
                    return Err(Error::Damaged { offset: start.saturating_add(at as u64), what });
                }
            }
        }
    }

    /// First occurrence of `needle` in `start..end`.
    pub(crate) fn find(&self, needle: &[u8], start: u64, end: u64) -> Result<Option<u64>> {
        const STEP: u64 = 64 << 10;
        let overlap = needle.len() as u64;
        let mut at = start;
        while at < end {
            let bytes = self.piece(at, (STEP + overlap).min(end - at))?;
            if let Some(found) = memmem::find(&bytes, needle) {
                return Ok(Some(at + found as u64));
            }
            at += STEP;
        }
        Ok(None)
    }

    /// Last occurrence of `needle` in the last `length` bytes before `end`.
    pub(crate) fn find_last(&self, needle: &[u8], end: u64, length: u64) -> Result<Option<u64>> {
        let start = end.saturating_sub(length);
        let bytes = self.piece(start, end - start)?;
        Ok(memmem::rfind(&bytes, needle).map(|found| start + found as u64))
    }
}

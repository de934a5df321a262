use std::io::{self, Write};
use std::rc::Rc;

use hsign_core::{Source, read_windows};

/// A file made of ranges of others and of new bytes, without a copy of either. It is a [`Source`], so that it can be read
/// back before it is written.
#[derive(Clone, Default)]
pub struct Pieces<'s> {
    pieces: Vec<Piece<'s>>,
    length: u64,
}

#[derive(Clone)]
struct Piece<'s> {
    /// Where it begins in the file.
    start: u64,
    length: u64,
    contents: Contents<'s>,
}

#[derive(Clone)]
enum Contents<'s> {
    Own(Rc<[u8]>),
    Part(&'s dyn Source, u64),
}

impl<'s> Pieces<'s> {
    pub(crate) fn push(&mut self, bytes: Rc<[u8]>) {
        let length = bytes.len() as u64;
        self.add(length, Contents::Own(bytes));
    }

    /// The bytes of `source` from `offset` on.
    pub(crate) fn push_part(&mut self, source: &'s dyn Source, offset: u64, length: u64) {
        self.add(length, Contents::Part(source, offset));
    }

    fn add(&mut self, length: u64, contents: Contents<'s>) {
        if length > 0 {
            self.pieces.push(Piece { start: self.length, length, contents });
            self.length += length;
        }
    }

    /// Writes the whole file.
    ///
    /// # Errors
    /// When the inputs can't be read or `sink` fails.
    pub fn write_to(&self, sink: &mut dyn Write) -> io::Result<()> {
        for piece in &self.pieces {
            match &piece.contents {
                Contents::Own(bytes) => sink.write_all(bytes)?,
                Contents::Part(source, offset) => {
                    read_windows(*source, *offset..offset + piece.length, |window| sink.write_all(window))?;
                }
            }
        }
        Ok(())
    }
}

impl Source for Pieces<'_> {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut position = offset;
        let mut rest = buffer;
        let first = self.pieces.partition_point(|piece| piece.start + piece.length <= offset);
        for piece in self.pieces.get(first..).unwrap_or_default() {
            if rest.is_empty() {
                break;
            }
            let inside = position - piece.start;
            let length = usize::try_from(piece.length - inside).unwrap_or(usize::MAX).min(rest.len());
            let (part, further) = std::mem::take(&mut rest).split_at_mut(length);
            match &piece.contents {
                Contents::Own(bytes) => bytes.as_ref().read_exact_at(inside, part)?,
                Contents::Part(source, offset) => source.read_exact_at(offset + inside, part)?,
            }
            position += length as u64;
            rest = further;
        }
        if rest.is_empty() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_across_the_joints_and_writes_the_same() {
        let source = b"0123456789".to_vec();
        let mut pieces = Pieces::default();
        pieces.push(Rc::from(&b"ab"[..]));
        pieces.push_part(&source, 3, 4);
        pieces.push(Rc::from(&b""[..]));
        pieces.push(Rc::from(&b"yz"[..]));
        assert_eq!(hsign_core::read_all(&pieces).unwrap(), b"ab3456yz");
        assert_eq!(hsign_core::read_range(&pieces, 1, 6).unwrap(), b"b3456y");
        assert!(hsign_core::read_range(&pieces, 7, 2).is_err());
        let mut written = Vec::new();
        pieces.write_to(&mut written).unwrap();
        assert_eq!(written, b"ab3456yz");
    }
}

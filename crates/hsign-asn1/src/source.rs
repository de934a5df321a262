use std::io;
use std::mem;

use hsign_core::Source;

use crate::reader::read_header;
use crate::{Error, MAXIMUM_DEPTH, Reason, Tag, Tlv};

/// How much is read at once. Large enough that reading costs little beside hashing, small enough to stay in a cache.
const WINDOW: u64 = 256 * 1024;
/// The longest header: a tag of six octets and a length of 127.
const LONGEST_HEADER: u64 = 140;

/// Why a [`SourceReader`] can't go on.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The bytes are not the ASN.1 expected here.
    #[error(transparent)]
    Asn1(#[from] Error),
    /// The source can't be read.
    #[error(transparent)]
    Read(#[from] io::Error),
}

/// Where an element stands in its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its tag.
    pub tag: Tag,
    /// The first octet of its header.
    pub start: u64,
    /// The first octet of its contents.
    pub contents: u64,
    /// The octet behind it, end-of-contents octets included.
    pub end: u64,
    /// Whether it has indefinite length.
    pub indefinite: bool,
}

impl Place {
    /// The octet behind the contents.
    #[must_use]
    pub fn contents_end(&self) -> u64 {
        if self.indefinite { self.end.saturating_sub(2) } else { self.end }
    }
}

impl From<&Tlv<'_>> for Place {
    fn from(tlv: &Tlv<'_>) -> Self {
        let start = tlv.offset() as u64;
        Self {
            tag: tlv.tag,
            start,
            contents: tlv.contents_offset() as u64,
            end: start.saturating_add(tlv.bytes.len() as u64),
            indefinite: tlv.indefinite,
        }
    }
}

/// What becomes of a window that was read, in order and each octet once; the answer is the buffer for the next.
type Retire<'s> = Box<dyn FnMut(Vec<u8>) -> Vec<u8> + 's>;

/// Walks BER elements of a source from front to back through a window, so that elements of any length take no more
/// memory than that: the caller enters an element or streams it. The end of an indefinite length is found
/// on the way; nothing is looked at twice.
pub struct SourceReader<'s> {
    source: &'s dyn Source,
    window: Vec<u8>,
    window_start: u64,
    position: u64,
    open: Vec<Open>,
    retire: Option<Retire<'s>>,
}

/// An element that was entered.
struct Open {
    place: Place,
    /// The furthest octet that may belong to it.
    limit: u64,
}

impl<'s> SourceReader<'s> {
    /// From the start of `source`. What isn't looked at isn't read.
    #[must_use]
    pub fn new(source: &'s dyn Source) -> Self {
        let (window, open) = (Vec::new(), Vec::new());
        Self { source, window, window_start: 0, position: 0, open, retire: None }
    }

    /// The same for a caller who needs every octet: `retire` is given the windows one after the other, and gives a
    /// buffer for the next one.
    #[must_use]
    pub fn retiring(source: &'s dyn Source, retire: impl FnMut(Vec<u8>) -> Vec<u8> + 's) -> Self {
        Self { retire: Some(Box::new(retire)), ..Self::new(source) }
    }

    /// Position of the next element.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The tag of the next element; `None` at the end of the element that was entered last.
    ///
    /// # Errors
    /// When the source can't be read, or has no element there.
    pub fn peek_tag(&mut self) -> Result<Option<Tag>, SourceError> {
        if self.at_end()? {
            return Ok(None);
        }
        let position = self.position;
        let header = read_header(self.ahead()?).map_err(|reason| fail(position, reason))?;
        Ok(Some(header.tag))
    }

    /// Steps into the next element, which must have this tag; [`Self::leave`] steps out.
    ///
    /// # Errors
    /// When it has another tag, or can't be read.
    pub fn enter(&mut self, tag: Tag) -> Result<Place, SourceError> {
        let found = self.peek_tag()?;
        match found {
            Some(found) if found == tag || is_octets(found, tag) => self.enter_any(),
            Some(found) => Err(fail(self.position, Reason::UnexpectedTag { expected: tag, found }).into()),
            None => Err(fail(self.position, Reason::Missing(tag)).into()),
        }
    }

    fn enter_any(&mut self) -> Result<Place, SourceError> {
        let (start, limit) = (self.position, self.limit());
        let header = read_header(self.ahead()?).map_err(|reason| fail(start, reason))?;
        let contents = start.saturating_add(header.size as u64);
        let end = match header.length {
            Some(length) => Some(
                contents
                    .checked_add(length as u64)
                    .filter(|end| *end <= limit)
                    .ok_or_else(|| fail(start, Reason::Truncated))?,
            ),
            None => None,
        };
        if header.tag.constructed && self.open.len() >= depth() {
            return Err(fail(start, Reason::TooDeep(MAXIMUM_DEPTH)).into());
        }
        let indefinite = end.is_none();
        let place = Place { tag: header.tag, start, contents, end: end.unwrap_or(limit), indefinite };
        self.open.push(Open { place, limit: end.unwrap_or(limit) });
        self.position = contents;
        Ok(place)
    }

    /// Steps out of the element entered last, all of which must have been read; tells where it stands.
    ///
    /// # Errors
    /// When something is left in it.
    pub fn leave(&mut self) -> Result<Place, SourceError> {
        if !self.at_end()? {
            return Err(fail(self.position, Reason::Trailing).into());
        }
        let Some(open) = self.open.pop() else {
            return Err(fail(self.position, Reason::Trailing).into());
        };
        let mut place = open.place;
        if place.indefinite {
            self.advance(2)?;
            place.end = self.position;
        }
        Ok(place)
    }

    /// Whether the element entered last has nothing more inside.
    ///
    /// # Errors
    /// When the source can't be read.
    pub fn at_end(&mut self) -> Result<bool, SourceError> {
        match self.open.last() {
            Some(open) if open.place.indefinite => Ok(self.ahead()?.starts_with(&[0, 0])),
            Some(open) => Ok(self.position >= open.limit),
            None => Ok(self.position >= self.source.length()),
        }
    }

    /// The next element, whole and as it stands.
    ///
    /// # Errors
    /// When it can't be read or takes more than `most` octets.
    pub fn bytes(&mut self, most: u64) -> Result<(Vec<u8>, Place), SourceError> {
        let mut bytes = Vec::new();
        let start = self.position;
        let place = self.walk(&mut |part| {
            let fits = (bytes.len() as u64).saturating_add(part.len() as u64) <= most;
            bytes.extend_from_slice(if fits { part } else { &[] });
            if fits { Ok(()) } else { Err(fail(start, Reason::LengthTooLarge)) }
        })?;
        Ok((bytes, place))
    }

    /// Gives every octet of the next element to `sink`, header and all.
    fn walk(&mut self, sink: &mut dyn FnMut(&[u8]) -> Result<(), Error>) -> Result<Place, SourceError> {
        let place = self.enter_any()?;
        self.give(place.start, place.contents, sink)?;
        if !place.indefinite {
            self.pass(place.end, sink)?;
            return self.leave();
        }
        // Definite elements are stepped over, indefinite ones counted.
        let mut inner: usize = 0;
        loop {
            let at = self.position;
            if self.ahead()?.starts_with(&[0, 0]) {
                sink(&[0, 0])?;
                if inner == 0 {
                    return self.leave();
                }
                inner = inner.saturating_sub(1);
                self.advance(2)?;
                continue;
            }
            let limit = self.limit();
            let header = read_header(self.ahead()?).map_err(|reason| fail(at, reason))?;
            let size = header.size as u64;
            if header.length.is_none() {
                inner = inner.saturating_add(1);
                if inner > depth() {
                    return Err(fail(at, Reason::TooDeep(MAXIMUM_DEPTH)).into());
                }
            }
            let end = at.saturating_add(size).saturating_add(header.length.unwrap_or(0) as u64);
            if end > limit {
                return Err(fail(at, Reason::Truncated).into());
            }
            self.pass(end, sink)?;
        }
    }

    /// Streams the octets of the next element, an OCTET STRING in one piece or in many.
    ///
    /// # Errors
    /// When it is something else or can't be read.
    pub fn octets(&mut self, sink: &mut dyn FnMut(&[u8])) -> Result<Place, SourceError> {
        let base = self.open.len();
        self.enter(Tag::OCTET_STRING)?;
        loop {
            let Some(open) = self.open.last() else {
                return Err(fail(self.position, Reason::Truncated).into());
            };
            let place = open.place;
            if !place.tag.constructed {
                self.pass(place.end, &mut |part| {
                    sink(part);
                    Ok(())
                })?;
            } else if !self.at_end()? {
                self.enter(Tag::OCTET_STRING)?;
                continue;
            }
            let left = self.leave()?;
            if self.open.len() == base {
                return Ok(left);
            }
        }
    }

    /// Reads to the end of the source, as far as somebody wants to see every octet.
    ///
    /// # Errors
    /// When the source can't be read.
    pub fn finish(mut self) -> Result<(), SourceError> {
        if self.retire.is_some() {
            let left = self.source.length().saturating_sub(self.position);
            self.advance(left)?;
            self.retire_window();
        }
        Ok(())
    }

    fn limit(&self) -> u64 {
        self.open.last().map_or(self.source.length(), |open| open.limit)
    }

    /// What stands before us, enough for a header, within the element entered last.
    fn ahead(&mut self) -> Result<&[u8], SourceError> {
        let wanted = self.limit().saturating_sub(self.position).min(LONGEST_HEADER);
        if self.buffered().len() as u64 >= wanted {
            // The common case: no reading.
        } else {
            self.refill()?;
        }
        let length = to_usize(wanted).min(self.buffered().len());
        Ok(self.buffered().get(..length).unwrap_or_default())
    }

    fn buffered(&self) -> &[u8] {
        self.window.get(to_usize(self.position.saturating_sub(self.window_start))..).unwrap_or_default()
    }

    /// Gives octets that are in the window already.
    fn give(
        &self,
        from: u64,
        to: u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), SourceError> {
        let at = |position: u64| to_usize(position.saturating_sub(self.window_start));
        Ok(sink(self.window.get(at(from)..at(to)).unwrap_or_default())?)
    }

    /// Gives everything up to `end` to `sink`.
    fn pass(
        &mut self,
        end: u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), SourceError> {
        while self.position < end {
            if self.buffered().is_empty() {
                self.refill()?;
            }
            let part = self.buffered();
            let length = to_usize(end.saturating_sub(self.position)).min(part.len());
            if length == 0 {
                return Err(fail(self.position, Reason::Truncated).into());
            }
            sink(part.get(..length).unwrap_or_default())?;
            self.position = self.position.saturating_add(length as u64);
        }
        Ok(())
    }

    fn advance(&mut self, by: u64) -> Result<(), SourceError> {
        let end = self.position.saturating_add(by);
        if self.retire.is_some() {
            return self.pass(end, &mut |_| Ok(()));
        }
        self.position = end;
        Ok(())
    }

    /// Steps over the rest of the element entered last, which has definite length.
    ///
    /// # Errors
    /// When the source can't be read, or the element's end isn't known.
    pub fn skip_rest(&mut self) -> Result<(), SourceError> {
        match self.open.last() {
            Some(open) if !open.place.indefinite => {
                let left = open.limit.saturating_sub(self.position);
                self.advance(left)
            }
            _ => Err(fail(self.position, Reason::IndefiniteLength).into()),
        }
    }

    fn retire_window(&mut self) {
        let window = mem::take(&mut self.window);
        if let Some(retire) = &mut self.retire {
            self.window = retire(window);
        } else {
            self.window = window;
        }
    }

    fn refill(&mut self) -> Result<(), SourceError> {
        let tail = self.buffered().to_vec();
        let used = to_usize(self.position.saturating_sub(self.window_start));
        self.window.truncate(used);
        self.retire_window();
        let left = self.source.length().saturating_sub(self.position);
        self.window.resize(to_usize(left.min(WINDOW)), 0);
        self.window_start = self.position;
        let kept = tail.len().min(self.window.len());
        let (head, rest) = self.window.split_at_mut(kept);
        head.copy_from_slice(tail.get(..kept).unwrap_or_default());
        self.source.read_exact_at(self.position.saturating_add(kept as u64), rest)?;
        Ok(())
    }
}

fn is_octets(found: Tag, wanted: Tag) -> bool {
    wanted == Tag::OCTET_STRING && found.same_type(wanted)
}

fn depth() -> usize {
    usize::try_from(MAXIMUM_DEPTH).unwrap_or(usize::MAX)
}

fn to_usize(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn fail(position: u64, reason: Reason) -> Error {
    Error::new(to_usize(position), reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rules, encode, octet_string, single};

    fn content(bytes: &[u8]) -> Result<Vec<u8>, SourceError> {
        let mut found = Vec::new();
        let bytes = bytes.to_vec();
        let mut reader = SourceReader::new(&bytes);
        reader.octets(&mut |part| found.extend_from_slice(part))?;
        Ok(found)
    }

    #[test]
    fn strings_in_pieces_are_the_same_as_in_memory() {
        let pieces = vec![0x24, 0x80, 0x04, 1, 1, 0x24, 0x03, 0x04, 1, 2, 0x24, 0x80, 0, 0, 0, 0];
        let element = single(&pieces, Tag::OCTET_STRING, Rules::Ber).unwrap();
        assert_eq!(content(&pieces).unwrap(), *octet_string(&element).unwrap());
        for broken in [
            vec![0x24, 0x80, 0x04, 5, 1, 0, 0],
            vec![0x24, 0x03, 0x04, 2, 1, 1],
            vec![0x24, 0x80, 0x02, 1, 1, 0, 0],
            vec![0x24, 0x80, 0x04, 1, 1],
            vec![0x04, 0x80, 0, 0],
        ] {
            assert!(content(&broken).is_err(), "{broken:x?}");
        }
    }

    #[test]
    fn elements_larger_than_the_window_are_streamed_and_every_octet_is_retired_once() {
        let long = vec![7; 700_000];
        let pieces = [&encode::octet_string(&long)[..], &encode::octet_string(b"end")].concat();
        let mut bytes = [&[0x30, 0x80, 0x24, 0x80][..], &pieces, &[0, 0, 0, 0], b"after"].concat();
        let mut seen = Vec::new();
        let mut found = Vec::new();
        let mut reader = SourceReader::retiring(&bytes, |window| {
            seen.extend_from_slice(&window);
            window
        });
        reader.enter(Tag::SEQUENCE).unwrap();
        reader.octets(&mut |part| found.extend_from_slice(part)).unwrap();
        let place = reader.leave().unwrap();
        assert_eq!((place.start, place.end), (0, bytes.len() as u64 - 5));
        reader.finish().unwrap();
        assert_eq!(seen, bytes);
        assert_eq!(found, [&long[..], b"end"].concat());
        bytes.truncate(400_000);
        let mut reader = SourceReader::new(&bytes);
        reader.enter(Tag::SEQUENCE).unwrap();
        assert!(reader.octets(&mut |_| ()).is_err());
    }

    #[test]
    fn a_whole_element_is_kept_as_it_stands_up_to_a_limit() {
        let bytes = vec![0x30, 0x80, 0x30, 0x80, 0x05, 0, 0, 0, 0x04, 1, 9, 0, 0, 0x05, 0];
        let mut reader = SourceReader::new(&bytes);
        let (first, place) = reader.bytes(100).unwrap();
        assert_eq!(first, bytes[..13]);
        assert_eq!((place.contents, place.contents_end(), place.end), (2, 11, 13));
        assert_eq!(reader.bytes(100).unwrap().0, [5, 0]);
        assert!(reader.at_end().unwrap());
        assert!(SourceReader::new(&bytes).bytes(12).is_err());
    }

    #[test]
    fn hostile_nesting_ends_in_a_clear_error() {
        let deep = [0x30, 0x80].repeat(10_000);
        assert!(SourceReader::new(&deep).bytes(1 << 20).is_err());
        let strings = [0x24, 0x80].repeat(10_000);
        assert!(content(&strings).is_err());
        let huge = vec![0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert!(SourceReader::new(&huge).enter(Tag::SEQUENCE).is_err());
    }
}

use std::ops::Range;

use crate::{Class, Error, Reason, Tag};

/// How deep elements may nest. Real signatures with several generations of archive time stamps stay
/// below 60; each generation adds about ten.
pub const MAXIMUM_DEPTH: u32 = 128;

/// Which encodings are let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Definite lengths in their shortest form only (X.690 §10.1).
    Der,
    /// Indefinite and long lengths and strings in pieces too (X.690 §8).
    Ber,
}

/// One element: slices of the input and where it stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// Its tag.
    pub tag: Tag,
    /// The whole element with header and, after indefinite length, end-of-contents octets.
    pub bytes: &'a [u8],
    /// The contents without end-of-contents octets.
    pub contents: &'a [u8],
    /// Whether it had indefinite length.
    pub indefinite: bool,
    /// Whether the length could have been written shorter.
    pub long_length: bool,
    offset: usize,
    header: usize,
    depth: u32,
    rules: Rules,
}

impl<'a> Tlv<'a> {
    /// Position of the first header byte from the start of the outermost input.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Position of the first content byte from the start of the outermost input.
    #[must_use]
    pub fn contents_offset(&self) -> usize {
        self.offset.saturating_add(self.header)
    }

    /// Where its bytes stand in the outermost input.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset.saturating_add(self.bytes.len())
    }

    /// Where its contents stand there.
    #[must_use]
    pub fn contents_range(&self) -> Range<usize> {
        self.contents_offset()..self.contents_offset().saturating_add(self.contents.len())
    }

    /// Walks the elements inside, under the same rules and one level deeper.
    ///
    /// # Errors
    /// When the element is primitive or lies too deep.
    pub fn reader(&self) -> Result<Reader<'a>, Error> {
        if !self.tag.constructed {
            return Err(Error::bad_value(self.offset, "a primitive element has no elements inside"));
        }
        self.inner()
    }

    /// Walks elements wrapped in this element's octets (`OCTET STRING` holding DER), one level deeper.
    ///
    /// # Errors
    /// When the element lies too deep.
    pub fn inner(&self) -> Result<Reader<'a>, Error> {
        let depth = self.depth.saturating_add(1);
        if depth > MAXIMUM_DEPTH {
            return Err(Error::new(self.offset, Reason::TooDeep(MAXIMUM_DEPTH)));
        }
        Ok(Reader { bytes: self.contents, base: self.contents_offset(), depth, rules: self.rules })
    }

    /// The only element inside, as explicit tags have it.
    ///
    /// # Errors
    /// When there is none, another tag, or more than one.
    pub fn only(&self, tag: Tag) -> Result<Tlv<'a>, Error> {
        let mut inside = self.reader()?;
        let element = inside.expect(tag)?;
        inside.finish()?;
        Ok(element)
    }

    /// An error at this element.
    #[must_use]
    pub fn bad(&self, what: &'static str) -> Error {
        Error::bad_value(self.offset, what)
    }
}

/// Walks elements that follow one another.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    base: usize,
    depth: u32,
    rules: Rules,
}

impl<'a> Reader<'a> {
    /// Over `bytes`, from their start.
    #[must_use]
    pub fn new(bytes: &'a [u8], rules: Rules) -> Self {
        Self::at(bytes, 0, rules)
    }

    /// Over `bytes` that stand at `offset` of something larger, for the positions in errors.
    #[must_use]
    pub fn at(bytes: &'a [u8], offset: usize, rules: Rules) -> Self {
        Self { bytes, base: offset, depth: 0, rules }
    }

    /// The same elements for a reader whose input was taken from `depth` levels down in something larger.
    #[must_use]
    pub fn at_depth(self, depth: u32) -> Self {
        Self { depth, ..self }
    }

    /// Position of the next element from the start of the outermost input.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.base
    }

    /// What hasn't been read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The tag of the next element; `None` at the end or if the tag can't be read.
    #[must_use]
    pub fn peek_tag(&self) -> Option<Tag> {
        read_tag(self.bytes).ok().map(|(tag, _)| tag)
    }

    /// The next element, if there is one.
    ///
    /// # Errors
    /// When it can't be read under the rules.
    #[allow(clippy::should_implement_trait, reason = "an iterator can't say where it failed and stop")]
    pub fn next(&mut self) -> Result<Option<Tlv<'a>>, Error> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let fail = |reason| Error::new(self.base, reason);
        let header = read_header(self.bytes).map_err(fail)?;
        if header.long_length && self.rules == Rules::Der {
            return Err(fail(Reason::NonMinimalLength));
        }
        let body = self.bytes.get(header.size..).ok_or_else(|| fail(Reason::Truncated))?;
        let (contents, after) = match header.length {
            Some(length) => body.split_at_checked(length).ok_or_else(|| fail(Reason::Truncated))?,
            None if self.rules == Rules::Der => return Err(fail(Reason::IndefiniteLength)),
            None => {
                let start = self.base.saturating_add(header.size);
                let end = find_end(body).map_err(|error| error.shifted(start))?;
                let (contents, rest) = body.split_at_checked(end).ok_or_else(|| fail(Reason::Truncated))?;
                (contents, rest.get(2..).ok_or_else(|| fail(Reason::Truncated))?)
            }
        };
        let size = self.bytes.len().saturating_sub(after.len());
        let element = Tlv {
            tag: header.tag,
            bytes: self.bytes.get(..size).unwrap_or_default(),
            contents,
            indefinite: header.length.is_none(),
            long_length: header.long_length,
            offset: self.base,
            header: header.size,
            depth: self.depth,
            rules: self.rules,
        };
        self.bytes = after;
        self.base = self.base.saturating_add(size);
        Ok(Some(element))
    }

    /// The next element, whatever it is.
    ///
    /// # Errors
    /// When there is none or it can't be read.
    pub fn any(&mut self) -> Result<Tlv<'a>, Error> {
        self.next()?.ok_or(Error::new(self.base, Reason::Truncated))
    }

    /// The next element, which must have this tag. Under BER a string of the universal class may be
    /// constructed where its primitive tag is asked for; [`crate::octet_string`], [`crate::bit_string`] and
    /// [`crate::string()`] join the pieces.
    ///
    /// # Errors
    /// When there is none, it has another tag, or it can't be read.
    pub fn expect(&mut self, tag: Tag) -> Result<Tlv<'a>, Error> {
        match self.peek_tag() {
            Some(found) if self.fits(found, tag) => self.any(),
            Some(found) => Err(Error::new(self.base, Reason::UnexpectedTag { expected: tag, found })),
            None if self.bytes.is_empty() => Err(Error::new(self.base, Reason::Missing(tag))),
            None => self.any(),
        }
    }

    /// The next element if it has this tag.
    ///
    /// # Errors
    /// When it has this tag but can't be read.
    pub fn optional(&mut self, tag: Tag) -> Result<Option<Tlv<'a>>, Error> {
        match self.peek_tag() {
            Some(found) if self.fits(found, tag) => self.next(),
            _ => Ok(None),
        }
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// When something is.
    pub fn finish(&self) -> Result<(), Error> {
        if self.bytes.is_empty() { Ok(()) } else { Err(Error::new(self.base, Reason::Trailing)) }
    }

    fn fits(&self, found: Tag, wanted: Tag) -> bool {
        found == wanted || (self.rules == Rules::Ber && wanted.may_be_in_pieces() && found.same_type(wanted))
    }
}

/// The one element that `bytes` consist of.
///
/// # Errors
/// When they are none, more than one, of another tag, or unreadable.
pub fn single<'a>(bytes: &'a [u8], tag: Tag, rules: Rules) -> Result<Tlv<'a>, Error> {
    let mut reader = Reader::new(bytes, rules);
    let element = reader.expect(tag)?;
    reader.finish()?;
    Ok(element)
}

pub(crate) struct Header {
    pub(crate) tag: Tag,
    /// `None`: indefinite.
    pub(crate) length: Option<usize>,
    pub(crate) long_length: bool,
    pub(crate) size: usize,
}

pub(crate) fn read_header(bytes: &[u8]) -> Result<Header, Reason> {
    let (tag, tag_size) = read_tag(bytes)?;
    let first = *bytes.get(tag_size).ok_or(Reason::Truncated)?;
    let after_first = tag_size.saturating_add(1);
    if first < 0x80 {
        return Ok(Header { tag, length: Some(first.into()), long_length: false, size: after_first });
    }
    if first == 0x80 {
        if !tag.constructed {
            return Err(Reason::BadValue("indefinite length of a primitive element"));
        }
        return Ok(Header { tag, length: None, long_length: false, size: after_first });
    }
    let size = after_first.saturating_add(usize::from(first & 0x7f));
    let digits = bytes.get(after_first..size).ok_or(Reason::Truncated)?;
    let mut length: usize = 0;
    for digit in digits {
        length = length.checked_mul(256).ok_or(Reason::LengthTooLarge)? | usize::from(*digit);
    }
    let long_length = length < 0x80 || digits.first() == Some(&0);
    Ok(Header { tag, length: Some(length), long_length, size })
}

fn read_tag(bytes: &[u8]) -> Result<(Tag, usize), Reason> {
    let first = *bytes.first().ok_or(Reason::Truncated)?;
    let class = match first >> 6 {
        0 => Class::Universal,
        1 => Class::Application,
        2 => Class::Context,
        _ => Class::Private,
    };
    let constructed = first & 0x20 != 0;
    let low = u32::from(first & 0x1f);
    if low != 0x1f {
        return Ok((Tag { class, constructed, number: low }, 1));
    }
    let mut number: u32 = 0;
    for (index, octet) in bytes.iter().enumerate().skip(1) {
        if (index == 1 && *octet == 0x80) || number > u32::MAX >> 7 {
            return Err(Reason::BadTag);
        }
        number = number << 7 | u32::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            if number < 0x1f {
                return Err(Reason::BadTag);
            }
            return Ok((Tag { class, constructed, number }, index.saturating_add(1)));
        }
    }
    Err(Reason::Truncated)
}

/// Where the end-of-contents octets of an indefinite-length element stand, from its first content byte.
/// One pass without recursion: definite elements are stepped over, indefinite ones counted.
fn find_end(body: &[u8]) -> Result<usize, Error> {
    let mut position: usize = 0;
    let mut open: u32 = 0;
    loop {
        let rest = body.get(position..).unwrap_or_default();
        if rest.starts_with(&[0, 0]) {
            if open == 0 {
                return Ok(position);
            }
            open = open.saturating_sub(1);
            position = position.saturating_add(2);
            continue;
        }
        let header = read_header(rest).map_err(|reason| Error::new(position, reason))?;
        if header.length.is_none() {
            open = open.saturating_add(1);
            if open > MAXIMUM_DEPTH {
                return Err(Error::new(position, Reason::TooDeep(MAXIMUM_DEPTH)));
            }
        }
        position = position.saturating_add(header.size).saturating_add(header.length.unwrap_or(0));
        if position > body.len() {
            return Err(Error::new(body.len(), Reason::Truncated));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_absolute_offset() {
        let bytes = [0x30, 0x05, 0x02, 0x01, 0x05, 0x04, 0x01];
        assert_eq!(Reader::new(&bytes, Rules::Der).any().unwrap().contents.len(), 5);
        assert_eq!(Reader::new(&bytes[..6], Rules::Der).any().unwrap_err(), Error::new(0, Reason::Truncated));
        let bytes = [0x30, 0x05, 0x02, 0x01, 0x05, 0x04, 0x00];
        let mut inside = single(&bytes, Tag::SEQUENCE, Rules::Der).unwrap().reader().unwrap();
        inside.expect(Tag::INTEGER).unwrap();
        let error = inside.expect(Tag::OID).unwrap_err();
        assert_eq!(error.offset, 5);
        assert_eq!(error.to_string(), "expected OBJECT IDENTIFIER, found OCTET STRING at byte 5");
    }

    #[test]
    fn x690_10_1_der_refuses_long_and_indefinite_lengths() {
        let long = [0x04, 0x81, 0x01, 0xff];
        assert_eq!(
            single(&long, Tag::OCTET_STRING, Rules::Der).unwrap_err().reason,
            Reason::NonMinimalLength
        );
        let element = single(&long, Tag::OCTET_STRING, Rules::Ber).unwrap();
        assert!(element.long_length);
        assert_eq!(element.contents, [0xff]);
        let indefinite = [0x30, 0x80, 0x30, 0x80, 0, 0, 0x05, 0, 0, 0];
        assert_eq!(
            single(&indefinite, Tag::SEQUENCE, Rules::Der).unwrap_err().reason,
            Reason::IndefiniteLength
        );
        let element = single(&indefinite, Tag::SEQUENCE, Rules::Ber).unwrap();
        assert!(element.indefinite);
        assert_eq!(element.contents, [0x30, 0x80, 0, 0, 0x05, 0]);
        assert_eq!(element.bytes, indefinite);
    }

    #[test]
    fn x690_8_1_3_5_leading_zero_length_octets_are_long() {
        let zero_led = [&[0x04, 0x82, 0x00, 0x80][..], &[7; 128]].concat();
        assert!(single(&zero_led, Tag::OCTET_STRING, Rules::Ber).unwrap().long_length);
        assert!(single(&zero_led, Tag::OCTET_STRING, Rules::Der).is_err());
    }

    #[test]
    fn ten_thousand_levels_end_in_a_clear_error() {
        let deep = [0x30, 0x80].repeat(10_000);
        let error = Reader::new(&deep, Rules::Ber).any().unwrap_err();
        assert_eq!(error.reason, Reason::TooDeep(MAXIMUM_DEPTH));
        let mut definite = Vec::new();
        for _ in 0..10_000 {
            definite = crate::encode::tlv(0x30, &definite);
        }
        let mut element = Reader::new(&definite, Rules::Der).any().unwrap();
        let error = loop {
            match element.reader().and_then(|mut inside| inside.any()) {
                Ok(inside) => element = inside,
                Err(error) => break error,
            }
        };
        assert_eq!(error.reason, Reason::TooDeep(MAXIMUM_DEPTH));
    }

    #[test]
    fn x690_8_only_strings_come_in_pieces() {
        let constructed = [0x22, 0x03, 0x02, 0x01, 0x05];
        assert!(single(&constructed, Tag::INTEGER, Rules::Ber).is_err());
        assert!(single(&[0xa0, 0x02, 0x04, 0x00], Tag::context(0, false), Rules::Ber).is_err());
        let pieces = [0x24, 0x03, 0x04, 0x01, 0x05];
        assert!(single(&pieces, Tag::OCTET_STRING, Rules::Ber).is_ok());
        assert!(single(&pieces, Tag::OCTET_STRING, Rules::Der).is_err());
    }

    #[test]
    fn a_length_beyond_memory_is_refused() {
        let huge = [&[0x04, 0x89][..], &[0xff; 9]].concat();
        assert_eq!(Reader::new(&huge, Rules::Ber).any().unwrap_err().reason, Reason::LengthTooLarge);
        let huge = [&[0x04, 0x88][..], &[0xff; 8]].concat();
        assert_eq!(Reader::new(&huge, Rules::Ber).any().unwrap_err().reason, Reason::Truncated);
    }

    #[test]
    fn high_tag_numbers_are_read_in_shortest_form_only() {
        let tag = Reader::new(&[0xbf, 0x81, 0x00, 0x00], Rules::Der).any().unwrap().tag;
        assert_eq!(tag, Tag::context(128, true));
        assert!(Reader::new(&[0xbf, 0x80, 0x01, 0x00], Rules::Ber).any().is_err());
        assert!(Reader::new(&[0xbf, 0x1e, 0x00], Rules::Ber).any().is_err());
    }
}

//! Adding to what others wrote: bytes are put in, the lengths around them grow, all else stays.

use std::io;
use std::ops::Range;

use hsign_asn1::{Place, Reader, Rules, Tag, encode};
use hsign_core::{DigestAlgorithm, Source, read_range};
use hsign_x509::digest_algorithm_to_der;

use crate::layout::Layout;
use crate::lengths::{headers, length_field, signed, tag_octets};
use crate::read::only;
use crate::{Error, SignedData, choices};

/// A SignedData to which something is added: the octets before its content, the content by reference, and those behind
/// it. As a [`Source`] it is the whole document, of which only what isn't content is in memory.
#[derive(Clone)]
pub struct Growing<'s> {
    prefix: Vec<u8>,
    source: &'s dyn Source,
    body: Range<u64>,
    suffix: Vec<u8>,
}

impl<'s> Growing<'s> {
    /// Of the ContentInfo at the start of `source`; what follows it is left out.
    ///
    /// # Errors
    /// When there is no SignedData.
    pub fn open(source: &'s dyn Source) -> Result<Self, Error> {
        let layout = Layout::read(source)?;
        // The content's octets with whatever lies between their pieces; without any, nothing between the two halves.
        let body = match &layout.content {
            Some(content) => content.contents..content.contents_end(),
            None => layout.encapsulated.contents_end()..layout.encapsulated.contents_end(),
        };
        let end = layout.content_info.end;
        Ok(Self {
            prefix: read_range(source, 0, body.start)?,
            source,
            suffix: read_range(source, body.end, end.saturating_sub(body.end))?,
            body,
        })
    }

    /// Of a detached SignedData in memory, beside `content`.
    ///
    /// # Errors
    /// When there is no SignedData, or it has content of its own.
    pub fn beside(cms: &[u8], content: &'s dyn Source) -> Result<Self, Error> {
        let bytes = cms.to_vec();
        let whole = Growing::open(&bytes)?;
        if whole.layout()?.content.is_some() {
            return Err(Error::NotDetached);
        }
        Ok(Self { prefix: whole.prefix, suffix: whole.suffix, source: content, body: 0..0 })
    }

    /// Puts the whole of `content` into a detached SignedData that was made over it.
    ///
    /// # Errors
    /// As [`Self::beside`].
    pub fn around(cms: &[u8], content: &'s dyn Source) -> Result<Self, Error> {
        let mut growing = Self::beside(cms, content)?;
        let layout = growing.layout()?;
        let at = layout.content_type.end;
        if layout.encapsulated.contents_end() != at {
            return Err(Error::NotDetached);
        }
        let length = content.length();
        let headers = headers(&[Tag::context(0, true), Tag::OCTET_STRING], length);
        let path = [layout.content_info, layout.explicit, layout.signed_data, layout.encapsulated];
        growing.grow(&path, at..at, &headers, length);
        let moved: Vec<u8> = growing.suffix.drain(..headers.len()).collect();
        growing.prefix.extend(moved);
        growing.body = 0..length;
        Ok(growing)
    }

    /// Where its parts stand now.
    ///
    /// # Errors
    /// When the source changed since it was opened.
    pub fn layout(&self) -> Result<Layout, Error> {
        Layout::read(self)
    }

    /// Adds an Attribute (DER) behind the unsigned attributes of one signer, counted from 0.
    ///
    /// # Errors
    /// When there is no such signer.
    pub fn add_unsigned_attribute(&mut self, signer: usize, attribute: &[u8]) -> Result<(), Error> {
        let mut path = self.signer(signer)?;
        match self.unsigned_attributes(&path)? {
            Some(set) => {
                let end = set.contents_end();
                path.push(set);
                self.splice(&path, end..end, attribute);
            }
            None => {
                let end = path.last().map_or(0, Place::contents_end);
                self.splice(&path, end..end, &encode::tlv(0xA1, attribute));
            }
        }
        Ok(())
    }

    /// Leaves out the unsigned attributes of one signer that `kept` doesn't accept by their position.
    ///
    /// # Errors
    /// When there is no such signer.
    pub fn keep_unsigned_attributes(
        &mut self,
        signer: usize,
        kept: &dyn Fn(usize) -> bool,
    ) -> Result<(), Error> {
        let mut path = self.signer(signer)?;
        let Some(set) = self.unsigned_attributes(&path)? else { return Ok(()) };
        let mut left = Vec::new();
        for (position, attribute) in self.elements(&set)?.iter().enumerate() {
            if kept(position) {
                left.extend(self.bytes_of(attribute)?);
            }
        }
        if left.is_empty() {
            // An empty set is left out altogether (RFC 5652 §5.3: at least one).
            self.splice(&path, set.start..set.end, &[]);
        } else {
            path.push(set);
            self.splice(&path, set.contents..set.contents_end(), &left);
        }
        Ok(())
    }

    /// Puts the signers into the order that DER asks of a SET OF (X.690 §11.6); says whether they were in another.
    ///
    /// # Errors
    /// When the source changed since it was opened.
    pub fn sort_signers(&mut self) -> Result<bool, Error> {
        let layout = self.layout()?;
        let infos: Result<Vec<_>, Error> =
            self.elements(&layout.signers)?.iter().map(|info| self.bytes_of(info)).collect();
        let mut infos = infos?;
        if infos.is_sorted() {
            return Ok(false);
        }
        infos.sort_unstable();
        let range = layout.signers.contents..layout.signers.contents_end();
        self.splice(&[], range, &infos.concat());
        Ok(true)
    }

    /// Puts another value in the place of one value of an unsigned attribute.
    ///
    /// # Errors
    /// When there is no such signer, attribute or value.
    pub fn replace_unsigned_value(
        &mut self,
        signer: usize,
        attribute: usize,
        value: usize,
        bytes: &[u8],
    ) -> Result<(), Error> {
        let mut path = self.signer(signer)?;
        let set = self.unsigned_attributes(&path)?.ok_or(Error::NoSuchAttribute)?;
        let attribute = *self.elements(&set)?.get(attribute).ok_or(Error::NoSuchAttribute)?;
        let values = *self.elements(&attribute)?.last().ok_or(Error::NoSuchAttribute)?;
        let value = *self.elements(&values)?.get(value).ok_or(Error::NoSuchAttribute)?;
        path.extend([set, attribute, values]);
        self.splice(&path, value.start..value.end, bytes);
        Ok(())
    }

    /// Adds elements behind `certificates` (CertificateChoices, RFC 5652 §10.2.3).
    ///
    /// # Errors
    /// When the source changed since it was opened.
    pub fn add_certificates(&mut self, elements: &[Vec<u8>]) -> Result<(), Error> {
        let layout = self.layout()?;
        self.add_to_set(&layout, layout.certificates, 0xA0, layout.encapsulated.end, elements);
        Ok(())
    }

    /// Adds elements behind `crls` (RevocationInfoChoice, RFC 5652 §10.2.1), and says so in the version where one of
    /// them is of another format (§5.1).
    ///
    /// # Errors
    /// When the source changed since it was opened.
    pub fn add_revocation(&mut self, elements: &[Vec<u8>]) -> Result<(), Error> {
        let layout = self.layout()?;
        let behind = layout.certificates.unwrap_or(layout.encapsulated).end;
        self.add_to_set(&layout, layout.crls, 0xA1, behind, elements);
        let other = elements.iter().any(|element| element.first() != Some(&0x30));
        if other {
            let now = self.layout()?;
            let path = [now.content_info, now.explicit, now.signed_data];
            self.splice(&path, now.version.start..now.version.end, &encode::integer(5));
        }
        Ok(())
    }

    /// Lists a hash function in digestAlgorithms unless it is there.
    ///
    /// # Errors
    /// When the source changed since it was opened.
    pub fn list_digest_algorithm(&mut self, algorithm: DigestAlgorithm) -> Result<(), Error> {
        let layout = self.layout()?;
        let set = layout.digest_algorithms;
        let bytes = read_range(self, set.start, set.end.saturating_sub(set.start))?;
        let mut listed = only(&bytes, Tag::SET)?.reader()?;
        while let Some(one) = listed.optional(Tag::SEQUENCE)? {
            if hsign_x509::digest_algorithm_from_der(&one)?.1 == Some(algorithm) {
                return Ok(());
            }
        }
        let path = [layout.content_info, layout.explicit, layout.signed_data, set];
        let end = set.contents_end();
        self.splice(&path, end..end, &digest_algorithm_to_der(algorithm));
        Ok(())
    }

    /// Puts the signers of another SignedData over the same content behind those that are here, with its certificates
    /// and its hash functions; tells how many there are.
    ///
    /// # Errors
    /// When `cms` is no SignedData.
    pub fn add_signers_of(&mut self, cms: &[u8]) -> Result<usize, Error> {
        let bytes = cms.to_vec();
        let other = Growing::open(&bytes)?;
        let theirs = other.layout()?;
        let own = self.layout()?;
        let certificates = choices_at(&other, theirs.certificates)?;
        let known = choices_at(self, own.certificates)?;
        let new: Vec<_> = certificates.into_iter().filter(|one| !known.contains(one)).collect();
        self.add_certificates(&new)?;
        let signed_data = SignedData::parse(cms)?;
        for oid in signed_data.digest_algorithms() {
            if let Some(algorithm) = DigestAlgorithm::from_oid(oid) {
                self.list_digest_algorithm(algorithm)?;
            }
        }
        for signer in signed_data.signers() {
            self.add_signer(signer.bytes())?;
        }
        Ok(signed_data.signers().len())
    }

    /// Adds a SignerInfo (DER) behind the others.
    ///
    /// # Errors
    /// When the source changed since it was opened.
    pub fn add_signer(&mut self, signer_info: &[u8]) -> Result<(), Error> {
        let layout = self.layout()?;
        let end = layout.signers.contents_end();
        let path = [layout.content_info, layout.explicit, layout.signed_data, layout.signers];
        self.splice(&path, end..end, signer_info);
        Ok(())
    }

    /// The whole document in memory.
    ///
    /// # Errors
    /// When the content can't be read.
    pub fn to_vec(&self) -> Result<Vec<u8>, Error> {
        let length = self.body.end.saturating_sub(self.body.start);
        Ok([&self.prefix[..], &read_range(self.source, self.body.start, length)?, &self.suffix].concat())
    }

    fn add_to_set(
        &mut self,
        layout: &Layout,
        set: Option<Place>,
        tag: u8,
        behind: u64,
        elements: &[Vec<u8>],
    ) {
        let mut path = vec![layout.content_info, layout.explicit, layout.signed_data];
        match set {
            _ if elements.is_empty() => {}
            Some(set) => {
                path.push(set);
                self.splice(&path, set.contents_end()..set.contents_end(), &elements.concat());
            }
            None => self.splice(&path, behind..behind, &encode::tlv(tag, &elements.concat())),
        }
    }

    /// The elements from the ContentInfo down to one SignerInfo.
    fn signer(&self, signer: usize) -> Result<Vec<Place>, Error> {
        let layout = self.layout()?;
        let infos = self.elements(&layout.signers)?;
        let info = *infos.get(signer).ok_or(Error::NoSuchSigner(signer))?;
        Ok(vec![layout.content_info, layout.explicit, layout.signed_data, layout.signers, info])
    }

    fn unsigned_attributes(&self, path: &[Place]) -> Result<Option<Place>, Error> {
        let Some(info) = path.last() else { return Ok(None) };
        let last = self.elements(info)?.last().copied();
        Ok(last.filter(|field| field.tag == Tag::context(1, true)))
    }

    fn bytes_of(&self, place: &Place) -> Result<Vec<u8>, Error> {
        Ok(read_range(self, place.start, place.end.saturating_sub(place.start))?)
    }

    /// The elements inside one, which isn't the content.
    fn elements(&self, parent: &Place) -> Result<Vec<Place>, Error> {
        let length = parent.contents_end().saturating_sub(parent.contents);
        let bytes = read_range(self, parent.contents, length)?;
        let offset = usize::try_from(parent.contents).unwrap_or(usize::MAX);
        let mut reader = Reader::at(&bytes, offset, Rules::Ber);
        let mut found = Vec::new();
        while let Some(element) = reader.next()? {
            found.push(Place::from(&element));
        }
        Ok(found)
    }

    /// Puts `replacement` in the place of `range` and mends the lengths from the innermost element outwards, since a
    /// longer length field makes what is around it longer too. Nothing of this lies in the content.
    fn splice(&mut self, enclosing: &[Place], range: Range<u64>, replacement: &[u8]) {
        self.grow(enclosing, range, replacement, 0);
    }

    /// The same where `further` octets are going to stand behind the replacement.
    fn grow(&mut self, enclosing: &[Place], range: Range<u64>, replacement: &[u8], further: u64) {
        let added = signed((replacement.len() as u64).saturating_add(further));
        let mut growth = added.saturating_sub(signed(range.end.saturating_sub(range.start)));
        let mut edits = vec![(range, replacement.to_vec())];
        for element in enclosing.iter().rev().filter(|element| !element.indefinite) {
            let field = element.start.saturating_add(tag_octets(element))..element.contents;
            let old = element.end.saturating_sub(element.contents);
            let length = u64::try_from(signed(old).saturating_add(growth)).unwrap_or(0);
            let width = field.end.saturating_sub(field.start);
            let new = length_field(length, old, usize::try_from(width).unwrap_or(usize::MAX));
            growth = growth.saturating_add(signed(new.len() as u64)).saturating_sub(signed(width));
            edits.push((field, new));
        }
        edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        let behind = (self.prefix.len() as u64).saturating_add(self.body.end.saturating_sub(self.body.start));
        let before = self.prefix.len() as u64;
        for (range, bytes) in edits {
            let in_prefix = range.start < before;
            let (half, base) = if in_prefix { (&mut self.prefix, 0) } else { (&mut self.suffix, behind) };
            let at = |position: u64| {
                usize::try_from(position.saturating_sub(base)).unwrap_or(usize::MAX).min(half.len())
            };
            let range = at(range.start)..at(range.end);
            half.splice(range, bytes);
        }
    }
}

impl Source for Growing<'_> {
    fn length(&self) -> u64 {
        let body = self.body.end.saturating_sub(self.body.start);
        (self.prefix.len() as u64).saturating_add(body).saturating_add(self.suffix.len() as u64)
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let body = self.body.end.saturating_sub(self.body.start);
        let (mut offset, mut buffer) = (offset, buffer);
        let part = |source: &dyn Source, length: u64, shift: u64, offset: u64, buffer: &mut [u8]| {
            let here = length.saturating_sub(offset).min(buffer.len() as u64);
            let here = usize::try_from(here).unwrap_or(usize::MAX);
            let filled = buffer.get_mut(..here).unwrap_or_default();
            if filled.is_empty() {
                return Ok(0);
            }
            source.read_exact_at(shift.saturating_add(offset), filled).map(|()| here)
        };
        let halves: [(&dyn Source, u64, u64); 3] = [
            (&self.prefix, self.prefix.len() as u64, 0),
            (self.source, body, self.body.start),
            (&self.suffix, self.suffix.len() as u64, 0),
        ];
        for (source, length, shift) in halves {
            let read = if offset < length { part(source, length, shift, offset, buffer)? } else { 0 };
            offset = offset.saturating_add(read as u64).saturating_sub(length);
            buffer = buffer.get_mut(read..).unwrap_or_default();
        }
        if buffer.is_empty() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// Adds `attribute` (an Attribute, DER) behind the unsigned attributes of one signer, counted from 0. No
/// other octet changes but the lengths of the elements around it; indefinite lengths stay indefinite.
/// Octets after the ContentInfo are dropped.
///
/// # Errors
/// When `cms` is no SignedData or has no such signer.
pub fn add_unsigned_attribute(cms: &[u8], signer: usize, attribute: &[u8]) -> Result<Vec<u8>, Error> {
    let source = cms.to_vec();
    let mut growing = Growing::open(&source)?;
    growing.add_unsigned_attribute(signer, attribute)?;
    growing.to_vec()
}

fn choices_at(source: &dyn Source, place: Option<Place>) -> Result<Vec<Vec<u8>>, Error> {
    let Some(place) = place else { return Ok(Vec::new()) };
    choices(&read_range(source, place.start, place.end.saturating_sub(place.start))?)
}

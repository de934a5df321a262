//! Where the parts of a SignedData stand, found without holding its content.

use hsign_asn1::{Place, Reader, Rules, SourceReader, Tag, Tlv, oid_to_string};
use hsign_core::{DigestAlgorithm, Finding, Source};
use hsign_x509::digest_algorithm_from_der;

use crate::Error;
use crate::oid::SIGNED_DATA;
use crate::read::only;

/// Everything but the content is held in memory: certificates, whole CRLs, signers with their time stamps.
const MOST_OCTETS: u64 = 256 << 20;
/// How deep the fields of a SignedData stand in its ContentInfo.
const DEPTH: u32 = 3;

/// Takes the content while it is read.
pub trait ContentSink {
    /// The hash functions that the SignedData lists, before its content comes: those that the signers will most likely
    /// want.
    fn begin(&mut self, algorithms: &[DigestAlgorithm]);
    /// Octets of the content, in order.
    fn octets(&mut self, part: &[u8]);
}

/// For callers who don't want the content.
impl ContentSink for () {
    fn begin(&mut self, _: &[DigestAlgorithm]) {}
    fn octets(&mut self, _: &[u8]) {}
}

/// Where the parts of a ContentInfo with SignedData stand (RFC 5652 §3, §5.1).
#[derive(Clone, Debug)]
pub struct Layout {
    /// The ContentInfo.
    pub content_info: Place,
    /// Its `[0] EXPLICIT` content.
    pub explicit: Place,
    /// The SignedData.
    pub signed_data: Place,
    /// version.
    pub version: Place,
    /// digestAlgorithms.
    pub digest_algorithms: Place,
    /// encapContentInfo.
    pub encapsulated: Place,
    /// eContentType.
    pub content_type: Place,
    /// The element inside eContent.
    pub content: Option<Place>,
    /// certificates.
    pub certificates: Option<Place>,
    /// crls.
    pub crls: Option<Place>,
    /// signerInfos.
    pub signers: Place,
}

/// Whether there is content, and whether it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Detached,
    Held(Vec<u8>),
    /// It was given to a sink.
    Passed,
}

/// The fields of a SignedData with their bytes.
pub(crate) struct Fields {
    pub(crate) encoded_length: u64,
    pub(crate) version: Vec<u8>,
    pub(crate) digest_algorithms: Vec<u8>,
    pub(crate) content_type: Vec<u8>,
    pub(crate) content: Content,
    pub(crate) certificates: Option<Vec<u8>>,
    pub(crate) crls: Option<Vec<u8>>,
    pub(crate) signers: Vec<u8>,
    pub(crate) findings: Vec<Finding>,
}

impl Layout {
    /// Walks the ContentInfo at the start of `source`.
    ///
    /// # Errors
    /// When there is no SignedData.
    pub fn read(source: &dyn Source) -> Result<Self, Error> {
        let mut reader = SourceReader::new(source);
        walk(&mut reader, None).map(|(layout, _)| layout)
    }

    /// Gives the octets of the content to `sink`; says whether there are any.
    ///
    /// # Errors
    /// When `source` isn't the one that was walked, or can't be read.
    pub fn content_octets(&self, source: &dyn Source, sink: &mut dyn FnMut(&[u8])) -> Result<bool, Error> {
        let Some(content) = self.content else { return Ok(false) };
        let part = Part { source, start: content.start, end: content.end };
        let mut reader = SourceReader::new(&part);
        if content.tag.same_type(Tag::OCTET_STRING) {
            reader.octets(sink)?;
        } else {
            let (bytes, place) = reader.bytes(MOST_OCTETS)?;
            sink(contents(&bytes, &place));
        }
        Ok(true)
    }
}

/// A range of a source as a source.
struct Part<'s> {
    source: &'s dyn Source,
    start: u64,
    end: u64,
}

impl Source for Part<'_> {
    fn length(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<()> {
        let at = self.start.saturating_add(offset);
        if at.saturating_add(buffer.len() as u64) > self.end {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.source.read_exact_at(at, buffer)
    }
}

/// Walks a SignedData. With a sink its fields are read and the content is given to it; without one only the places are
/// found.
pub(crate) fn walk(
    reader: &mut SourceReader<'_>,
    sink: Option<&mut dyn ContentSink>,
) -> Result<(Layout, Fields), Error> {
    reader.enter(Tag::SEQUENCE)?;
    let kind = oid_to_string(only(&reader.bytes(MOST_OCTETS)?.0, Tag::OID)?.contents)?;
    if kind != SIGNED_DATA {
        return Err(Error::NotSignedData(kind));
    }
    reader.enter(Tag::context(0, true))?;
    reader.enter(Tag::SEQUENCE)?;
    let mut left = MOST_OCTETS;
    let (version, version_place) = field(reader, Tag::INTEGER, &mut left)?;
    let (digest_algorithms, digests_place) = field(reader, Tag::SET, &mut left)?;
    let encapsulated = Encapsulated::walk(reader, &digest_algorithms, sink, &mut left)?;
    let certificates = optional(reader, Tag::context(0, true), &mut left)?;
    let crls = optional(reader, Tag::context(1, true), &mut left)?;
    let (signers, signers_place) = field(reader, Tag::SET, &mut left)?;
    let signed_data = reader.leave()?;
    let explicit = reader.leave()?;
    let content_info = reader.leave()?;
    let (certificates, certificates_place) = certificates.unzip();
    let (crls, crls_place) = crls.unzip();
    let layout = Layout {
        content_info,
        explicit,
        signed_data,
        version: version_place,
        digest_algorithms: digests_place,
        encapsulated: encapsulated.place,
        content_type: encapsulated.content_type_place,
        content: encapsulated.content_place,
        certificates: certificates_place,
        crls: crls_place,
        signers: signers_place,
    };
    let fields = Fields {
        encoded_length: content_info.end.saturating_sub(content_info.start),
        version,
        digest_algorithms,
        content_type: encapsulated.content_type,
        content: encapsulated.content,
        certificates,
        crls,
        signers,
        findings: encapsulated.findings,
    };
    Ok((layout, fields))
}

/// The element that a field's bytes are, as deep as it stood.
pub(crate) fn element(bytes: &[u8], tag: Tag) -> Result<Tlv<'_>, hsign_asn1::Error> {
    Reader::new(bytes, Rules::Ber).at_depth(DEPTH).expect(tag)
}

fn field(reader: &mut SourceReader<'_>, tag: Tag, left: &mut u64) -> Result<(Vec<u8>, Place), Error> {
    if reader.peek_tag()? != Some(tag) {
        // Tells what was expected, and what there is.
        reader.enter(tag)?;
    }
    let (bytes, place) = reader.bytes(*left)?;
    *left = left.saturating_sub(bytes.len() as u64);
    Ok((bytes, place))
}

fn optional(
    reader: &mut SourceReader<'_>,
    tag: Tag,
    left: &mut u64,
) -> Result<Option<(Vec<u8>, Place)>, Error> {
    if reader.peek_tag()? == Some(tag) { field(reader, tag, left).map(Some) } else { Ok(None) }
}

/// EncapsulatedContentInfo (RFC 5652 §5.2).
struct Encapsulated {
    place: Place,
    content_type: Vec<u8>,
    content_type_place: Place,
    content: Content,
    content_place: Option<Place>,
    findings: Vec<Finding>,
}

impl Encapsulated {
    fn walk(
        reader: &mut SourceReader<'_>,
        digest_algorithms: &[u8],
        sink: Option<&mut dyn ContentSink>,
        left: &mut u64,
    ) -> Result<Self, Error> {
        reader.enter(Tag::SEQUENCE)?;
        let (content_type, content_type_place) = field(reader, Tag::OID, left)?;
        let mut content = Content::Detached;
        let mut content_place = None;
        let mut findings = Vec::new();
        if reader.peek_tag()?.is_some() {
            reader.enter(Tag::context(0, true))?;
            if let Some(tag) = reader.peek_tag()? {
                content = Content::Passed;
                let is_octets = tag.same_type(Tag::OCTET_STRING);
                content_place = Some(match sink {
                    Some(sink) => {
                        sink.begin(&known(digest_algorithms));
                        take(reader, is_octets, *left, sink)?
                    }
                    None => pass(reader, is_octets, *left)?,
                });
                if !is_octets {
                    findings.push(content_not_octet_string());
                }
            }
            reader.leave()?;
        }
        let place = reader.leave()?;
        Ok(Self { place, content_type, content_type_place, content, content_place, findings })
    }
}

/// §5.2.1: PKCS #7 content of any type; its contents octets are digested.
pub(crate) fn content_not_octet_string() -> Finding {
    Finding::warning("cms-content-not-octet-string").clause("RFC 5652 §5.2.1")
}

fn take(
    reader: &mut SourceReader<'_>,
    is_octets: bool,
    most: u64,
    sink: &mut dyn ContentSink,
) -> Result<Place, Error> {
    if is_octets {
        return Ok(reader.octets(&mut |part| sink.octets(part))?);
    }
    let (bytes, place) = reader.bytes(most)?;
    sink.octets(contents(&bytes, &place));
    Ok(place)
}

/// Steps over the content; one in a single piece isn't even read.
fn pass(reader: &mut SourceReader<'_>, is_octets: bool, most: u64) -> Result<Place, Error> {
    if !is_octets {
        return Ok(reader.bytes(most)?.1);
    }
    if reader.peek_tag()? == Some(Tag::OCTET_STRING) {
        reader.enter(Tag::OCTET_STRING)?;
        reader.skip_rest()?;
        return Ok(reader.leave()?);
    }
    Ok(reader.octets(&mut |_| ())?)
}

fn contents<'b>(bytes: &'b [u8], place: &Place) -> &'b [u8] {
    let at = |position: u64| usize::try_from(position.saturating_sub(place.start)).unwrap_or(usize::MAX);
    bytes.get(at(place.contents)..at(place.contents_end())).unwrap_or_default()
}

/// The listed hash functions that are known here; what can't be read is told when the fields are.
fn known(digest_algorithms: &[u8]) -> Vec<DigestAlgorithm> {
    let mut found = Vec::new();
    let Ok(mut reader) = element(digest_algorithms, Tag::SET).and_then(|set| set.reader()) else {
        return found;
    };
    while let Ok(Some(algorithm)) = reader.optional(Tag::SEQUENCE) {
        if let Ok((_, Some(algorithm))) = digest_algorithm_from_der(&algorithm)
            && !found.contains(&algorithm)
        {
            found.push(algorithm);
        }
    }
    found
}

//! The structure of RFC 4998 §3.1, §4.1 and §5.1. The module has IMPLICIT tags.

use hsign_asn1::{Reader, Rules, Tag, Tlv, encode, integer_u64, octet_string, single};
use hsign_core::{Budget, Digest, DigestAlgorithm};
use hsign_x509::digest_algorithm_from_der;

use crate::Error;

/// Elements of one record: hashes, time stamps, lists. A tree over a thousand million objects with two siblings a level
/// has sixty; a group may have many members.
const MOST_ELEMENTS: u64 = 1 << 20;

/// An evidence record as it stands.
#[derive(Clone, Debug)]
pub struct Record {
    digest_algorithms: Vec<(String, Option<DigestAlgorithm>)>,
    has_crypto_infos: bool,
    is_encrypted: bool,
    chains: Vec<Chain>,
}

/// Archive time stamps that follow one another (RFC 4998 §5.1).
#[derive(Clone, Debug)]
pub struct Chain {
    bytes: Vec<u8>,
    timestamps: Vec<ArchiveTimestamp>,
}

/// One archive time stamp (RFC 4998 §4.1).
#[derive(Clone, Debug)]
pub struct ArchiveTimestamp {
    pub(crate) digest_algorithm: Option<(String, Option<DigestAlgorithm>)>,
    pub(crate) has_attributes: bool,
    pub(crate) tree: Option<Vec<Vec<Vec<u8>>>>,
    pub(crate) token: Vec<u8>,
    /// The token read; `None` when it can't be.
    pub(crate) read: Option<hsign_tsp::Token>,
}

impl Record {
    /// Reads a record. BER lengths are tolerated; what renewals hash stays as it arrived.
    ///
    /// # Errors
    /// When the bytes are no evidence record of version 1, or larger than any sensible one.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut budget = Budget::new("elements of an evidence record", MOST_ELEMENTS);
        let mut record = single(bytes, Tag::SEQUENCE, Rules::Ber)?.reader()?;
        let version = integer_u64(record.expect(Tag::INTEGER)?.contents)?;
        if version != 1 {
            return Err(Error::Version(version));
        }
        let mut digest_algorithms = Vec::new();
        let mut identifiers = record.expect(Tag::SEQUENCE)?.reader()?;
        while let Some(identifier) = identifiers.next()? {
            budget.spend(1)?;
            digest_algorithms.push(digest_algorithm_from_der(&identifier)?);
        }
        let has_crypto_infos = record.optional(Tag::context(0, true))?.is_some();
        let is_encrypted = record.optional(Tag::context(1, true))?.is_some();
        let sequence = record.expect(Tag::SEQUENCE)?;
        record.finish()?;
        let mut chains = Vec::new();
        let mut elements = sequence.reader()?;
        while let Some(chain) = elements.next()? {
            chains.push(Chain::read(&chain, &mut budget)?);
        }
        if chains.is_empty() {
            return Err(Error::Empty("it has no archive time stamp"));
        }
        Ok(Self { digest_algorithms, has_crypto_infos, is_encrypted, chains })
    }

    /// The digest algorithms that the record lists, by OID; `None` for those that aren't known here.
    #[must_use]
    pub fn digest_algorithms(&self) -> &[(String, Option<DigestAlgorithm>)] {
        &self.digest_algorithms
    }

    /// Whether it carries cryptoInfos: no time stamp covers these.
    #[must_use]
    pub fn has_crypto_infos(&self) -> bool {
        self.has_crypto_infos
    }

    /// Whether the objects were encrypted before they were hashed (RFC 4998 §6).
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// The chains, oldest first.
    #[must_use]
    pub fn chains(&self) -> &[Chain] {
        &self.chains
    }

    /// Under which algorithms the objects' digests are needed to look them up: that of each chain.
    #[must_use]
    pub fn wanted_digests(&self) -> Vec<DigestAlgorithm> {
        let mut wanted: Vec<_> = self.chains.iter().filter_map(Chain::digest_algorithm).collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// The DER encoding of the sequence of the first `count` chains: what a renewal of the hash tree hashes
    /// (RFC 4998 §5.2). The chains' own bytes are used as they arrived.
    pub(crate) fn sequence_of_first(&self, count: usize) -> Vec<u8> {
        let chains: Vec<&[u8]> = self.chains.iter().take(count).map(|chain| chain.bytes.as_slice()).collect();
        encode::sequence(&chains)
    }
}

impl Chain {
    fn read(element: &Tlv<'_>, budget: &mut Budget) -> Result<Self, Error> {
        let mut timestamps = Vec::new();
        let mut elements = of_type(element, Tag::SEQUENCE)?;
        while let Some(timestamp) = elements.next()? {
            budget.spend(1)?;
            timestamps.push(ArchiveTimestamp::read(&timestamp, budget)?);
        }
        if timestamps.is_empty() {
            return Err(Error::Empty("a chain has no archive time stamp"));
        }
        Ok(Self { bytes: element.bytes.to_vec(), timestamps })
    }

    /// As it arrived.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The archive time stamps' octets, one after the other.
    pub(crate) fn contents(&self) -> Result<Vec<u8>, Error> {
        Ok(single(&self.bytes, Tag::SEQUENCE, Rules::Ber)?.contents.to_vec())
    }

    /// The archive time stamps, oldest first.
    #[must_use]
    pub fn timestamps(&self) -> &[ArchiveTimestamp] {
        &self.timestamps
    }

    /// The hash function of the chain: that of its first archive time stamp.
    #[must_use]
    pub fn digest_algorithm(&self) -> Option<DigestAlgorithm> {
        self.timestamps.first().and_then(ArchiveTimestamp::digest_algorithm)
    }
}

impl ArchiveTimestamp {
    fn read(element: &Tlv<'_>, budget: &mut Budget) -> Result<Self, Error> {
        let mut fields = of_type(element, Tag::SEQUENCE)?;
        let digest_algorithm = match fields.optional(Tag::context(0, true))? {
            Some(identifier) => {
                let identifier = encode::sequence(&[identifier.contents]);
                Some(digest_algorithm_from_der(&single(&identifier, Tag::SEQUENCE, Rules::Ber)?)?)
            }
            None => None,
        };
        let has_attributes = fields.optional(Tag::context(1, true))?.is_some();
        let tree = match fields.optional(Tag::context(2, true))? {
            Some(lists) => Some(read_tree(&lists, budget)?),
            None => None,
        };
        let token = fields.expect(Tag::SEQUENCE)?.bytes.to_vec();
        fields.finish()?;
        let read = hsign_tsp::Token::parse(&token).ok();
        Ok(Self { digest_algorithm, has_attributes, tree, token, read })
    }

    /// The time stamp, as it arrived.
    #[must_use]
    pub fn token(&self) -> &[u8] {
        &self.token
    }

    /// Number of lists in the reduced hash tree; `None` where it is left out.
    #[must_use]
    pub fn tree_height(&self) -> Option<usize> {
        self.tree.as_ref().map(Vec::len)
    }

    /// The hash function of the tree: the field's, else the one of the token's imprint (RFC 4998 §4.1).
    #[must_use]
    pub fn digest_algorithm(&self) -> Option<DigestAlgorithm> {
        match &self.digest_algorithm {
            Some((_, algorithm)) => *algorithm,
            None => self.imprint().map(|imprint| imprint.algorithm),
        }
    }

    pub(crate) fn imprint(&self) -> Option<Digest> {
        self.read.as_ref()?.info().imprint()
    }
}

/// What a token stamps.
pub(crate) fn imprint(token: &[u8]) -> Option<Digest> {
    hsign_tsp::Token::parse(token).ok()?.info().imprint()
}

fn read_tree(lists: &Tlv<'_>, budget: &mut Budget) -> Result<Vec<Vec<Vec<u8>>>, Error> {
    let mut tree = Vec::new();
    let mut elements = lists.reader()?;
    while let Some(list) = elements.next()? {
        budget.spend(1)?;
        let mut hashes = Vec::new();
        let mut members = of_type(&list, Tag::SEQUENCE)?;
        while let Some(member) = members.next()? {
            budget.spend(1)?;
            hashes.push(octet_string(&member)?.into_owned());
        }
        if hashes.is_empty() {
            return Err(Error::Empty("a list of the reduced hash tree is empty"));
        }
        tree.push(hashes);
    }
    if tree.is_empty() { Err(Error::Empty("the reduced hash tree is empty")) } else { Ok(tree) }
}

fn of_type<'a>(element: &Tlv<'a>, tag: Tag) -> Result<Reader<'a>, Error> {
    if element.tag == tag { Ok(element.reader()?) } else { Err(element.bad("another type expected").into()) }
}

//! TimeStampReq (RFC 3161 §2.4.1).

use super::failure;
use crate::der::{self, Element, tag};
use crate::keys::Hash;

/// A request as it was read; pieces that the token repeats are kept octet by octet.
pub(crate) struct Request<'a> {
    pub(crate) imprint: Element<'a>,
    hash_algorithm: Element<'a>,
    pub(crate) digest: &'a [u8],
    policy: Option<Element<'a>>,
    pub(crate) nonce: Option<Element<'a>>,
    pub(crate) certificates: bool,
    extensions: bool,
    version: &'a [u8],
}

impl<'a> Request<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (outer, rest) = der::read(bytes)?;
        let parts = der::children(outer.contents)?;
        let (version, parts) = parts.split_first()?;
        let (imprint, optional) = parts.split_first()?;
        let [algorithm, digest] = der::children(imprint.contents)?.try_into().ok()?;
        let find = |tag: u8| optional.iter().find(|part| part.tag == tag).copied();
        (outer.tag == tag::SEQUENCE && rest.is_empty()).then_some(())?;
        Some(Self {
            imprint: *imprint,
            hash_algorithm: der::read(algorithm.contents)?.0,
            digest: digest.contents,
            policy: find(tag::OID),
            nonce: find(tag::INTEGER),
            certificates: find(tag::BOOLEAN).is_some_and(|flag| flag.contents != [0]),
            extensions: find(tag::constructed(0)).is_some(),
            version: version.contents,
        })
    }

    /// Why this request is refused: the bit of PKIFailureInfo and a word.
    pub(crate) fn refuse(&self, policies: &[String]) -> Option<(u8, &'static str)> {
        let length = [(Hash::Sha256, 32), (Hash::Sha384, 48), (Hash::Sha512, 64)]
            .into_iter()
            .find(|(hash, _)| hash.oid() == self.hash_algorithm.bytes)
            .map(|(_, length)| length);
        if self.version != [1] {
            return Some((failure::BAD_REQUEST, "only version 1"));
        }
        match length {
            None => return Some((failure::BAD_ALGORITHM, "only SHA-256, SHA-384 and SHA-512")),
            Some(length) if length != self.digest.len() => {
                return Some((failure::BAD_DATA_FORMAT, "the imprint's length does not fit its algorithm"));
            }
            Some(_) => {}
        }
        if self.extensions {
            return Some((failure::UNACCEPTED_EXTENSION, "no extension is known"));
        }
        if self.policy.is_some() && self.policy(policies).is_none() {
            return Some((failure::UNACCEPTED_POLICY, "not under this policy"));
        }
        None
    }

    /// The policy to stamp under: the one asked for, if served, else the first.
    pub(crate) fn policy(&self, policies: &[String]) -> Option<Vec<u8>> {
        let mut served = policies.iter().map(|policy| der::oid(policy));
        match self.policy {
            Some(asked) => served.find(|policy| policy == asked.bytes),
            None => served.next(),
        }
    }
}

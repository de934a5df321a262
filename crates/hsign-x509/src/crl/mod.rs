//! Certificate revocation lists (RFC 5280 §5). A list may have millions of entries, so they stay encoded
//! and are walked when asked for.

mod entry;
mod number;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use hsign_asn1::{Reader, Rules, Tag, integer_u64, time_with_form};
use hsign_core::{Finding, SignatureAlgorithm, Time};

pub use entry::{CrlEntry, CrlReason};
pub use number::CrlNumber;

use crate::error::{Within as _, limit_size};
use crate::extension::{self, Extension, extension_oid as id};
use crate::{
    AuthorityKeyIdentifier, DistributionPoint, Error, IssuingDistributionPoint, Name, algorithm, oddity,
    signed,
};

/// A CRL with its original bytes. Clones share them; equality is that of the bytes.
#[derive(Clone)]
pub struct Crl(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    sha256: [u8; 32],
    tbs: Range<usize>,
    /// The entries, one after the other.
    entries: Range<usize>,
    entry_count: u64,
    unknown_entry_extensions: Vec<String>,
    signature_algorithm: SignatureAlgorithm,
    signature_value: Vec<u8>,
    issuer: Name,
    this_update: Time,
    next_update: Option<Time>,
    extensions: Vec<Extension>,
    /// Asked for with each certificate; the names in it keep what comparing them takes.
    scope: Result<Option<IssuingDistributionPoint>, Error>,
    oddities: Vec<Finding>,
}

const WHAT: &str = "CRL";

/// The largest CRLs seen in public have about 50 MB.
const LARGEST: usize = 256 << 20;

/// Larger lists aren't searched for departures from DER.
const LARGEST_EXAMINED: usize = 1 << 20;

/// Critical extensions of the list whose rules the readers here and their callers know.
const KNOWN: [&str; 7] = [
    id::ISSUING_DISTRIBUTION_POINT,
    id::DELTA_CRL_INDICATOR,
    id::AUTHORITY_KEY_IDENTIFIER,
    id::CRL_NUMBER,
    id::ISSUER_ALTERNATIVE_NAME,
    id::FRESHEST_CRL,
    id::EXPIRED_CERTS_ON_CRL,
];

impl Crl {
    /// Reads one CRL. Every entry's form is checked once.
    ///
    /// # Errors
    /// When the bytes aren't exactly one CRL of version 1 or 2, or an entry can't be read.
    pub fn from_der(bytes: &[u8]) -> Result<Self, Error> {
        read(bytes).map(|inner| Self(Arc::new(inner)))
    }

    /// Original bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 of the original bytes.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.0.sha256
    }

    /// Original bytes of TBSCertList: what the issuer signed.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        self.0.der.get(self.0.tbs.clone()).unwrap_or_default()
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// When it was issued.
    #[must_use]
    pub fn this_update(&self) -> Time {
        self.0.this_update
    }

    /// By when the next one is due.
    #[must_use]
    pub fn next_update(&self) -> Option<Time> {
        self.0.next_update
    }

    /// How it was signed.
    #[must_use]
    pub fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.0.signature_algorithm
    }

    /// The signature value; empty, and so never valid, if it isn't whole octets.
    #[must_use]
    pub fn signature_value(&self) -> &[u8] {
        &self.0.signature_value
    }

    /// All extensions of the list in encoded order.
    #[must_use]
    pub fn extensions(&self) -> &[Extension] {
        &self.0.extensions
    }

    /// OID of an extension that is there more than once.
    #[must_use]
    pub fn repeated_extension(&self) -> Option<&str> {
        extension::repeated(self.extensions())
    }

    /// What a strict reader would have refused or RFC 5280 forbids (`crl-algorithm-mismatch` of severity
    /// error makes it unfit for use).
    #[must_use]
    pub fn oddities(&self) -> Vec<Finding> {
        self.0.oddities.clone()
    }

    /// How many certificates it lists.
    #[must_use]
    pub fn entry_count(&self) -> u64 {
        self.0.entry_count
    }

    fn decode<T>(
        &self,
        oid: &str,
        read: impl FnOnce(&Extension) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        extension::find(self.extensions(), oid)?.map(read).transpose()
    }

    /// cRLNumber (RFC 5280 §5.2.3).
    ///
    /// # Errors
    /// When the extension can't be decoded or is repeated; so for all getters of extensions.
    pub fn number(&self) -> Result<Option<CrlNumber>, Error> {
        self.decode(id::CRL_NUMBER, CrlNumber::from_extension)
    }

    /// BaseCRLNumber of a delta CRL (RFC 5280 §5.2.4).
    ///
    /// # Errors
    /// See [`Crl::number`].
    pub fn delta_base(&self) -> Result<Option<CrlNumber>, Error> {
        self.decode(id::DELTA_CRL_INDICATOR, CrlNumber::from_extension)
    }

    /// Whether it lists only changes since another one.
    #[must_use]
    pub fn is_delta(&self) -> bool {
        self.extensions().iter().any(|extension| extension.oid == id::DELTA_CRL_INDICATOR)
    }

    /// Identifier of the issuer's key.
    ///
    /// # Errors
    /// See [`Crl::number`].
    pub fn authority_key_identifier(&self) -> Result<Option<AuthorityKeyIdentifier>, Error> {
        self.decode(id::AUTHORITY_KEY_IDENTIFIER, extension::authority_key_identifier)
    }

    /// Its scope (RFC 5280 §5.2.5).
    ///
    /// # Errors
    /// See [`Crl::number`].
    pub fn issuing_distribution_point(&self) -> Result<Option<&IssuingDistributionPoint>, Error> {
        self.0.scope.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// Where delta CRLs are.
    ///
    /// # Errors
    /// See [`Crl::number`].
    pub fn freshest_crl(&self) -> Result<Option<Vec<DistributionPoint>>, Error> {
        self.decode(id::FRESHEST_CRL, extension::distribution_points)
    }

    /// Since when it keeps certificates that have expired (X.509 expiredCertsOnCRL), if told.
    ///
    /// # Errors
    /// See [`Crl::number`].
    pub fn expired_certs_on_crl(&self) -> Result<Option<Time>, Error> {
        self.decode(id::EXPIRED_CERTS_ON_CRL, |extension| {
            extension.decode("expiredCertsOnCRL", Tag::GENERALIZED_TIME, hsign_asn1::time)
        })
    }

    /// Critical extensions of the list and of any entry that nobody here knows. If there is one, the list
    /// must not be used for any certificate (RFC 5280 §5.2, §5.3).
    #[must_use]
    pub fn unknown_critical_extensions(&self) -> Vec<String> {
        let mut unknown = extension::unknown_critical(self.extensions(), &KNOWN);
        unknown.extend(self.0.unknown_entry_extensions.iter().cloned());
        unknown
    }

    /// The entry for a certificate: `serial` is its INTEGER's contents, `certificate_issuer` its issuer.
    /// In an indirect CRL an entry belongs to the issuer named by it or the last one before that names one
    /// (RFC 5280 §5.3.3), in any other to the CRL's issuer.
    ///
    /// # Errors
    /// When the entry can't be decoded.
    pub fn entry_for(&self, serial: &[u8], certificate_issuer: &Name) -> Result<Option<CrlEntry>, Error> {
        let indirect = self.issuing_distribution_point()?.is_some_and(|point| point.indirect);
        let range = self.0.entries.clone();
        let reader = Reader::at(self.0.der.get(range.clone()).unwrap_or_default(), range.start, Rules::Ber);
        entry::find(reader, &self.0.issuer, indirect, serial, certificate_issuer).within("CRL entry")
    }
}

impl PartialEq for Crl {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.der() == other.der()
    }
}

impl Eq for Crl {}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({} of {}, {} entries)", self.issuer(), self.this_update(), self.entry_count())
    }
}

fn read(bytes: &[u8]) -> Result<Inner, Error> {
    limit_size(bytes, WHAT, LARGEST)?;
    let mut oddities = Vec::new();
    let signed = signed::read(bytes, &mut oddities).within(WHAT)?;
    signed.rest.finish().within(WHAT)?;
    let mut fields = signed.tbs.reader().within(WHAT)?;
    let version = fields.optional(Tag::INTEGER).within(WHAT)?;
    let version = version.map(|number| integer_u64(number.contents)).transpose().within(WHAT)?;
    if let Some(version) = version.filter(|version| *version > 1) {
        return Err(Error::Version { what: WHAT, version });
    }
    let inner_algorithm = fields.expect(Tag::SEQUENCE).within(WHAT)?;
    if signed.algorithm.bytes != inner_algorithm.bytes {
        oddities.push(Finding::error("crl-algorithm-mismatch").clause("RFC 5280 §5.1.1.2"));
    }
    let issuer = fields.expect(Tag::SEQUENCE).and_then(|element| Name::from_tlv(&element)).within(WHAT)?;
    let (this_update, form) =
        fields.any().and_then(|element| time_with_form(&element)).within("thisUpdate")?;
    oddities.extend(oddity::time("thisUpdate", this_update, form));
    let next_update = match fields.peek_tag() {
        Some(Tag::UTC_TIME | Tag::GENERALIZED_TIME) => {
            let (time, form) =
                fields.any().and_then(|element| time_with_form(&element)).within("nextUpdate")?;
            oddities.extend(oddity::time("nextUpdate", time, form));
            Some(time)
        }
        _ => None,
    };
    let revoked = fields.optional(Tag::SEQUENCE).within(WHAT)?;
    let extensions = match fields.optional(Tag::context(0, true)).within(WHAT)? {
        Some(field) => field.only(Tag::SEQUENCE).and_then(|list| extension::read_list(&list)).within(WHAT)?.0,
        None => Vec::new(),
    };
    fields.finish().within(WHAT)?;
    if bytes.len() <= LARGEST_EXAMINED {
        oddities.extend(oddity::encoding(bytes, &extensions));
    }
    let scope = extension::find(&extensions, id::ISSUING_DISTRIBUTION_POINT)
        .and_then(|found| found.map(extension::issuing_distribution_point).transpose());
    let indirect = matches!(&scope, Ok(Some(point)) if point.indirect);
    let survey = match &revoked {
        Some(list) => entry::survey(list.reader().within(WHAT)?, indirect).within("CRL entry")?,
        None => entry::Survey::default(),
    };
    if version != Some(1) && (survey.has_extensions || !extensions.is_empty()) {
        oddities.push(Finding::warning("crl-extensions-need-v2").clause("RFC 5280 §5.1.2.1"));
    }
    Ok(Inner {
        sha256: hsign_crypto::sha256(bytes),
        tbs: signed.tbs.range(),
        entries: revoked.map_or(0..0, |list| list.contents_range()),
        entry_count: survey.count,
        unknown_entry_extensions: survey.unknown_critical,
        signature_algorithm: algorithm::signature_algorithm_from_der(&signed.algorithm, None)?,
        signature_value: signed.value,
        issuer,
        this_update,
        next_update,
        extensions,
        scope,
        oddities,
        der: bytes.to_vec(),
    })
}

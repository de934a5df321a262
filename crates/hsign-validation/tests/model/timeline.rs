//! The abstract world of the model test: who issued, stamped and revoked what, and when. Times are whole numbers of
//! one unit; nothing here knows DER, keys or the engine.

/// A point in time.
pub type Instant = i64;
/// A certificate by its place in [`Timeline::certificates`].
pub type CertificateId = usize;
/// Revocation data by its place in [`Timeline::revocation`].
pub type RevocationId = usize;
/// A time stamp by its place in [`Timeline::stamps`].
pub type StampId = usize;
/// An algorithm by its place in [`Timeline::algorithm_ends`].
pub type Algorithm = usize;

/// Everything that ever happened, and when one looks at it.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// The validation time.
    pub now: Instant,
    /// The last good moment of each algorithm; `None`: no end known.
    pub algorithm_ends: Vec<Option<Instant>>,
    /// The trust anchors: names and keys only.
    pub anchors: Vec<Anchor>,
    pub certificates: Vec<Certificate>,
    pub revocation: Vec<Revocation>,
    pub signature: Signature,
    pub stamps: Vec<Stamp>,
    pub policy: Policy,
}

/// A trust anchor; after its sunset it vouches for nothing new.
#[derive(Clone, Debug)]
pub struct Anchor {
    pub sunset: Option<Instant>,
}

/// Who issued a certificate or answers for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    Anchor(usize),
    Certificate(CertificateId),
}

#[derive(Clone, Debug)]
pub struct Certificate {
    pub issuer: Authority,
    pub not_before: Instant,
    pub not_after: Instant,
    /// What its issuer signed it with.
    pub algorithm: Algorithm,
}

/// A CRL, or an OCSP response when `only` is set.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// Whose certificates it speaks about.
    pub about: Authority,
    /// The one certificate an OCSP response answers for.
    pub only: Option<CertificateId>,
    /// Who signed it: the authority itself or its delegate (never to be checked for revocation).
    pub signer: Authority,
    pub this_update: Instant,
    pub next_update: Instant,
    /// It also tells about certificates that had expired before it was made.
    pub keeps_expired: bool,
    pub entries: Vec<Entry>,
    pub algorithm: Algorithm,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub certificate: CertificateId,
    pub at: Instant,
    pub hold: bool,
}

#[derive(Clone, Debug)]
pub struct Signature {
    pub signer: CertificateId,
    pub claimed: Option<Instant>,
    pub algorithm: Algorithm,
    /// The digest of the document is as signed.
    pub data_intact: bool,
    /// The value verifies with the signer's key.
    pub value_intact: bool,
}

#[derive(Clone, Debug)]
pub struct Stamp {
    pub kind: StampKind,
    pub authority: CertificateId,
    pub time: Instant,
    /// What the token is signed with.
    pub algorithm: Algorithm,
    /// What its imprint is made with.
    pub imprint: Algorithm,
    /// Imprint and token signature verify.
    pub intact: bool,
    /// What an archive time stamp's imprint runs over; the other kinds cover what they are named after.
    pub covers: Vec<Object>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampKind {
    Content,
    Signature,
    Archive,
}

/// What a proof of existence can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    Signature,
    Certificate(CertificateId),
    Revocation(RevocationId),
    Stamp(StampId),
}

#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Oldest revocation data accepted; without it they count until their next update.
    pub max_age: Option<Instant>,
    /// Longest time from the claimed signing time to the best proof.
    pub max_delay: Option<Instant>,
    /// Whether revocation data older than the stamp they have to serve count while they are fresh.
    pub count_while_fresh: bool,
}

//! Scripted misbehaviour of the server, one request at a time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Seconds;
use crate::pki::ocsp::OcspError;

/// What a fault can be scripted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// The time-stamp authority at `/tsa`.
    Tsa,
    /// The same authority at `/tsa/second`, for fail-over.
    SecondTsa,
    /// Revocation lists.
    Crl,
    /// OCSP.
    Ocsp,
    /// CA certificates.
    CaCertificate,
    /// Remote signing and the login before it.
    Remote,
}

/// One kind of misbehaviour. Those of transport work everywhere, the others at the endpoint they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The answer comes that much later.
    Latency(Duration),
    /// An HTTP status in place of the answer.
    Status(u16),
    /// The connection is closed without an answer.
    Disconnect,
    /// Content-Length promises the whole body, half of it comes, then the connection is closed.
    TruncatedBody,
    /// One octet of the body at a time, with this pause between two.
    SlowDrip(Duration),
    /// The body is followed by zeroes up to this length.
    OversizedBody(u64),
    /// Content-Type `text/html`, the body as it should be.
    WrongContentType,
    /// 302 to this place.
    Redirect(String),
    /// A body that is no ASN.1.
    Garbage,

    /// TSA: another nonce than the request's.
    WrongNonce,
    /// TSA: no nonce, whatever the request has.
    NoNonce,
    /// TSA: the nonce with its leading zero octet cut off, so that a positive nonce with the top bit set comes back
    /// negative. A nonce without that octet is echoed octet by octet, negative or not, as without this fault.
    NegativeNonce,
    /// TSA, remote signing of whole signatures: the digest of something else.
    WrongImprint,
    /// TSA: another policy than the one asked for.
    WrongPolicy,
    /// TSA: signed by a unit with codeSigning in place of timeStamping.
    WrongEku,
    /// TSA: signed by a unit whose timeStamping is not critical.
    NonCriticalEku,
    /// TSA: signed by a unit whose certificate has expired.
    ExpiredTsaCertificate,
    /// TSA: the token in BER, indefinite lengths and a constructed OCTET STRING.
    BerToken,
    /// TSA: genTime with these digits after the point.
    FractionalSeconds(String),
    /// TSA, remote signing: a signature value that does not fit.
    BadSignature,
    /// TSA: no certificate in the token although it was asked for.
    NoCertificate,
    /// TSA: a second signer.
    TwoSigners,
    /// TSA: genTime that far from the clock.
    GenTimeOffset(Seconds),
    /// TSA: an attribute certificate among the certificates.
    AttributeCertificate,
    /// TSA: signing-certificate with SHA-1 (ESSCertID v1) in place of version 2.
    EssCertIdV1,
    /// TSA: signing-certificate-v2 of another certificate.
    WrongEssCertId,
    /// TSA: no token, but this status (RFC 3161 §2.4.2) and this bit of PKIFailureInfo.
    Rejection {
        /// PKIStatus, e.g. 2 for rejection.
        status: u8,
        /// Bit of PKIFailureInfo, e.g. 14 for timeNotAvailable.
        failure: Option<u8>,
    },

    /// CRL, OCSP: the answer as it stood thirty days ago.
    Stale,
    /// OCSP: no answer but this status.
    OcspError(OcspError),
}

#[derive(Debug, Default)]
struct Script {
    next: VecDeque<Vec<Fault>>,
    always: Vec<Fault>,
}

/// The script of all endpoints.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<HashMap<Endpoint, Script>>);

impl Faults {
    /// All of these for one request, after those that wait already.
    pub(crate) fn queue(&self, endpoint: Endpoint, faults: Vec<Fault>) {
        self.lock().entry(endpoint).or_default().next.push_back(faults);
    }

    /// These for every request that nothing is queued for.
    pub(crate) fn always(&self, endpoint: Endpoint, faults: Vec<Fault>) {
        self.lock().entry(endpoint).or_default().always = faults;
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// What the request that has just come in gets.
    pub(crate) fn take(&self, endpoint: Endpoint) -> Vec<Fault> {
        let mut scripts = self.lock();
        let Some(script) = scripts.get_mut(&endpoint) else { return Vec::new() };
        script.next.pop_front().unwrap_or_else(|| script.always.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Endpoint, Script>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

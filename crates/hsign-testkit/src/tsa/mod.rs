//! A time-stamp authority (RFC 3161) that can also misbehave.

mod request;
mod shape;
mod token;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Clock;
use crate::der;
use crate::faults::Fault;
use crate::keys::Hash;
use crate::pki::{Pki, Unit, oid};
use crate::{Error, tsa::request::Request, tsa::shape::Shape};

/// Which version of the ESS attribute names the signer (RFC 2634, RFC 5035).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EssCertId {
    /// signing-certificate with SHA-1.
    V1,
    /// signing-certificate-v2 with SHA-256.
    V2,
}

/// How the authority behaves when nothing is scripted.
#[derive(Clone, Debug)]
pub struct TsaOptions {
    /// Who signs.
    pub unit: Unit,
    /// The digest of the CMS signature; the imprint's is the client's choice.
    pub digest: Hash,
    /// How the token names its signer.
    pub ess_cert_id: EssCertId,
    /// Whether the token has the signing-time attribute.
    pub signing_time: bool,
    /// Policies it stamps under; the first one if the client asks for none.
    pub policies: Vec<String>,
    /// Accuracy in seconds, if stated.
    pub accuracy: Option<u64>,
    /// Whether TSTInfo names the authority.
    pub name: bool,
}

impl Default for TsaOptions {
    fn default() -> Self {
        Self {
            unit: Unit::Tsa,
            digest: Hash::Sha256,
            ess_cert_id: EssCertId::V2,
            signing_time: true,
            policies: vec![oid::TSA_POLICY.to_owned()],
            accuracy: Some(1),
            name: true,
        }
    }
}

/// The authority.
#[derive(Debug)]
pub struct Tsa {
    pki: Arc<Pki>,
    clock: Clock,
    options: Mutex<TsaOptions>,
    issued: AtomicU64,
}

/// Bits of PKIFailureInfo (RFC 3161 §2.4.2).
mod failure {
    pub(super) const BAD_ALGORITHM: u8 = 0;
    pub(super) const BAD_REQUEST: u8 = 2;
    pub(super) const BAD_DATA_FORMAT: u8 = 5;
    pub(super) const UNACCEPTED_POLICY: u8 = 15;
    pub(super) const UNACCEPTED_EXTENSION: u8 = 16;
}

const REJECTION: u8 = 2;

impl Tsa {
    /// An authority that stamps with the units of `pki` and the time of `clock`.
    pub fn new(pki: Arc<Pki>, clock: Clock) -> Self {
        Self { pki, clock, options: Mutex::default(), issued: AtomicU64::new(0) }
    }

    /// From now on it behaves like this.
    pub fn set_options(&self, options: TsaOptions) {
        *self.options.lock().unwrap_or_else(PoisonError::into_inner) = options;
    }

    /// How many tokens it has issued.
    pub fn issued(&self) -> u64 {
        self.issued.load(Ordering::SeqCst)
    }

    /// The TimeStampResp for a TimeStampReq, both DER. A request it can't serve gets a rejection.
    ///
    /// # Errors
    /// What OpenSSL says.
    pub fn respond(&self, request: &[u8], faults: &[Fault]) -> Result<Vec<u8>, Error> {
        if let Some((status, bit)) = faults.iter().find_map(|fault| match fault {
            Fault::Rejection { status, failure } => Some((*status, *failure)),
            _ => None,
        }) {
            return Ok(rejection(status, bit, "scripted"));
        }
        let options = self.options.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(request) = Request::read(request) else {
            return Ok(rejection(REJECTION, Some(failure::BAD_REQUEST), "the request cannot be read"));
        };
        match request.refuse(&options.policies) {
            Some((bit, reason)) => Ok(rejection(REJECTION, Some(bit), reason)),
            None => self.grant(&request, &options, faults),
        }
    }

    fn grant(&self, request: &Request<'_>, options: &TsaOptions, faults: &[Fault]) -> Result<Vec<u8>, Error> {
        let now = self.clock.now();
        let count = self.issued.fetch_add(1, Ordering::SeqCst);
        let serial = u64::try_from(now).unwrap_or(0) << 20 | count & 0xF_FFFF;
        let shape = Shape::new(request, options, faults, now, serial);
        let token = token::create(&self.pki, &shape)?;
        Ok(der::sequence(&[&der::sequence(&[&der::integer(0)]), &token]))
    }
}

fn rejection(status: u8, failure: Option<u8>, reason: &str) -> Vec<u8> {
    let failure = failure.map_or_else(Vec::new, |bit| der::named_bits(&[bit]));
    let reason = der::sequence(&[&der::utf8(reason)]);
    der::sequence(&[&der::sequence(&[&der::integer(u64::from(status)), &reason, &failure])])
}

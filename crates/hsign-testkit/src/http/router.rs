//! From a path to an answer.

use std::sync::{Arc, Mutex, PoisonError};

use super::message::{Request, Response};
use crate::Error;
use crate::clock::{Clock, DAY};
use crate::faults::{Endpoint, Fault, Faults};
use crate::pki::{Ca, CrlName, Pki, Unit, ocsp};
use crate::remote::{Context, Remote};
use crate::tsa::Tsa;

/// What is known about the TLS connection of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    /// E.g. `TLSv1.3`.
    pub version: String,
    /// E.g. `TLS_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// The client's certificate, DER.
    pub client_certificate: Option<Vec<u8>>,
}

/// A request that came in, for tests to look at.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// What was sent.
    pub request: Request,
    /// The endpoint it went to; none for unknown paths and refused requests.
    pub endpoint: Option<Endpoint>,
    /// For HTTPS.
    pub tls: Option<TlsFacts>,
    /// The status of the answer; 0 if the connection was closed without one.
    pub status: u16,
}

/// Everything behind the listeners.
#[derive(Debug)]
pub(crate) struct Router {
    pub(crate) pki: Arc<Pki>,
    pub(crate) clock: Clock,
    pub(crate) tsa: Tsa,
    pub(crate) faults: Faults,
    pub(crate) remote: Remote,
    base_url: String,
    requests: Mutex<Vec<RecordedRequest>>,
}

impl Router {
    pub(crate) fn new(pki: Arc<Pki>, clock: Clock, base_url: &str) -> Self {
        let tsa = Tsa::new(Arc::clone(&pki), clock.clone());
        Self {
            pki,
            clock,
            tsa,
            faults: Faults::default(),
            remote: Remote::default(),
            base_url: base_url.to_owned(),
            requests: Mutex::default(),
        }
    }

    pub(crate) fn record(&self, request: RecordedRequest) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    }

    pub(crate) fn take_requests(&self) -> Vec<RecordedRequest> {
        std::mem::take(&mut *self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Which endpoint the path belongs to.
    pub(crate) fn endpoint(path: &str) -> Option<Endpoint> {
        match path.split('?').next().unwrap_or_default() {
            "/tsa" => Some(Endpoint::Tsa),
            "/tsa/second" => Some(Endpoint::SecondTsa),
            path if path.starts_with("/crl/") => Some(Endpoint::Crl),
            path if path.starts_with("/ocsp/") => Some(Endpoint::Ocsp),
            path if path.starts_with("/ca/") => Some(Endpoint::CaCertificate),
            path if ["/login/", "/csc/", "/element/"].iter().any(|start| path.starts_with(start)) => {
                Some(Endpoint::Remote)
            }
            _ => None,
        }
    }

    /// The answer, but for faults of transport.
    pub(crate) fn answer(&self, endpoint: Option<Endpoint>, request: &Request, faults: &[Fault]) -> Response {
        let response = match endpoint {
            Some(Endpoint::Tsa | Endpoint::SecondTsa) => self.stamp(request, faults),
            Some(Endpoint::Crl) => self.crl(request, faults),
            Some(Endpoint::Ocsp) => self.ocsp(request, faults),
            Some(Endpoint::CaCertificate) => Ok(self.ca_certificate(request)),
            Some(Endpoint::Remote) => Ok(self.remote(request, faults)),
            None => Ok(Response::status(404)),
        };
        response.unwrap_or_else(|_| Response::status(500))
    }

    fn stamp(&self, request: &Request, faults: &[Fault]) -> Result<Response, Error> {
        if request.method != "POST" {
            return Ok(Response::status(405));
        }
        if request.header("content-type") != Some("application/timestamp-query") {
            return Ok(Response::status(415));
        }
        let response = self.tsa.respond(&request.body, faults)?;
        Ok(Response::ok("application/timestamp-reply", response))
    }

    fn crl(&self, request: &Request, faults: &[Fault]) -> Result<Response, Error> {
        let Some(list) = CrlName::ALL.into_iter().find(|list| last_segment(request) == list.file_name())
        else {
            return Ok(Response::status(404));
        };
        Ok(Response::ok("application/pkix-crl", self.pki.crl(list, self.revocation_time(faults))?))
    }

    fn ocsp(&self, request: &Request, faults: &[Fault]) -> Result<Response, Error> {
        let rest = request.path().strip_prefix("/ocsp/").unwrap_or_default();
        let (name, encoded) = rest.split_once('/').unwrap_or((rest, ""));
        let responder = match name {
            "tsa" => Unit::TsaOcsp,
            "commercial" => Unit::CommercialOcsp,
            _ => return Ok(Response::status(404)),
        };
        let refusal = faults.iter().find_map(|fault| match fault {
            Fault::OcspError(error) => Some(ocsp::refuse(*error)),
            _ => None,
        });
        let body = match (refusal, request.method.as_str()) {
            (Some(refusal), _) => refusal,
            (None, "POST") => self.pki.ocsp(responder, &request.body, self.revocation_time(faults))?,
            (None, "GET") => self.pki.ocsp(responder, &decode(encoded), self.revocation_time(faults))?,
            _ => return Ok(Response::status(405)),
        };
        Ok(Response::ok("application/ocsp-response", body))
    }

    fn remote(&self, request: &Request, faults: &[Fault]) -> Response {
        let context = Context { pki: &self.pki, now: self.clock.now(), base_url: &self.base_url, faults };
        self.remote.answer(request, &context)
    }

    fn ca_certificate(&self, request: &Request) -> Response {
        let name = last_segment(request).strip_suffix(".cer").unwrap_or_default();
        match Ca::ALL.into_iter().find(|ca| ca.name() == name) {
            Some(ca) => {
                Response::ok("application/pkix-cert", self.pki.authority(ca).certificate_der().to_vec())
            }
            None => Response::status(404),
        }
    }

    fn revocation_time(&self, faults: &[Fault]) -> i64 {
        self.clock.now() - if faults.contains(&Fault::Stale) { 30 * DAY } else { 0 }
    }
}

fn last_segment(request: &Request) -> &str {
    request.path().rsplit('/').next().unwrap_or_default()
}

/// Base64 with percent escapes (RFC 6960 §A.1); empty if it is none.
fn decode(text: &str) -> Vec<u8> {
    let text = text.replace("%2B", "+").replace("%2b", "+").replace("%2F", "/").replace("%2f", "/");
    let text = text.replace("%3D", "=").replace("%3d", "=");
    openssl::base64::decode_block(&text).unwrap_or_default()
}

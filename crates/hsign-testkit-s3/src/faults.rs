//! What goes wrong between a client and the server.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{Request, Response};
use s3s::Body;
use s3s::service::S3Service;

/// Something that goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request isn't looked at; this is the answer.
    Status(u16),
    /// What was asked for is done; the answer is this.
    DoneButStatus(u16),
    /// The answer comes so many milliseconds later.
    Late(u64),
    /// No answer comes.
    Silent,
    /// What was asked for is done; no answer comes.
    DoneButSilent,
}

/// Shared by the server and whoever tells it to fail.
#[derive(Default)]
pub(crate) struct State {
    faults: Mutex<VecDeque<Fault>>,
    requests: Mutex<BTreeMap<String, usize>>,
    pub(crate) ignore_conditions: AtomicBool,
}

impl State {
    pub(crate) fn fail(&self, fault: Fault, times: usize) {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.extend(std::iter::repeat_n(fault, times));
    }

    pub(crate) fn requests(&self, method: &str) -> usize {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.get(method).copied().unwrap_or(0)
    }

    fn next(&self, method: &str) -> Option<Fault> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let count = requests.entry(method.to_owned()).or_default();
        *count = count.saturating_add(1);
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// The service behind its faults.
#[derive(Clone)]
pub(crate) struct Faulty {
    service: S3Service,
    state: Arc<State>,
}

impl Faulty {
    pub(crate) fn new(service: S3Service, state: Arc<State>) -> Self {
        Self { service, state }
    }
}

/// Longer than any client in a test waits.
const SILENCE: Duration = Duration::from_secs(600);

impl Service<Request<Incoming>> for Faulty {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let fault = self.state.next(request.method().as_str());
        let service = self.service.clone();
        Box::pin(async move {
            match fault {
                Some(Fault::Status(status)) => return Ok(answer(status)),
                Some(Fault::Late(milliseconds)) => {
                    tokio::time::sleep(Duration::from_millis(milliseconds)).await
                }
                Some(Fault::Silent) => tokio::time::sleep(SILENCE).await,
                Some(Fault::DoneButStatus(_) | Fault::DoneButSilent) | None => {}
            }
            let done = service.call(request.map(Body::from)).await.unwrap_or_else(|_| answer(500));
            match fault {
                Some(Fault::DoneButStatus(status)) => Ok(answer(status)),
                Some(Fault::DoneButSilent) => {
                    tokio::time::sleep(SILENCE).await;
                    Ok(done)
                }
                _ => Ok(done),
            }
        })
    }
}

fn answer(status: u16) -> Response<Body> {
    let code = match status {
        503 => "SlowDown",
        403 => "AccessDenied",
        _ => "InternalError",
    };
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>a fault</Message></Error>");
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    answer
}

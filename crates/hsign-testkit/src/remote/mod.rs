//! Remote signing services on loopback: the CSC API v2, a service that gives whole XML signatures, and the OAuth 2.0 /
//! OpenID Connect login before both.

mod cms;
mod csc;
mod element;
mod login;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::Person;
use crate::clock::Seconds;
use crate::faults::Fault;
use crate::http::{Request, Response};
use crate::pki::Pki;

/// The PIN of every remote key.
pub const REMOTE_PIN: &str = "852963";
/// A token that is always good, as institutions get one by contract.
pub const REMOTE_TOKEN: &str = "testkit-access-token";
/// The client that may log in; its secret where one is wanted.
pub const REMOTE_CLIENT: (&str, &str) = ("hsign-test", "client-secret");

/// Wrong PINs until a key is locked.
const TRIES: u32 = 3;

/// How a remote key is authorised (CSC `auth/mode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RemoteMode {
    /// The PIN goes with credentials/authorize.
    #[default]
    Explicit,
    /// Whoever is logged in may sign.
    Implicit,
    /// A login of its own for each signature.
    OauthCode,
}

/// What the services know.
#[derive(Debug, Default)]
pub(crate) struct Remote(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    mode: RemoteMode,
    /// Authorization codes, each good once.
    codes: HashMap<String, login::Code>,
    /// Access tokens beside [`REMOTE_TOKEN`].
    tokens: Vec<String>,
    /// Signature activation data: the key and the hashes it was given for.
    activations: HashMap<String, csc::Activation>,
    wrong_pins: HashMap<String, u32>,
    counter: u64,
}

impl State {
    /// Not random: tests are to be repeatable, and nothing here is worth stealing.
    fn fresh(&mut self, kind: &str) -> String {
        self.counter += 1;
        format!("{kind}-{}", self.counter)
    }
}

/// What a request is answered with.
pub(crate) struct Context<'a> {
    pub(crate) pki: &'a Pki,
    pub(crate) now: Seconds,
    pub(crate) base_url: &'a str,
    pub(crate) faults: &'a [Fault],
}

impl Remote {
    pub(crate) fn set_mode(&self, mode: RemoteMode) {
        self.state().mode = mode;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn answer(&self, request: &Request, context: &Context<'_>) -> Response {
        let path = request.path().split('?').next().unwrap_or_default();
        let answer = match path {
            "/login/authorize" => login::authorize(&mut self.state(), request),
            "/login/token" => login::token(&mut self.state(), request, context),
            _ if !self.is_logged_in(request) => Err(Refusal::new(401, "invalid_token", "log in first")),
            _ => match path.strip_prefix("/csc/v2/") {
                Some(method) => csc::answer(&mut self.state(), method, request, context),
                None => element::answer(path, request, context),
            },
        };
        answer.unwrap_or_else(Refusal::into_response)
    }

    fn is_logged_in(&self, request: &Request) -> bool {
        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        token.is_some_and(|token| {
            token == REMOTE_TOKEN || self.state().tokens.iter().any(|known| known == token)
        })
    }
}

/// The people whose keys the services keep.
fn person(name: &str) -> Option<Person> {
    Person::ALL.into_iter().find(|person| person.name() == name)
}

/// An error as OAuth 2.0 and the CSC API write it.
struct Refusal {
    status: u16,
    error: &'static str,
    text: &'static str,
}

type Answer = Result<Response, Refusal>;

impl Refusal {
    fn new(status: u16, error: &'static str, text: &'static str) -> Self {
        Self { status, error, text }
    }

    fn request(text: &'static str) -> Self {
        Self::new(400, "invalid_request", text)
    }

    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": self.error, "error_description": self.text });
        Response { status: self.status, ..json(&body) }
    }
}

impl From<crate::Error> for Refusal {
    fn from(_: crate::Error) -> Self {
        Self::new(500, "server_error", "the testkit failed")
    }
}

impl From<openssl::error::ErrorStack> for Refusal {
    fn from(_: openssl::error::ErrorStack) -> Self {
        Self::new(500, "server_error", "OpenSSL failed")
    }
}

fn json(body: &Value) -> Response {
    Response::ok("application/json", body.to_string().into_bytes())
}

fn body(request: &Request) -> Result<Value, Refusal> {
    if request.header("content-type") != Some("application/json") {
        return Err(Refusal::new(415, "invalid_request", "not JSON"));
    }
    serde_json::from_slice(&request.body).map_err(|_| Refusal::request("not JSON"))
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

fn base64(bytes: &[u8]) -> String {
    openssl::base64::encode_block(bytes)
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    openssl::base64::decode_block(text).ok()
}

/// Base64 for addresses, without padding (RFC 7515 §2).
fn base64url(bytes: &[u8]) -> String {
    base64(bytes).replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned()
}

/// Certificate and chain.
fn certificates(pki: &Pki, person: Person) -> Vec<String> {
    let identity = pki.person(person);
    let all =
        std::iter::once(identity.certificate_der()).chain(identity.chain_der().iter().map(Vec::as_slice));
    all.map(base64).collect()
}

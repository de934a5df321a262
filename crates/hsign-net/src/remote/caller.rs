//! Calls to one service: JSON over HTTP, with the token of a login that is kept while it lasts.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsign_core::Secret;
use reqwest::Url;
use serde_json::Value;

use super::login::{Browser, Tokens};
use super::service::RemoteEndpoint;
use crate::access::web_address;
use crate::channel::{Answer, Failure, Request};
use crate::connection::Connection;
use crate::{Error, Ports};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
/// A token that ends within this time is not used for a further call.
const TOKEN_MARGIN_SECONDS: i64 = 30;

pub(super) struct Caller {
    pub(super) endpoint: RemoteEndpoint,
    pub(super) ports: Ports,
    pub(super) browser: Box<Browser>,
    connection: Mutex<Option<Arc<Connection>>>,
    tokens: Mutex<Option<Tokens>>,
}

impl Caller {
    pub(super) fn new(endpoint: RemoteEndpoint, ports: Ports, browser: Box<Browser>) -> Self {
        Self { endpoint, ports, browser, connection: Mutex::default(), tokens: Mutex::default() }
    }

    /// Calls a method of the service as the one who is logged in. Not tried again: a signature may have been made.
    pub(super) fn call(&self, method: &str, body: Option<&Value>) -> Result<Value, Error> {
        let url = self.address(method)?;
        let headers: Vec<_> = self.bearer()?.into_iter().collect();
        let body = body.map(ToString::to_string);
        let answer = self.exchange(&url, &headers, body.as_deref().map(|body| (JSON, body.as_bytes())))?;
        json(&answer)
    }

    /// An OAuth 2.0 token request.
    pub(super) fn post_form(&self, url: &str, form: &[(&str, String)]) -> Result<Value, Error> {
        let url = web_address(url).map_err(Error::Configuration)?;
        let body = Secret::new(encode(form).into_bytes());
        json(&self.exchange(&url, &[], Some((FORM, body.expose())))?)
    }

    fn address(&self, method: &str) -> Result<Url, Error> {
        let base = self.endpoint.url.trim_end_matches('/');
        web_address(&format!("{base}/{method}")).map_err(Error::Configuration)
    }

    fn exchange(
        &self,
        url: &Url,
        headers: &[(String, Secret)],
        body: Option<(&str, &[u8])>,
    ) -> Result<Answer, Error> {
        let connection = self.connection()?;
        let own =
            connection.headers.iter().filter(|(name, _)| !headers.iter().any(|(other, _)| other == name));
        let headers: Vec<_> = own.chain(headers).cloned().collect();
        let max_bytes = self.endpoint.access.max_response_bytes;
        let request = Request { url, headers: &headers, body, accept: JSON, max_bytes };
        Ok(connection.channel.exchange(&request)?)
    }

    fn connection(&self) -> Result<Arc<Connection>, Error> {
        let mut kept = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = kept.as_ref() {
            return Ok(Arc::clone(connection));
        }
        let url = web_address(&self.endpoint.url).map_err(Error::Configuration)?;
        let access = &self.endpoint.access;
        let opened = Arc::new(access.open(&self.endpoint.name, url, self.ports.secrets.as_ref())?);
        *kept = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// The Authorization header of the login (RFC 6750 §2.1), which is made where there is none that lasts.
    fn bearer(&self) -> Result<Option<(String, Secret)>, Error> {
        let Some(login) = &self.endpoint.login else { return Ok(None) };
        let mut kept = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let soon = (self.ports.now)().plus_seconds(TOKEN_MARGIN_SECONDS);
        let tokens = match kept.clone().filter(|tokens| tokens.until.is_none_or(|until| until > soon)) {
            Some(tokens) => tokens,
            None => login.obtain(self, &[])?,
        };
        *kept = Some(tokens.clone());
        let header = [b"Bearer ", tokens.access.expose()].concat();
        Ok(Some(("Authorization".to_owned(), Secret::new(header))))
    }
}

/// The body of a success; for anything else what the service says (RFC 6749 §5.2, CSC API: the same two members).
fn json(answer: &Answer) -> Result<Value, Error> {
    let value = serde_json::from_slice::<Value>(&answer.body);
    if matches!(answer.status, 200..=299) {
        // 204: done, nothing to say.
        let empty = answer.body.is_empty().then_some(Value::Null);
        return value.or(empty.ok_or(())).map_err(|()| Error::Answer("the answer is not JSON".to_owned()));
    }
    let told = value.ok().and_then(|value| {
        let error = value.get("error")?.as_str()?.to_owned();
        let text = value.get("error_description").and_then(Value::as_str).unwrap_or_default();
        Some((error, text.to_owned()))
    });
    Err(match told {
        Some((error, text)) => Error::ServiceRefused { status: answer.status, error, text },
        None => Failure::Status { status: answer.status, retry_after: answer.retry_after }.into(),
    })
}

/// `application/x-www-form-urlencoded`.
pub(super) fn encode(pairs: &[(&str, String)]) -> String {
    // The URL library's own encoder; the address around it is of no meaning.
    let Ok(mut url) = Url::parse("http://localhost/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

pub(super) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A list of Base64 texts under `name`.
pub(super) fn base64_list(value: &Value, name: &str) -> Result<Vec<Vec<u8>>, Error> {
    let wrong = || Error::Answer(format!("{name}: not a list of Base64 texts"));
    let items = value.get(name).and_then(Value::as_array).ok_or_else(wrong)?;
    items
        .iter()
        .map(|item| {
            let text: String = item.as_str().ok_or_else(wrong)?.split_whitespace().collect();
            STANDARD.decode(text).map_err(|_| wrong())
        })
        .collect()
}

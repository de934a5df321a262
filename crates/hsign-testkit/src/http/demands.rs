//! What a listener demands before it answers.

use super::message::{Request, Response};

/// Which TLS versions a listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// TLS 1.3 only.
    V1_3,
    /// TLS 1.2 only, as some authorities still do.
    V1_2,
}

/// How one more listener of the server behaves.
#[derive(Clone, Debug, Default)]
pub struct ListenerOptions {
    pub(crate) tls: Option<Tls>,
    pub(crate) client_certificate: bool,
    basic: Option<(String, String)>,
    header: Option<(String, String)>,
    proxy_basic: Option<(String, String)>,
}

impl ListenerOptions {
    /// Plain HTTP, no demands.
    pub fn http() -> Self {
        Self::default()
    }

    /// HTTPS with the certificate of [`Unit::TlsServer`](crate::Unit::TlsServer).
    pub fn https(tls: Tls) -> Self {
        Self { tls: Some(tls), ..Self::default() }
    }

    /// TLS clients must show a certificate of the commercial CA.
    pub fn client_certificate(mut self) -> Self {
        self.client_certificate = true;
        self
    }

    /// HTTP Basic authentication; without it the answer is 401.
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        self.basic = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// A header with a value; without it the answer is 403.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.header = Some((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Basic authentication towards the proxy; without it proxied requests are answered 407.
    pub fn proxy_basic(mut self, user: &str, password: &str) -> Self {
        self.proxy_basic = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// The answer to a request that does not bring what is demanded.
    pub(crate) fn refuse(&self, request: &Request) -> Option<Response> {
        let proxied = request.is_proxied() || request.method == "CONNECT";
        if proxied && missing(request, "proxy-authorization", self.proxy_basic.as_ref()) {
            let challenge = "Basic realm=\"hsign-testkit proxy\"".to_owned();
            return Some(Response::status(407).with_header("Proxy-Authenticate", challenge));
        }
        if missing(request, "authorization", self.basic.as_ref()) && request.method != "CONNECT" {
            let challenge = "Basic realm=\"hsign-testkit\"".to_owned();
            return Some(Response::status(401).with_header("WWW-Authenticate", challenge));
        }
        match &self.header {
            Some((name, value)) if request.header(name) != Some(value) => Some(Response::status(403)),
            _ => None,
        }
    }
}

fn missing(request: &Request, header: &str, demanded: Option<&(String, String)>) -> bool {
    demanded.is_some_and(|(user, password)| {
        let expected = openssl::base64::encode_block(format!("{user}:{password}").as_bytes());
        request.header(header).and_then(|value| value.strip_prefix("Basic ")) != Some(expected.as_str())
    })
}

//! HTTP/1.1 messages (RFC 9112), as far as the testkit's endpoints need them.

use std::io::{self, BufRead, Read};

/// Bodies beyond this are refused.
const BODY_LIMIT: u64 = 64 << 20;
const HEADER_LIMIT: u64 = 64 << 10;

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Request {
    /// E.g. `POST`.
    pub method: String,
    /// The request target as written: a path, or a whole URL when sent to a proxy.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, empty if there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The path, also of a target in absolute form.
    pub fn path(&self) -> &str {
        match self.target.split_once("://") {
            Some((_, rest)) => rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/"),
            None => &self.target,
        }
    }

    /// Whether it was sent to us as to a proxy.
    pub fn is_proxied(&self) -> bool {
        self.target.contains("://")
    }

    pub(crate) fn keeps_alive(&self) -> bool {
        !self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    /// The next request; `None` when the client has closed the connection. `proceed` sends 100 Continue.
    pub(crate) fn read<R: BufRead>(
        stream: &mut R,
        proceed: impl FnOnce(&mut R) -> io::Result<()>,
    ) -> io::Result<Option<Self>> {
        let mut head = stream.take(HEADER_LIMIT);
        let mut line = String::new();
        if head.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return Err(malformed()) };
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            if head.read_line(&mut line)? == 0 {
                return Err(malformed());
            }
            if line.trim().is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(malformed)?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self { method, target, headers, body: Vec::new() };
        let length = match request.header("content-length") {
            Some(text) => text.parse::<u64>().map_err(|_| malformed())?,
            None => 0,
        };
        if length > BODY_LIMIT || request.header("transfer-encoding").is_some() {
            return Err(malformed());
        }
        if request.header("expect").is_some() {
            proceed(stream)?;
        }
        stream.take(length).read_to_end(&mut request.body)?;
        Ok(Some(request))
    }
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "malformed request")
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn ok(content_type: &'static str, body: Vec<u8>) -> Self {
        Self { status: 200, content_type, headers: Vec::new(), body }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, content_type: "text/plain", headers: Vec::new(), body: reason(status).into() }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Status line and headers, for a body of `length` octets.
    pub(crate) fn head(&self, length: u64, keep_alive: bool) -> Vec<u8> {
        let mut head = format!(
            "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {length}\r\nConnection: {}\r\n",
            self.status,
            reason(self.status),
            self.content_type,
            if keep_alive { "keep-alive" } else { "close" },
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301..=308 => "Moved",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Scripted",
    }
}

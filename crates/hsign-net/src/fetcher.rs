//! CRLs, OCSP answers and CA certificates.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsign_core::ports::{Fetched, Fetcher, Need, PortError};
use hsign_core::{ErrorKind, Finding};
use reqwest::Url;

use crate::access::ProxyEndpoint;
use crate::cache::Cache;
use crate::channel::{Answer, Channel, Failure, Request, Settings};
use crate::connection::read;
use crate::retry::with_retries;
use crate::secret::SecretResolver;
use crate::{Error, address};

const MAX_REDIRECTS: usize = 5;

/// How far the fetcher may go. The addresses it is given stand in certificates and are untrusted.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FetcherOptions {
    /// Seconds to get a connection.
    pub connect_timeout_seconds: u64,
    /// Seconds from the first packet to the last byte of one answer.
    pub timeout_seconds: u64,
    /// Largest CRL in bytes.
    pub max_crl_bytes: u64,
    /// Largest OCSP answer in bytes.
    pub max_ocsp_bytes: u64,
    /// Largest certificate or bundle of certificates in bytes.
    pub max_certificate_bytes: u64,
    /// How often a transient failure is tried again.
    pub retries: u32,
    /// Refuses hosts with an address outside the public internet. For servers that verify documents of
    /// strangers; off by default, since hospitals run CRL mirrors in their own networks.
    pub forbid_private_addresses: bool,
    /// Where answers are kept between runs (at most 256 MiB, the oldest make room); nothing is kept without it.
    pub cache_dir: Option<PathBuf>,
    /// How long a kept answer is given again without asking, unless its nextUpdate comes first; when a server
    /// fails, one before its nextUpdate will do in any case. Whether it is fresh enough is judged elsewhere.
    pub cache_max_age_seconds: u64,
}

impl Default for FetcherOptions {
    fn default() -> Self {
        Self {
            connect_timeout_seconds: 10,
            timeout_seconds: 60,
            max_crl_bytes: 64 << 20,
            max_ocsp_bytes: 256 << 10,
            max_certificate_bytes: 1 << 20,
            retries: 1,
            forbid_private_addresses: false,
            cache_dir: None,
            cache_max_age_seconds: 3600,
        }
    }
}

/// Fetches over `http://` and `https://`, without credentials, each thing once per run.
///
/// Redirects are followed five times at most, never from `https` to `http`, and for OCSP only where the
/// method stays POST. PEM armour around one object is taken off; everything else comes as the server sent it.
pub struct HttpFetcher {
    options: FetcherOptions,
    settings: Settings,
    channel: Channel,
    cache: Cache,
}

/// What is asked for, in the words of messages and of HTTP.
struct Kind {
    name: &'static str,
    accept: &'static str,
    max_bytes: u64,
}

impl HttpFetcher {
    /// Opens nothing yet.
    #[must_use]
    pub fn new(options: FetcherOptions) -> Self {
        let cache = Cache::new(options.cache_dir.clone(), Duration::from_secs(options.cache_max_age_seconds));
        let settings = settings(&options);
        Self { channel: Channel::new(settings.clone()), options, settings, cache }
    }

    /// Goes through a proxy. It resolves the names, so of private addresses only those written as numbers can be
    /// told then.
    ///
    /// # Errors
    /// When the proxy's address can't be read or its password can't be had.
    pub fn through(self, proxy: &ProxyEndpoint, secrets: &SecretResolver) -> Result<Self, Error> {
        let settings = Settings { proxy: Some(proxy.read(secrets)?), ..self.settings };
        Ok(Self { channel: Channel::new(settings.clone()), settings, ..self })
    }

    /// Trusts the PEM certificates of a file in place of the system's CAs, for `https://`.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn trusting(self, ca_file: &Path) -> Result<Self, Error> {
        let settings = Settings { authorities: Some(read(ca_file)?), ..self.settings };
        Ok(Self { channel: Channel::new(settings.clone()), settings, ..self })
    }

    fn kind(&self, need: &Need) -> Option<Kind> {
        let kind = |name, accept, max_bytes| Some(Kind { name, accept, max_bytes });
        match need {
            Need::Crl { .. } => kind("CRL", "application/pkix-crl, */*", self.options.max_crl_bytes),
            Need::Ocsp { .. } => kind("OCSP", "application/ocsp-response", self.options.max_ocsp_bytes),
            Need::CaCertificate { .. } => kind(
                "CA certificate",
                "application/pkix-cert, application/pkcs7-mime, */*",
                self.options.max_certificate_bytes,
            ),
            _ => None,
        }
    }

    fn get(&self, url: &str, body: Option<&[u8]>, kind: &Kind) -> Result<Vec<u8>, Error> {
        let url = web_address(url)?;
        let answer = with_retries(self.options.retries, Duration::from_millis(300), || {
            self.follow(url.clone(), body, kind)
        })?;
        encoded(answer.body, kind.name)
    }

    fn follow(&self, mut url: Url, body: Option<&[u8]>, kind: &Kind) -> Result<Answer, Error> {
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.exchange(&url, body, kind)?;
            match answer.status {
                200 => return Ok(answer),
                301 | 302 | 303 | 307 | 308 => url = next(&url, &answer, body.is_some())?,
                status => return Err(Failure::Status { status, retry_after: answer.retry_after }.into()),
            }
        }
        Err(Failure::Redirect(format!("{url} (the {MAX_REDIRECTS}th in a row)")).into())
    }

    fn exchange(&self, url: &Url, body: Option<&[u8]>, kind: &Kind) -> Result<Answer, Error> {
        let request = Request {
            url,
            headers: &[],
            body: body.map(|body| ("application/ocsp-request", body)),
            accept: kind.accept,
            max_bytes: kind.max_bytes,
        };
        if !self.options.forbid_private_addresses {
            return Ok(self.channel.exchange(&request)?);
        }
        if self.settings.proxy.is_some() {
            address::not_written_as_private(url)?;
            return Ok(self.channel.exchange(&request)?);
        }
        let addresses = address::public_addresses(url, self.settings.connect_timeout)?;
        let pinned = Some((url.host_str().unwrap_or_default().to_owned(), addresses));
        Ok(Channel::new(Settings { pinned, ..self.settings.clone() }).exchange(&request)?)
    }
}

fn settings(options: &FetcherOptions) -> Settings {
    Settings {
        connect_timeout: Duration::from_secs(options.connect_timeout_seconds),
        total_timeout: Duration::from_secs(options.timeout_seconds),
        // Public servers of CRLs are not ours to upgrade, and what they send is signed.
        allow_tls_1_2: true,
        ..Settings::default()
    }
}

impl Fetcher for HttpFetcher {
    fn fetch(&self, need: &Need) -> Result<Fetched, PortError> {
        let (url, body) = match need {
            Need::Crl { url, .. } | Need::CaCertificate { url, .. } => (url, None),
            Need::Ocsp { url, request, .. } => (url, Some(request.as_slice())),
            _ => return Err(PortError::new(ErrorKind::Usage, "no way is known to fetch this")),
        };
        let Some(kind) = self.kind(need) else {
            return Err(PortError::new(ErrorKind::Usage, "no way is known to fetch this"));
        };
        let mut key = format!("{}\n{url}\n", kind.name).into_bytes();
        key.extend_from_slice(body.unwrap_or_default());
        self.cache.get(&key, || {
            self.get(url, body, &kind).map_err(|error| {
                let mut told = PortError::from(error);
                told.message = format!("{} {url}: {}", kind.name, told.message);
                if let Some(first) = told.findings.first_mut() {
                    first.values.entry("party".to_owned()).or_insert_with(|| url.clone());
                }
                told
            })
        })
    }

    fn remarks(&self) -> Vec<Finding> {
        self.cache.remarks()
    }
}

fn web_address(text: &str) -> Result<Url, Error> {
    let forbidden = |why: &str| Err(Failure::Forbidden(why.to_owned()).into());
    let Ok(url) = Url::parse(text) else { return forbidden("the address can't be read") };
    match url.scheme() {
        "http" | "https" if !url.username().is_empty() || url.password().is_some() => {
            forbidden("the address holds a user or password")
        }
        "http" | "https" if url.has_host() => Ok(url),
        "ldap" | "ldaps" => Err(Error::Port(
            PortError::new(ErrorKind::Refused, "not contacted: LDAP is not spoken here")
                .finding(Finding::error("ldap-not-spoken")),
        )),
        _ => forbidden("only http:// and https:// are spoken here"),
    }
}

fn next(url: &Url, answer: &Answer, posts: bool) -> Result<Url, Failure> {
    let location = answer.location.as_deref().unwrap_or_default();
    let target = url.join(location).ok().filter(|_| !location.is_empty());
    let Some(target) = target else {
        return Err(Failure::Protocol("a redirect without an address".to_owned()));
    };
    let downgrade = url.scheme() == "https" && target.scheme() != "https";
    let web = matches!(target.scheme(), "http" | "https");
    let method_changes = posts && !matches!(answer.status, 307 | 308);
    let credentials = !target.username().is_empty() || target.password().is_some();
    if downgrade || !web || method_changes || credentials {
        return Err(Failure::Redirect(target.to_string()));
    }
    Ok(target)
}

/// DER as it is, PEM with its armour taken off where it holds one object. A login page is no CRL.
fn encoded(body: Vec<u8>, name: &str) -> Result<Vec<u8>, Error> {
    const SEQUENCE: u8 = 0x30;
    if body.first() == Some(&SEQUENCE) {
        return Ok(body);
    }
    let text = std::str::from_utf8(&body).unwrap_or_default();
    match text.matches("-----BEGIN ").count() {
        0 => Err(Error::Answer(format!("the server sent something else than a {name}"))),
        1 => unarmoured(text).ok_or_else(|| Error::Answer(format!("the {name} is damaged PEM"))),
        _ => Ok(body),
    }
}

/// RFC 7468 §2.
fn unarmoured(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (_, rest) = rest.split_once("-----")?;
    let (base64, _) = rest.split_once("-----END ")?;
    let base64: String = base64.split_whitespace().collect();
    STANDARD.decode(base64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_web_is_spoken() {
        for (url, word) in [
            ("ldap://ldap.example/cn=CRL", "LDAP"),
            ("file:///etc/passwd", "only http://"),
            ("http://user:pw@host/", "user or password"),
            ("no address", "can't be read"),
        ] {
            let error = web_address(url).unwrap_err();
            assert!(error.to_string().contains(word), "{url}: {error}");
            assert_eq!(error.kind(), ErrorKind::Refused);
        }
    }

    fn redirect(from: &str, status: u16, to: &str, posts: bool) -> Result<String, Failure> {
        let answer = Answer {
            status,
            content_type: None,
            location: Some(to.to_owned()),
            retry_after: None,
            body: Vec::new(),
            tls: None,
        };
        next(&Url::parse(from).unwrap(), &answer, posts).map(|url| url.to_string())
    }

    #[test]
    fn a_redirect_never_leaves_https_and_never_changes_the_method() {
        assert_eq!(redirect("http://a/x", 302, "/y", false).unwrap(), "http://a/y");
        assert_eq!(redirect("http://a/x", 301, "https://b/y", false).unwrap(), "https://b/y");
        assert_eq!(redirect("http://a/x", 308, "http://b/y", true).unwrap(), "http://b/y");
        for (from, status, to, posts) in [
            ("https://a/x", 302, "http://a/x", false),
            ("http://a/x", 302, "file:///etc/passwd", false),
            ("http://a/x", 302, "http://b/y", true),
            ("http://a/x", 302, "http://u:p@b/y", false),
        ] {
            assert!(matches!(redirect(from, status, to, posts), Err(Failure::Redirect(_))), "{to}");
        }
        assert!(matches!(redirect("http://a/x", 302, "", false), Err(Failure::Protocol(_))));
    }

    #[test]
    fn pem_is_unpacked_and_a_web_page_refused() {
        let pem = b"-----BEGIN X509 CRL-----\r\nMAMC\r\nAQE=\r\n-----END X509 CRL-----\r\n".to_vec();
        assert_eq!(encoded(pem, "CRL").unwrap(), [0x30, 3, 2, 1, 1]);
        assert_eq!(encoded(vec![0x30, 0], "CRL").unwrap(), [0x30, 0]);
        assert!(encoded(b"<html>please log in</html>".to_vec(), "CRL").is_err());
        assert!(encoded(b"-----BEGIN X509 CRL-----\n!!\n-----END X509 CRL-----".to_vec(), "CRL").is_err());
    }
}

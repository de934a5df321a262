//! How an object store is reached. Values only: secrets and certificates were read from their places before.

use std::net::IpAddr;
use std::time::Duration;

use hsign_core::Secret;
use reqwest::Url;

use crate::Error;

/// An S3-like object store.
#[derive(Clone, Debug)]
pub struct ObjectStoreSettings {
    /// `s3://bucket/prefix`; the prefix may be left out.
    pub url: String,
    /// The server's address, `https://…`, whose buckets are the first part of paths; without it the one that the cloud
    /// of Amazon has for the region.
    pub endpoint: Option<String>,
    /// The region; servers of other makers mostly take any.
    pub region: String,
    /// The name of the key.
    pub access_key: Secret,
    /// The key.
    pub secret_key: Secret,
    /// What temporary keys come with.
    pub session_token: Option<Secret>,
    /// PEM certificates that replace the system's CAs for this server.
    pub authorities: Option<Vec<u8>>,
    /// Permits TLS 1.2 where the server has no 1.3.
    pub allow_tls_1_2: bool,
    /// Permits `http://` to other machines.
    pub allow_in_clear: bool,
    /// How long the server may be silent.
    pub silence: Duration,
    /// How often a request is repeated that the server refused for its own troubles.
    pub retries: usize,
}

impl ObjectStoreSettings {
    /// With the usual limits: half a minute of silence, four repetitions.
    #[must_use]
    pub fn new(url: &str, access_key: Secret, secret_key: Secret) -> Self {
        Self {
            url: url.to_owned(),
            endpoint: None,
            region: "us-east-1".to_owned(),
            access_key,
            secret_key,
            session_token: None,
            authorities: None,
            allow_tls_1_2: false,
            allow_in_clear: false,
            silence: Duration::from_secs(30),
            retries: 4,
        }
    }

    /// Bucket and prefix.
    pub(super) fn place(&self) -> Result<(String, String), Error> {
        let rest =
            self.url.strip_prefix("s3://").ok_or(Error::Settings("an object store is s3://bucket/prefix"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_end_matches('/');
        let plain = |text: &str| {
            let of_names = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
            !text.is_empty() && !text.starts_with('.') && text.bytes().all(of_names)
        };
        if !plain(bucket) || !(prefix.is_empty() || prefix.split('/').all(plain)) {
            return Err(Error::Settings(
                "names of buckets and prefixes have letters, digits, dots, hyphens and underscores",
            ));
        }
        Ok((bucket.to_owned(), prefix.to_owned()))
    }

    /// The server's address, if there is one of its own.
    pub(super) fn server(&self) -> Result<Option<Url>, Error> {
        let Some(endpoint) = &self.endpoint else { return Ok(None) };
        let url = Url::parse(endpoint).map_err(|_| Error::Settings("the endpoint is no address"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Settings("the endpoint must not hold user or password"));
        }
        match url.scheme() {
            "https" => {}
            "http" if self.allow_in_clear || is_loopback(&url) => {}
            "http" => {
                return Err(Error::Settings(
                    "the archive would cross the network unprotected; use https://, or set allow_in_clear = true",
                ));
            }
            _ => return Err(Error::Settings("the endpoint is neither http:// nor https://")),
        }
        Ok(Some(url))
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, endpoint: Option<&str>) -> ObjectStoreSettings {
        let endpoint = endpoint.map(str::to_owned);
        ObjectStoreSettings { endpoint, ..ObjectStoreSettings::new(url, "a".into(), "b".into()) }
    }

    #[test]
    fn addresses_are_a_bucket_and_a_prefix() {
        let place = |url: &str| settings(url, None).place().ok();
        let pair = |bucket: &str, prefix: &str| Some((bucket.to_owned(), prefix.to_owned()));
        assert_eq!(place("s3://archive"), pair("archive", ""));
        assert_eq!(place("s3://archive/2026/a/"), pair("archive", "2026/a"));
        for wrong in
            ["", "archive", "https://archive/x", "s3://", "s3:///x", "s3://a/../b", "s3://a//b", "s3://a b"]
        {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_archive_does_not_cross_the_network_unprotected() {
        let server = |endpoint: &str| settings("s3://a", Some(endpoint)).server();
        assert!(server("https://s3.example.jp").is_ok());
        assert!(server("http://127.0.0.1:9000").is_ok() && server("http://[::1]:9000").is_ok());
        for wrong in
            ["http://10.0.0.1:9000", "http://s3.example.jp", "ftp://s3.example.jp", "https://u:p@x.jp", "x"]
        {
            assert!(matches!(server(wrong), Err(Error::Settings(_))), "{wrong}");
        }
        let mut clear = settings("s3://a", Some("http://s3.example.jp"));
        clear.allow_in_clear = true;
        assert!(clear.server().is_ok());
    }
}

//! The only crate that speaks HTTP: time-stamp authorities, CRLs, OCSP and CA certificates.
//!
//! - [`HttpTimestamper`] asks the configured [`TsaEndpoint`]s in their order and gives a token only after it
//!   was checked against the request.
//! - [`HttpFetcher`] gets revocation data and CA certificates.
//! - [`check_tsa`] tells whether an authority is fit.
//!
//! Everything has a limit: time to connect, time in total, bytes, redirects, retries. TLS is 1.3 with the suites
//! that version has (all authenticated encryption with forward secrecy); 1.2 needs an opt-in per authority and
//! its use is reported. Proxies are those configured; no environment variable is read.

mod address;
mod cache;
mod channel;
mod check;
mod connection;
mod endpoint;
mod error;
mod exchange;
mod fetcher;
mod retry;
mod secret;
mod store;
mod timestamper;

pub use channel::{Failure, TlsVersion};
pub use check::{DigestReport, TokenReport, TsaReport, check_tsa};
pub use endpoint::{BasicCredentials, ClientCertificate, HeaderContent, ProxyEndpoint, TsaEndpoint};
pub use error::Error;
pub use exchange::Ports;
pub use fetcher::{FetcherOptions, HttpFetcher};
pub use secret::SecretResolver;
pub use timestamper::{HttpTimestamper, Stamped};

//! The only crate that speaks HTTP: time-stamp authorities, CRLs, OCSP, CA certificates and remote signing services.
//!
//! - [`HttpTimestamper`] asks the configured [`TsaEndpoint`]s in their order and gives a token only after it
//!   was checked against the request.
//! - [`HttpFetcher`] gets revocation data and CA certificates.
//! - [`remote_service`] reaches keys that somebody else keeps.
//! - [`check_tsa`] tells whether an authority is fit.
//!
//! Everything has a limit: time to connect, time in total, bytes, redirects, retries. TLS is 1.3 with the suites
//! that version has (all authenticated encryption with forward secrecy); 1.2 needs an opt-in per authority and
//! its use is reported. Proxies are those configured; no environment variable is read.

mod access;
mod address;
mod cache;
mod channel;
mod check;
mod connection;
mod endpoint;
mod error;
mod exchange;
mod fetcher;
mod remote;
mod retry;
mod secret;
mod store;
mod timestamper;
mod tsa_exchange;

pub use access::{Access, BasicCredentials, ClientCertificate, HeaderContent, ProxyEndpoint};
pub use channel::{Failure, TlsVersion};
pub use check::{DigestReport, TokenReport, TsaReport, check_tsa};
pub use endpoint::TsaEndpoint;
pub use error::Error;
pub use exchange::Ports;
pub use fetcher::{FetcherOptions, HttpFetcher};
pub use remote::{Browser, Gives, Login, Protocol, RemoteEndpoint, remote_service};
pub use secret::SecretResolver;
pub use timestamper::{HttpTimestamper, Stamped};
pub use tsa_exchange::TsaExchange;

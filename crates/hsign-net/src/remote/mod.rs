//! Remote signing services: keys that somebody else keeps.
//!
//! Two protocols: the CSC API v2 (Cloud Signature Consortium), which gives bare values or whole CMS signatures, and a
//! service that gives whole XML signatures, as the HPKI second certificate is described to do. That one's protocol isn't
//! public: ours is neutral, and meant to stand before an adapter.

mod caller;
mod csc;
mod element;
mod login;
mod oidc;
mod service;

use hsign_core::ports::RemoteSigning;

use crate::{Error, Ports};

pub use login::{Browser, Login};
pub use service::{Gives, Protocol, RemoteEndpoint};

/// A service ready for use. Nothing is opened yet, nobody is logged in.
///
/// # Errors
/// [`Error::Configuration`] when the endpoint contradicts itself.
pub fn remote_service(
    endpoint: RemoteEndpoint,
    ports: Ports,
    browser: Box<Browser>,
) -> Result<Box<dyn RemoteSigning>, Error> {
    endpoint.validate()?;
    let protocol = endpoint.protocol;
    let caller = caller::Caller::new(endpoint, ports, browser);
    Ok(match protocol {
        Protocol::Csc => Box::new(csc::Csc::new(caller)),
        Protocol::SignatureElement => Box::new(element::ElementService::new(caller)),
    })
}

//! What the archive's work depends on besides its configuration and stores: all of it arguments.

use std::sync::Arc;

use hsign_archive::Checkpoints;
use hsign_core::Time;
use hsign_core::ports::{Fetcher, PortError, Randomness};

use super::Line;
use crate::Settings;

/// Clock, network, trust and the one who listens.
pub struct Environment<'a> {
    /// Policy and trust by which documents and time stamps are judged.
    pub settings: &'a Settings,
    /// Certificates and revocation data: what is put into time stamps before they are covered comes from here.
    pub fetcher: &'a (dyn Fetcher + Sync),
    /// The time-stamp authorities.
    pub authorities: &'a dyn Authorities,
    /// Our clock.
    pub clock: &'a (dyn Fn() -> Time + Sync),
    /// For nonces, and for choosing samples.
    pub randomness: &'a (dyn Randomness + Sync),
    /// Told at every point at which a crash loses nothing; `Arc::new(())` where nobody tests that.
    pub checkpoints: Arc<dyn Checkpoints + Send + Sync>,
    /// Who causes what is done: a person or a service; stands in the trail.
    pub actor: &'a str,
    /// Threads that work at the same time.
    pub threads: usize,
    /// Hears what was done, line by line, in the order in which it happened; the summary is what a function gives back.
    pub tell: &'a (dyn Fn(&Line) + Sync),
}

/// Asks time-stamp authorities by their configured names. When it is asked, and how often, is the archive's decision.
pub trait Authorities: Sync {
    /// Sends a TimeStampReq (RFC 3161, DER) once; the body of the answer, whatever is in it.
    ///
    /// # Errors
    /// When there is no answer, or one with another HTTP status than success.
    fn ask(&self, authority: &str, request: &[u8]) -> Result<Vec<u8>, PortError>;
}

impl Environment<'_> {
    /// The same once more, to change something of it.
    pub(super) fn again(&self) -> Environment<'_> {
        Environment { checkpoints: Arc::clone(&self.checkpoints), ..*self }
    }

    pub(super) fn now(&self) -> Time {
        (self.clock)()
    }

    pub(super) fn tell(&self, line: &Line) {
        (self.tell)(line);
    }

    pub(super) fn reached(&self, point: &'static str) {
        self.checkpoints.reached(point);
    }
}

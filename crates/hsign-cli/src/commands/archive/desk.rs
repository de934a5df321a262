//! What every command of the archive needs: the archive, trust, clock, network, and who acts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use hsign::archive::{Archive, ArchiveConfig, CONFIG_FILE, Environment, HttpAuthorities, Line, Summary};
use hsign::crypto::SystemRandom;
use hsign::{Settings, Time};
use hsign_core::ports::Fetcher;

use super::{done, lines};
use crate::args::ArchiveOptions;
use crate::failure::Usage;
use crate::session::{self, Judging, Session};

/// Whether revocation data may be fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    Fetch,
    None,
}

/// What the archive's work depends on.
pub(super) struct Ground<'s> {
    session: &'s Session,
    authorities: HttpAuthorities,
    settings: Settings,
    fetcher: Box<dyn Fetcher + Sync>,
    /// Judged as of this time; `None`: the clock's.
    at: Option<Time>,
    actor: String,
    threads: usize,
}

/// An opened archive, on its ground.
pub(super) struct Desk<'s> {
    archive: Archive,
    ground: Ground<'s>,
}

/// Opens the archive, does the work without network, tells what was done; how the command ends.
pub(super) fn at_desk(
    session: &Session,
    options: &ArchiveOptions,
    work: impl FnOnce(&Archive, &Environment<'_>) -> Result<Summary, hsign::Error>,
) -> Result<u8> {
    Ok(done(&Desk::open(session, options, Network::None)?.run(work)?))
}

/// The archive's folder: the one named, the configured one, or this one if it is an archive.
pub(super) fn home(session: &Session, options: &ArchiveOptions) -> Result<PathBuf> {
    let named = options.archive.as_ref().or(session.config.archive.home.as_ref());
    let home = named.cloned().unwrap_or_else(|| PathBuf::from("."));
    if !home.join(CONFIG_FILE).is_file() {
        bail!(Usage::NoArchive { path: home.display().to_string() });
    }
    Ok(home)
}

/// What the options say of policy, evidence and trust.
pub(super) fn judging(options: &ArchiveOptions) -> Judging<'_> {
    Judging {
        policy: options.policy.as_deref(),
        evidence: &options.evidence,
        trust: Some(&options.trust),
        ..Judging::default()
    }
}

impl<'s> Ground<'s> {
    pub(super) fn new(session: &'s Session, judging: &Judging<'_>, config: &ArchiveConfig) -> Result<Self> {
        let who = crate::account::who();
        Ok(Self {
            session,
            authorities: HttpAuthorities::new(config, &session::secrets())?,
            settings: session.settings(judging)?,
            fetcher: session.fetcher(false),
            at: None,
            actor: format!("{}@{}", who.user, who.host),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        })
    }

    /// Does the work and tells what is done, line by line.
    pub(super) fn run<T>(&self, work: impl FnOnce(&Environment<'_>) -> Result<T, hsign::Error>) -> Result<T> {
        self.with(&|line| lines::tell(self.session, line), work)
    }

    fn with<T>(
        &self,
        tell: &(dyn Fn(&Line) + Sync),
        work: impl FnOnce(&Environment<'_>) -> Result<T, hsign::Error>,
    ) -> Result<T> {
        let clock = || self.at.unwrap_or_else(session::now);
        let environment = Environment {
            settings: &self.settings,
            fetcher: self.fetcher.as_ref(),
            authorities: &self.authorities,
            clock: &clock,
            randomness: &SystemRandom,
            checkpoints: Arc::new(()),
            actor: &self.actor,
            threads: self.threads,
            tell,
        };
        Ok(work(&environment)?)
    }
}

impl<'s> Desk<'s> {
    pub(super) fn open(session: &'s Session, options: &ArchiveOptions, network: Network) -> Result<Self> {
        let archive = Archive::open(&home(session, options)?, session::secrets(), Arc::new(()))?;
        let mut ground = Ground::new(session, &judging(options), archive.config())?;
        ground.fetcher = session.fetcher(network == Network::Fetch);
        if let Some(actor) = &options.actor {
            ground.actor.clone_from(actor);
        }
        Ok(Self { archive, ground })
    }

    /// With so many threads.
    pub(super) fn threads(mut self, workers: u16) -> Self {
        self.ground.threads = usize::from(workers);
        self
    }

    /// As of another time than now.
    pub(super) fn judging_at(mut self, at: Option<&str>) -> Result<Self> {
        self.ground.at = at.map(|at| session::time_or_now(Some(at))).transpose()?.map(|time| time.0);
        Ok(self)
    }

    /// Does the work and tells what is done, the summary last.
    pub(super) fn run(
        &self,
        work: impl FnOnce(&Archive, &Environment<'_>) -> Result<Summary, hsign::Error>,
    ) -> Result<Summary> {
        self.run_telling(&|line| lines::tell(self.ground.session, line), work)
    }

    /// The same where `tell` does something of its own with the lines.
    pub(super) fn run_telling(
        &self,
        tell: &(dyn Fn(&Line) + Sync),
        work: impl FnOnce(&Archive, &Environment<'_>) -> Result<Summary, hsign::Error>,
    ) -> Result<Summary> {
        let summary = self.untold(tell, work)?;
        lines::summary(self.ground.session, &summary);
        Ok(summary)
    }

    /// The same without the summary, which is for the caller to tell.
    pub(super) fn untold(
        &self,
        tell: &(dyn Fn(&Line) + Sync),
        work: impl FnOnce(&Archive, &Environment<'_>) -> Result<Summary, hsign::Error>,
    ) -> Result<Summary> {
        self.ground.with(tell, |environment| work(&self.archive, environment))
    }
}

/// A path that means the same from every folder.
pub(super) fn absolute(path: &Path) -> Result<String> {
    Ok(std::path::absolute(path)?.display().to_string())
}

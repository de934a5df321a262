//! Use cases between two entries of a journal: what is tried goes in before it begins, what came of it before the
//! result is handed out. A journal that can't be written stops the work (fail closed).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hsign_core::facts::Level;
use hsign_core::journal::{CredentialUsed, Event, Journal, Operation, Outcome};
use hsign_core::ports::{PortError, Signer, Timestamper};
use hsign_core::{Digest, DigestAlgorithm, ErrorKind, Source, Time, hex, read_windows};
use hsign_credential::KeyProtection;
use hsign_crypto::Hasher;
use hsign_hpki::{ProfessionTable, roles_of};
use hsign_validation::shown_subject;
use hsign_x509::Certificate;

use crate::digest::digest_of;
use crate::{Clock, Error, Output};

/// The journal that the use cases write into.
#[derive(Clone)]
pub struct JournalPort {
    /// Where to.
    pub journal: Arc<dyn Journal>,
    /// Whether the names of signed files are written down too; they may be those of patients.
    pub names: bool,
}

impl fmt::Debug for JournalPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JournalPort")
    }
}

/// What is about to be tried.
pub(crate) struct Attempt<'a> {
    pub(crate) operation: Operation,
    /// The documents as they are.
    pub(crate) sources: &'a [&'a dyn Source],
    /// Their names, as far as known.
    pub(crate) names: &'a [&'a str],
    /// Whose key, where one is used, how it is kept, and which roles are known.
    pub(crate) signer: Option<(&'a dyn Signer, &'a KeyProtection, &'a ProfessionTable)>,
}

/// What was made of it.
pub(crate) enum Made<'a, 's> {
    /// There was nothing to do.
    Nothing,
    /// A document, with the level of its new signature.
    Document(&'a Output<'s>, Option<Level>),
    /// Bytes behind those of the document.
    Appended(&'a [u8]),
    /// A file of its own.
    File(&'a [u8]),
}

/// Does `work` between an entry that it begins and one of what came of it; the time-stamp authority is handed on with
/// an eye on its clock. Without a journal it is just done.
///
/// # Errors
/// As `work`; and when an entry can't be written. Then nothing was begun, or what was made is withheld.
pub(crate) fn recorded<'s, T>(
    journal: Option<&JournalPort>,
    attempt: &Attempt<'_>,
    timestamper: Option<&dyn Timestamper>,
    clock: Clock<'_>,
    work: impl FnOnce(Option<&dyn Timestamper>) -> Result<T, Error>,
    made: impl FnOnce(&T) -> Made<'_, 's>,
) -> Result<T, Error> {
    let Some(JournalPort { journal, names }) = journal else { return work(timestamper) };
    let mut event = attempt.event()?;
    if *names {
        event.names = attempt.names.iter().map(|name| (*name).to_owned()).collect();
    }
    journal.record(&event)?;
    let watch = timestamper.map(|inner| ClockWatch { inner, clock, seen: Mutex::new(None) });
    let result = work(watch.as_ref().map(|watch| watch as &dyn Timestamper));
    if let Some((gen_time, offset)) = watch.and_then(|watch| watch.seen()) {
        (event.stamped, event.clock_offset_seconds) = (Some(gen_time), Some(offset));
    }
    match result {
        Ok(done) => {
            made(&done).tell(attempt.sources, &mut event)?;
            journal.record(&event)?;
            Ok(done)
        }
        Err(error) => {
            (event.outcome, event.code) = (outcome_of(&error), Some(code_of(&error)));
            journal.record(&event)?;
            Err(error)
        }
    }
}

/// What an error means to a journal.
fn outcome_of(error: &Error) -> Outcome {
    if error.kind() == ErrorKind::Refused { Outcome::Refused } else { Outcome::Failed }
}

/// The reason where one is told, else what happened.
fn code_of(error: &Error) -> String {
    let told = match error {
        Error::Port(_) => None,
        other => other.findings().first(),
    };
    told.map_or_else(|| error.finding().code, |finding| finding.code.clone())
}

impl Attempt<'_> {
    fn event(&self) -> Result<Event, Error> {
        let mut event = Event::new(self.operation, Outcome::Started);
        let before = self.sources.iter().map(|source| Ok(digest_of(*source, DigestAlgorithm::Sha256)?.hex()));
        event.before = before.collect::<Result<_, Error>>()?;
        if let Some((signer, key, professions)) = self.signer {
            let certificate = Certificate::from_der(signer.certificate()).ok();
            event.role = certificate.as_ref().and_then(|one| role(one, professions));
            event.credential = Some(credential_used(signer, key, certificate.as_ref()));
        }
        Ok(event)
    }
}

fn role(certificate: &Certificate, professions: &ProfessionTable) -> Option<String> {
    let texts: Vec<&str> =
        roles_of(certificate, professions)?.iter().map(|role| role.text.as_str()).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

fn credential_used(
    signer: &dyn Signer,
    key: &KeyProtection,
    certificate: Option<&Certificate>,
) -> CredentialUsed {
    let kind = match key {
        KeyProtection::File { .. } => "file",
        KeyProtection::Token { hardware: true, .. } => "token",
        KeyProtection::Token { .. } => "software-token",
        KeyProtection::Remote => "remote",
        _ => "other",
    };
    let subject = certificate.map(shown_subject).unwrap_or_default();
    let sha256 = hex(&hsign_crypto::sha256(signer.certificate()));
    CredentialUsed { kind: kind.to_owned(), sha256, subject }
}

impl Made<'_, '_> {
    fn tell(&self, sources: &[&dyn Source], event: &mut Event) -> Result<(), Error> {
        event.outcome = Outcome::Done;
        let after = match self {
            Self::Nothing => {
                event.outcome = Outcome::Nothing;
                return Ok(());
            }
            Self::Document(output, level) => {
                event.level = level.map(|level| level.to_string());
                match output {
                    Output::Whole(source) => digest_of(source.as_ref(), DigestAlgorithm::Sha256)?,
                    Output::Append(update) => digest_behind(sources, update)?,
                }
            }
            Self::Appended(update) => digest_behind(sources, update)?,
            Self::File(bytes) => digest_behind(&[], bytes)?,
        };
        event.after = Some(after.hex());
        Ok(())
    }
}

fn digest_behind(sources: &[&dyn Source], update: &[u8]) -> Result<Digest, Error> {
    let mut hasher = Hasher::new(DigestAlgorithm::Sha256)?;
    for source in sources.iter().take(1) {
        read_windows(*source, 0..source.length(), |window| hasher.update(window).map_err(Error::from))?;
    }
    hasher.update(update)?;
    Ok(hasher.finish()?)
}

/// Notes what an authority's clock says beside ours.
struct ClockWatch<'a> {
    inner: &'a dyn Timestamper,
    clock: Clock<'a>,
    seen: Mutex<Option<(Time, i64)>>,
}

impl ClockWatch<'_> {
    fn seen(&self) -> Option<(Time, i64)> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Timestamper for ClockWatch<'_> {
    fn stamp(&self, imprint: &Digest) -> Result<Vec<u8>, PortError> {
        let token = self.inner.stamp(imprint)?;
        if let Ok(read) = hsign_tsp::Token::parse(&token) {
            let gen_time = read.info().gen_time.0;
            let offset = (self.clock)().seconds_since(gen_time);
            *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some((gen_time, offset));
        }
        Ok(token)
    }

    fn last_token_size(&self) -> Option<usize> {
        self.inner.last_token_size()
    }
}

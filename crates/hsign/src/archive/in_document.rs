//! Documents that have to carry their own time stamp: when it ends a new version with a further one is written beside
//! the file, which stays as it is, and taken into the archive as what replaces it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use hsign_archive::{NewUnit, RetentionEnd, Work};
use hsign_archive_store::{Claim, DocumentState, Index};
use hsign_core::ports::{PortError, Timestamper};
use hsign_core::{Date, Digest, DigestAlgorithm, ErrorKind, Finding};

use super::authority::Wanted;
use super::config::TrackConfig;
use super::examine::examine;
use super::lookup::{document_at, place_of};
use super::renewing::{Done, Run};
use super::{Archive, Environment, Intake, Line, Retention, Summary, documents};
use crate::file::{Base, Existing, put_in_place, put_source_in_place};
use crate::{Error, ExtendRequest, Output, extend};

const PAGE: usize = 4096;

impl Archive {
    /// Documents of the classes that carry their own stamp, each looked at once a month.
    pub(super) fn documents_to_extend(
        &self,
        index: &mut Index,
        environment: &Environment<'_>,
    ) -> Result<Vec<NewUnit>, Error> {
        let classes = &self.config.policy.in_document;
        let mut units = Vec::new();
        if classes.is_empty() {
            return Ok(units);
        }
        let day = Date::in_japan(environment.now()).to_string();
        let round = day.get(..7).unwrap_or_default().to_owned();
        let mut after: Option<String> = None;
        loop {
            let page = index.documents(after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { return Ok(units) };
            after = Some(last.key.clone());
            for row in page {
                let sealed = matches!(row.state, DocumentState::Sealed { .. });
                if sealed && row.replaced_by.is_none() && classes.contains(&row.class) {
                    let work = Work::Extend { key: row.key, round: round.clone() };
                    units.push(NewUnit { work, priority: i64::MAX });
                }
            }
        }
    }

    /// One more time stamp where the last one ends within the policy's lead.
    pub(super) fn extend_document(
        &self,
        index: &mut Index,
        claim: &Claim,
        key: &str,
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<Done, Error> {
        let row = self.row(index, key)?;
        if row.replaced_by.is_some() {
            return Ok(Done::Yes);
        }
        let retention = match row.kept_until() {
            RetentionEnd::Open => Retention::Open,
            RetentionEnd::Until(day) => Retention::Until(day),
        };
        let (bundle, place) = place_of(&row)?;
        let bundle = self.whole(&bundle)?;
        let document = document_at(&row, &bundle, place)?;
        let (location, read) = self.places.undamaged(&document)?;
        run.read.fetch_add(read, Ordering::Relaxed);
        if documents::is_in_a_bucket(&location) {
            let finding = Finding::error("archive-bucket-not-written").with("location", &location);
            return Err(Error::ArchiveRefused(finding));
        }
        let day = Date::in_japan(environment.now());
        let new = renewed(&documents::path_of(&location), day);
        if !new.exists() && !self.write_extended(index, claim, &location, &new, run, environment)? {
            return Ok(Done::Yes);
        }
        environment.reached("extend-after-write");
        let intake = Intake {
            location: new.display().to_string(),
            key: Some(format!("{key}.renewed-{day}")),
            class: row.class,
            retention,
            beside: Vec::new(),
            replaces: Some(key.to_owned()),
        };
        let examined = examine(&intake, self, &self.config.retention_table()?, environment)?;
        let (new_key, location) = (intake.key().to_owned(), intake.location.clone());
        let mut summary = Summary::default();
        self.take(index, &[(intake, examined)], environment, &mut summary)?;
        environment.reached("extend-after-take");
        run.objects.fetch_add(1, Ordering::Relaxed);
        run.failed.fetch_add(summary.failed, Ordering::Relaxed);
        environment.tell(&Line::Extended { key: key.to_owned(), new_key, location });
        Ok(Done::Yes)
    }

    /// Whether a new version was due, and written.
    fn write_extended(
        &self,
        index: &mut Index,
        claim: &Claim,
        location: &str,
        new: &Path,
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<bool, Error> {
        let source = self.places.open(location, self.config.policy.read_at_once)?;
        let track = self.config.tracks.first().ok_or(Error::NoTimestampAuthority)?;
        let governed = Governed { archive: self, index: RefCell::new(index), claim, track, run, environment };
        let request = ExtendRequest {
            level: None,
            signatures: Vec::new(),
            due: Some(environment.now().plus_seconds(self.config.policy.lead.as_seconds())),
            digest: DigestAlgorithm::Sha256,
        };
        let clock = || environment.now();
        let (settings, fetcher) = (environment.settings, environment.fetcher);
        let extended = extend(source.as_ref(), &[], Some(&governed), &request, settings, fetcher, &clock)?;
        let failed = |source| Error::File { path: new.to_owned(), source };
        match extended.output {
            None => return Ok(false),
            Some(Output::Append(tail)) => {
                let path = documents::path_of(location);
                let base = Base { path: &path, length: source.length() };
                put_in_place(new, Some(base), &tail, Existing::Keep).map_err(failed)?;
            }
            Some(Output::Whole(whole)) => {
                let like = documents::path_of(location);
                put_source_in_place(new, whole.as_ref(), Some(&like), Existing::Keep).map_err(failed)?;
            }
        }
        Ok(true)
    }
}

/// A track's authorities as the port that signing and extending know, within what the contracts allow.
struct Governed<'a> {
    archive: &'a Archive,
    index: RefCell<&'a mut Index>,
    claim: &'a Claim,
    track: &'a TrackConfig,
    run: &'a Run,
    environment: &'a Environment<'a>,
}

impl Timestamper for Governed<'_> {
    fn stamp(&self, imprint: &Digest) -> Result<Vec<u8>, PortError> {
        let mut index = self.index.borrow_mut();
        let wanted = self.archive.stamp_over(&mut index, self.claim, self.track, imprint, self.environment);
        match wanted {
            Ok(Wanted::Stamp(stamp)) => {
                if stamp.asked {
                    self.run.paid(&self.track.name, stamp.yen);
                }
                Ok(stamp.token)
            }
            Ok(Wanted::Later { findings, .. }) => {
                let failed = PortError::new(ErrorKind::Remote, "no authority gives a time stamp now");
                Err(findings.into_iter().fold(failed, PortError::finding))
            }
            Err(error) => Err(PortError::new(error.kind(), error.to_string()).finding(error.finding())),
        }
    }
}

/// `NAME.renewed-2031-04-30.pdf` beside `NAME.pdf`.
fn renewed(path: &Path, day: Date) -> PathBuf {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}.renewed-{day}{ending}"))
}

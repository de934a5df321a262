//! Taking documents into the archive.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::sync_channel;

use hsign_archive::{Document, Event, RetentionEnd};
use hsign_archive_store::{DocumentRow, Index};
use hsign_core::{Date, Digest, Finding};
use rayon::prelude::*;

use super::examine::{Examined, end_of, examine};
use super::lookup::unknown;
use super::{Archive, Environment, Intake, Line, Retention, Summary};
use crate::Error;

/// Documents that are looked at, and recorded, together: what a crash can cost.
const TOGETHER: usize = 512;

impl Archive {
    /// Verifies documents and takes those that pass; the others are set aside. A document that is in the archive
    /// already stays as it is; another one under its key is refused.
    ///
    /// # Errors
    /// When this machine, a store or the index fails, or the class of a document has no retention. What was taken
    /// before stays taken; giving the same documents again goes on from there.
    pub fn add(&self, intakes: &[Intake], environment: &Environment<'_>) -> Result<Summary, Error> {
        let table = self.config.retention_table()?;
        let mut index = self.index(environment)?;
        self.record_stores(&mut index, environment)?;
        let mut summary = Summary::default();
        let pool = self.pool(environment)?;
        let looked = |intake: &Intake| Ok((intake.clone(), examine(intake, self, &table, environment)?));
        let together = |chunk: &[Intake]| -> Result<Vec<(Intake, Examined)>, Error> {
            pool.install(|| chunk.par_iter().map(looked).collect())
        };
        // While some are written down, which waits for disks, the next ones are looked at.
        std::thread::scope(|scope| {
            let (send, examined) = sync_channel(0);
            scope.spawn(move || {
                intakes.chunks(TOGETHER).try_for_each(|chunk| {
                    let some = together(chunk);
                    let failed = some.is_err();
                    // Nobody listens any more when writing failed.
                    if send.send(some).is_err() || failed { Err(()) } else { Ok(()) }
                })
            });
            for some in examined {
                let some = some?;
                environment.reached("add-after-verify");
                self.take(&mut index, &some, environment, &mut summary)?;
            }
            Ok::<(), Error>(())
        })?;
        summary.objects = intakes.len() as u64;
        Ok(summary)
    }

    pub(super) fn take(
        &self,
        index: &mut Index,
        examined: &[(Intake, Examined)],
        environment: &Environment<'_>,
        summary: &mut Summary,
    ) -> Result<(), Error> {
        let keys: Vec<&str> = examined.iter().map(|(intake, _)| intake.key()).collect();
        let mut lines = Vec::new();
        self.record(index, environment, &mut |index| {
            lines.clear();
            let rows = self.rows(index, &keys)?;
            let mut known: BTreeMap<String, Known> =
                rows.into_iter().map(|row| (row.key.clone(), Known::of(&row))).collect();
            let aside: BTreeSet<String> = index.set_aside()?.into_iter().map(|aside| aside.key).collect();
            let mut events = Vec::new();
            for (intake, examined) in examined {
                taken(intake, examined, &mut known, &aside, &mut events, &mut lines);
            }
            Ok(events)
        })?;
        for line in &lines {
            match line {
                Line::Taken { size, .. } => summary.read = summary.read.saturating_add(*size),
                Line::SetAside { .. } => {
                    summary.failed += 1;
                    summary.set_aside += 1;
                }
                Line::Failed { .. } => summary.failed += 1,
                _ => {}
            }
            environment.tell(line);
        }
        Ok(())
    }

    /// A document that was set aside is dealt with: somebody looked at it.
    ///
    /// # Errors
    /// When none is set aside under this key, or a store or the index fails.
    pub fn settle(&self, key: &str, how: &str, environment: &Environment<'_>) -> Result<Summary, Error> {
        let mut index = self.index(environment)?;
        self.record(&mut index, environment, &mut |index| {
            if !index.set_aside()?.iter().any(|aside| aside.key == key) {
                return Err(unknown(key));
            }
            Ok(vec![Event::SetAsideSettled { key: key.to_owned(), how: how.to_owned() }])
        })?;
        Ok(Summary { objects: 1, ..Summary::default() })
    }

    /// The clock of documents whose retention was open has started. Their time stamps stay what they are.
    ///
    /// # Errors
    /// When a document isn't there or has an end, its class has no retention, or a store or the index fails. Nothing is
    /// recorded then.
    pub fn date(&self, starts: &[(String, Date)], environment: &Environment<'_>) -> Result<Summary, Error> {
        let table = self.config.retention_table()?;
        let mut index = self.index(environment)?;
        let mut lines = Vec::new();
        self.record(&mut index, environment, &mut |index| {
            lines.clear();
            let mut events = Vec::new();
            for (key, start) in starts {
                let row = self.row(index, key)?;
                if row.kept_until() != RetentionEnd::Open {
                    let finding = Finding::error("archive-retention-begun").with("key", key);
                    return Err(Error::ArchiveRefused(finding));
                }
                let end = end_of(Retention::Start(*start), &row.class, &table)?;
                events.push(Event::Retention { key: key.clone(), start: *start, end });
                lines.push(Line::Dated { key: key.clone(), start: *start, end });
            }
            Ok(events)
        })?;
        lines.iter().for_each(|line| environment.tell(line));
        Ok(Summary { objects: starts.len() as u64, ..Summary::default() })
    }
}

/// What happens with one document, given those that are there. The same octets under the same key are no news.
fn taken(
    intake: &Intake,
    examined: &Examined,
    known: &mut BTreeMap<String, Known>,
    aside: &BTreeSet<String>,
    events: &mut Vec<Event>,
    lines: &mut Vec<Line>,
) {
    let key = intake.key().to_owned();
    let document = match examined {
        Examined::Fit(document) => document,
        Examined::Unfit { reason, findings } => {
            // What is in the archive isn't put aside by what lies at its place today.
            let there = known.contains_key(&key);
            if !there && !aside.contains(&key) {
                let mut codes: Vec<String> = findings.iter().map(|finding| finding.code.clone()).collect();
                codes.dedup();
                let (location, reason) = (intake.location.clone(), (*reason).to_owned());
                events.push(Event::SetAside { key: key.clone(), location, reason, findings: codes });
            }
            let (location, reason) = (intake.location.clone(), (*reason).to_owned());
            lines.push(Line::SetAside { key, location, reason, findings: findings.clone() });
            return;
        }
    };
    if let Some(there) = known.get(&key) {
        let same = there.is(document);
        lines.push(match same {
            true => Line::Known { key },
            false => Line::Failed {
                findings: vec![Finding::error("archive-key-taken").with("key", &key)],
                what: key,
            },
        });
        return;
    }
    if aside.contains(&key) {
        events.push(Event::SetAsideSettled { key: key.clone(), how: "taken".to_owned() });
    }
    let indication = document.verdict().map(|verdict| verdict.indication.clone()).unwrap_or_default();
    lines.push(Line::Taken { key: key.clone(), size: document.size(), indication });
    known.insert(key, Known { size: document.size(), digest: document.first_digest() });
    events.push(Event::Taken { document: document.clone(), origin: None });
}

/// A document by what tells it from another one.
struct Known {
    size: u64,
    /// None of one that was deleted.
    digest: Option<Digest>,
}

impl Known {
    fn of(row: &DocumentRow) -> Self {
        Self { size: row.size, digest: row.digest.clone() }
    }

    /// Whether it is the same octets. What was deleted is no other document's key, and doesn't come back.
    fn is(&self, document: &Document) -> bool {
        let same = |digest: &Digest| document.digest(digest.algorithm).as_ref() == Some(digest);
        self.size == document.size() && self.digest.as_ref().is_some_and(same)
    }
}

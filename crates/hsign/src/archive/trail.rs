//! The trail for auditors: every segment as it was written, verified from the first one on, and stamped itself.

use std::path::Path;

use hsign_archive::{
    Breach, BreachKind, DeletionPolicy, Document, Event, Lifecycle, RetentionEnd, Segment, TrailHead,
};
use hsign_archive_store::Index;
use hsign_core::{Finding, Severity, hex};

use super::{Archive, Environment, Line, Standing, StoreAccess, Summary, documents};
use crate::Error;
use crate::file::{Existing, put_in_place};

/// The class of the documents that are segments of the trail.
pub(super) const CLASS: &str = "audit-trail";
/// Segments that are looked through for news. Where all those tell of time stamps only, that is news enough.
const LOOK_BACK: usize = 256;
/// What is wrong under any policy.
const LAW: DeletionPolicy = DeletionPolicy { four_eyes: false, wait: 0 };

impl Archive {
    /// Takes the newest segment as a document, so that it gets a time stamp as all others do: since it holds the digest of
    /// the one before, that is one over the whole trail. Nothing is taken while such a document waits, or when
    /// nothing has happened since the last one but what bundles prove.
    pub(super) fn stamp_trail(&self, index: &mut Index, environment: &Environment<'_>) -> Result<(), Error> {
        if !self.config.policy.stamp_trail {
            return Ok(());
        }
        self.record(index, environment, &mut |index| {
            if index.waiting_batches()?.iter().any(|batch| batch.class == CLASS) {
                return Ok(Vec::new());
            }
            let head = index.head()?;
            if !self.has_news(head)? {
                return Ok(Vec::new());
            }
            let document = self.as_document(&self.copies.segment(head)?)?;
            Ok(vec![Event::Taken { document, origin: None }])
        })
    }

    fn has_news(&self, mut head: TrailHead) -> Result<bool, Error> {
        for _ in 0..LOOK_BACK {
            if head == TrailHead::START {
                return Ok(false);
            }
            let segment = self.copies.segment(head)?;
            for event in segment.events().iter().rev() {
                match event {
                    Event::Taken { document, .. } if document.class() == CLASS => return Ok(false),
                    Event::Sealed { .. } | Event::Stamped { .. } => {}
                    _ => return Ok(true),
                }
            }
            head = segment.before();
        }
        Ok(true)
    }

    /// It is read in the stores that repairs keep whole.
    fn as_document(&self, segment: &Segment) -> Result<Document, Error> {
        let bytes = segment.bytes();
        let digests = self.config.digests().into_iter().map(|one| hsign_crypto::digest(one, bytes));
        let digests = digests.collect::<Result<Vec<_>, _>>()?;
        let key = format!("{CLASS}/{:010}", segment.number());
        let mut document = Document::new(&key, bytes.len() as u64, &digests, CLASS, RetentionEnd::Open)?;
        for store in self.config.stores.iter().filter(|store| store.terms.access == StoreAccess::Repair) {
            let url = &store.place.url;
            let place = if documents::is_in_a_bucket(url) {
                format!("{}/{}", url.trim_end_matches('/'), segment.name())
            } else {
                documents::absolute(&self.home.join(url).join(segment.name()).to_string_lossy())?
            };
            document = document.at(&place)?;
        }
        Ok(document)
    }

    /// Verifies the trail in all stores, from the first segment to the last; a line for each segment. What happened that
    /// should not have happened is told: against the law of the trail itself as an error, against the policy of today,
    /// which may be younger, as a warning.
    ///
    /// # Errors
    /// When a store fails, or no store has a segment whole.
    pub fn verify_trail(&self, environment: &Environment<'_>) -> Result<Summary, Error> {
        let policy = &self.config.policy;
        let today = DeletionPolicy { four_eyes: policy.four_eyes, wait: policy.deletion_wait.as_seconds() };
        let mut lifecycles = [(Lifecycle::default(), LAW), (Lifecycle::default(), today)];
        let mut summary = Summary::default();
        let check = self.copies.check_trail(&mut |segment| {
            summary.objects += segment.events().len() as u64;
            summary.batches += 1;
            environment.tell(&Line::Segment {
                number: segment.number(),
                sha256: hex(&segment.head().sha256),
                time: segment.time(),
                actor: segment.actor().to_owned(),
                events: segment.events().len() as u64,
            });
            let [law, today] =
                lifecycles.each_mut().map(|(lifecycle, policy)| lifecycle.apply(segment, *policy));
            summary.failed += law.len() as u64;
            for breach in &law {
                environment.tell(&Line::Alarm { finding: told(breach, Severity::Error) });
            }
            for breach in today.iter().filter(|breach| !law.contains(breach)) {
                environment.tell(&Line::Alarm { finding: told(breach, Severity::Warning) });
            }
            Ok::<(), Error>(())
        })?;
        for damage in check.damage {
            let problem = (&damage.problem).into();
            environment.tell(&Line::FileDamaged { file: damage.name, store: damage.store, problem });
            summary.failed += 1;
        }
        if let Some(segment) = check.lost {
            let finding = Finding::error("archive-trail-lost").with("segment", segment);
            environment
                .tell(&Line::Alarm { finding: finding.with("reason", "missing or changed everywhere") });
            summary.failed += 1;
        }
        if summary.failed > 0 {
            summary.standing = Standing::Overdue;
        }
        Ok(summary)
    }

    /// Writes every segment into a folder, under its own name, octet by octet: the folder can be verified with nothing
    /// but SHA-256.
    ///
    /// # Errors
    /// When no store has a segment whole, or the folder can't be written.
    pub fn export_trail(&self, out: &Path, environment: &Environment<'_>) -> Result<Summary, Error> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { path, source }
        };
        std::fs::create_dir_all(out.join("trail")).map_err(failed(out))?;
        let mut summary = Summary::default();
        self.copies.check_trail(&mut |segment| {
            let path = out.join(segment.name());
            let same = std::fs::read(&path).is_ok_and(|there| there == segment.bytes());
            if !same {
                put_in_place(&path, None, segment.bytes(), Existing::Keep).map_err(failed(&path))?;
            }
            summary.objects += segment.events().len() as u64;
            summary.batches += 1;
            Ok::<(), Error>(())
        })?;
        environment.reached("trail-after-export");
        Ok(summary)
    }
}

/// What should not have happened, in words for both languages.
fn told(breach: &Breach, severity: Severity) -> Finding {
    let finding = match &breach.kind {
        BreachKind::HoldTwice { hold } => Finding::error("archive-trail-hold-twice").with("hold", hold),
        BreachKind::NoSuchHold { hold } => Finding::error("archive-trail-hold-unknown").with("hold", hold),
        BreachKind::DeletionTwice { deletion } => {
            Finding::error("archive-trail-deletion-twice").with("deletion", deletion)
        }
        BreachKind::NoSuchDeletion { deletion } => {
            Finding::error("archive-trail-deletion-unknown").with("deletion", deletion)
        }
        BreachKind::ShortNotice { deletion } => {
            Finding::error("archive-trail-short-notice").with("deletion", deletion)
        }
        BreachKind::DeletedDespite { deletion, obstacle } => Finding::error("archive-trail-deleted-despite")
            .with("deletion", deletion)
            .with("obstacle", obstacle.word()),
    };
    Finding { severity, ..finding }.with("segment", breach.segment)
}

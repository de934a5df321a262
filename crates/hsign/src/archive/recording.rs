//! The trail: what is decided is written there first, and the index follows it.

use hsign_archive::{Bundle, Event, Segment};
use hsign_archive_store::{Index, Put};
use hsign_core::Finding;

use super::{Archive, Environment, Line};
use crate::Error;

/// Losing so many races in a row is no race any more.
const ATTEMPTS: usize = 1000;

impl Archive {
    /// Writes events that follow from the index as it is then; where another writer was faster, `events` is asked again
    /// with what that one wrote applied. Nothing is written where there are none.
    pub(super) fn record(
        &self,
        index: &mut Index,
        environment: &Environment<'_>,
        events: &mut dyn FnMut(&mut Index) -> Result<Vec<Event>, Error>,
    ) -> Result<(), Error> {
        self.record_with(index, &[], environment, events)
    }

    /// The same where the events are about bundles that are at hand: nobody has to read them again for their rows.
    pub(super) fn record_with(
        &self,
        index: &mut Index,
        bundles: &[&Bundle],
        environment: &Environment<'_>,
        events: &mut dyn FnMut(&mut Index) -> Result<Vec<Event>, Error>,
    ) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            self.catch_up(index, environment)?;
            let events = events(index)?;
            if events.is_empty() {
                return Ok(());
            }
            let head = index.head()?;
            let segment = Segment::next(head, environment.now(), environment.actor, events)?;
            environment.reached("trail-before-append");
            if self.copies.append_trail(&segment)? == Put::Taken {
                continue;
            }
            environment.reached("trail-after-append");
            index.apply(&segment)?;
            environment.reached("index-after-apply");
            for bundle in bundles {
                self.record_bundle(index, bundle, environment)?;
            }
            return self.record_missing(index, environment);
        }
        Err(Error::ArchiveRefused(Finding::error("archive-too-many-writers")))
    }

    /// The index takes what the trail has beyond it: others' events, and our own that a crash came after. Bundles that
    /// the trail tells of get their rows.
    pub(super) fn catch_up(&self, index: &mut Index, environment: &Environment<'_>) -> Result<(), Error> {
        let mut head = index.head()?;
        while let Some(segment) = self.copies.segment_after(head)? {
            environment.reached("index-before-apply");
            index.apply(&segment)?;
            head = segment.head();
        }
        self.record_missing(index, environment)
    }

    fn record_missing(&self, index: &mut Index, environment: &Environment<'_>) -> Result<(), Error> {
        for id in index.missing_bundles()? {
            // Of a bundle that is known only time stamps can be missing.
            let read = if index.wants_documents(&id)? { self.whole(&id) } else { self.evidence(&id) };
            match read {
                Ok(bundle) => self.record_bundle(index, &bundle, environment)?,
                // Everything else goes on; somebody has to bring a copy.
                Err(Error::ArchiveRefused(finding)) => environment.tell(&Line::Alarm { finding }),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

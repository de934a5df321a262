//! The trail: what is decided is written there first, and the index follows it.

use std::time::Duration;

use hsign_archive::{Bundle, Event, Segment, TrailHead};
use hsign_archive_store::{AtHand, Claim, Index, Put, StepRow};
use hsign_core::Finding;

use super::{Archive, Environment, Line};
use crate::Error;

/// Losing so many races in a row is no race any more.
const ATTEMPTS: usize = 1000;
/// So long whoever wrote a segment has to tell the index. Only where it died somebody else does, who has to read the bundle
/// for it.
const WRITERS_TURN: Duration = Duration::from_millis(10);

/// Events, and what is at hand of what they tell.
#[derive(Default)]
pub(super) struct News<'n> {
    pub(super) events: Vec<Event>,
    /// A new bundle.
    pub(super) bundle: Option<&'n Bundle>,
    /// New time stamps.
    pub(super) steps: Vec<StepRow>,
    /// The unit that is done with them.
    pub(super) unit: Option<&'n Claim>,
}

impl Archive {
    /// Writes events that follow from the index as it is then; where another writer was faster, `events` is asked again
    /// with what that one wrote applied. Nothing is written where there are none.
    pub(super) fn record(
        &self,
        index: &mut Index,
        environment: &Environment<'_>,
        events: &mut dyn FnMut(&mut Index) -> Result<Vec<Event>, Error>,
    ) -> Result<(), Error> {
        let mut news = |index: &mut Index| Ok(News { events: events(index)?, ..News::default() });
        self.record_news(index, environment, &mut news).map(drop)
    }

    /// The same with what is at hand of what the events tell: nobody has to read it again for its rows, which come into
    /// the index together with the events. Whether there were any.
    pub(super) fn record_news<'n>(
        &self,
        index: &mut Index,
        environment: &Environment<'_>,
        news: &mut dyn FnMut(&mut Index) -> Result<News<'n>, Error>,
    ) -> Result<bool, Error> {
        for _ in 0..ATTEMPTS {
            let head = self.catch_up(index, environment)?;
            let News { events, bundle, steps, unit } = news(index)?;
            if events.is_empty() {
                return Ok(false);
            }
            let segment = Segment::next(head, environment.now(), environment.actor, events)?;
            environment.reached("trail-before-append");
            if self.copies.append_trail(&segment)? == Put::Taken {
                continue;
            }
            environment.reached("trail-after-append");
            let at_hand = AtHand { bundles: bundle.as_slice(), steps: &steps, unit };
            index.apply_with(&segment, &at_hand, &|step| self.ends_of(step, environment))?;
            environment.reached("index-after-apply");
            return Ok(true);
        }
        Err(Error::ArchiveRefused(Finding::error("archive-too-many-writers")))
    }

    /// The index takes what the trail has beyond it: others' events, and our own that a crash came after. Bundles that
    /// the trail tells of get their rows. Where the trail ends.
    pub(super) fn catch_up(
        &self,
        index: &mut Index,
        environment: &Environment<'_>,
    ) -> Result<TrailHead, Error> {
        let (mut head, mut missing) = index.standing()?;
        let mut next = self.copies.segment_after(head)?;
        if next.is_some() {
            std::thread::sleep(WRITERS_TURN);
            (head, missing) = index.standing()?;
            next = self.copies.segment_after(head)?;
        }
        while let Some(segment) = next {
            environment.reached("index-before-apply");
            index.apply(&segment)?;
            head = segment.head();
            missing = true;
            next = self.copies.segment_after(head)?;
        }
        if missing {
            self.record_missing(index, environment)?;
        }
        Ok(head)
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

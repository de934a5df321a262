//! One segment: a line that says what it follows, the events, and a line that closes it.

use hsign_core::{Budget, Time, hex};
use serde::{Deserialize, Serialize};

use super::Event;
use crate::Error;
use crate::document::is_name;
use crate::hex::Hex;

const FORMAT: &str = "hsign.archive-trail/1";
const FOLDER: &str = "trail/";
const ENDING: &str = ".jsonl";
/// Digits of a segment's number in its name: ten thousand million segments.
const DIGITS: usize = 10;

/// Where a trail ends: what the next segment has to follow.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TrailHead {
    /// The number of the last segment; 0 before the first one.
    pub segment: u64,
    /// The SHA-256 of its octets; zeros before the first one.
    pub sha256: [u8; 32],
}

/// Some events that were written together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    head: TrailHead,
    before: TrailHead,
    time: Time,
    actor: String,
    events: Vec<Event>,
    bytes: Vec<u8>,
}

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    segment: u64,
    before: Hex,
    time: Time,
    actor: String,
}

/// The last line: without it the segment isn't written to its end, and a changed octet of any line is noticed even
/// where no later segment holds the digest of this one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    events: u64,
    sha256: Hex,
}

impl TrailHead {
    /// Of a trail without any segment.
    pub const START: Self = Self { segment: 0, sha256: [0; 32] };
}

impl std::fmt::Debug for TrailHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.segment, hex(&self.sha256))
    }
}

impl Segment {
    /// Events that a segment has room for.
    pub const MOST_EVENTS: usize = 1 << 16;
    /// Octets of a segment.
    pub const LARGEST: u64 = 128 << 20;

    /// The segment that follows `before`; `actor` is who caused the events: a person or a service.
    ///
    /// # Errors
    /// When there are no events or too many, or one of them, or the actor, can't be written.
    pub fn next(before: TrailHead, time: Time, actor: &str, events: Vec<Event>) -> Result<Self, Error> {
        if events.is_empty() || events.len() > Self::MOST_EVENTS || !is_name(actor) {
            return Err(Error::Event("no events, too many of them, or nobody who caused them"));
        }
        let segment = before.segment.checked_add(1).filter(|number| number.to_string().len() <= DIGITS);
        let segment = segment.ok_or(Error::Event("the trail has no number left"))?;
        let header = Header {
            format: FORMAT.to_owned(),
            segment,
            before: Hex(before.sha256.to_vec()),
            time,
            actor: actor.to_owned(),
        };
        let mut bytes = line(&header)?;
        for event in &events {
            event.check().map_err(Error::Event)?;
            bytes.extend(line(event)?);
        }
        let sha256 = Hex(hsign_crypto::sha256(&bytes).to_vec());
        bytes.extend(line(&Closing { events: events.len() as u64, sha256 })?);
        if bytes.len() as u64 > Self::LARGEST {
            return Err(Error::Event("the events are too long for one segment"));
        }
        let head = TrailHead { segment, sha256: hsign_crypto::sha256(&bytes) };
        Ok(Self { head, before, time, actor: actor.to_owned(), events, bytes })
    }

    /// Reads the segment that should follow `before`.
    ///
    /// # Errors
    /// When it isn't written to its end, an octet of it was changed, it isn't written in the one way, or follows
    /// something else; the line is told.
    pub fn read(bytes: &[u8], before: TrailHead) -> Result<Self, Error> {
        let number = before.segment.saturating_add(1);
        let wrong = |line: u64, reason: &'static str| Error::Trail { segment: number, line, reason };
        if bytes.len() as u64 > Self::LARGEST {
            return Err(wrong(0, "it is longer than any segment"));
        }
        let mut lines: Vec<&[u8]> = Vec::new();
        let mut budget = Budget::new("lines of a segment of the trail", Self::MOST_EVENTS as u64 + 2);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            budget.spend(1)?;
            lines.push(line);
        }
        let [first, events @ .., last] = lines.as_slice() else {
            return Err(wrong(0, "it isn't written to its end"));
        };
        let end = lines.len() as u64;
        let closing: Closing =
            strict(last).ok_or(wrong(end, "the closing line is none: not written to its end, or changed"))?;
        let body = bytes.get(..bytes.len().saturating_sub(last.len())).unwrap_or_default();
        if closing.sha256.0 != hsign_crypto::sha256(body) {
            return Err(wrong(0, "its octets are others than those that were written"));
        }
        if closing.events != events.len() as u64 || events.is_empty() {
            return Err(wrong(end, "it counts other events than there are"));
        }
        let header: Header = strict(first).ok_or(wrong(1, "the first line can't be read"))?;
        if header.format != FORMAT {
            return Err(wrong(1, "another format, or a newer version of this one"));
        }
        if header.segment != number {
            return Err(wrong(1, "its number is another"));
        }
        if header.before.0 != before.sha256 {
            return Err(wrong(1, "it follows another segment than the one before it"));
        }
        if !is_name(&header.actor) {
            return Err(wrong(1, "nobody who caused it"));
        }
        let mut read = Vec::with_capacity(events.len());
        for (line, text) in (2..).zip(events) {
            let event: Event = strict(text).ok_or(wrong(line, "an event can't be read"))?;
            event.check().map_err(|reason| wrong(line, reason))?;
            read.push(event);
        }
        let head = TrailHead { segment: number, sha256: hsign_crypto::sha256(bytes) };
        let Header { time, actor, .. } = header;
        Ok(Self { head, before, time, actor, events: read, bytes: bytes.to_vec() })
    }

    /// Reads a segment whose digest is known from a later one: the way back.
    ///
    /// # Errors
    /// When its digest is another, and as [`Segment::read`].
    pub fn known(bytes: &[u8], head: TrailHead) -> Result<Self, Error> {
        let wrong = |line, reason| Error::Trail { segment: head.segment, line, reason };
        if hsign_crypto::sha256(bytes) != head.sha256 {
            return Err(wrong(0, "its octets are others than those that a later one follows"));
        }
        let first = bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        let header: Header = strict(first).ok_or(wrong(1, "the first line can't be read"))?;
        let sha256 = header.before.0.try_into().map_err(|_| wrong(1, "the first line can't be read"))?;
        Self::read(bytes, TrailHead { segment: head.segment.saturating_sub(1), sha256 })
    }

    /// What the next segment has to follow.
    #[must_use]
    pub fn head(&self) -> TrailHead {
        self.head
    }

    /// What this one follows.
    #[must_use]
    pub fn before(&self) -> TrailHead {
        self.before
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.head.segment
    }

    /// When it was written, by the writer's clock.
    #[must_use]
    pub fn time(&self) -> Time {
        self.time
    }

    /// Who caused the events.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The events, in their order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Its octets.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its name in a store.
    #[must_use]
    pub fn name(&self) -> String {
        segment_name(self.number())
    }
}

/// The name in a store of the segment with this number: `trail/0000000001.jsonl`.
#[must_use]
pub fn segment_name(number: u64) -> String {
    format!("{FOLDER}{number:010}{ENDING}")
}

/// The number of the segment with this name; `None` where no segment has it.
#[must_use]
pub fn segment_number(name: &str) -> Option<u64> {
    let number = name.strip_prefix(FOLDER)?.strip_suffix(ENDING)?;
    let digits = number.len() == DIGITS && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|number| digits && *number > 0)
}

fn line(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut line = serde_json::to_vec(value).map_err(|_| Error::Event("it can't be written as JSON"))?;
    line.push(b'\n');
    Ok(line)
}

/// A line that is written exactly so.
fn strict<T: Serialize + for<'de> Deserialize<'de>>(text: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(text).ok()?;
    (line(&value).ok()? == text).then_some(value)
}

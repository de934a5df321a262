use std::collections::{BTreeMap, VecDeque};

use hsign_core::journal::{Event, Outcome};
use hsign_core::{GenTime, Octets, Time, hex};

use crate::{Entry, Head, Note, Torn};

/// How far back a stamp's entry may lie behind the stamp: between taking the hash and getting the token others go on
/// writing, but not for ever.
const REACH: usize = 65_536;

/// Two machines that write one journal don't have the same clock.
const CLOCK_TOLERANCE_SECONDS: i64 = 5;

/// Where a journal stops being one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// Number of the line over all files, from 1.
    pub line: u64,
    /// The sequence that should stand there.
    pub sequence: u64,
    /// What is wrong.
    pub reason: BreakReason,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakReason {
    /// It isn't an entry, and no recovery explains it.
    Unreadable,
    /// Its sequence isn't the next: entries are missing, or stand twice.
    Sequence,
    /// Its `previous` isn't the hash of the line before: one of the two was changed.
    Previous,
    /// A journal begins in the middle, or doesn't begin with its opening.
    Opening,
    /// A recovery that doesn't name the lines before it.
    Recovery,
    /// A stamp over a hash that isn't that entry's.
    StampedHash,
}

impl BreakReason {
    /// Stable kebab-case name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Sequence => "sequence",
            Self::Previous => "previous",
            Self::Opening => "opening",
            Self::Recovery => "recovery",
            Self::StampedHash => "stamped-hash",
        }
    }
}

/// A time stamp in a journal. Whether its token holds is the engine's question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundStamp {
    /// Sequence of the entry it stands in.
    pub sequence: u64,
    /// Sequence of the newest entry that it proves, and with it of all before.
    pub covers: u64,
    /// That entry's hash: the data of the token.
    pub head: [u8; 32],
    /// The token.
    pub token: Octets,
    /// Latest time among the entries up to that one, by the clocks of the machines: must not be after the token's.
    pub latest: Time,
}

impl FoundStamp {
    /// Whether entries claim to be later than a stamp that covers them: clocks were wrong, or the times made up.
    #[must_use]
    pub fn is_before_its_entries(&self, gen_time: GenTime) -> bool {
        self.latest.seconds_since(gen_time.0) > CLOCK_TOLERANCE_SECONDS
    }
}

/// What a journal amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its random name, if it begins with its opening.
    pub journal: Option<String>,
    /// Whole entries that hang together from the first on.
    pub entries: u64,
    /// Time of the first.
    pub from: Option<Time>,
    /// Time of the last.
    pub to: Option<Time>,
    /// The last.
    pub head: Head,
    /// Lines cut off by crashes, all of them closed but those at the very end.
    pub torn: u64,
    /// The file ends with a line that was cut off and not yet closed.
    pub open_end: bool,
    /// The time stamps, in order.
    pub stamps: Vec<FoundStamp>,
    /// Sequences of attempts without an outcome: they were cut off, or are going on.
    pub unfinished: Vec<u64>,
    /// Sequences of entries that are earlier than the one before them: a clock was put back.
    pub clock_went_back: Vec<u64>,
    /// The first line that doesn't belong; what follows wasn't looked at.
    pub broken: Option<Break>,
}

impl Report {
    /// Entries after the newest that a stamp covers: nothing but the files themselves tells whether more of them
    /// were there.
    #[must_use]
    pub fn unstamped(&self) -> u64 {
        let covered = self.stamps.iter().map(|stamp| stamp.covers).max().unwrap_or(0);
        self.head.sequence.saturating_sub(covered)
    }
}

/// Follows the chain.
#[derive(Debug)]
pub struct Verifier {
    report: Report,
    line: u64,
    /// Lines that are no entries, until a recovery names them.
    pending: Vec<Torn>,
    /// Hash and latest time of the last entries, the newest last.
    hashes: VecDeque<([u8; 32], Time)>,
    /// Attempts that have no outcome yet, by what they are about.
    begun: BTreeMap<String, u64>,
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier {
    /// Before the first line.
    #[must_use]
    pub fn new() -> Self {
        let report = Report {
            journal: None,
            entries: 0,
            from: None,
            to: None,
            head: Head::NONE,
            torn: 0,
            open_end: false,
            stamps: Vec::new(),
            unfinished: Vec::new(),
            clock_went_back: Vec::new(),
            broken: None,
        };
        Self { report, line: 0, pending: Vec::new(), hashes: VecDeque::new(), begun: BTreeMap::new() }
    }

    /// Takes the next line, without its line end. Gives the entry if it belongs to the chain.
    pub fn line(&mut self, line: &[u8]) -> Option<Entry> {
        self.line += 1;
        if self.report.broken.is_some() {
            return None;
        }
        // No proper part of an entry is one: what can be read is whole, though its line end be missing.
        let Some(entry) = Entry::parse(line) else {
            self.pending.push(Torn::of(line));
            return None;
        };
        match self.check(&entry) {
            Ok(()) => {
                self.accept(&entry, hsign_crypto::sha256(line));
                Some(entry)
            }
            Err((reason, line)) => {
                self.break_at(line, reason);
                None
            }
        }
    }

    /// After the last line.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.report.unfinished.extend(self.begun.values());
        self.report.unfinished.sort_unstable();
        if self.report.broken.is_none() && !self.pending.is_empty() {
            // At the very end nobody has closed them yet; the next entry will.
            self.report.torn += self.pending.len() as u64;
            self.report.open_end = true;
        }
        self.report
    }

    fn break_at(&mut self, line: u64, reason: BreakReason) {
        let sequence = self.report.head.sequence + 1;
        self.report.broken = Some(Break { line, sequence, reason });
    }

    fn check(&self, entry: &Entry) -> Result<(), (BreakReason, u64)> {
        if entry.note.closes() != self.pending {
            let first = self.line.saturating_sub(self.pending.len() as u64);
            return Err(match entry.note {
                Note::Recovered { .. } => (BreakReason::Recovery, self.line),
                _ if self.pending.is_empty() => (BreakReason::Recovery, self.line),
                _ => (BreakReason::Unreadable, first),
            });
        }
        let first = self.report.head.sequence == 0;
        let reason = if matches!(entry.note, Note::Opened { .. }) != first {
            Some(BreakReason::Opening)
        } else if entry.sequence != self.report.head.sequence + 1 {
            Some(BreakReason::Sequence)
        } else if entry.previous != hex(&self.report.head.sha256) {
            Some(BreakReason::Previous)
        } else if matches!(&entry.note, Note::Stamp { sequence, head, .. } if self.stamped(*sequence, head).is_none())
        {
            Some(BreakReason::StampedHash)
        } else {
            None
        };
        reason.map_or(Ok(()), |reason| Err((reason, self.line)))
    }

    /// Hash and latest time of an earlier entry, if the hash is that.
    fn stamped(&self, sequence: u64, head: &str) -> Option<([u8; 32], Time)> {
        let back = usize::try_from(self.report.head.sequence.checked_sub(sequence)?).ok()?;
        let found = self.hashes.get(self.hashes.len().checked_sub(back + 1)?)?;
        (hex(&found.0) == head).then_some(*found)
    }

    /// An attempt and its outcome are by the same process and about the same documents.
    fn follow(&mut self, entry: &Entry, event: &Event) {
        let who = &entry.who;
        let key = format!(
            "{} {} {} {} {}",
            who.user,
            who.host,
            who.process,
            event.operation.name(),
            event.before.join(" ")
        );
        if event.outcome != Outcome::Started {
            self.begun.remove(&key);
        } else if let Some(earlier) = self.begun.insert(key, entry.sequence) {
            self.report.unfinished.push(earlier);
        }
    }

    fn accept(&mut self, entry: &Entry, sha256: [u8; 32]) {
        match &entry.note {
            Note::Opened { journal, .. } => self.report.journal = Some(journal.clone()),
            Note::Stamp { sequence, head, token } => {
                let found = self.stamped(*sequence, head);
                self.report.stamps.extend(found.map(|(head, latest)| FoundStamp {
                    sequence: entry.sequence,
                    covers: *sequence,
                    head,
                    token: token.clone(),
                    latest,
                }));
            }
            _ => {}
        }
        self.report.torn += self.pending.len() as u64;
        if let Note::Event(event) = &entry.note {
            self.follow(entry, event);
        }
        self.pending.clear();
        let latest = self.hashes.back().map_or(entry.time, |(_, latest)| entry.time.max(*latest));
        if latest.seconds_since(entry.time) > CLOCK_TOLERANCE_SECONDS {
            self.report.clock_went_back.push(entry.sequence);
        }
        if self.hashes.len() == REACH {
            self.hashes.pop_front();
        }
        self.hashes.push_back((sha256, latest));
        self.report.from = self.report.from.or(Some(entry.time));
        self.report.to = Some(entry.time);
        self.report.entries += 1;
        self.report.head = Head { sequence: entry.sequence, sha256 };
    }
}

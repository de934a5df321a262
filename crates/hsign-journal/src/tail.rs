use hsign_core::Time;

use crate::{Entry, Head, Line, Note, Torn, Who, next_line};

/// The end of a journal: where it goes on, and what a crash left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// The newest whole entry; `None`: there is none in what was looked at.
    pub head: Option<Head>,
    /// What stands behind it without being an entry, in order.
    pub torn: Vec<Torn>,
    /// The line end of the last line is missing.
    pub open: bool,
}

impl Tail {
    /// From the last bytes of a file. `whole`: they are all of it; else they begin somewhere inside a line, and what
    /// stands before the first line end is passed over.
    #[must_use]
    pub fn of(bytes: &[u8], whole: bool) -> Self {
        let open = bytes.last().is_some_and(|last| *last != b'\n');
        let closed = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let mut lines: Vec<&[u8]> = closed.split(|byte| *byte == b'\n').collect();
        if bytes.is_empty() {
            lines.clear();
        }
        let first = usize::from(!whole);
        let mut torn = Vec::new();
        while let Some(line) = lines.pop().filter(|_| lines.len() >= first) {
            // No proper part of an entry is one: what can be read is whole, though its line end be missing.
            if let Some(entry) = Entry::parse(line) {
                torn.reverse();
                let head = Head { sequence: entry.sequence, sha256: hsign_crypto::sha256(line) };
                return Self { head: Some(head), torn, open };
            }
            torn.push(Torn::of(line));
        }
        torn.reverse();
        Self { head: None, torn, open }
    }

    /// The next line, with what has to stand before it: a line end that is missing, and an entry that closes what was
    /// cut off. `None` if the note is too long.
    #[must_use]
    pub fn next_line(&self, time: Time, who: &Who, note: Note) -> Option<Line> {
        let mut bytes = if self.open { vec![b'\n'] } else { Vec::new() };
        let mut head = self.head.clone().unwrap_or(Head::NONE);
        let mut note = note;
        match &mut note {
            Note::Opened { torn, .. } => torn.clone_from(&self.torn),
            _ if !self.torn.is_empty() => {
                let closing = next_line(&head, time, who, Note::Recovered { torn: self.torn.clone() })?;
                bytes.extend(closing.bytes);
                head = closing.head;
            }
            _ => {}
        }
        let line = next_line(&head, time, who, note)?;
        bytes.extend(line.bytes);
        Some(Line { bytes, head: line.head })
    }
}

/// When a new file is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// When the file is as long as this.
    pub bytes: u64,
    /// When the day (UTC) is another than that of its first entry.
    pub daily: bool,
}

impl Rotation {
    /// Whether a file of this length, whose first entry is of that time, is full.
    #[must_use]
    pub fn due(&self, length: u64, first: Time, now: Time) -> bool {
        length >= self.bytes || (self.daily && day(first) != day(now))
    }
}

pub(crate) fn day(time: Time) -> i64 {
    time.unix_seconds().div_euclid(86_400)
}

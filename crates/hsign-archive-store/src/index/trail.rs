//! Applying the trail.

use std::collections::BTreeSet;

use hsign_archive::{Bundle, Document, Event, HoldSubject, LastStamp, Segment, Step, TrailHead};
use hsign_core::hex;

use super::recording::{insert_steps, other_step, take_bundle};
use super::{Claim, Index, IndexError, Result, StepRow, row};
use crate::sql::{Column, Rows, Transaction, Value, value};

/// Events of a segment have places below this, so that number and place together are one number.
const PLACES: u64 = 1 << 17;

const TAKEN: [(&str, Column); 10] = [
    ("key", Column::Text),
    ("number", Column::Integer),
    ("taken", Column::Integer),
    ("class", Column::Text),
    ("retention", Column::Text),
    ("size", Column::Integer),
    ("digest", Column::Text),
    ("replaces", Column::Text),
    ("origin", Column::Text),
    ("data", Column::Text),
];
/// A document that was taken twice is the one that was taken first. One whose bundle was read before the trail keeps
/// its place there.
const TAKEN_BEFORE: &str = "ON CONFLICT (key) DO UPDATE SET number = excluded.number, taken = excluded.taken, \
    origin = excluded.origin WHERE document.number IS NULL";

/// What became of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The index has it now.
    Now,
    /// The index had it.
    Before,
}

/// What whoever wrote a segment has at hand of what it tells: nobody has to read it in the stores for its rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct AtHand<'a> {
    /// Bundles, with their documents.
    pub bundles: &'a [&'a Bundle],
    /// Time stamps of bundles that are in the index.
    pub steps: &'a [StepRow],
    /// The unit of work that ends with it; one whose lease is lost stays as it is.
    pub unit: Option<&'a Claim>,
}

impl Index {
    /// Where the trail that was applied ends, and whether something that it tells of was not recorded since.
    ///
    /// # Errors
    /// What the database says.
    pub fn standing(&mut self) -> Result<(TrailHead, bool)> {
        let sql = "SELECT segment, sha256, (SELECT count(*) FROM missing) FROM head WHERE name = 'trail'";
        let rows = self.database.query(sql, &[])?;
        let row = row(&rows)?;
        let head = TrailHead { segment: row.count(0)?, sha256: digest(row.text(1)?)? };
        Ok((head, row.integer(2)? > 0))
    }

    /// Where the trail that was applied ends.
    ///
    /// # Errors
    /// What the database says.
    pub fn head(&mut self) -> Result<TrailHead> {
        let rows = self.database.query("SELECT segment, sha256 FROM head WHERE name = 'trail'", &[])?;
        let row = row(&rows)?;
        Ok(TrailHead { segment: row.count(0)?, sha256: digest(row.text(1)?)? })
    }

    /// Applies the next segment; one that was applied before changes nothing.
    ///
    /// # Errors
    /// When another one is next, it belongs to another trail, or the database fails.
    pub fn apply(&mut self, segment: &Segment) -> Result<Applied> {
        let unknown = |step: &Step| LastStamp { certificate_end: step.gen_time(), signature_end: None };
        self.apply_with(segment, &AtHand::default(), &unknown)
    }

    /// The same together with the rows of what the segment tells of, and with the end of the unit of work that it came
    /// of. The rows are taken even where another worker was faster to apply the segment.
    ///
    /// # Errors
    /// As [`Index::apply`] and [`Index::record_bundle`].
    pub fn apply_with(
        &mut self,
        segment: &Segment,
        at_hand: &AtHand<'_>,
        ends: &dyn Fn(&Step) -> LastStamp,
    ) -> Result<Applied> {
        let checkpoints = self.checkpoints.clone();
        let keeps_documents = self.keeps_documents;
        let applied = self.transaction(|transaction| {
            let applied = apply_next(transaction, segment, at_hand.steps)?;
            for bundle in at_hand.bundles {
                take_bundle(transaction, bundle, keeps_documents, ends)?;
            }
            if let Some(unit) = at_hand.unit {
                super::units::end(transaction, unit)?;
            }
            checkpoints.reached("index-apply-open");
            Ok(applied)
        });
        let applied = applied.map_err(other_step)?;
        self.reached("index-apply-done");
        Ok(applied)
    }

    /// Bundles that the trail tells of, or whose steps it tells of, and that weren't recorded since: a worker died
    /// between the stores and the index. Whoever catches up reads and records them.
    ///
    /// # Errors
    /// What the database says.
    pub fn missing_bundles(&mut self) -> Result<Vec<String>> {
        let rows = self.database.query("SELECT bundle FROM missing ORDER BY bundle", &[])?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }

    /// Whether a bundle has to be recorded with its documents: the index doesn't have it, or something was deleted whose
    /// row it doesn't have.
    ///
    /// # Errors
    /// What the database says.
    pub fn wants_documents(&mut self, bundle: &str) -> Result<bool> {
        let sql = "SELECT number FROM bundle WHERE id = $1 \
            AND NOT EXISTS (SELECT 1 FROM missing m WHERE m.bundle = $1 AND m.documents = 1)";
        Ok(self.database.query(sql, &[value(bundle)])?.is_empty())
    }
}

fn apply_next(transaction: &mut Transaction<'_>, segment: &Segment, steps: &[StepRow]) -> Result<Applied> {
    let rows = transaction.query("SELECT segment, sha256 FROM head WHERE name = 'trail' FOR UPDATE", &[])?;
    let head = row(&rows)?;
    let there = (head.count(0)?, head.text(1)?);
    let given = segment.number();
    insert_steps(transaction, steps)?;
    if given <= there.0 {
        let same = given < there.0 || there.1 == hex(&segment.head().sha256);
        return if same { Ok(Applied::Before) } else { Err(IndexError::OtherTrail(given)) };
    }
    if given != there.0 + 1 {
        return Err(IndexError::NotNext { next: there.0 + 1, given });
    }
    if there.1 != hex(&segment.before().sha256) {
        return Err(IndexError::OtherTrail(given));
    }
    apply(transaction, segment, steps)?;
    let sha256 = hex(&segment.head().sha256);
    let sql = "UPDATE head SET segment = $1, sha256 = $2 WHERE name = 'trail'";
    transaction.run(sql, &[value(given), value(sha256)])?;
    Ok(Applied::Now)
}

fn apply(transaction: &mut Transaction<'_>, segment: &Segment, steps: &[StepRow]) -> Result<()> {
    let recorded: BTreeSet<_> =
        steps.iter().map(|step| (step.bundle.as_str(), step.track.as_str(), step.place)).collect();
    let mut taken = Rows::into("document", &TAKEN, TAKEN_BEFORE);
    let mut keys = BTreeSet::new();
    let mut dated = false;
    for (place, event) in (0_u64..).zip(segment.events()) {
        let number = segment.number() * PLACES + place;
        match event {
            Event::Taken { document, origin } => {
                if keys.insert(document.key()) {
                    taken.push(taken_row(document, origin.as_deref(), number, segment)?);
                }
            }
            Event::Retention { key, start, end } => {
                dated = true;
                let sql = "INSERT INTO retention_end (key, start_day, end_day, segment) VALUES ($1, $2, $3, $4) \
                    ON CONFLICT (key) DO UPDATE SET start_day = excluded.start_day, end_day = excluded.end_day, \
                    segment = excluded.segment";
                let days = (value(start.to_string()), value(end.to_string()));
                transaction.run(sql, &[value(key.as_str()), days.0, days.1, value(segment.number())])?;
            }
            Event::Stamped { bundle, track, chain, number, .. }
                if recorded.contains(&(bundle.as_str(), track.as_str(), (*chain, *number))) => {}
            other => one(transaction, other, number, segment)?,
        }
    }
    transaction.insert(&taken)?;
    if dated {
        let sql = format!(
            "{} AND number IN (SELECT d.bundle FROM document d JOIN retention_end r ON r.key = d.key \
             WHERE r.segment = $1)",
            super::recording::SETTLE_RETENTION
        );
        transaction.run(&sql, &[value(segment.number())])?;
    }
    Ok(())
}

fn taken_row(
    document: &Document,
    origin: Option<&str>,
    number: u64,
    segment: &Segment,
) -> Result<[Value; 10]> {
    Ok([
        value(document.key()),
        value(number),
        value(segment.time().unix_seconds()),
        value(document.class()),
        value(document.retention().month()),
        value(document.size()),
        value(first_digest(document)?),
        value(document.replaces()),
        value(origin),
        value(serde_json::to_string(document)?),
    ])
}

/// The document's first digest with its function: `sha256:…`.
pub(super) fn first_digest(document: &Document) -> Result<Option<String>> {
    let digest = document.first_digest();
    digest.map(|digest| Ok(format!("{}:{}", super::word(digest.algorithm)?, digest.hex()))).transpose()
}

/// What neither comes in thousands nor asks for more than a row or two.
fn one(transaction: &mut Transaction<'_>, event: &Event, number: u64, segment: &Segment) -> Result<()> {
    let time = value(segment.time().unix_seconds());
    match event {
        Event::Taken { .. } | Event::Retention { .. } => {}
        Event::Stores { stores } => {
            transaction.run("DELETE FROM store", &[])?;
            for (place, store) in (0_u64..).zip(stores) {
                let sql = "INSERT INTO store (name, place, country, operator, access) VALUES ($1, $2, $3, $4, $5) \
                    ON CONFLICT (name) DO NOTHING";
                let texts = [&store.country, &store.operator, &store.access].map(|text| value(text.as_str()));
                let [country, operator, access] = texts;
                transaction
                    .run(sql, &[value(store.name.as_str()), value(place), country, operator, access])?;
            }
        }
        Event::SetAside { key, location, reason, findings } => {
            let sql = "INSERT INTO aside (number, key, location, reason, findings, since) \
                VALUES ($1, $2, $3, $4, $5, $6)";
            let texts = [key, location, reason].map(|text| value(text.as_str()));
            let [key, location, reason] = texts;
            let findings = value(serde_json::to_string(findings)?);
            transaction.run(sql, &[value(number), key, location, reason, findings, time])?;
        }
        Event::SetAsideSettled { key, how } => {
            let sql = "UPDATE aside SET settled = $2 WHERE key = $1 AND settled IS NULL";
            transaction.run(sql, &[value(key.as_str()), value(how.as_str())])?;
        }
        Event::Sealed { bundle, .. } => {
            let sql = "INSERT INTO missing (bundle, documents) SELECT CAST($1 AS TEXT), 0 WHERE NOT EXISTS \
                (SELECT 1 FROM bundle WHERE id = $1) ON CONFLICT (bundle) DO NOTHING";
            transaction.run(sql, &[value(bundle.as_str())])?;
        }
        Event::Stamped { bundle, track, chain, number, .. } => {
            let sql = "INSERT INTO missing (bundle, documents) SELECT CAST($1 AS TEXT), 0 WHERE NOT EXISTS \
                (SELECT 1 FROM step s JOIN bundle b ON b.number = s.bundle \
                WHERE b.id = $1 AND s.track = $2 AND s.chain = $3 AND s.number = $4) \
                ON CONFLICT (bundle) DO NOTHING";
            let places = (value(*chain), value(*number));
            transaction.run(sql, &[value(bundle.as_str()), value(track.as_str()), places.0, places.1])?;
        }
        Event::Located { key, locations } => {
            let sql = "INSERT INTO located (key, locations) VALUES ($1, $2) \
                ON CONFLICT (key) DO UPDATE SET locations = excluded.locations";
            transaction.run(sql, &[value(key.as_str()), value(serde_json::to_string(locations)?)])?;
        }
        Event::Damaged { what, place } => {
            let sql = "INSERT INTO damage (what, place, since) VALUES ($1, $2, $3) \
                ON CONFLICT (what, place) DO NOTHING";
            transaction.run(sql, &[value(what.as_str()), value(place.as_str()), time])?;
        }
        Event::Repaired { what, place, .. } => {
            let sql = "DELETE FROM damage WHERE what = $1 AND place = $2";
            transaction.run(sql, &[value(what.as_str()), value(place.as_str())])?;
        }
        Event::Drill { drill } => {
            let sql = "INSERT INTO drill (segment, event, held, data) VALUES ($1, $2, $3, $4)";
            let data = value(serde_json::to_string(drill)?);
            transaction.run(sql, &[value(segment.number()), value(number % PLACES), time, data])?;
        }
        Event::Held { hold, subject, reason } => held(transaction, hold, subject, reason, segment)?,
        Event::Released { hold, reason } => {
            let sql =
                "UPDATE hold SET released = $2, release_reason = $3 WHERE name = $1 AND released IS NULL";
            transaction.run(sql, &[value(hold.as_str()), time, value(reason.as_str())])?;
        }
        deletion => super::lawful::apply(transaction, deletion, segment)?,
    }
    Ok(())
}

/// A name that was used before is held anew.
fn held(
    transaction: &mut Transaction<'_>,
    hold: &str,
    subject: &HoldSubject,
    reason: &str,
    segment: &Segment,
) -> Result<()> {
    let (low, high) = match subject {
        // No key has control characters.
        HoldSubject::Key(key) => (Some(key.clone()), Some(format!("{key}\u{1}"))),
        HoldSubject::KeyPrefix(prefix) => (Some(prefix.clone()), after_prefix(prefix)),
        HoldSubject::Class(_) | HoldSubject::Everything => (None, None),
    };
    let sql = "INSERT INTO hold (name, subject, low, high, reason, actor, since) VALUES ($1, $2, $3, $4, $5, $6, $7) \
        ON CONFLICT (name) DO UPDATE SET subject = excluded.subject, low = excluded.low, high = excluded.high, \
        reason = excluded.reason, actor = excluded.actor, since = excluded.since, released = NULL, \
        release_reason = NULL";
    let subject = value(serde_json::to_string(subject)?);
    let (actor, time) = (value(segment.actor()), value(segment.time().unix_seconds()));
    transaction.run(sql, &[value(hold), subject, value(low), value(high), value(reason), actor, time])?;
    Ok(())
}

/// The first text behind all that begin with `prefix`; `None` where there is none.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

fn digest(text: &str) -> Result<[u8; 32]> {
    let wrong = || crate::sql::DatabaseError::Content("a digest of the trail");
    let pairs = text.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
        u8::from_str_radix(pair, 16).map_err(|_| wrong())
    });
    let bytes: Vec<u8> = pairs.collect::<std::result::Result<_, _>>()?;
    Ok(bytes.try_into().map_err(|_| wrong())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_a_prefix_is_the_next_text_that_does_not_begin_with_it() {
        assert_eq!(after_prefix("patient/17/").unwrap(), "patient/170");
        assert_eq!(after_prefix("a\u{d7ff}").unwrap(), "a\u{e000}");
        assert_eq!(after_prefix("a\u{10ffff}").unwrap(), "b");
        assert_eq!(after_prefix("\u{10ffff}"), None);
    }
}

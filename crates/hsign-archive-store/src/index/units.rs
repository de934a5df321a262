//! Units of work and their leases: [`hsign_archive::Units`] as a table.

use std::time::Duration;

use hsign_archive::{MOST_ATTEMPTS, NewUnit, UnitKind, UnitState, Work};

use super::coverage::cover;
use super::recording::{insert_steps, other_step};
use super::{Covered, Index, Result, StepRow, milliseconds};
use crate::sql::{Column, DatabaseError, Row, Rows, Transaction, Value, value};

const UNIT: [(&str, Column); 7] = [
    ("key", Column::Text),
    ("kind", Column::Text),
    ("state", Column::Text),
    ("priority", Column::Integer),
    ("spread", Column::Integer),
    ("fence", Column::Integer),
    ("attempts", Column::Integer),
];

/// A unit that a worker has for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What is to be done.
    pub work: Work,
    /// Which claim of the unit it is: only the latest one may commit.
    pub fence: u64,
    /// How often it has been tried, this time included.
    pub attempts: u32,
    pub(super) number: i64,
}

/// What is recorded together with the end of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// New time stamps of bundles that are in the index.
    pub steps: Vec<StepRow>,
    /// What was read, by bundle.
    pub covered: Vec<(String, Covered)>,
}

/// A unit as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitRow {
    /// What is to be done.
    pub work: Work,
    /// Where it stands.
    pub state: UnitState,
    /// How often it was claimed.
    pub fence: u64,
    /// How often it was tried since somebody looked at it.
    pub attempts: u32,
    /// Who has it.
    pub owner: Option<String>,
    /// Why it failed the last time.
    pub why: Option<String>,
}

impl Index {
    /// Offers work; what was offered before changes nothing. How much of it is new.
    ///
    /// # Errors
    /// What the database says.
    pub fn offer(&mut self, units: &[NewUnit]) -> Result<u64> {
        let mut rows = Rows::into("unit", &UNIT, "ON CONFLICT (key) DO NOTHING RETURNING number");
        for unit in units {
            let key = unit.work.key()?;
            let (kind, spread) = (unit.work.kind().name(), spread(&key));
            let (priority, state) = (value(unit.priority), value(UnitState::Ready.name()));
            rows.push([value(key), value(kind), state, priority, value(spread), value(0_i64), value(0_i64)]);
        }
        let new = self.database.insert(&rows)?;
        self.reached("index-offer-done");
        Ok(new)
    }

    /// Takes one of the most urgent units of these kinds that nobody has, for as long as `lease`. Which one of equals
    /// is left to chance, so that workers don't stand in one queue.
    ///
    /// # Errors
    /// What the database says.
    pub fn claim(&mut self, worker: &str, lease: Duration, kinds: &[UnitKind]) -> Result<Option<Claim>> {
        if kinds.is_empty() {
            return Ok(None);
        }
        // One statement: whoever comes at the same moment passes over the row that is locked.
        let names: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.name())).collect();
        let free = format!(
            "(state = 'ready' OR (state = 'failed' AND until_ms <= archive_now()) \
             OR (state = 'leased' AND until_ms < archive_now() AND attempts < {MOST_ATTEMPTS}))"
        );
        let sql = format!(
            "UPDATE unit SET state = 'leased', owner = $1, fence = fence + 1, attempts = attempts + 1, \
             until_ms = archive_now() + $2 WHERE number = (SELECT number FROM unit WHERE {free} \
             AND state IN ('ready', 'failed', 'leased') AND kind IN ({}) ORDER BY priority, spread LIMIT 1 \
             FOR UPDATE SKIP LOCKED) RETURNING number, key, fence, attempts",
            names.join(", ")
        );
        let rows = self.database.query(&sql, &[value(worker), value(milliseconds(lease))])?;
        let Some(row) = rows.first() else {
            self.bury()?;
            return Ok(None);
        };
        let claim = Claim {
            number: row.integer(0)?,
            work: Work::from_key(row.text(1)?)?,
            fence: row.count(2)?,
            attempts: row.small(3)?,
        };
        self.reached("index-claim-done");
        Ok(Some(claim))
    }

    /// Prolongs a lease; `false` when it is lost: the worker stops and writes nothing more.
    ///
    /// # Errors
    /// What the database says.
    pub fn heartbeat(&mut self, claim: &Claim, lease: Duration) -> Result<bool> {
        let sql = "UPDATE unit SET until_ms = archive_now() + $3 \
            WHERE number = $1 AND fence = $2 AND state = 'leased' RETURNING number";
        let rows =
            self.database.query(sql, &[claim.number(), value(claim.fence), value(milliseconds(lease))])?;
        Ok(!rows.is_empty())
    }

    /// The unit is done, and this came of it, all together; `false` when the lease is lost, and nothing is recorded.
    /// Saying it again, because the answer got lost, is no harm.
    ///
    /// # Errors
    /// [`super::IndexError::OtherStep`] when a place has another time stamp already; what the database says.
    pub fn commit(&mut self, claim: &Claim, committed: &Committed) -> Result<bool> {
        let checkpoints = self.checkpoints.clone();
        let done = self.transaction(|transaction| {
            let sql = "UPDATE unit SET state = 'done', owner = NULL, why = NULL, done_ms = archive_now() \
                WHERE number = $1 AND fence = $2 AND state IN ('leased', 'done') RETURNING number";
            if transaction.query(sql, &[claim.number(), value(claim.fence)])?.is_empty() {
                return Ok(false);
            }
            if !committed.steps.is_empty() {
                insert_steps(transaction, &committed.steps)?;
            }
            for (bundle, covered) in &committed.covered {
                cover(transaction, bundle, covered)?;
            }
            // What was answered has become a step: it needn't be found again.
            let sql = "UPDATE intent SET response = NULL WHERE unit = $1";
            transaction.run(sql, &[claim.number()])?;
            checkpoints.reached("index-commit-open");
            Ok(true)
        });
        let done = done.map_err(other_step)?;
        self.reached("index-commit-done");
        Ok(done)
    }

    /// The unit failed and is tried again after a while, or is dead if it was tried often enough; `false` when the
    /// lease is lost. `why` is shown to people: no names of patients.
    ///
    /// # Errors
    /// What the database says.
    pub fn fail(&mut self, claim: &Claim, why: &str, after: Duration) -> Result<bool> {
        let sql = format!(
            "UPDATE unit SET state = CASE WHEN attempts >= {MOST_ATTEMPTS} THEN 'dead' ELSE 'failed' END, \
             owner = NULL, why = $3, until_ms = archive_now() + $4 \
             WHERE number = $1 AND fence = $2 AND state = 'leased' RETURNING number"
        );
        self.give_up(&sql, claim, why, after)
    }

    /// The unit can't go on now for reasons that are not its own (a quota, a server that is away): it is free again
    /// after a while, and the attempt doesn't count. `false` when the lease is lost.
    ///
    /// # Errors
    /// What the database says.
    pub fn put_back(&mut self, claim: &Claim, why: &str, after: Duration) -> Result<bool> {
        let sql = "UPDATE unit SET state = 'failed', owner = NULL, why = $3, attempts = attempts - 1, \
            until_ms = archive_now() + $4 WHERE number = $1 AND fence = $2 AND state = 'leased' RETURNING number";
        self.give_up(sql, claim, why, after)
    }

    /// Units in this state, at most `limit`.
    ///
    /// # Errors
    /// What the database says.
    pub fn units(&mut self, state: UnitState, limit: usize) -> Result<Vec<UnitRow>> {
        let sql =
            "SELECT key, fence, attempts, owner, why FROM unit WHERE state = $1 ORDER BY number LIMIT $2";
        let rows = self.database.query(sql, &[value(state.name()), value(limit as u64)])?;
        let unit = |row: &Row| {
            Ok(UnitRow {
                work: Work::from_key(row.text(0)?)?,
                state,
                fence: row.count(1)?,
                attempts: row.small(2)?,
                owner: row.optional_text(3)?.map(str::to_owned),
                why: row.optional_text(4)?.map(str::to_owned),
            })
        };
        rows.iter().map(unit).collect()
    }

    /// The work of this kind that is neither done nor dead.
    ///
    /// # Errors
    /// What the database says.
    pub fn open_work(&mut self, kind: UnitKind) -> Result<Vec<Work>> {
        let sql = "SELECT key FROM unit WHERE kind = $1 AND state IN ('ready', 'failed', 'leased')";
        let rows = self.database.query(sql, &[value(kind.name())])?;
        rows.iter().map(|row| Ok(Work::from_key(row.text(0)?)?)).collect()
    }

    /// How many units are in each state.
    ///
    /// # Errors
    /// What the database says.
    pub fn unit_counts(&mut self) -> Result<Vec<(UnitKind, UnitState, u64)>> {
        let sql = "SELECT kind, state, count(*) FROM unit GROUP BY kind, state ORDER BY kind, state";
        let count = |row: &Row| {
            let (kind, state) = (row.text(0)?, row.text(1)?);
            let wrong = DatabaseError::Content("a unit of no kind or state");
            let kind = UnitKind::ALL.into_iter().find(|one| one.name() == kind);
            let state = UnitState::ALL.into_iter().find(|one| one.name() == state);
            let (kind, state) = kind.zip(state).ok_or(wrong)?;
            Ok((kind, state, row.count(2)?))
        };
        self.database.query(sql, &[])?.iter().map(count).collect()
    }

    /// How long until a unit of these kinds can be claimed; nothing when one can be now, `None` when none is left but
    /// what is done or dead.
    ///
    /// # Errors
    /// What the database says.
    pub fn next_claim(&mut self, kinds: &[UnitKind]) -> Result<Option<Duration>> {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        let sql = "SELECT min(CASE WHEN state = 'ready' THEN 0 ELSE until_ms END), archive_now() FROM unit \
            WHERE state IN ('ready', 'failed', 'leased') AND kind IN (KEYS)";
        let rows = self.database.query_keys(sql, &names)?;
        let Some(row) = rows.first() else { return Ok(None) };
        let Some(free) = row.optional_integer(0)? else { return Ok(None) };
        let wait = u64::try_from(free.saturating_sub(row.integer(1)?)).unwrap_or(0);
        Ok(Some(Duration::from_millis(wait)))
    }

    /// Somebody looked at a dead unit: it is tried again. `false` when it isn't dead.
    ///
    /// # Errors
    /// What the database says.
    pub fn revive(&mut self, work: &Work) -> Result<bool> {
        let sql = "UPDATE unit SET state = 'ready', attempts = 0 WHERE key = $1 AND state = 'dead' RETURNING number";
        Ok(!self.database.query(sql, &[value(work.key()?)])?.is_empty())
    }

    /// Forgets units that were done longer ago than `age`; how many. What is forgotten could be offered again, so the
    /// age has to be longer than any worker's plan.
    ///
    /// # Errors
    /// What the database says.
    pub fn forget_units(&mut self, age: Duration) -> Result<u64> {
        let sql = "DELETE FROM unit WHERE state = 'done' AND done_ms < archive_now() - $1 RETURNING number";
        Ok(self.database.query(sql, &[value(milliseconds(age))])?.len() as u64)
    }

    fn give_up(&mut self, sql: &str, claim: &Claim, why: &str, after: Duration) -> Result<bool> {
        let values = [claim.number(), value(claim.fence), value(why), value(milliseconds(after))];
        let held = !self.database.query(sql, &values)?.is_empty();
        self.reached("index-failed-done");
        Ok(held)
    }

    /// What killed its workers too often is dead.
    fn bury(&mut self) -> Result<()> {
        let sql = format!(
            "UPDATE unit SET state = 'dead', why = coalesce(why, 'its workers ended without a word') \
             WHERE state = 'leased' AND until_ms < archive_now() AND attempts >= {MOST_ATTEMPTS} RETURNING number"
        );
        self.database.query(&sql, &[])?;
        Ok(())
    }
}

/// The unit is done, if it is still this worker's. What was answered for it has become a step.
pub(super) fn end(transaction: &mut Transaction<'_>, claim: &Claim) -> Result<()> {
    let sql = "UPDATE unit SET state = 'done', owner = NULL, why = NULL, done_ms = archive_now() \
        WHERE number = $1 AND fence = $2 AND state = 'leased'";
    transaction.run(sql, &[claim.number(), value(claim.fence)])?;
    transaction.run("UPDATE intent SET response = NULL WHERE unit = $1", &[claim.number()])?;
    Ok(())
}

impl Claim {
    pub(super) fn number(&self) -> Value {
        value(self.number)
    }
}

/// Where a unit stands among those of its priority: anywhere, so that rows that were claimed don't pile up where the
/// next worker looks first (FNV-1a).
fn spread(key: &str) -> i64 {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    i64::from_le_bytes((hash >> 1).to_le_bytes())
}

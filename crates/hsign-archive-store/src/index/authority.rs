//! What time-stamp authorities may be asked, over all workers: [`hsign_archive::Governor`] in a row, and a row for each
//! request, written before it is sent.

use std::time::Duration;

use hsign_archive::{Governor, Ledger, Limits, Outcome, Permission, SpendingLimits, Wait};
use hsign_core::{Digest, Time, hex};

use super::{Claim, Index, IndexError, Result, milliseconds, moment, word};
use crate::sql::{Transaction, value};

/// The row that has what was spent with all authorities.
const LEDGER: &str = "ledger";

/// A request that a worker wants to send.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// For which unit.
    pub claim: &'a Claim,
    /// The authority, by the configuration's word.
    pub tsa: &'a str,
    /// What it allows and costs.
    pub limits: &'a Limits,
    /// What may be spent with all of them.
    pub spending: SpendingLimits,
    /// What the time stamp is to be over.
    pub imprint: &'a Digest,
    /// The nonce of the request, random: it names the request too.
    pub nonce: &'a [u8],
    /// When the request is given up.
    pub patience: Duration,
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Send the request now; say afterwards what came of it.
    Granted(Intent),
    /// A response for this imprint came before a crash: it is to be used instead of a new one.
    Stored(Intent),
    /// Not before so long.
    Wait(Duration, Wait),
    /// The money is spent: nothing before so long, unless somebody allows more.
    Spent(Duration),
    /// The lease of the unit is lost.
    Lost,
}

/// A request that may be, or was, sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The authority.
    pub tsa: String,
    /// The nonce.
    pub nonce: Vec<u8>,
    /// The raw response, where one came before.
    pub response: Option<Vec<u8>>,
    id: String,
}

/// An authority as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityState {
    /// Its name.
    pub tsa: String,
    /// Until when it isn't asked.
    pub paused_until: Option<Time>,
    /// Requests since the index was made.
    pub requests: u64,
    /// Those that gave a time stamp that was used, or may be.
    pub granted: u64,
    /// What they cost, in yen.
    pub yen: u64,
}

impl Index {
    /// Asks for permission to send a request. With [`Asked::Granted`] the request is written down and counts against
    /// the quota and the budget, whatever becomes of the worker.
    ///
    /// # Errors
    /// What the database says.
    pub fn ask(&mut self, ask: &Ask<'_>) -> Result<Asked> {
        let checkpoints = self.checkpoints.clone();
        let asked = self.transaction(|transaction| {
            let asked = ask_in(transaction, ask)?;
            checkpoints.reached("index-ask-open");
            Ok(asked)
        })?;
        self.reached("index-ask-done");
        Ok(asked)
    }

    /// A response came: it is kept as it came, before anything is read in it.
    ///
    /// # Errors
    /// What the database says.
    pub fn received(&mut self, intent: &Intent, response: &[u8]) -> Result<()> {
        let sql = "UPDATE intent SET response = $2, answered_ms = archive_now() WHERE id = $1";
        self.database.query(sql, &[value(intent.id.as_str()), value(response)])?;
        self.reached("index-received-done");
        Ok(())
    }

    /// What came of a request; `retry` is how long the authority wants to be left alone.
    ///
    /// # Errors
    /// What the database says.
    pub fn answered(
        &mut self,
        intent: &Intent,
        limits: &Limits,
        outcome: Outcome,
        retry: Option<Duration>,
    ) -> Result<()> {
        self.transaction(|transaction| {
            let name = authority(&intent.tsa);
            let sql = "SELECT state, archive_now() FROM authority WHERE name = $1 FOR UPDATE";
            let rows = transaction.query(sql, &[value(name.as_str())])?;
            let (mut governor, now) = match rows.first() {
                Some(row) => (serde_json::from_str::<Governor>(row.text(0)?)?, row.integer(1)?),
                None => return Ok(()),
            };
            let retry = retry.map(|retry| now.saturating_add(milliseconds(retry)));
            governor.answered(limits, &intent.id, outcome, retry, now);
            let sql = "UPDATE authority SET state = $2 WHERE name = $1";
            transaction.run(sql, &[value(name), value(serde_json::to_string(&governor)?)])?;
            // A response that is no good is never taken for one that could be used.
            let sql = if outcome == Outcome::Granted {
                "UPDATE intent SET outcome = $2 WHERE id = $1"
            } else {
                "UPDATE intent SET outcome = $2, response = NULL, answered_ms = archive_now() WHERE id = $1"
            };
            transaction.run(sql, &[value(intent.id.as_str()), value(word(outcome)?)])?;
            Ok(())
        })?;
        self.reached("index-answered-done");
        Ok(())
    }

    /// Every authority that was asked.
    ///
    /// # Errors
    /// What the database says.
    pub fn authorities(&mut self) -> Result<Vec<AuthorityState>> {
        let sql = "SELECT a.name, a.state, archive_now(), count(i.id), \
            count(CASE WHEN i.outcome = 'granted' THEN 1 END), CAST(coalesce(sum(i.yen), 0) AS BIGINT) \
            FROM authority a LEFT JOIN intent i ON a.name = 'tsa:' || i.tsa \
            WHERE a.name <> 'ledger' GROUP BY a.name, a.state ORDER BY a.name";
        let mut authorities = Vec::new();
        for row in &self.database.query(sql, &[])? {
            let governor: Governor = serde_json::from_str(row.text(1)?)?;
            let now = row.integer(2)?;
            let paused = governor.paused_until().filter(|until| *until > now);
            authorities.push(AuthorityState {
                tsa: row.text(0)?.trim_start_matches("tsa:").to_owned(),
                paused_until: paused.map(|until| moment(until.div_euclid(1000) + 1)).transpose()?,
                requests: row.count(3)?,
                granted: row.count(4)?,
                yen: row.count(5)?,
            });
        }
        Ok(authorities)
    }

    /// Yen that were spent in this day and this month, by Japan's calendar.
    ///
    /// # Errors
    /// What the database says.
    pub fn spent(&mut self) -> Result<(u64, u64)> {
        let sql = "SELECT state, archive_now() FROM authority WHERE name = $1";
        let rows = self.database.query(sql, &[value(LEDGER)])?;
        let Some(row) = rows.first() else { return Ok((0, 0)) };
        let ledger: Ledger = serde_json::from_str(row.text(0)?)?;
        Ok(ledger.spent(row.integer(1)?))
    }
}

fn authority(tsa: &str) -> String {
    format!("tsa:{tsa}")
}

fn ask_in(transaction: &mut Transaction<'_>, ask: &Ask<'_>) -> Result<Asked> {
    let name = authority(ask.tsa);
    let imprint = format!("{}:{}", word(ask.imprint.algorithm)?, ask.imprint.hex());
    // Both rows, always in this order, so that two who ask can't wait for each other.
    let sql = "SELECT name, state, archive_now(), (SELECT count(*) FROM unit WHERE number = $3 AND fence = $4 \
        AND state = 'leased'), (SELECT max(id) FROM intent WHERE imprint = $5 AND tsa = $6 \
        AND response IS NOT NULL) FROM authority WHERE name IN ($1, $2) ORDER BY name FOR UPDATE";
    let values = [
        value(LEDGER),
        value(name.as_str()),
        ask.claim.number(),
        value(ask.claim.fence),
        value(imprint.as_str()),
        value(ask.tsa),
    ];
    let mut rows = transaction.query(sql, &values)?;
    if rows.len() < 2 {
        for name in [LEDGER, name.as_str()] {
            let sql = "INSERT INTO authority (name, state) VALUES ($1, '{}') ON CONFLICT (name) DO NOTHING";
            transaction.run(sql, &[value(name)])?;
        }
        rows = transaction.query(sql, &values)?;
    }
    let (Some(of_ledger), Some(of_authority)) = (rows.first(), rows.get(1)) else {
        return Err(IndexError::Database(crate::sql::DatabaseError::Content("no authorities")));
    };
    let now = of_authority.integer(2)?;
    if of_authority.integer(3)? == 0 {
        return Ok(Asked::Lost);
    }
    if let Some(id) = of_authority.optional_text(4)? {
        return stored(transaction, ask.tsa, id);
    }
    let mut governor: Governor = serde_json::from_str(of_authority.text(1)?)?;
    let mut ledger: Ledger = serde_json::from_str(of_ledger.text(1)?)?;
    let id = hex(ask.nonce);
    let until = now.saturating_add(milliseconds(ask.patience));
    let away = |until: i64| Duration::from_millis(u64::try_from(until - now).unwrap_or(0));
    // The money last: what the quota refuses costs nothing.
    match governor.would(ask.limits, now) {
        Permission::Wait(until, why) => return Ok(Asked::Wait(away(until), why)),
        Permission::Spent(until) => return Ok(Asked::Spent(away(until))),
        Permission::Granted => {}
    }
    if let Permission::Spent(until) = ledger.take(ask.spending, ask.limits.yen, now) {
        return Ok(Asked::Spent(away(until)));
    }
    governor.ask(ask.limits, &id, until, now);
    let states =
        [(name, serde_json::to_string(&governor)?), (LEDGER.to_owned(), serde_json::to_string(&ledger)?)];
    for (name, state) in states {
        let sql = "UPDATE authority SET state = $2 WHERE name = $1";
        transaction.run(sql, &[value(name), value(state)])?;
    }
    let sql = "INSERT INTO intent (id, unit, fence, tsa, imprint, nonce, asked_ms, yen) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let unit = (ask.claim.number(), value(ask.claim.fence));
    let request = (value(ask.tsa), value(imprint), value(ask.nonce));
    let (now, yen) = (value(now), value(ask.limits.yen));
    transaction.run(sql, &[value(id.as_str()), unit.0, unit.1, request.0, request.1, request.2, now, yen])?;
    Ok(Asked::Granted(Intent { tsa: ask.tsa.to_owned(), nonce: ask.nonce.to_vec(), response: None, id }))
}

fn stored(transaction: &mut Transaction<'_>, tsa: &str, id: &str) -> Result<Asked> {
    let rows = transaction.query("SELECT nonce, response FROM intent WHERE id = $1", &[value(id)])?;
    let row = super::row(&rows)?;
    let nonce = row.optional_bytes(0)?.unwrap_or_default().to_vec();
    let response = row.optional_bytes(1)?.map(<[u8]>::to_vec);
    Ok(Asked::Stored(Intent { tsa: tsa.to_owned(), nonce, response, id: id.to_owned() }))
}

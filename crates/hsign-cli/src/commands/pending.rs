//! What waits to be signed, stamped or completed, and until when that can be done.

use std::path::{Path, PathBuf};

use anyhow::Result;
use hsign::report::{finding_message, shown, word};
use hsign::{Finding, Pending, Settings, document_facts, pending};
use hsign_core::Time;
use hsign_core::facts::Level;
use hsign_core::ports::NoNetwork;
use serde_json::{Value, json};

use super::beside::Beside;
use crate::args::PendingArgs;
use crate::pending_list::{PendingList, Waiting};
use crate::session::{self, Judging, Session};
use crate::{failure, files, output};

/// One document of the answer.
struct Row {
    path: PathBuf,
    since: Option<Time>,
    state: State,
}

enum State {
    Waits(Pending),
    /// It isn't where the list says, or can't be read.
    Lost(Vec<Finding>),
}

pub(super) fn run(session: &Session, args: &PendingArgs) -> Result<u8> {
    let list = session.pending_list()?;
    if !args.forget.is_empty() {
        list.remove(&args.forget.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
        return Ok(0);
    }
    let judging = Judging { policy: args.policy.as_deref(), trust: Some(&args.trust), ..Judging::default() };
    let settings = session.settings(&judging)?;
    let now = session::time_or_now(args.at.as_deref())?.0;
    let rows = rows(session, args, &list, &settings, now)?;
    let overdue = |row: &Row| match &row.state {
        State::Waits(pending) => pending.last_safe.is_some_and(|end| end < now),
        State::Lost(_) => true,
    };
    let late = rows.iter().filter(|row| overdue(row)).count();
    let code = match (rows.len(), late) {
        (0, _) => 0,
        (_, 0) => 3,
        _ => 1,
    };
    if args.monitor {
        output::data(&monitor(&rows, late));
    } else if session.json {
        let documents: Vec<Value> = rows.iter().map(|row| json(session, row, overdue(row))).collect();
        output::json(&json!({ "schema": "hsign.pending/1", "documents": documents }));
    } else {
        rows.iter().for_each(|row| tell(session, row, overdue(row)));
        if rows.is_empty() {
            session.remark(&Finding::info("nothing-pending"));
        }
    }
    Ok(code)
}

/// Those of the list, or of the files and folders named. What was completed meanwhile leaves the list.
fn rows(
    session: &Session,
    args: &PendingArgs,
    list: &PendingList,
    settings: &Settings,
    now: Time,
) -> Result<Vec<Row>> {
    let from_list = args.files.is_empty();
    let waiting = if from_list {
        list.read()?
    } else {
        let level = Some(args.level.level());
        let found = files::expand(&args.files, files::is_extendable)?;
        let one = |path| Waiting { path, since: now, level, content: None, statement: None };
        found.into_iter().map(one).collect()
    };
    let mut rows = Vec::new();
    let mut done = Vec::new();
    for one in &waiting {
        let since = from_list.then_some(one.since);
        match state(session, one, settings, now) {
            Ok(Some(pending)) => {
                rows.push(Row { path: one.path.clone(), since, state: State::Waits(pending) });
            }
            Ok(None) => done.push(one.path.as_path()),
            // A folder holds files that are no signed documents.
            Err(_) if !from_list && !args.files.contains(&one.path) => {}
            Err(error) => {
                let lost = State::Lost(vec![failure::finding(&error)]);
                rows.push(Row { path: one.path.clone(), since, state: lost });
            }
        }
    }
    if from_list && !done.is_empty() {
        list.remove(&done)?;
    }
    rows.sort_by_key(|row| match &row.state {
        State::Waits(pending) => pending.last_safe.unwrap_or(Time::LATEST),
        State::Lost(_) => now,
    });
    Ok(rows)
}

/// What one document lacks.
pub(super) fn state(
    session: &Session,
    one: &Waiting,
    settings: &Settings,
    now: Time,
) -> Result<Option<Pending>> {
    let source = session.open(&one.path)?;
    let Some(level) = one.level else {
        let said = one.statement.clone().unwrap_or_default();
        return Ok(Some(hsign::unsigned(&said, &settings.policy)));
    };
    let beside = Beside::open(&one.content.clone().into_iter().collect::<Vec<_>>())?;
    let facts = document_facts(source.as_ref(), &beside.contents(), settings)?;
    let verdict = hsign::judge(&facts, settings, &NoNetwork, hsign::ValidationTime(now)).verdict;
    Ok(pending(&verdict, level, &settings.policy))
}

/// Whether a document that was listed has what it should.
pub(super) fn is_complete(level: Level, wanted: Level) -> bool {
    let rank = |level| match level {
        Level::Other => 0,
        Level::BB => 1,
        Level::BT => 2,
        Level::BLt => 3,
        Level::BLta => 4,
    };
    rank(level) >= rank(wanted)
}

fn tell(session: &Session, row: &Row, overdue: bool) {
    let language = session.language;
    let path = row.path.display();
    match &row.state {
        State::Waits(found) => {
            let what = word(&format!("pending.{}", name(&found.cause)), language).to_owned();
            let until = found.last_safe.and_then(|end| {
                let code = if overdue { "pending-overdue" } else { "pending-until" };
                let limit = found
                    .limit
                    .map(|limit| word(&format!("pending-limit.{}", name(&limit)), language).to_owned());
                let told =
                    Finding::warning(code).with("time", shown(end)).with("limit", limit.unwrap_or_default());
                finding_message(&told, language)
            });
            let until = until.map(|until| format!(" - {until}")).unwrap_or_default();
            output::data(&format!("{path}: {what}{until}\n"));
        }
        State::Lost(findings) => {
            output::data(&format!("{path}: {}\n", word("pending.lost", language)));
            session.tell(findings);
        }
    }
}

/// The name of a value in JSON.
fn name(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn json(session: &Session, row: &Row, overdue: bool) -> Value {
    let (pending, findings) = match &row.state {
        State::Waits(pending) => (Some(pending), &[][..]),
        State::Lost(findings) => (None, findings.as_slice()),
    };
    json!({
        "path": row.path,
        "since": row.since,
        "cause": pending.map(|pending| pending.cause),
        "last_safe": pending.and_then(|pending| pending.last_safe),
        "limit": pending.and_then(|pending| pending.limit),
        "overdue": overdue,
        "findings": hsign::report::findings_json(findings, session.language),
    })
}

/// In the form that monitors know; English, since machines read it, and without paths, which may name patients.
fn monitor(rows: &[Row], late: usize) -> String {
    let state = match (rows.len(), late) {
        (0, _) => "OK",
        (_, 0) => "WARNING",
        _ => "CRITICAL",
    };
    let ends = rows.iter().filter_map(|row| match &row.state {
        State::Waits(pending) => pending.last_safe,
        State::Lost(_) => None,
    });
    let next = ends.min().map(|end| format!(" next={end}")).unwrap_or_default();
    format!("{state} pending={} overdue={late}{next}\n", rows.len())
}

/// The list's own documents, to be completed where they are.
pub(super) fn listed(list: &PendingList) -> Result<Vec<Waiting>> {
    Ok(list.read()?.into_iter().filter(|one| one.level.is_some()).collect())
}

/// A path as the list keeps it.
pub(super) fn is_same(one: &Waiting, path: &Path) -> bool {
    std::path::absolute(path).is_ok_and(|path| path == one.path)
}

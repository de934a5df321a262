//! What the person at the desk says, in the journal before it counts.

use anyhow::Result;
use hsign_core::hex;
use hsign_core::journal::{Event, Journal as _, Operation, Outcome, Participant};
use hsign_desk::{Confirmation, Desk, Id};

use super::desk_error;
use crate::session::Session;

/// Somebody answers for a scan.
pub(super) fn confirm(session: &Session, desk: &mut Desk<'_>, id: Id, word: &Confirmation) -> Result<()> {
    note(session, Operation::Confirm, id, None, word)?;
    desk.confirm(id, word.clone()).map_err(desk_error)
}

/// Somebody doesn't want a scan signed.
pub(super) fn set_aside(session: &Session, desk: &mut Desk<'_>, id: Id, word: &Confirmation) -> Result<()> {
    let code = "set-aside-by-reviewer";
    note(session, Operation::SetAside, id, Some(code), word)?;
    desk.set_aside(id, code).map_err(desk_error)
}

fn note(
    session: &Session,
    operation: Operation,
    id: Id,
    code: Option<&str>,
    word: &Confirmation,
) -> Result<()> {
    let Some(journal) = session.journal() else { return Ok(()) };
    let mut event = Event::new(operation, Outcome::Done);
    event.before = vec![hex(&id.0)];
    event.code = code.map(str::to_owned);
    event.people = vec![Participant { part: word.part.name().to_owned(), name: word.by.clone() }];
    Ok(journal.record(&event)?)
}

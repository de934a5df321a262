use crate::{Entry, Note};

const COLUMNS: [&str; 21] = [
    "sequence",
    "time",
    "user",
    "host",
    "process",
    "kind",
    "operation",
    "outcome",
    "code",
    "before",
    "after",
    "names",
    "credential_kind",
    "credential_sha256",
    "credential_subject",
    "role",
    "level",
    "stamped",
    "clock_offset_seconds",
    "people",
    "previous",
];

/// The names of the columns (RFC 4180).
#[must_use]
pub fn csv_header() -> String {
    row(&COLUMNS.map(str::to_owned))
}

/// One entry as a row with line end.
#[must_use]
pub fn csv_row(entry: &Entry) -> String {
    let mut cells = vec![
        entry.sequence.to_string(),
        entry.time.to_string(),
        entry.who.user.clone(),
        entry.who.host.clone(),
        entry.who.process.to_string(),
        kind(&entry.note).to_owned(),
    ];
    cells.extend(event_cells(&entry.note));
    cells.push(entry.previous.clone());
    row(&cells)
}

fn kind(note: &Note) -> &'static str {
    match note {
        Note::Opened { .. } => "opened",
        Note::Continued { .. } => "continued",
        Note::Event(_) => "event",
        Note::Stamp { .. } => "stamp",
        Note::StampFailed { .. } => "stamp-failed",
        Note::Recovered { .. } => "recovered",
    }
}

fn event_cells(note: &Note) -> [String; 14] {
    let mut cells: [String; 14] = Default::default();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    match note {
        Note::Event(event) => {
            let credential = event.credential.as_ref();
            let people = event.people.iter().map(|one| format!("{}: {}", one.part, one.name));
            cells = [
                event.operation.name().to_owned(),
                event.outcome.name().to_owned(),
                text(&event.code),
                event.before.join("; "),
                text(&event.after),
                event.names.join("; "),
                credential.map(|used| used.kind.clone()).unwrap_or_default(),
                credential.map(|used| used.sha256.clone()).unwrap_or_default(),
                credential.map(|used| used.subject.clone()).unwrap_or_default(),
                text(&event.role),
                text(&event.level),
                event.stamped.map(|time| time.to_string()).unwrap_or_default(),
                event.clock_offset_seconds.map(|seconds| seconds.to_string()).unwrap_or_default(),
                people.collect::<Vec<_>>().join("; "),
            ];
        }
        Note::Stamp { head, .. } => cells.iter_mut().skip(3).take(1).for_each(|cell| cell.clone_from(head)),
        Note::StampFailed { code } => cells.iter_mut().skip(2).take(1).for_each(|cell| cell.clone_from(code)),
        _ => {}
    }
    cells
}

fn row(cells: &[String]) -> String {
    let mut text = cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",");
    text.push_str("\r\n");
    text
}

/// A cell that a spreadsheet would take for a formula is marked as text.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '@', '\t', '\r'])
        || (cell.starts_with('-') && cell.parse::<i64>().is_err());
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

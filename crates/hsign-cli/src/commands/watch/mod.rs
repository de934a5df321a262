//! The drop folder: scans are reviewed, confirmed by a named person, and signed. Never blindly.

mod copies;
mod draw;
mod folder;
mod keys;
mod pictures;
mod reviewed;
mod screen;
mod worker;

use std::io::IsTerminal as _;

use anyhow::{Result, bail};
use hsign_core::Source;
use hsign_core::facts::{ScanFacts, ScanLimits, ScanMode};
use hsign_core::ports::PortError;
use hsign_core::{ErrorKind, Finding};
use hsign_desk::{Desk, Folder as _, Item, Kind, Log, Place, Queue, State};
use serde_json::{Value, json};

use crate::args::{ScanModeArg, WatchArgs};
use crate::failure::Usage;
use crate::output;
use crate::session::{self, Session};
use folder::DiskFolder;

/// A file has to be left alone for so long before it is looked at.
const QUIET_SECONDS: i64 = 2;

/// Pages and the poorest resolution, as the file's own headers say.
#[derive(Clone, Debug, Default)]
struct Pages {
    pages: Option<u32>,
    dpi: Option<u32>,
    /// What stays below what is asked of scans: the codes of findings.
    shortcomings: Vec<String>,
}

/// What is asked of the pages (guideline 5.2 §9.1 C1).
#[derive(Clone, Debug, Default)]
struct Asked {
    limits: Option<ScanLimits>,
    mode: Option<ScanMode>,
}

impl Asked {
    /// By the class of the documents; where none is named, as for scans: that is what a drop folder is for.
    fn of(session: &Session, args: &WatchArgs) -> Result<Self> {
        let class = session.document_class(Some(args.document_class.as_deref().unwrap_or("scan")))?;
        let mode = args.statement.scan_mode.map(ScanModeArg::mode);
        Ok(Self { limits: super::scan::limits(session, class.as_ref(), mode)?, mode })
    }
}

pub(super) fn run(session: &Session, args: &WatchArgs) -> Result<u8> {
    let folder = DiskFolder::open(&args.folder, args.originals.as_deref())?;
    let lock = folder.lock()?;
    if args.list {
        return list(session, &folder, lock.is_some());
    }
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        bail!(Usage::NobodyToReview);
    }
    if lock.is_none() {
        return Err(in_use(args).into());
    }
    let desk = Desk::open(&folder, &session::now, QUIET_SECONDS).map_err(desk_error)?;
    screen::run(session, args, &folder, desk)
}

fn in_use(args: &WatchArgs) -> PortError {
    let finding = Finding::error("queue-in-use").with("path", args.folder.display());
    PortError::new(ErrorKind::Local, "another hsign watch works in this folder").finding(finding)
}

/// An error of the desk as the command tells it.
fn desk_error(error: hsign_desk::Error) -> anyhow::Error {
    PortError::new(error.kind(), error.to_string()).finding(error.finding()).into()
}

/// The queue as it is. Somebody else's is only read.
fn list(session: &Session, folder: &DiskFolder, ours: bool) -> Result<u8> {
    let queue = if ours {
        // Nobody is at the desk: what lies there complete is taken in.
        let mut desk = Desk::open(folder, &session::now, 0).map_err(desk_error)?;
        while desk.look(&why_not).map_err(desk_error)? {}
        desk.queue().clone()
    } else {
        let log = Log::parse(&folder.log()?).map_err(desk_error)?;
        let mut queue = Queue::default();
        log.records.iter().try_for_each(|record| queue.apply(record)).map_err(desk_error)?;
        queue
    };
    let mut items: Vec<&Item> = queue.items().collect();
    items.sort_by(|one, other| (one.found, &one.name).cmp(&(other.found, &other.name)));
    if session.json {
        let rows: Vec<Value> = items.iter().map(|item| row(folder, item)).collect();
        output::json(&json!({ "schema": "hsign.watch/1", "in_use": !ours, "items": rows }));
    } else {
        for item in items {
            let pending = item.output.as_ref().is_some_and(|output| output.pending);
            let state = if pending { "pending" } else { item.state.name() };
            let code = item.code.as_deref().unwrap_or_default();
            let name = hsign::report::printable(&item.name);
            output::data(&format!("{state:<14} {name}  {code}\n"));
        }
    }
    Ok(if queue.is_waiting() { 3 } else { 0 })
}

fn row(folder: &DiskFolder, item: &Item) -> Value {
    let pages = if item.state <= State::Signing {
        pages_of(folder, item, &Asked::default())
    } else {
        Pages::default()
    };
    let confirmation = item.confirmation.as_ref();
    let output = item.output.as_ref();
    json!({
        "sha256": item.id,
        "name": item.name,
        "state": item.state.name(),
        "kind": item.kind,
        "bytes": item.bytes,
        "found": item.found,
        "pages": pages.pages,
        "dpi": pages.dpi,
        "confirmed_by": confirmation.map(|one| &one.by),
        "confirmed_as": confirmation.map(|one| one.part.name()),
        "output": output.map(|output| &output.name),
        "output_sha256": output.map(|output| output.sha256),
        "level": output.map(|output| &output.level),
        "pending": output.is_some_and(|output| output.pending),
        "code": item.code,
        "duplicates": item.duplicates,
    })
}

/// Why a content can't be signed at all.
fn why_not(bytes: &[u8], kind: Kind) -> Option<String> {
    if kind != Kind::Pdf {
        return None;
    }
    let document = bytes.to_vec();
    let source: &dyn Source = &document;
    let error = hsign::read_facts(source, &[]).err()?;
    Some(error.finding().code)
}

fn pages_of(folder: &DiskFolder, item: &Item, asked: &Asked) -> Pages {
    let facts = folder.read(Place::Drop, &item.name).ok().flatten().and_then(|bytes| {
        let source: &dyn Source = &bytes;
        hsign::scan_facts(source, &[]).ok().flatten()
    });
    facts.map(|facts| told(&facts, asked)).unwrap_or_default()
}

fn told(facts: &ScanFacts, asked: &Asked) -> Pages {
    let limits = asked.limits.as_ref();
    let found = limits.map(|limits| hsign::scan_findings(facts, limits, asked.mode)).unwrap_or_default();
    Pages {
        pages: Some(facts.pages),
        dpi: facts.images.iter().filter_map(|image| image.dpi).min(),
        shortcomings: found.into_iter().map(|finding| finding.code).collect(),
    }
}

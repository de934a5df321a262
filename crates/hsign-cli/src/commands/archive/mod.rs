//! The archive: one function of the library for each command; what it tells goes out line by line.

mod desk;
mod intake;
mod lifecycle;
mod lines;
mod settings;
mod table;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use hsign::archive::{ExportRequest, Line, RenewRequest, ScrubRequest, Standing, Summary, VerifyRequest};
use hsign::{Indication, Time};

use crate::args::{
    ArchiveCommand, ArchiveDrillArgs, ArchiveExportArgs, ArchivePlanArgs, ArchiveRenewArgs, ArchiveScrubArgs,
    ArchiveStatusArgs, ArchiveTrailCommand, ArchiveVerifyArgs,
};
use crate::duration::seconds;
use crate::output;
use crate::session::Session;
use desk::{Desk, Network};

/// Partly done.
const PARTLY: u8 = 7;
/// A remote party failed.
const REMOTE: u8 = 5;

pub(super) fn run(session: &Session, command: &ArchiveCommand) -> Result<u8> {
    match command {
        ArchiveCommand::Init(args) => settings::init(session, args),
        ArchiveCommand::Template => Ok(settings::template()),
        ArchiveCommand::Retention => settings::retention(session),
        ArchiveCommand::Add(args) => intake::add(session, args),
        ArchiveCommand::ImportDigests(args) => intake::import_digests(session, args),
        ArchiveCommand::Settle(args) => intake::settle(session, args),
        ArchiveCommand::Date(args) => intake::date_command(session, args),
        ArchiveCommand::Status(args) => status(session, args),
        ArchiveCommand::Plan(args) => plan(session, args),
        ArchiveCommand::Renew(args) => renew(session, args),
        ArchiveCommand::Verify(args) => verify(session, args),
        ArchiveCommand::Scrub(args) => scrub(session, args),
        ArchiveCommand::Export(args) => export(session, args),
        ArchiveCommand::Hold(args) => lifecycle::hold(session, args),
        ArchiveCommand::Release(args) => lifecycle::release(session, args),
        ArchiveCommand::Delete(command) => lifecycle::delete(session, command),
        ArchiveCommand::RebuildIndex(options) => settings::rebuild_index(session, options),
        ArchiveCommand::Drill(args) => drill(session, args),
        ArchiveCommand::Trail(command) => trail(session, command),
    }
}

/// Nothing is due, due, overdue (contract: `archive status`).
fn standing(summary: &Summary) -> u8 {
    match summary.standing {
        Standing::Fine => 0,
        Standing::Due => 3,
        Standing::Overdue => 1,
    }
}

/// All was done, part of it, or a remote party stopped the run.
fn done(summary: &Summary) -> u8 {
    match (&summary.stopped, summary.failed) {
        (_, 1..) => PARTLY,
        (Some(_), 0) => REMOTE,
        (None, 0) => 0,
    }
}

/// Everything was found as it should be, or not.
fn found(summary: &Summary) -> u8 {
    u8::from(summary.failed > 0)
}

fn status(session: &Session, args: &ArchiveStatusArgs) -> Result<u8> {
    let desk = Desk::open(session, &args.options, Network::None)?.judging_at(args.at.as_deref())?;
    let tell = |line: &Line| {
        if !args.monitor {
            lines::tell(session, line);
        }
    };
    let summary = desk.untold(&tell, |archive, at| archive.status(at))?;
    if args.monitor {
        output::data(&monitor(&summary));
    } else {
        lines::summary(session, &summary);
    }
    Ok(standing(&summary))
}

/// In the form that monitors know; English, since machines read it, and without keys, which may name patients.
fn monitor(summary: &Summary) -> String {
    let state = match summary.standing {
        Standing::Fine => "OK",
        Standing::Due => "WARNING",
        Standing::Overdue => "CRITICAL",
    };
    let Summary { objects, batches, waiting, set_aside, failed, .. } = summary;
    let times = [("renew_by", summary.renew_by), ("next", summary.next)];
    let times = times.iter().filter_map(|(name, time)| time.map(|time| format!(" {name}={time}")));
    format!(
        "{state} documents={objects} bundles={batches} waiting={waiting} set_aside={set_aside} failed={failed}{}\n",
        times.collect::<String>()
    )
}

fn plan(session: &Session, args: &ArchivePlanArgs) -> Result<u8> {
    let desk = Desk::open(session, &args.options, Network::None)?.judging_at(args.at.as_deref())?;
    let table = table::Table::default();
    let tell = |line: &Line| {
        if session.json || args.each || !table.take(line) {
            lines::tell(session, line);
        }
    };
    let summary = desk.untold(&tell, |archive, at| archive.plan(at))?;
    output::data(&table.text(session.language));
    lines::summary(session, &summary);
    Ok(standing(&summary))
}

fn renew(session: &Session, args: &ArchiveRenewArgs) -> Result<u8> {
    let network = if args.no_fetch { Network::None } else { Network::Fetch };
    let desk = Desk::open(session, &args.options, network)?.threads(args.workers);
    let patience = Duration::from_secs(seconds(&args.patience)?.unsigned_abs());
    let request = RenewRequest {
        close_all: args.close_all,
        limit: args.limit,
        in_documents: args.in_documents,
        patience,
    };
    Ok(done(&desk.run(|archive, at| archive.renew(&request, at))?))
}

/// The worst of the answers decides, as with `verify`.
fn verify(session: &Session, args: &ArchiveVerifyArgs) -> Result<u8> {
    let network = if args.fetch { Network::Fetch } else { Network::None };
    let desk = Desk::open(session, &args.options, network)?.judging_at(args.at.as_deref())?;
    let request = VerifyRequest { keys: args.keys.clone(), sample: args.sample, documents: args.documents };
    let (failed, open) = (AtomicBool::new(false), AtomicBool::new(false));
    let tell = |line: &Line| {
        match line {
            Line::Verified { indication: Indication::TotalPassed, .. } => {}
            Line::Verified { indication: Indication::TotalFailed, .. } | Line::DocumentDamaged { .. } => {
                failed.store(true, Ordering::Relaxed);
            }
            Line::Verified { .. } | Line::Failed { .. } => open.store(true, Ordering::Relaxed),
            _ => {}
        }
        lines::tell(session, line);
    };
    desk.run_telling(&tell, |archive, at| archive.verify(&request, at))?;
    Ok(match (failed.into_inner(), open.into_inner()) {
        (true, _) => 1,
        (false, true) => 3,
        (false, false) => 0,
    })
}

fn scrub(session: &Session, args: &ArchiveScrubArgs) -> Result<u8> {
    let desk = Desk::open(session, &args.options, Network::None)?;
    let request = ScrubRequest { everything: args.everything, repair: args.repair };
    Ok(standing(&desk.run(|archive, at| archive.scrub(request, at))?))
}

fn export(session: &Session, args: &ArchiveExportArgs) -> Result<u8> {
    let network = if args.fetch { Network::Fetch } else { Network::None };
    let desk = Desk::open(session, &args.options, network)?;
    let request = ExportRequest {
        key: args.key.clone(),
        out: args.out.clone(),
        without_document: args.without_document,
        language: session.language,
        force: args.force,
    };
    Ok(done(&desk.run(|archive, at| archive.export(&request, at))?))
}

fn drill(session: &Session, args: &ArchiveDrillArgs) -> Result<u8> {
    let desk = Desk::open(session, &args.options, Network::None)?;
    Ok(found(&desk.run(|archive, at| archive.drill(&args.store, args.sample, at))?))
}

fn trail(session: &Session, command: &ArchiveTrailCommand) -> Result<u8> {
    let options = match command {
        ArchiveTrailCommand::Export(args) => &args.options,
        ArchiveTrailCommand::Verify(options) => options,
    };
    let desk = Desk::open(session, options, Network::None)?;
    let summary = desk.run(|archive, at| match command {
        ArchiveTrailCommand::Export(args) => archive.export_trail(&args.out, at),
        ArchiveTrailCommand::Verify(_) => archive.verify_trail(at),
    })?;
    Ok(found(&summary))
}

/// A day as people read it.
fn day(time: Time) -> String {
    hsign::report::shown(time)
}

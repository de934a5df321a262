//! Holds, and the lawful end of documents.

use anyhow::Result;
use hsign::archive::HoldSubject;

use super::desk::{Desk, Network};
use super::{done, lines};
use crate::args::{
    ArchiveDeleteCommand, ArchiveHoldArgs, ArchiveReasonArgs, DeleteApproveArgs, DeletePlanArgs,
    DeleteRunArgs, HoldSubjectArgs,
};
use crate::commands::sign::open_credential;
use crate::secrets::Secrets;
use crate::session::Session;

pub(super) fn hold(session: &Session, args: &ArchiveHoldArgs) -> Result<u8> {
    let desk = Desk::open(session, &args.options, Network::None)?;
    let summary = desk.with(&|line| lines::tell(session, line), |archive, at| {
        archive.hold(&args.name, &subject(&args.subject), &args.reason, at)
    })?;
    lines::summary(session, &summary);
    Ok(done(&summary))
}

/// One of them is given: the definition of the arguments asks for it.
fn subject(args: &HoldSubjectArgs) -> HoldSubject {
    match (&args.key, &args.key_prefix, &args.class) {
        (Some(key), _, _) => HoldSubject::Key(key.clone()),
        (_, Some(prefix), _) => HoldSubject::KeyPrefix(prefix.clone()),
        (_, _, Some(class)) => HoldSubject::Class(class.clone()),
        (None, None, None) => HoldSubject::Everything,
    }
}

pub(super) fn release(session: &Session, args: &ArchiveReasonArgs) -> Result<u8> {
    let desk = Desk::open(session, &args.options, Network::None)?;
    let summary = desk.with(&|line| lines::tell(session, line), |archive, at| {
        archive.release(&args.name, &args.reason, at)
    })?;
    lines::summary(session, &summary);
    Ok(done(&summary))
}

pub(super) fn delete(session: &Session, command: &ArchiveDeleteCommand) -> Result<u8> {
    match command {
        ArchiveDeleteCommand::Plan(args) => plan(session, args),
        ArchiveDeleteCommand::Approve(args) => approve(session, args),
        ArchiveDeleteCommand::Cancel(args) => cancel(session, args),
        ArchiveDeleteCommand::Run(args) => run(session, args),
    }
}

fn plan(session: &Session, args: &DeletePlanArgs) -> Result<u8> {
    let desk = Desk::open(session, &args.options, Network::None)?;
    let summary = desk.with(&|line| lines::tell(session, line), |archive, at| {
        archive.plan_deletion(&args.name, &args.keys, &args.reason, at)
    })?;
    lines::summary(session, &summary);
    Ok(done(&summary))
}

fn approve(session: &Session, args: &DeleteApproveArgs) -> Result<u8> {
    let desk = Desk::open(session, &args.options, Network::None)?;
    let summary = desk
        .with(&|line| lines::tell(session, line), |archive, at| archive.approve_deletion(&args.name, at))?;
    lines::summary(session, &summary);
    Ok(done(&summary))
}

fn cancel(session: &Session, args: &ArchiveReasonArgs) -> Result<u8> {
    let desk = Desk::open(session, &args.options, Network::None)?;
    let summary = desk.with(&|line| lines::tell(session, line), |archive, at| {
        archive.cancel_deletion(&args.name, &args.reason, at)
    })?;
    lines::summary(session, &summary);
    Ok(done(&summary))
}

fn run(session: &Session, args: &DeleteRunArgs) -> Result<u8> {
    let desk = Desk::open(session, &args.options, Network::None)?;
    let secrets = Secrets::new(args.pin_source.as_deref(), session.language)?;
    let credential = open_credential(session, args.credential.as_deref(), &secrets)?;
    let summary = desk.with(&|line| lines::tell(session, line), |archive, at| {
        archive.run_deletion(&args.name, credential.as_ref(), &credential.protection(), at)
    })?;
    lines::summary(session, &summary);
    Ok(done(&summary))
}

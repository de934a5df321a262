//! Holds, and the lawful end of documents.

use anyhow::Result;
use hsign::archive::HoldSubject;

use super::desk::at_desk;
use crate::args::{ArchiveDeleteCommand, ArchiveHoldArgs, ArchiveReasonArgs, DeleteRunArgs, HoldSubjectArgs};
use crate::commands::sign::open_credential;
use crate::secrets::Secrets;
use crate::session::Session;

pub(super) fn hold(session: &Session, args: &ArchiveHoldArgs) -> Result<u8> {
    let subject = subject(&args.subject);
    at_desk(session, &args.options, |archive, at| archive.hold(&args.name, &subject, &args.reason, at))
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
    at_desk(session, &args.options, |archive, at| archive.release(&args.name, &args.reason, at))
}

pub(super) fn delete(session: &Session, command: &ArchiveDeleteCommand) -> Result<u8> {
    match command {
        ArchiveDeleteCommand::Plan(args) => at_desk(session, &args.options, |archive, at| {
            archive.plan_deletion(&args.name, &args.keys, &args.reason, at)
        }),
        ArchiveDeleteCommand::Approve(args) => {
            at_desk(session, &args.options, |archive, at| archive.approve_deletion(&args.name, at))
        }
        ArchiveDeleteCommand::Cancel(args) => at_desk(session, &args.options, |archive, at| {
            archive.cancel_deletion(&args.name, &args.reason, at)
        }),
        ArchiveDeleteCommand::Run(args) => run(session, args),
    }
}

fn run(session: &Session, args: &DeleteRunArgs) -> Result<u8> {
    let secrets = Secrets::new(args.pin_source.as_deref(), session.language)?;
    let credential = open_credential(session, args.credential.as_deref(), &secrets)?;
    at_desk(session, &args.options, |archive, at| {
        archive.run_deletion(&args.name, credential.as_ref(), &credential.protection(), at)
    })
}

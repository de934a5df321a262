//! What is done: one file for each command.

mod amend;
mod archive;
mod audit_record;
mod beside;
mod certificate;
mod certificate_uses;
mod certificate_verify;
mod credential;
#[cfg(feature = "demo")]
mod demo;
mod documentation;
mod eprescription;
mod evidence;
mod evidence_template;
mod extend;
mod inspect;
mod journal;
mod outcome;
mod outputs;
mod pending;
mod plan;
mod policy;
mod scan;
mod settings_file;
mod sign;
mod sign_audit;
mod sign_form;
mod sign_mark;
mod timestamp;
mod trust;
mod tsa;
mod verdict;
mod verify;
mod verify_files;
mod verify_saved;
mod watch;

use anyhow::Result;
use hsign_core::journal::Operation;

use crate::args::{Arguments, Command};
use crate::language::Language;
use crate::session::Session;

/// Carries out the command; the number is the exit code.
pub(crate) fn run(arguments: Arguments, language: Language) -> Result<u8> {
    if arguments.global.fips {
        hsign::credential::fips::enable()?;
    }
    let session = Session::new(&arguments.global, language)?.making(operation(&arguments.command));
    let done = carry_out(&session, arguments.command);
    if let Err(error) = &done {
        session.record_failure(error);
    }
    done
}

/// What a journal calls it; `None` for what makes nothing.
fn operation(command: &Command) -> Option<Operation> {
    match command {
        Command::Sign(_) => Some(Operation::Sign),
        Command::Amend(_) => Some(Operation::Amend),
        Command::Extend(_) => Some(Operation::Extend),
        Command::Timestamp(_) => Some(Operation::Stamp),
        Command::Watch(args) if !args.list => Some(Operation::Sign),
        _ => None,
    }
}

fn carry_out(session: &Session, command: Command) -> Result<u8> {
    match command {
        Command::Sign(args) => sign::run(session, &args),
        Command::Verify(args) => verify::run(session, &args),
        Command::Amend(args) => amend::run(session, &args),
        Command::Archive(command) => archive::run(session, &command),
        Command::Pending(args) => pending::run(session, &args),
        Command::Plan(args) => plan::run(session, &args),
        Command::Timestamp(args) => timestamp::run(session, &args),
        Command::Extend(args) => extend::run(session, &args),
        Command::Inspect { file, content } => inspect::run(session, &file, &content),
        Command::Credential(command) => credential::run(session, &command),
        Command::Certificate(command) => certificate::run(session, &command),
        Command::Evidence(command) => evidence::run(session, &command),
        Command::Journal(command) => journal::run(session, &command),
        Command::Watch(args) => watch::run(session, &args),
        Command::Trust(command) => trust::run(session, &command),
        Command::Tsa(command) => tsa::run(session, &command),
        Command::Policy(command) => policy::run(session, &command),
        #[cfg(feature = "demo")]
        Command::Demo { folder } => demo::run(session, &folder),
        #[cfg(feature = "demo")]
        Command::DemoToken { certificate } => demo::put_certificate(&certificate),
        Command::Config { write } => settings_file::run(session, write),
        Command::Completions { shell } => documentation::completions(session, shell),
        Command::Man { folder } => documentation::man_pages(session, &folder),
    }
}

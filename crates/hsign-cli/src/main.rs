//! The `hsign` command: arguments to requests, results to output.
//!
//! Standard output carries only data; messages and progress go to standard error. What may be typed is in
//! [`args`], what is done in [`commands`], what is said in [`output`] and in hsign-report.

mod account;
mod args;
mod commands;
mod config;
mod duration;
mod failure;
mod files;
mod help;
mod language;
mod output;
mod pending_list;
mod progress;
mod secrets;
mod session;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use args::Arguments;
use language::Language;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let language = language::choose(&words, language::locale().as_deref());
    on_interrupt();
    match parse(words, language) {
        Ok(arguments) => run(arguments, language),
        Err(error) => usage(&error, language),
    }
}

fn parse(words: Vec<OsString>, language: Language) -> Result<Arguments, clap::Error> {
    let matches = help::localise(Arguments::command(), language).try_get_matches_from(words)?;
    Arguments::from_arg_matches(&matches)
}

fn run(arguments: Arguments, language: Language) -> ExitCode {
    let json = arguments.global.output == args::Output::Json;
    let code = match commands::run(arguments, language) {
        Ok(code) => code,
        Err(error) => failure::report(&error, language, json),
    };
    ExitCode::from(code)
}

/// Help and version are data on standard output, exit code 0; anything else is a usage error.
fn usage(error: &clap::Error, language: Language) -> ExitCode {
    let text = help::usage_error(error, language);
    if error.use_stderr() {
        output::message(&text);
        return ExitCode::from(2);
    }
    output::data(&text);
    ExitCode::SUCCESS
}

/// An interrupt leaves nothing half-written behind.
fn on_interrupt() {
    let installed = ctrlc::set_handler(|| {
        hsign::file::discard_unfinished();
        std::process::exit(130);
    });
    if let Err(error) = installed {
        output::message(&format!("warning: interrupts are not handled: {error}\n"));
    }
}

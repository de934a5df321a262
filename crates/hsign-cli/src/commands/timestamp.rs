use std::path::Path;

use anyhow::{Context as _, Result, bail};
use hsign::file::{Existing, put_in_place};
use hsign::net::HttpTimestamper;
use hsign::report::findings_json;
use serde_json::{Value, json};

use super::outcome;
use crate::args::TimestampArgs;
use crate::failure::{self, Usage};
use crate::session::Session;
use crate::{files, output, progress};

pub(super) fn run(session: &Session, args: &TimestampArgs) -> Result<u8> {
    let inputs = files::expand(&args.files, files::is_stampable)?;
    if args.out.is_some() && inputs.len() != 1 {
        bail!(Usage::OneInput { option: "--out" });
    }
    if inputs.len() > 1 && inputs.iter().any(|input| files::is_standard(input)) {
        bail!(Usage::OneInput { option: "-" });
    }
    if session.json && files::goes_to_output(args.out.as_deref(), &inputs) {
        let reason = "the token itself goes to standard output".to_owned();
        bail!(Usage::NotAValue { option: "output".to_owned(), reason });
    }
    let Some(timestamper) = session.timestamper(session.endpoints(&args.tsa)?)? else { bail!(Usage::NoTsa) };
    let bar = progress::bar(inputs.len(), session.quiet);
    let (mut rows, mut codes, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for input in &inputs {
        match stamp(session, args, input, &timestamper) {
            Ok(row) => {
                codes.push(0);
                rows.push(row);
            }
            Err(error) => {
                bar.suspend(|| failure::say(&error, session.language, Some(input)));
                rows.push(failure::row(&error, input, session.language));
                failures.push(error);
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if session.json {
        output::json(&json!({ "schema": "hsign.timestamp/1", "documents": rows }));
    }
    Ok(outcome::of_operations(&codes, &failures))
}

fn stamp(
    session: &Session,
    args: &TimestampArgs,
    input: &Path,
    timestamper: &HttpTimestamper,
) -> Result<Value> {
    let source = files::open(input)?;
    let token = hsign::timestamp(source.as_ref(), timestamper, timestamper.digest())?;
    let target = match &args.out {
        Some(out) => out.clone(),
        None if files::is_standard(input) => input.to_owned(),
        None => files::token_name(input, args.out_dir.as_deref()),
    };
    write(&target, &token, args.force)?;
    if !session.json && !files::is_standard(&target) {
        output::data(&format!("{}\n", target.display()));
    }
    Ok(
        json!({ "path": input, "output": target, "findings": findings_json(&timestamper.take_notices(), session.language) }),
    )
}

fn write(target: &Path, token: &[u8], force: bool) -> Result<()> {
    if files::is_standard(target) {
        return Ok(output::bytes(token)?);
    }
    let existing = if force { Existing::Replace } else { Existing::Keep };
    put_in_place(target, None, token, existing).with_context(|| target.display().to_string())
}

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use hsign::file::{Existing, put_in_place};
use hsign::net::HttpTimestamper;
use hsign::report::findings_json;
use serde_json::{Value, json};

use super::outcome::Tally;
use crate::args::TimestampArgs;
use crate::failure::Usage;
use crate::session::Session;
use crate::{files, output};

pub(super) fn run(session: &Session, args: &TimestampArgs) -> Result<u8> {
    let wanted = if args.in_pdf { files::is_unsigned_pdf } else { files::is_stampable };
    let inputs = files::expand(&args.files, wanted)?;
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
    let tally = Tally::over(session, &inputs, |input, _| Ok((0, stamp(session, args, input, &timestamper)?)));
    if session.json {
        output::json(&json!({ "schema": "hsign.timestamp/1", "documents": tally.rows }));
    }
    Ok(tally.exit_code())
}

fn stamp(
    session: &Session,
    args: &TimestampArgs,
    input: &Path,
    timestamper: &HttpTimestamper,
) -> Result<Value> {
    let source = session.open(input)?;
    let target = target(args, input);
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    if args.in_pdf {
        let update = hsign::timestamp_pdf(source.as_ref(), timestamper, timestamper.digest())?;
        files::put_extended(input, source.as_ref(), &update, &target, existing)?;
    } else {
        let token = hsign::timestamp(source.as_ref(), timestamper, timestamper.digest())?;
        write(&target, &token, existing)?;
    }
    if !session.json && !files::is_standard(&target) {
        output::data(&format!("{}\n", target.display()));
    }
    let findings = findings_json(&timestamper.take_notices(), session.language);
    Ok(json!({ "path": input, "output": target, "findings": findings }))
}

fn target(args: &TimestampArgs, input: &Path) -> PathBuf {
    match &args.out {
        Some(out) => out.clone(),
        None if files::is_standard(input) => input.to_owned(),
        None if args.in_pdf => files::stamped_name(input, args.out_dir.as_deref()),
        None => files::token_name(input, args.out_dir.as_deref()),
    }
}

fn write(target: &Path, token: &[u8], existing: Existing) -> Result<()> {
    if files::is_standard(target) {
        return Ok(output::bytes(token)?);
    }
    put_in_place(target, None, token, existing).with_context(|| target.display().to_string())
}

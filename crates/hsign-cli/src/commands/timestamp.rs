use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use hsign::net::HttpTimestamper;
use hsign::report::findings_json;
use serde_json::{Value, json};

use super::outcome::Tally;
use super::outputs::Outputs;
use crate::args::TimestampArgs;
use crate::failure::Usage;
use crate::session::{self, Session};
use crate::{files, output};

pub(super) fn run(session: &Session, args: &TimestampArgs) -> Result<u8> {
    let wanted = if args.in_pdf { files::is_unsigned_pdf } else { files::is_stampable };
    let inputs = files::expand(&args.files, wanted)?;
    outputs(args).check(session, &inputs, "token")?;
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
    let journal = session.journal_port();
    let (target, existing) = outputs(args).target(input, || name_beside(args, input));
    let (digest, source) = (timestamper.digest(), source.as_ref());
    let make = if args.in_pdf { hsign::timestamp_pdf } else { hsign::timestamp };
    let made = make(source, timestamper, digest, journal.as_ref(), &session::now)?;
    if args.in_pdf {
        files::put_extended(input, source, &made, &target, existing)?;
    } else {
        files::put(&made, &target, existing)?;
    }
    if !session.json && !files::is_standard(&target) {
        output::data(&format!("{}\n", target.display()));
    }
    let findings = findings_json(&timestamper.take_notices(), session.language);
    Ok(json!({ "path": input, "output": target, "findings": findings }))
}

fn outputs(args: &TimestampArgs) -> Outputs<'_> {
    Outputs { out: args.out.as_deref(), in_place: false, force: args.force }
}

fn name_beside(args: &TimestampArgs, input: &Path) -> PathBuf {
    let folder = args.out_dir.as_deref();
    if args.in_pdf { files::stamped_name(input, folder) } else { files::token_name(input, folder) }
}

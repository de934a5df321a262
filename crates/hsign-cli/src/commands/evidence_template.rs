//! A form for evidence about the qualification of people who sign.

use anyhow::{Context as _, Result};
use hsign::{EvidenceSubject, evidence_form};

use crate::args::TemplateArgs;
use crate::{files, output, session};

pub(super) fn run(args: &TemplateArgs) -> Result<u8> {
    let source = files::open(&args.file).with_context(|| args.file.display().to_string())?;
    let subject =
        EvidenceSubject { person: &args.person, roles: &args.role, signature: args.signature.as_deref() };
    output::json(&evidence_form(source.as_ref(), &subject, session::now())?);
    Ok(0)
}

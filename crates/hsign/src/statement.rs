//! What the signer states, looked at before it is signed.

use hsign_core::{Finding, Severity, Time};
use hsign_validation::{Policy, scan_dates};

use crate::{Error, Form, InputFormat, SignRequest, ToSign, input_format};

/// What the policy says to the dates; those that it won't let pass later are refused now.
pub(crate) fn check_statement(
    what: &ToSign<'_>,
    request: &SignRequest,
    policy: &Policy,
    now: Time,
) -> Result<Vec<Finding>, Error> {
    if request.statement.is_empty() {
        return Ok(Vec::new());
    }
    if is_xml(what)? {
        return Err(Error::StatementNotCarried);
    }
    let findings = scan_dates(&request.statement, now, policy);
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(Error::Refused(findings));
    }
    Ok(findings)
}

/// XML signatures have no place that every reader of theirs passes over.
fn is_xml(what: &ToSign<'_>) -> Result<bool, Error> {
    Ok(match (what.form, what.files.first()) {
        (Form::XadesEnveloped | Form::XadesEnveloping | Form::XadesDetached | Form::XadesManifest, _) => true,
        (Form::Further, Some(file)) => input_format(file.source)? == InputFormat::Xml,
        _ => false,
    })
}

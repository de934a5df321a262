use anyhow::{Result, bail};
use hsign::Finding;
use hsign::net::{TsaEndpoint, TsaReport, check_tsa};
use hsign::report::{finding_lines, findings_json};
use serde_json::json;

use crate::args::TsaCommand;
use crate::failure::Usage;
use crate::language::Language;
use crate::output;
use crate::session::{self, Session};

pub(super) fn run(session: &Session, command: &TsaCommand) -> Result<u8> {
    match command {
        TsaCommand::List => list(session),
        TsaCommand::Check { tsa } => check(session, tsa),
    }
}

fn list(session: &Session) -> Result<u8> {
    let endpoints = &session.config.tsa;
    if session.json {
        let rows: Vec<_> = endpoints.iter().map(row).collect();
        output::json(&json!({ "schema": "hsign.tsa-list/1", "authorities": rows }));
        return Ok(0);
    }
    if endpoints.is_empty() {
        session.remark(&Finding::info("no-tsa-configured"));
    }
    for endpoint in endpoints {
        output::data(&format!("{:<20} {} {}\n", endpoint.name, endpoint.url, endpoint.digest));
    }
    Ok(0)
}

fn row(endpoint: &TsaEndpoint) -> serde_json::Value {
    json!({
        "name": endpoint.name,
        "url": endpoint.url,
        "digest": endpoint.digest,
        "policy": endpoint.policy,
        "accreditation": endpoint.accreditation,
        "allow_tls_1_2": endpoint.allow_tls_1_2,
    })
}

/// Exit code 0 if all are fit, 1 if one is not; 5 if none answered at all.
fn check(session: &Session, named: &[String]) -> Result<u8> {
    let endpoints = session.endpoints(named)?;
    if endpoints.is_empty() {
        bail!(Usage::NoTsa);
    }
    let ports = session::ports();
    let reports: Vec<TsaReport> = endpoints.iter().map(|endpoint| check_tsa(endpoint, &ports)).collect();
    if session.json {
        let rows = reports.iter().map(|report| checked(report, session)).collect::<Result<Vec<_>>>()?;
        output::json(&json!({ "schema": "hsign.tsa-check/1", "authorities": rows }));
    } else {
        for report in &reports {
            output::data(&text(report, session));
        }
    }
    Ok(exit_code(&reports))
}

/// The report with its findings in the form that all commands share.
fn checked(report: &TsaReport, session: &Session) -> Result<serde_json::Value> {
    let mut row = serde_json::to_value(report)?;
    if let Some(fields) = row.as_object_mut() {
        fields.insert("findings".to_owned(), findings_json(&report.findings, session.language).into());
    }
    Ok(row)
}

fn exit_code(reports: &[TsaReport]) -> u8 {
    if reports.iter().all(|report| report.fit) {
        0
    } else if !reports.iter().any(answered) {
        5
    } else {
        1
    }
}

/// Whether a token came, fit or not.
fn answered(report: &TsaReport) -> bool {
    report.token.is_some() || report.findings.iter().any(|finding| finding.code == "tsa-token-refused")
}

fn text(report: &TsaReport, session: &Session) -> String {
    let ja = session.language == Language::Ja;
    let verdict = match (report.fit, ja) {
        (true, true) => "使えます",
        (false, true) => "使えません",
        (true, false) => "fit",
        (false, false) => "unfit",
    };
    let mut lines = vec![format!("{} ({}): {verdict}", report.name, report.url)];
    let mut add = |japanese: &str, english: &str, value: Option<String>| {
        if let Some(value) = value {
            lines.push(format!("  {}: {value}", if ja { japanese } else { english }));
        }
    };
    if let Some(token) = &report.token {
        add("時刻", "time", Some(token.gen_time.to_string()));
        add("時計の差（秒）", "clock offset (s)", Some(token.clock_offset_seconds.to_string()));
        add("ポリシ", "policy", Some(token.policy.clone()));
        add("符号化", "encoding", Some(token.encoding.to_owned()));
        add("署名", "signature", Some(token.signature_algorithm.clone()));
        add("証明書の参照", "certificate reference", token.certificate_reference.map(str::to_owned));
        add("証明書", "certificate", token.subject.clone());
        add("SHA-256", "SHA-256", token.sha256.clone());
        add("証明書の期限", "certificate ends", token.not_after.map(|time| time.to_string()));
    }
    let digests: Vec<String> =
        report.digests.iter().filter(|row| row.accepted).map(|row| row.algorithm.to_string()).collect();
    add("ハッシュ", "digests", (!digests.is_empty()).then(|| digests.join(", ")));
    add("往復（ミリ秒）", "round trip (ms)", report.round_trip_milliseconds.map(|ms| format!("{ms:.1}")));
    lines.join("\n") + "\n" + &finding_lines(&report.findings, session.language)
}

//! Lines as JSON for programs, as sentences for people.

use hsign::archive::{Line, Summary};
use hsign::report::{finding_lines, finding_message, findings_json, word};
use hsign::{Finding, Severity};
use serde::Serialize;
use serde_json::Value;

use super::day;
use crate::language::Language;
use crate::output;
use crate::session::Session;

/// The form of the lines; the summary names it.
const SCHEMA: &str = "hsign.archive/1";

/// Tells a line on standard output: it is the result.
pub(super) fn tell(session: &Session, line: &Line) {
    if session.json {
        json_line(told(line, session.language));
        return;
    }
    let (finding, behind) = worded(line, session.language);
    let text = finding_message(&finding, session.language).unwrap_or_else(|| finding.code.clone());
    output::data(&format!("{}\n", hsign::report::printable(&text)));
    let shown: Vec<Finding> =
        behind.iter().filter(|one| session.verbose || one.severity > Severity::Info).cloned().collect();
    output::data(&finding_lines(&shown, session.language));
}

/// The last line.
pub(super) fn summary(session: &Session, summary: &Summary) {
    if session.json {
        json_line(summed(summary, session.language));
        return;
    }
    let mut finding = Finding::info("archive-summary")
        .with("objects", summary.objects)
        .with("batches", summary.batches)
        .with("tsa_requests", summary.tsa_requests);
    let counts = [("waiting", summary.waiting), ("set_aside", summary.set_aside), ("failed", summary.failed)];
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        finding = finding.with(name, count);
    }
    if let Some(yen) = summary.yen {
        finding = finding.with("yen", yen);
    }
    for (name, time) in [("renew_by", summary.renew_by), ("next", summary.next)] {
        if let Some(time) = time {
            finding = finding.with(name, day(time));
        }
    }
    let text = finding_message(&finding, session.language).unwrap_or_default();
    output::data(&format!("{text}\n"));
    if let Some(stopped) = &summary.stopped {
        output::message(&finding_lines(std::slice::from_ref(stopped), session.language));
    }
}

fn json_line(value: serde_json::Result<Value>) {
    match value {
        Ok(value) => output::data(&format!("{value}\n")),
        Err(error) => output::message(&format!("error: {error}\n")),
    }
}

/// A line as JSON, its findings in the form that they have everywhere.
fn told(line: &Line, language: Language) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(line)?;
    let (name, shown) = match line {
        Line::Alarm { finding } => ("finding", one_finding(finding, language)),
        Line::SetAside { findings, .. } | Line::Failed { findings, .. } | Line::Verified { findings, .. } => {
            ("findings", findings_json(findings, language).into())
        }
        _ => return Ok(value),
    };
    if let Some(object) = value.as_object_mut() {
        object.insert(name.to_owned(), shown);
    }
    Ok(value)
}

fn summed(summary: &Summary, language: Language) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(summary)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("schema".to_owned(), SCHEMA.into());
        let stopped = summary.stopped.as_ref().map(|finding| one_finding(finding, language));
        object.insert("stopped".to_owned(), stopped.into());
    }
    Ok(value)
}

fn one_finding(finding: &Finding, language: Language) -> Value {
    findings_json(std::slice::from_ref(finding), language).pop().unwrap_or_default()
}

/// The word for a value of an enumeration, by the name that it has in JSON.
pub(super) fn named(kind: &str, value: impl Serialize, language: Language) -> String {
    let name = serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned));
    worded_as(&format!("archive.{kind}"), &name.unwrap_or_default(), language)
}

fn worded_as(kind: &str, name: &str, language: Language) -> String {
    word(&format!("{kind}.{name}"), language).to_owned()
}

/// The line as a finding, and the findings that it carries.
fn worded(line: &Line, language: Language) -> (Finding, &[Finding]) {
    let info = |code| Finding::info(code);
    match line {
        Line::Taken { key, size, indication } => {
            let finding = info("archive-taken").with("key", key).with("size", size);
            (finding.with("indication", worded_as("indication", indication, language)), &[])
        }
        Line::Known { key } => (info("archive-known").with("key", key), &[]),
        Line::SetAside { key, location, reason, findings } => {
            let finding = info("archive-set-aside").with("key", key).with("location", location);
            (finding.with("reason", worded_as("archive.set-aside", reason, language)), findings)
        }
        Line::Failed { what, findings } => (info("archive-failed").with("what", what), findings),
        Line::Waiting { class, retention, documents, since, closes } => {
            let finding = info("archive-waiting").with("class", class).with("retention", retention);
            let finding = finding.with("documents", documents).with("since", day(*since));
            (finding.with("closes", day(*closes)), &[])
        }
        Line::Due { action } => {
            let mut finding = info("archive-due")
                .with("bundle", &action.bundle)
                .with("track", &action.track)
                .with("kind", named("kind", action.kind, language))
                .with("reason", named("reason", action.reason, language))
                .with("from", day(action.from))
                .with("last_day", day(action.last_day));
            if let Some(blocked) = action.blocked {
                finding = finding.with("blocked", named("blocked", blocked, language));
            }
            (finding, &[])
        }
        Line::Dated { key, start, end } => {
            (info("archive-dated").with("key", key).with("start", start).with("end", end), &[])
        }
        Line::Sealed { bundle, documents } => {
            (info("archive-sealed").with("bundle", bundle).with("documents", documents), &[])
        }
        Line::Stamped { bundle, track, chain, number, gen_time, tsa } => {
            let finding = info("archive-stamped").with("bundle", bundle).with("track", track);
            let finding = finding.with("chain", chain).with("number", number);
            (finding.with("gen_time", day(*gen_time)).with("tsa", tsa), &[])
        }
        Line::Extended { key, new_key, location } => {
            let finding = info("archive-extended").with("key", key).with("new_key", new_key);
            (finding.with("location", location), &[])
        }
        Line::Verified { key, track, indication, sub_indication, proven_since, findings, .. } => {
            let answer = worded_as("indication", indication.name(), language);
            let mut finding = info("archive-verified").with("key", key).with("track", track);
            finding = finding.with("indication", answer);
            if let Some(sub) = sub_indication {
                finding = finding.with("sub_indication", sub.name());
            }
            if let Some(since) = proven_since {
                finding = finding.with("proven_since", day(*since));
            }
            (finding, findings)
        }
        Line::DocumentDamaged { key, location, problem, .. } => {
            let finding = info("archive-document-damaged").with("key", key).with("location", location);
            (finding.with("problem", named("problem", problem, language)), &[])
        }
        Line::FileDamaged { file, store, problem } => {
            let finding = info("archive-file-damaged").with("file", file).with("store", store);
            (finding.with("problem", named("problem", problem, language)), &[])
        }
        Line::Repaired { what, place, from } => {
            (info("archive-repaired").with("what", what).with("place", place).with("from", from), &[])
        }
        Line::Scrubbed { bundle, documents, bad } => {
            let finding = info("archive-scrubbed").with("bundle", bundle).with("documents", documents);
            (finding.with("bad", bad), &[])
        }
        Line::Exported { key, path, tracks } => {
            let finding = info("archive-exported").with("key", key).with("path", path);
            (finding.with("tracks", tracks.join(", ")), &[])
        }
        Line::Held { hold, subject } => {
            let subject = serde_json::to_string(subject).unwrap_or_default();
            (info("archive-held").with("hold", hold).with("subject", subject), &[])
        }
        Line::Released { hold } => (info("archive-released").with("hold", hold), &[]),
        Line::Deletion { deletion, state, documents, not_before } => {
            let mut finding = info("archive-deletion").with("deletion", deletion);
            finding = finding.with("state", named("deletion", state, language)).with("documents", documents);
            if let Some(time) = not_before {
                finding = finding.with("not_before", day(*time));
            }
            (finding, &[])
        }
        Line::Deleted { key, deletion } => {
            (info("archive-deleted").with("key", key).with("deletion", deletion), &[])
        }
        Line::Segment { number, sha256, time, actor, events } => {
            let finding = info("archive-segment").with("number", number).with("sha256", sha256);
            (finding.with("time", day(*time)).with("actor", actor).with("events", events), &[])
        }
        Line::Alarm { finding } => (finding.clone(), &[]),
        other => (info("archive-failed").with("what", format!("{other:?}")), &[]),
    }
}

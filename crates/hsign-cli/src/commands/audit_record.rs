//! The auditor's record of a run over paper of earlier years (guideline 5.2 §9.3 C2 (5), C3): what was scanned, by whom,
//! under which plan, and what was left out, as a table and as JSON.

use std::path::{Path, PathBuf};

use hsign_core::Time;
use hsign_core::facts::SignedMetadata;
use serde_json::{Value, json};

/// The columns; keys of the JSON rows too.
const COLUMNS: [&str; 12] = [
    "time",
    "document",
    "sha256",
    "outcome",
    "reason",
    "output",
    "output_sha256",
    "level",
    "stamped",
    "signer",
    "scanned",
    "warnings",
];

/// One document of the run.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) time: Option<Time>,
    /// The file's own name, not its folders.
    pub(super) document: String,
    pub(super) sha256: String,
    /// `signed`, `skipped`, `failed`.
    pub(super) outcome: &'static str,
    /// Code of the finding that says why not.
    pub(super) reason: String,
    pub(super) output: String,
    pub(super) output_sha256: String,
    pub(super) level: String,
    /// The proven time of the signature.
    pub(super) stamped: Option<Time>,
    /// SHA-256 of the signer's certificate.
    pub(super) signer: String,
    /// Codes of what was noticed about the scan.
    pub(super) warnings: Vec<String>,
}

/// A whole run.
pub(super) struct Record<'a> {
    pub(super) statement: &'a SignedMetadata,
    pub(super) started: Time,
    pub(super) finished: Time,
    pub(super) rows: Vec<Row>,
}

impl Record<'_> {
    fn cells(&self, row: &Row) -> [String; 12] {
        let time = |time: Option<Time>| time.map(|time| time.to_string()).unwrap_or_default();
        [
            time(row.time),
            row.document.clone(),
            row.sha256.clone(),
            row.outcome.to_owned(),
            row.reason.clone(),
            row.output.clone(),
            row.output_sha256.clone(),
            row.level.clone(),
            time(row.stamped),
            row.signer.clone(),
            time(self.statement.scanned),
            row.warnings.join(" "),
        ]
    }

    pub(super) fn json(&self) -> Value {
        let row = |row: &Row| -> Value {
            let cells = self.cells(row).map(Value::String);
            COLUMNS.into_iter().map(str::to_owned).zip(cells).collect::<serde_json::Map<_, _>>().into()
        };
        let count = |outcome: &str| self.rows.iter().filter(|row| row.outcome == outcome).count();
        json!({
            "schema": "hsign.scan-audit/1",
            "plan": self.statement.plan,
            "operators": self.statement.operators,
            "disposal": self.statement.disposal,
            "started": self.started,
            "finished": self.finished,
            "signed": count("signed"),
            "skipped": count("skipped"),
            "failed": count("failed"),
            "documents": self.rows.iter().map(row).collect::<Vec<_>>(),
        })
    }

    /// RFC 4180, in UTF-8 with the mark that spreadsheets look for.
    pub(super) fn csv(&self) -> String {
        let head = ["plan", "operators", "disposal"].into_iter().chain(COLUMNS);
        let mut text = format!("\u{feff}{}", line(head.map(str::to_owned)));
        let said = self.statement;
        let disposal = said.disposal.map(|day| day.to_string()).unwrap_or_default();
        for row in &self.rows {
            let run = [said.plan.clone().unwrap_or_default(), said.operators.join(" "), disposal.clone()];
            text.push_str(&line(run.into_iter().chain(self.cells(row))));
        }
        text
    }

    /// The record's name without extension: plan and time, nothing that a file system or a shell minds.
    pub(super) fn name(&self) -> String {
        let plan = self.statement.plan.as_deref().unwrap_or_default();
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
        let (year, month, day, hour, minute, second) = self.started.utc();
        let plan: String = plan.chars().map(plain).collect();
        format!("{plan}-{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let quoted: Vec<String> = cells.map(|cell| quoted(&cell)).collect();
    quoted.join(",") + "\r\n"
}

/// What begins like a formula is not left to a spreadsheet to compute.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

/// A free pair of names in the folder: two runs may begin in the same second.
pub(super) fn free_stem(folder: &Path, name: &str) -> PathBuf {
    let taken = |stem: &PathBuf| ["csv", "json"].iter().any(|extension| with(stem, extension).exists());
    let numbered = (2..).map(|number: u32| folder.join(format!("{name}-{number}")));
    let mut names = std::iter::once(folder.join(name)).chain(numbered);
    names.find(|stem| !taken(stem)).unwrap_or_else(|| folder.join(name))
}

/// `STEM.EXTENSION`, whatever dots the stem has.
pub(super) fn with(stem: &Path, extension: &str) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_safe_and_names_every_document() {
        let mut said = SignedMetadata::default();
        said.plan = Some("2026/第1期".to_owned());
        said.operators = vec!["1001".to_owned(), "1002".to_owned()];
        let time: Time = "2026-11-21T01:02:03Z".parse().unwrap();
        let row = Row { document: "=cmd,\"x\".pdf".to_owned(), outcome: "skipped", ..Row::default() };
        let record = Record { statement: &said, started: time, finished: time, rows: vec![row] };
        assert!(record.csv().contains("\"'=cmd,\"\"x\"\".pdf\""), "{}", record.csv());
        assert!(record.csv().starts_with("\u{feff}plan,operators,disposal,time,document"));
        assert_eq!(record.json()["skipped"], 1);
        assert_eq!(record.name(), "2026__1_-20261121T010203Z");
    }
}

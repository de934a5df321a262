//! `findings.md`: every code with its severity, from the messages and from where the codes are made.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::{MADE_BY, kept, row, source};

const INTRO: &str = "\
# Findings

What a check found, by its stable code: in JSON as `findings[].code`, in text between `<` and `>`. Scripts may depend on codes and
severities; wordings may change. `{name}` stands for a value, `[…]` for a part that is left out where its value is missing.

- **error** decides the verdict, or stopped the operation.
- **warning** does not decide it today, but somebody should look.
- **info** is worth knowing.

Two severities: which one it is depends on the policy (`required` or `reported`) or on what else was found.

";

/// Calls that make a finding, and the severity they give it. The last four are short forms for errors.
const CALLS: [(&str, &str); 7] = [
    ("error(", "error"),
    ("warning(", "warning"),
    ("info(", "info"),
    ("failed(", "error"),
    ("finding(", "error"),
    ("because(", "error"),
    ("in_place(", "error"),
];

/// Codes that a type of refusals names in its `code()`: all of them are errors.
const ARM: &str = "=> ";

#[test]
fn every_finding_is_documented_with_its_words() {
    let (english, japanese) = (messages("en"), messages("ja"));
    let severities = severities();
    let mut text = format!("{MADE_BY}\n{INTRO}");
    text.push_str(&row(["code", "severity", "meaning", "意味"]));
    text.push_str(&row(["---", "---", "---", "---"]));
    for (code, words) in &english {
        let Some(severity) = severities.get(code) else {
            // Kept for callers of the library.
            continue;
        };
        let severity: Vec<&str> = severity.iter().copied().collect();
        let other = &japanese[code];
        text.push_str(&row([
            format!("`{code}`").as_str(),
            &severity.join(", "),
            &both(words, "Hint"),
            &both(other, "ヒント"),
        ]));
    }
    kept("findings.md", &text);
}

struct Words {
    message: String,
    hint: Option<String>,
}

fn both(words: &Words, heading: &str) -> String {
    match &words.hint {
        Some(hint) => format!("{}<br>*{heading}: {hint}*", words.message),
        None => words.message.clone(),
    }
}

fn messages(language: &str) -> BTreeMap<String, Words> {
    let text = source(&format!("crates/hsign-report/messages/{language}.toml"));
    let table: toml::Table = text.parse().expect("TOML");
    let findings = table["findings"].as_table().expect("findings");
    findings
        .iter()
        .map(|(code, words)| {
            let text = |key: &str| words.get(key).and_then(toml::Value::as_str).map(str::to_owned);
            (code.clone(), Words { message: text("message").expect("a message"), hint: text("hint") })
        })
        .filter(|(code, _)| !code.starts_with("demo-"))
        .collect()
}

fn severities() -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut found: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    let texts: Vec<String> = rust_files(&hsign_corpora::workspace_root().join("crates"))
        .iter()
        .map(|file| fs::read_to_string(file).unwrap().split("#[cfg(test)]").next().unwrap().to_owned())
        .collect();
    for text in &texts {
        for (call, severity) in CALLS {
            for code in codes(text, call) {
                found.entry(code).or_default().insert(severity);
            }
        }
    }
    for text in &texts {
        for code in codes(text, ARM) {
            found.entry(code).or_insert_with(|| BTreeSet::from(["error"]));
        }
    }
    found
}

/// The codes that stand as first argument of a call.
fn codes<'a>(text: &'a str, call: &'a str) -> impl Iterator<Item = String> + 'a {
    text.match_indices(call).filter_map(move |(position, _)| {
        let argument = text[position + call.len()..].trim_start().strip_prefix('"')?;
        Some(argument.split_once('"')?.0.to_owned())
    })
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() && name != "tests" {
            files.extend(rust_files(&path));
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

//! Every command line printed in the documents is one that the program takes, and every link inside them leads
//! somewhere.

use std::fs;
use std::path::PathBuf;

use crate::commands::{command_of, options};
use crate::docs;

/// What newcomers read.
fn documents() -> Vec<PathBuf> {
    let mut found = vec![docs("../README.md"), docs("../README.ja.md")];
    for folder in [docs(""), docs("guide"), docs("reference")] {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        found.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    found
}

#[test]
fn every_option_printed_in_a_command_line_exists() {
    let mut problems = Vec::new();
    let mut seen = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for line in command_lines(&text) {
            seen += 1;
            let words: Vec<&str> = line
                .split_whitespace()
                .skip(1)
                .take_while(|word| *word != "|" && !word.starts_with('#'))
                .collect();
            let command = command_of(&words);
            if command.is_empty() && !words.first().is_some_and(|word| word.starts_with('-')) {
                problems.push(format!("{}: no such command: {line}", path.display()));
                continue;
            }
            let known = options(&command);
            for option in words.iter().filter(|word| word.starts_with('-') && word.len() > 1) {
                let name = option.split('=').next().unwrap();
                if !known.contains(name) {
                    problems.push(format!("{}: hsign {command} has no {name}: {line}", path.display()));
                }
            }
        }
    }
    assert!(seen > 20, "only {seen} command lines were found");
    assert!(problems.is_empty(), "{problems:#?}");
}

/// Lines of `sh` blocks that begin with `hsign`, and code spans that do and go on with a command.
fn command_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for block in blocks(text, "sh") {
        let joined = block.replace("\\\n", " ");
        lines.extend(joined.lines().filter(|line| line.starts_with("hsign ")).map(str::to_owned));
    }
    for line in text.lines() {
        let spans = line.split('`').skip(1).step_by(2);
        lines.extend(spans.filter(|span| span.starts_with("hsign ")).map(str::to_owned));
    }
    lines
}

/// The fenced blocks of a language.
pub(crate) fn blocks<'a>(text: &'a str, language: &'a str) -> impl Iterator<Item = String> + 'a {
    let fence = format!("```{language}\n");
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(&fence)?;
        let (block, behind) = after.split_once("```")?;
        rest = behind;
        Some(block.to_owned())
    })
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    let mut missing = Vec::new();
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for target in
            text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        {
            let file = target.split('#').next().unwrap();
            let elsewhere = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
            if !elsewhere && !path.parent().unwrap().join(file).exists() {
                missing.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

//! `docs/reference/` is generated from the program and its data, or checked against them: what is printed there is
//! what the program does.
//!
//! `UPDATE=1 cargo test -p hsign-tests --test reference` writes the files anew.

mod archive;
mod commands;
mod documents;
mod findings;
mod guideline;
mod json;
mod rfc4998;
mod schema;
mod settings;
mod tables;

use std::fs;
use std::path::PathBuf;

/// The first line of every generated file.
const MADE_BY: &str = "<!-- Written by `UPDATE=1 cargo test -p hsign-tests --test reference`; a test compares it with the program. Edit what it is made from, not this file. -->\n";

fn docs(name: &str) -> PathBuf {
    hsign_corpora::workspace_root().join("docs").join(name)
}

fn source(name: &str) -> String {
    let path = hsign_corpora::workspace_root().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Demands that a file of `docs/reference` is what was generated now; writes it under `UPDATE=1`.
#[track_caller]
fn kept(name: &str, generated: &str) {
    let path = docs("reference").join(name);
    if std::env::var("UPDATE").as_deref() == Ok("1") {
        fs::write(&path, generated).unwrap();
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    if let Some((number, (kept, new))) = first_difference(&kept, generated) {
        panic!(
            "docs/reference/{name} is not up to date (line {number}):\n  kept: {kept}\n  now:  {new}\n\
             UPDATE=1 cargo test -p hsign-tests --test reference"
        );
    }
}

fn first_difference<'a>(one: &'a str, other: &'a str) -> Option<(usize, (&'a str, &'a str))> {
    if one == other {
        return None;
    }
    let lines = one.lines().count().max(other.lines().count());
    let line = |text: &'a str, number: usize| text.lines().nth(number).unwrap_or("(end)");
    (0..=lines)
        .map(|number| (number + 1, (line(one, number), line(other, number))))
        .find(|(_, (one, other))| one != other)
        .or(Some((lines, ("(line ends differ)", ""))))
}

/// Whether a test function is where `FILE::FUNCTION` says.
fn test_stands(test: &str) -> bool {
    let Some((file, function)) = test.rsplit_once("::") else { return false };
    let path = hsign_corpora::workspace_root().join(file);
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let is_test = |place: usize| {
        lines[..place].iter().rev().take_while(|line| line.starts_with("#[")).any(|line| *line == "#[test]")
    };
    let declared = format!("fn {function}()");
    lines.iter().enumerate().any(|(place, line)| line.starts_with(&declared) && is_test(place))
}

/// A row of a Markdown table.
fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> =
        cells.into_iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
    format!("| {} |\n", cells.join(" | "))
}

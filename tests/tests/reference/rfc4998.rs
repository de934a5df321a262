//! `docs/reference/rfc4998.md`: each clause of RFC 4998 with the tests that hold it.

use serde::Deserialize;

use crate::{MADE_BY, kept, row, source, test_stands};

const TABLE: &str = "tests/tests/reference/rfc4998.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    row: Vec<Requirement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirement {
    clause: String,
    asks: String,
    answer: Answer,
    tests: Vec<String>,
    note: Option<String>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    Tested,
    NotMade,
    Institution,
}

fn table() -> Vec<Requirement> {
    toml::from_str::<Table>(&source(TABLE)).unwrap().row
}

#[test]
fn every_clause_of_rfc_4998_names_tests_that_exist() {
    for requirement in table() {
        let clause = &requirement.clause;
        assert_eq!(requirement.tests.is_empty(), requirement.answer == Answer::Institution, "{clause}");
        for test in &requirement.tests {
            assert!(test_stands(test), "{clause}: there is no test {test}");
        }
    }
}

#[test]
fn every_test_named_after_rfc_4998_stands_in_the_table() {
    let named: Vec<String> = table().into_iter().flat_map(|requirement| requirement.tests).collect();
    for file in ["crates/hsign-ers/tests/rfc4998.rs", "crates/hsign-ers/tests/writing.rs"] {
        let text = source(file);
        let functions = text.lines().filter_map(|line| line.strip_prefix("fn rfc4998_"));
        for function in functions.filter_map(|line| line.split_once("()").map(|(name, _)| name)) {
            let test = format!("{file}::rfc4998_{function}");
            assert!(named.contains(&test), "{test} stands in no row of {TABLE}");
        }
    }
}

#[test]
fn the_page_shows_the_table() {
    let mut page = format!(
        "{MADE_BY}\n# RFC 4998, clause by clause\n\nWhat evidence records have to fulfil, in our words, and the tests that \
         hold it. A test fails when a row names one that doesn't exist.\n\n"
    );
    page += &row(["clause", "what it asks", "answer"]);
    page += &row(["---"; 3]);
    for requirement in table() {
        page += &row([requirement.clause.as_str(), &requirement.asks, &answer(&requirement)]);
    }
    kept("rfc4998.md", &page);
}

fn answer(requirement: &Requirement) -> String {
    let tests: Vec<String> = requirement.tests.iter().map(|test| format!("`{}`", name(test))).collect();
    let how = match requirement.answer {
        Answer::Tested => "",
        Answer::NotMade => "Read, never written.",
        Answer::Institution => "The institution's.",
    };
    let parts = [how, requirement.note.as_deref().unwrap_or_default(), &tests.join(", ")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn name(test: &str) -> &str {
    test.rsplit("::").next().unwrap_or(test)
}

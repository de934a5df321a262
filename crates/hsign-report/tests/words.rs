//! Every finding that any crate of this project can make has words in both languages.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use hsign_core::Finding;
use hsign_core::facts::{Change, ChangeKind, ModificationVerdict};
use hsign_report::{Language, change_message, finding_message};

/// How codes stand in the sources: `Finding::error("code")`, and helpers that take a code.
const CALLS: [&str; 7] = ["error(", "warning(", "info(", "finding(", "failed(", "because(", "in_place("];

#[test]
fn every_code_in_the_sources_has_words_in_both_languages() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut codes = BTreeSet::new();
    for krate in fs::read_dir(crates).unwrap().map(Result::unwrap) {
        for file in rust_files(&krate.path().join("src")) {
            let text = fs::read_to_string(&file).unwrap();
            let before_tests = text.split("#[cfg(test)]").next().unwrap();
            codes.extend(codes_in(before_tests));
        }
    }
    assert!(codes.len() > 100, "the sources were not found: {codes:?}");
    let mut missing = Vec::new();
    for code in &codes {
        for language in Language::ALL {
            if finding_message(&Finding::info(code), language).is_none() {
                missing.push(format!("{} {code}", language.code()));
            }
        }
    }
    assert!(missing.is_empty(), "no words for: {missing:#?}");
}

#[test]
fn codes_are_found_over_line_ends_and_other_strings_are_not() {
    let source = "Finding::error(\n    \"a-b\") x.info(\"c-d\") #[error(\"no code-like thing\")] warning(code) error(\"x\")";
    assert_eq!(codes_in(source), BTreeSet::from(["a-b".to_owned(), "c-d".to_owned()]));
}

fn codes_in(text: &str) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for call in CALLS {
        for (position, _) in text.match_indices(call) {
            let argument = text[position + call.len()..].trim_start();
            if let Some(literal) = argument.strip_prefix('"').and_then(|rest| rest.split('"').next())
                && is_code(literal)
            {
                codes.insert(literal.to_owned());
            }
        }
    }
    codes
}

fn is_code(text: &str) -> bool {
    text.contains('-')
        && text.split('-').all(|part| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() {
                rust_files(&path)
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                vec![path]
            } else {
                Vec::new()
            }
        })
        .collect()
}

#[test]
fn a_change_is_told_with_page_and_place_in_words_that_need_no_knowledge_of_pdf() {
    let change = Change {
        kind: ChangeKind::SignedTextCovered,
        verdict: ModificationVerdict::Suspicious,
        revision: 1,
        page: Some(1),
        position: Some([60, 640, 300, 720]),
        object: Some(50),
        values: BTreeMap::new(),
    };
    assert_eq!(
        change_message(&change, Language::En),
        "An appearance was laid over signed text on page 1 (21 mm from the left, 226 mm from the bottom; 85 x 28 mm)."
    );
    assert_eq!(
        change_message(&change, Language::Ja),
        "署名済みの文字の上に別の表示が重ねられています（1ページ）（左端から21 mm、下端から226 mm、幅85 mm×高さ28 mm）。"
    );
    let nowhere = Change { page: None, position: None, ..change };
    assert_eq!(change_message(&nowhere, Language::En), "An appearance was laid over signed text.");
}

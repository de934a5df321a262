//! `docs/reference/guideline.md` and `guideline.ja.md`: each clause of the ministry's security guideline with the commands
//! and tests that serve it, and what stays with the institution.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hsign_corpora::workspace_root;
use serde::Deserialize;

use crate::commands::{command_of, options};
use crate::{MADE_BY, kept, row, source, test_stands};

const TABLE: &str = "tests/tests/reference/guideline.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    chapter: Vec<Chapter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chapter {
    en: String,
    ja: String,
    row: Vec<Clause>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clause {
    clause: String,
    /// Where version 6.0 has it.
    sixth: Option<String>,
    asks: Words,
    program: Option<Words>,
    duty: Option<Words>,
    #[serde(default)]
    commands: Vec<String>,
    #[serde(default)]
    tests: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    en: String,
    ja: String,
}

fn table() -> Vec<Chapter> {
    toml::from_str::<Table>(&source(TABLE)).unwrap().chapter
}

fn clauses() -> Vec<(String, Clause)> {
    let chapters = table().into_iter();
    chapters
        .flat_map(|chapter| {
            let number = chapter.en.split(' ').next().unwrap_or_default().to_owned();
            chapter.row.into_iter().map(move |clause| (format!("{number} {}", clause.clause), clause))
        })
        .collect()
}

#[test]
fn every_clause_names_what_serves_it_or_the_institutions_duty() {
    let mut seen = BTreeSet::new();
    for (name, clause) in clauses() {
        assert!(seen.insert(name.clone()), "{name} stands twice");
        assert!(clause.program.is_some() || clause.duty.is_some(), "{name} says nothing");
        let served = clause.program.is_some();
        assert_eq!(
            served,
            !clause.tests.is_empty(),
            "{name}: what the program does has tests, a duty has none"
        );
        assert_eq!(
            served,
            !clause.commands.is_empty(),
            "{name}: what the program does has commands, a duty has none"
        );
    }
}

#[test]
fn every_test_that_a_clause_names_exists() {
    for (name, clause) in clauses() {
        for test in &clause.tests {
            assert!(test_stands(test), "{name}: there is no test {test}");
        }
    }
}

#[test]
fn every_command_that_a_clause_names_exists() {
    for (name, clause) in clauses() {
        for line in &clause.commands {
            let words: Vec<&str> = line.split(' ').skip(1).collect();
            let command = command_of(&words);
            assert!(line.starts_with("hsign ") && !command.is_empty(), "{name}: no such command: {line}");
            let known = options(&command);
            for option in words.iter().filter(|word| word.starts_with('-')) {
                assert!(known.contains(*option), "{name}: hsign {command} has no {option}");
            }
        }
    }
}

#[test]
fn every_test_named_after_the_guideline_stands_in_the_table() {
    let named: BTreeSet<String> = clauses().into_iter().flat_map(|(_, clause)| clause.tests).collect();
    let mut found = 0;
    for folder in ["crates", "tests"] {
        each_source(&workspace_root().join(folder), &mut |path, text| {
            for function in text.lines().filter_map(|line| line.trim_start().strip_prefix("fn guideline_")) {
                let Some((function, _)) = function.split_once("()") else { continue };
                let test = format!("{path}::guideline_{function}");
                found += 1;
                assert!(named.contains(&test), "{test} stands in no row of {TABLE}");
            }
        });
    }
    assert!(found > 10, "only {found} tests are named after the guideline");
}

/// Every Rust source below a folder, by its path from the top of the tree.
fn each_source(folder: &Path, take: &mut dyn FnMut(&str, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            each_source(&path, take);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(workspace_root()).unwrap().to_str().unwrap();
            take(name, &fs::read_to_string(&path).unwrap());
        }
    }
}

/// What stands around the table in a language.
struct Page {
    file: &'static str,
    ja: bool,
    title: &'static str,
    intro: &'static str,
    head: [&'static str; 5],
}

const PAGES: [Page; 2] = [
    Page {
        file: "guideline.md",
        ja: false,
        title: "The ministry's security guideline, clause by clause",
        intro: "What the guideline on the security of medical information systems (医療情報システムの安全管理に関するガイドライン, \
                Ministry of Health, Labour and Welfare) asks about signatures, time stamps, scans and keeping, what hsign does for it, and \
                what is **the institution's duty**. The words are ours; the guideline's own decide. [日本語](guideline.ja.md)\n\n\
                - Clauses are numbered as in **version 5.2** (2022): C is the minimum, D is recommended.\n\
                - **6.0** is the place in version 6.0 (2023) by the ministry's table of correspondence, of which we had the draft (案): \
                G governance (経営管理編), M management (企画管理編), C control (システム運用編); the overview (概説編) is left out.\n\
                - Of **version 7.0** we know what the ministry told about the revision: a part for institutions that leave maintenance to \
                others is new, regular changes of passwords are no longer asked for, the objects of two-factor authentication are named. \
                Nothing that was told changes what is asked about signatures, time stamps and scans. We don't know its numbers; where \
                something is known about a clause, it stands there.\n\
                - A test named in a row is part of `make test`. Another test fails when a row names a test, a command or an option that \
                doesn't exist.\n\n\
                hsign serves these clauses; it certifies nobody's compliance.\n",
        head: ["clause", "what it asks", "6.0", "hsign", "the institution's duty"],
    },
    Page {
        file: "guideline.ja.md",
        ja: true,
        title: "安全管理ガイドラインとの対応表",
        intro: "厚生労働省「医療情報システムの安全管理に関するガイドライン」のうち、電子署名・タイムスタンプ・スキャン・保存に関する項目について、\
                hsignが行うことと**施設の義務**を示します。要約は私たちの言葉によるもので、正しくはガイドライン本文によります。\
                [English](guideline.md)\n\n\
                - 項番は**第5.2版**（令和4年）による（C：最低限、D：推奨）。\n\
                - **6.0**は、厚生労働省の項目移行対応表（案）による第6.0版（令和5年）の記載箇所：経営＝経営管理編、企画＝企画管理編、運用＝システム運用編（概説編は省略）。\n\
                - **第7.0版**については、公表された改定の説明（保守委託機関編の追加、パスワードの定期的な変更の削除、二要素認証の対象の明確化等）までを確認した。\
                その説明に、署名・タイムスタンプ・スキャンの要求の変更は無い。項番は未確認で、分かる点は各行に記した。\n\
                - 各行の試験は `make test` で実行される。存在しない試験・コマンド・オプションを挙げた行があれば、別の試験が失敗する。\n\n\
                hsignはこれらの項目に役立つものであり、適合を認定するものではありません。\n",
        head: ["項番", "求められること", "6.0", "hsign", "施設の義務"],
    },
];

#[test]
fn the_pages_show_the_table() {
    for page in &PAGES {
        let mut text = format!("{MADE_BY}\n# {}\n\n{}", page.title, page.intro);
        for chapter in table() {
            text += &format!("\n## {}\n\n", if page.ja { &chapter.ja } else { &chapter.en });
            text += &row(page.head);
            text += &row(["---"; 5]);
            for clause in &chapter.row {
                text += &row(cells(clause, page.ja).iter().map(String::as_str));
            }
        }
        kept(page.file, &text);
    }
}

fn cells(clause: &Clause, ja: bool) -> [String; 5] {
    let words = |words: &Words| if ja { words.ja.clone() } else { words.en.clone() };
    let optional = |text: &Option<Words>| text.as_ref().map(words).unwrap_or_default();
    let sixth = clause.sixth.clone().unwrap_or_default();
    let sixth = if ja { in_japanese(&sixth) } else { sixth };
    let code = |names: &mut dyn Iterator<Item = &str>| {
        names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let commands = code(&mut clause.commands.iter().map(String::as_str));
    let tests = code(&mut clause.tests.iter().map(|test| name(test)));
    let parts = [commands, optional(&clause.program), tests];
    let served = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("<br>");
    let shown = |text: String| if text.is_empty() { "—".to_owned() } else { text };
    [clause.clause.clone(), words(&clause.asks), sixth, served, optional(&clause.duty)].map(shown)
}

fn in_japanese(sixth: &str) -> String {
    sixth.replace("G ", "経営 ").replace("M ", "企画 ").replace("C ", "運用 ")
}

fn name(test: &str) -> &str {
    test.rsplit("::").next().unwrap_or(test)
}

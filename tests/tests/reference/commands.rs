//! `commands.md` and `commands.ja.md`: the program's own help.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex};

use hsign_tests::program;

use crate::{MADE_BY, kept};

/// A language and the words around the help.
struct Page {
    file: &'static str,
    lang: &'static str,
    title: &'static str,
    intro: &'static str,
    /// Headings under which sub-commands stand.
    heading: &'static str,
}

const PAGES: [Page; 2] = [
    Page {
        file: "commands.md",
        lang: "en",
        title: "Commands",
        intro: "Every command as `--help` shows it. The options that all commands have (`--output`, `--lang`, `--config`, \
                `--quiet`, `--verbose`, `--fips`) are repeated there. What a command writes with `--output json` is in \
                [json.md](json.md); the exit codes are under [hsign](#hsign).",
        heading: "Commands:",
    },
    Page {
        file: "commands.ja.md",
        lang: "ja",
        title: "コマンド",
        intro: "すべてのコマンドの `--help` です。どのコマンドにもあるオプション（`--output`、`--lang`、`--config`、`--quiet`、\
                `--verbose`、`--fips`）はそれぞれに示します。`--output json` の出力は [json.md](json.md)、終了コードは \
                [hsign](#hsign) にあります。",
        heading: "コマンド:",
    },
];

#[test]
fn commands_are_documented_as_the_program_explains_them() {
    for page in &PAGES {
        let mut text = format!("{MADE_BY}\n# {}\n\n{}\n", page.title, page.intro);
        for path in paths(page) {
            let name = format!("hsign {path}");
            text.push_str(&format!("\n## {}\n\n```text\n{}```\n", name.trim(), help(&path, page.lang)));
        }
        kept(page.file, &text);
    }
}

/// Every command, depth first, as it is listed.
fn paths(page: &Page) -> Vec<String> {
    fn below(path: &str, page: &Page, found: &mut Vec<String>) {
        found.push(path.to_owned());
        for name in listed(&help(path, page.lang), page.heading) {
            below(format!("{path} {name}").trim(), page, found);
        }
    }
    let mut found = Vec::new();
    below("", page, &mut found);
    assert!(found.len() > 20, "{found:?}");
    found
}

fn listed(help: &str, heading: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// What `hsign PATH --help` prints, with no terminal and so at its fixed width.
pub(crate) fn help(path: &str, lang: &str) -> String {
    let output = Command::new(program())
        .args(path.split_whitespace())
        .args(["--help", "--lang", lang])
        .env_remove("COLUMNS")
        .stdin(Stdio::null())
        .output()
        .expect("hsign runs");
    assert!(output.status.success(), "hsign {path} --help");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The options that a command takes, as they stand in its help.
pub(crate) fn options(path: &str) -> BTreeSet<String> {
    static KNOWN: LazyLock<Mutex<BTreeMap<String, BTreeSet<String>>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap();
    known.entry(path.to_owned()).or_insert_with(|| options_in(&help(path, "en"))).clone()
}

fn options_in(help: &str) -> BTreeSet<String> {
    help.lines()
        .filter(|line| line.trim_start().starts_with('-'))
        .flat_map(|line| line.split([' ', ',']))
        .filter(|word| word.starts_with('-') && word.len() > 1)
        .map(str::to_owned)
        .collect()
}

/// The longest beginning of `words` that is a command.
pub(crate) fn command_of(words: &[&str]) -> String {
    static KNOWN: LazyLock<BTreeSet<String>> = LazyLock::new(|| paths(&PAGES[0]).into_iter().collect());
    (1..=words.len())
        .rev()
        .map(|end| words[..end].join(" "))
        .find(|path| KNOWN.contains(path))
        .unwrap_or_default()
}

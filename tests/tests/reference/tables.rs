//! `policies.md`, `document-classes.md` and `professions.md`: the data that come with the program, as tables.

use toml::{Table, Value};

use crate::{MADE_BY, kept, row, source};

const PRESETS: [&str; 4] = ["hpki", "hpki-strict", "etsi", "eprescription"];

const POLICIES: &str = "\
# Policies

A policy says what a signature has to meet. Four come with the program; `hsign policy show hpki` prints one as the file it is. Copy
it, change what has to be changed and its `name`, and give it with `--policy FILE` or as `policy` in the configuration. Every key has to be there
except the two marked optional; an unknown key is an error. Every verdict names the policy with its digest.

";

const REQUIRED: &str = "
Where a key says `required`, what it asks for decides: the signature is INDETERMINATE without it. Where it says `reported`, it is a finding and
the verdict stays.
";

const CLASSES: &str = "\
# Document classes

`--document-class` (or `document_class` in the configuration) says what kind of document it is, and so whose qualification counts. A signer without one of
the roles gets the status `role-mismatch`; signing is refused. Without a class any recognised national qualification counts.

**mark**: `certain` or `likely`, how sure the assignment of roles is. It rests on the law named beside it; an institution that sees it differently
asks for roles by name with `--require-role`.

**scans**: what is asked of scanned pages, in dots for an inch and bits for a pixel, and in brackets where the paper is kept; less is a warning when signing and verifying. Where the numbers come from is told in the
table's own file. An institution sets its own, and adds its own classes, in a file of the same form (`document_classes` in the configuration). **amends**: the document has to name another one that it amends, and that one has to be valid as a scan.

";

const PROFESSIONS: &str = "\
# Professions

The role texts of hcRole (`codeDataFreeText` under the coding scheme 1.2.392.100495.1.6.1.1) that are recognised. A text in a certificate is
compared byte by byte; nothing is matched loosely.

- **national**: a qualification that the state gives to a person. **administrator**: a post; counts only where it is asked for by name.
- **mark**: `certain`: seen in certificates issued under the HPKI certificate policy. `likely`: agrees with secondary accounts of
  that policy; it counts, with the finding `role-text-unconfirmed`.

A text that is not listed gets the status `unrecognised-role`: report it, please, with where it was seen.

";

#[test]
fn policies_are_documented_as_they_ship() {
    let texts: Vec<String> =
        PRESETS.iter().map(|name| source(&format!("crates/hsign-validation/data/{name}.toml"))).collect();
    let tables: Vec<Table> = texts.iter().map(|text| text.parse().expect("TOML")).collect();
    let mut text = format!("{MADE_BY}\n{POLICIES}");
    text.push_str(&row(["policy", "for", "用途"]));
    text.push_str(&row(["---", "---", "---"]));
    for table in &tables {
        text.push_str(&row([
            format!("`{}`", shown(&table["name"])).as_str(),
            &shown(&table["en"]),
            &shown(&table["ja"]),
        ]));
    }
    text.push_str("\n## Keys\n\n");
    text.push_str(&row(["key", "hpki", "hpki-strict", "etsi", "eprescription", "meaning"]));
    text.push_str(&row(["---", "---", "---", "---", "---", "---"]));
    for key in keys(&texts[0]) {
        let mut cells = vec![format!("`{}`", key.name)];
        cells.extend(tables.iter().map(|table| value(table, &key.name)));
        cells.push(key.meaning);
        text.push_str(&row(cells.iter().map(String::as_str)));
    }
    text.push_str(REQUIRED);
    kept("policies.md", &text);
}

struct Key {
    /// With its table: `signer.roles`.
    name: String,
    meaning: String,
}

/// The keys of a policy file in their order, each with the comment above or beside it.
fn keys(text: &str) -> Vec<Key> {
    let (mut keys, mut table, mut comment): (Vec<Key>, String, Vec<String>) = Default::default();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            table = name.trim_end_matches(']').to_owned();
        } else if let Some(said) = line.strip_prefix("# ") {
            if let Some((name, rest)) = said.split_once(" = ").filter(|_| said.contains("(optional)")) {
                let meaning = rest.split_once("(optional)").expect("a meaning").1.trim();
                keys.push(Key { name: format!("{table}.{name}"), meaning: format!("Optional: {meaning}") });
            } else {
                comment.push(said.to_owned());
            }
            continue;
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| !table.is_empty()) {
            keys.push(Key { name: format!("{table}.{name}"), meaning: comment.join(" ") });
        } else {
            comment.clear();
            continue;
        }
        comment.clear();
    }
    // A key without a comment shares the one of the key above it.
    for at in 1..keys.len() {
        if keys[at].meaning.is_empty() {
            keys[at].meaning = keys[at - 1].meaning.clone();
        }
    }
    assert!(keys.iter().all(|key| !key.meaning.is_empty()));
    keys
}

fn value(table: &Table, name: &str) -> String {
    let (section, key) = name.split_once('.').expect("a table");
    match table[section].get(key) {
        Some(Value::Array(values)) if values.is_empty() => "(none)".to_owned(),
        Some(value) => format!("`{}`", shown(value)),
        None => "–".to_owned(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[test]
fn document_classes_are_documented_with_their_sources() {
    let table = data("document-classes");
    let mut text = format!("{MADE_BY}\n{CLASSES}Version of the table: {}.\n\n", shown(&table["version"]));
    text.push_str(&row([
        "class",
        "also called",
        "document",
        "文書",
        "who may sign",
        "scans",
        "mark",
        "source",
    ]));
    text.push_str(&row(["---"; 8]));
    for class in rows(&table, "class") {
        let mut who = cell(class, "roles");
        if class.get("listed_signers").and_then(Value::as_bool) == Some(true) {
            who = "any national qualification, or a signer listed in `institution.scan_signers`".to_owned();
        }
        if class.get("amends").and_then(Value::as_bool) == Some(true) {
            who.push_str("; amends");
        }
        let name = format!("`{}`", cell(class, "name"));
        let cells = [&name, &cell(class, "aliases"), &cell(class, "en"), &cell(class, "ja"), &who];
        let cells = cells.into_iter().map(String::as_str).map(str::to_owned);
        let rest = [scans(class), cell(class, "mark"), cell(class, "source")];
        let cells: Vec<String> = cells.chain(rest).collect();
        text.push_str(&row(cells.iter().map(String::as_str)));
    }
    kept("document-classes.md", &text);
}

/// "200 dpi, 8 bits (150 dpi, 1 bits, lossy allowed)".
fn scans(class: &Value) -> String {
    let Some(limits) = class.get("scan") else { return String::new() };
    let told = |limits: &Value| {
        let number = |key: &str, unit: &str| {
            limits.get(key).and_then(Value::as_integer).map(|number| format!("{number} {unit}"))
        };
        let lossy = limits.get("lossy_allowed").and_then(Value::as_bool) == Some(true);
        let lossy = lossy.then(|| "lossy allowed".to_owned());
        let parts = [number("min_dpi", "dpi"), number("min_bits_per_pixel", "bits"), lossy];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    };
    match limits.get("paper_kept") {
        Some(kept) => format!("{} ({})", told(limits), told(kept)),
        None => told(limits),
    }
}

#[test]
fn professions_are_documented_with_their_sources() {
    let table = data("professions");
    let mut text = format!("{MADE_BY}\n{PROFESSIONS}Version of the table: {}.\n\n", shown(&table["version"]));
    text.push_str(&row(["text in the certificate", "日本語", "kind", "mark", "source"]));
    text.push_str(&row(["---"; 5]));
    for profession in rows(&table, "profession") {
        let cells = ["text", "ja", "kind", "mark", "source"].map(|key| cell(profession, key));
        text.push_str(&row(cells.iter().map(String::as_str)));
    }
    kept("professions.md", &text);
}

fn data(name: &str) -> Table {
    source(&format!("crates/hsign-hpki/data/{name}.toml")).parse().expect("TOML")
}

fn rows<'a>(table: &'a Table, name: &str) -> &'a [Value] {
    table[name].as_array().expect("an array of tables")
}

fn cell(row: &Value, key: &str) -> String {
    row.get(key).map(shown).unwrap_or_default()
}

//! `configuration.md` and `trust-registry.md` are written by hand. Checked here: they name every key that the
//! program takes and no other, and their examples work.

use std::collections::BTreeSet;
use std::fs;

use hsign_tests::Session;

use crate::docs;
use crate::documents::blocks;

#[test]
fn the_configuration_names_every_key() {
    let session = Session::shared();
    let text = fs::read_to_string(docs("reference/configuration.md")).unwrap();
    let tsa = "[[tsa]]\nname = \"a\"\nurl = \"http://a.example/\"\n";
    let remote = "[[remote]]\nname = \"a\"\nprotocol = \"csc\"\nurl = \"https://a.example/\"\n";
    let login = |by: &str| {
        let by = format!("by = \"{by}\", client_id = \"c\", token_url = \"https://a.example/\"");
        format!("{remote}login = {{ {by}, nonsense = 1 }}\n")
    };
    let tables = [
        ("", "nonsense = 1\n".to_owned()),
        ("archive.", "[archive]\nnonsense = 1\n".to_owned()),
        ("institution.", "[institution]\nnonsense = 1\n".to_owned()),
        ("journal.", "[journal]\nnonsense = 1\n".to_owned()),
        ("mark.", "[mark]\nnonsense = 1\n".to_owned()),
        ("tsa.", format!("{tsa}nonsense = 1\n")),
        ("tsa.basic.", format!("{tsa}basic = {{ user = \"u\", password = \"env:P\", nonsense = 1 }}\n")),
        ("tsa.client_certificate.", format!("{tsa}client_certificate = {{ nonsense = 1 }}\n")),
        ("tsa.proxy.", format!("{tsa}proxy = {{ url = \"http://p.example/\", nonsense = 1 }}\n")),
        ("remote.", format!("{remote}nonsense = 1\n")),
        ("remote.access.", format!("{remote}access = {{ nonsense = 1 }}\n")),
        ("remote.login.", format!("{remote}login = {{ by = \"token\", nonsense = 1 }}\n")),
        ("remote.login.", login("client")),
        ("remote.login.", login("browser")),
    ];
    // What chooses among the tables of a login stands in none of their lists.
    let mut known = BTreeSet::from(["remote.login.by".to_owned()]);
    for (table, file) in tables {
        session.write("bad.toml", file);
        let answer = session.run("tsa list --lang en --config bad.toml").exits(2);
        known.extend(expected(&answer.err).into_iter().map(|key| format!("{table}{key}")));
    }
    assert!(known.len() > 35, "{known:?}");
    assert_eq!(documented(&text), known);
}

#[test]
fn the_examples_of_the_configuration_are_taken() {
    let session = Session::shared();
    let text = fs::read_to_string(docs("reference/configuration.md")).unwrap();
    let examples: Vec<String> = blocks(&text, "toml").collect();
    assert!(!examples.is_empty());
    for (number, example) in examples.iter().enumerate() {
        session.write("example.toml", example);
        let answer = session.run("tsa list --lang en --config example.toml");
        assert_eq!(answer.code, 0, "example {number}: {answer}");
    }
}

#[test]
fn the_registry_names_every_key_and_value() {
    let session = Session::shared();
    let text = fs::read_to_string(docs("reference/trust-registry.md")).unwrap();
    let keys = expected(&refused(&session, "nonsense = 1"));
    assert_eq!(documented(&text), keys);
    for (key, line) in
        [("kind", ""), ("accreditation", "accreditation = \"x\""), ("confidence", "confidence = \"x\"")]
    {
        let kind = if key == "kind" { "kind = \"x\"" } else { "kind = \"tsa\"" };
        session.write("bad.toml", format!("[[anchor]]\n{kind}\nsubject = \"s\"\n{line}\n"));
        let values = expected(&session.run("trust list --lang en --trust bad.toml").err);
        assert!(values.len() > 2, "{key}: {values:?}");
        for value in values {
            assert!(text.contains(&format!("`{value}`")), "{key} {value}");
        }
    }
}

fn refused(session: &Session, line: &str) -> String {
    session.write("bad.toml", format!("[[anchor]]\n{line}\n"));
    session.run("trust list --lang en --trust bad.toml").err
}

#[test]
fn the_examples_of_the_registry_are_taken() {
    let session = Session::shared();
    let text = fs::read_to_string(docs("reference/trust-registry.md")).unwrap();
    let pem = fs::read(session.testbed().folder().join("ca/tsa-root.pem")).unwrap();
    let pin = hsign::x509::certificates_from_bytes(&pem).unwrap()[0].sha256_hex();
    session.write("tsa-root.pem", pem);
    let examples: Vec<String> = blocks(&text, "toml").collect();
    assert!(!examples.is_empty());
    for example in examples {
        // The example's own authority is nobody's.
        session.write(
            "example.toml",
            example.replace("0F1E2D3C4B5A69788796A5B4C3D2E1F00F1E2D3C4B5A69788796A5B4C3D2E1F0", &pin),
        );
        let _ = session.run("trust list --lang en --trust example.toml").exits(0);
    }
}

/// The names in "expected one of `a`, `b`" or "expected `a` or `b`".
fn expected(message: &str) -> BTreeSet<String> {
    let list = message.split_once(", expected ").map(|(_, list)| list).unwrap_or_default();
    let list = list.lines().next().unwrap_or_default();
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The keys in the first column of the tables.
fn documented(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(key, _)| key.to_owned()))
        .collect()
}

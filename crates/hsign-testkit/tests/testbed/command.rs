//! The `hsign-testkit` command, and the sample documents it leaves.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use hsign_testkit::documents;

use super::common::*;

fn testkit(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hsign-testkit"));
    command.args(arguments);
    command
}

#[test]
fn write_leaves_everything_and_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    assert!(testkit(&["write", path, "18319"]).status().unwrap().success());
    let registry = std::fs::read_to_string(folder.path().join("trust.toml")).unwrap();
    for kind in ["hpki-root", "hpki-signature-ca", "hpki-authentication-ca", "tsa"] {
        assert!(registry.contains(&format!("kind = \"{kind}\"")), "{kind}");
    }
    for line in registry.lines().filter_map(|line| line.strip_prefix("certificate = ")) {
        assert!(folder.path().join(line.trim_matches('"')).exists(), "{line}");
    }
    let certificate = std::fs::read(folder.path().join("people/doctor/certificate.cer")).unwrap();
    assert!(contains(&certificate, b"http://127.0.0.1:18319/crl/signature.crl"));
}

#[test]
fn registry_pins_are_the_digests_of_the_certificates() {
    let folder = tempfile::tempdir().unwrap();
    assert!(testkit(&["write", folder.path().to_str().unwrap()]).status().unwrap().success());
    let registry = std::fs::read_to_string(folder.path().join("trust.toml")).unwrap();
    let values = |key: &str| -> Vec<String> {
        let lines = registry.lines().filter_map(|line| line.strip_prefix(key));
        lines.map(|value| value.trim_start_matches(" = ").trim_matches('"').to_owned()).collect()
    };
    let (pins, files) = (values("sha256"), values("certificate"));
    assert_eq!((pins.len(), files.len()), (4, 4));
    for (pin, file) in pins.iter().zip(files) {
        let der = std::fs::read(folder.path().join(file).with_extension("cer")).unwrap();
        let digest: String = openssl::sha::sha256(&der).iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(pin, &digest);
    }
}

#[test]
fn serve_prints_its_url_and_ends_with_stdin() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = testkit(&["serve", folder.path().to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
    assert_eq!(stamp(url.trim(), "/tsa", &Query::default().der()).unwrap().status, 200);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn other_words_are_a_usage_error() {
    assert_eq!(testkit(&["dance"]).stderr(Stdio::null()).status().unwrap().code(), Some(2));
}

#[test]
fn documents_are_sound_pdf() {
    if Command::new("qpdf").arg("--version").output().is_err() {
        assert!(std::env::var("REQUIRE_ALL").as_deref() != Ok("1"), "qpdf is missing");
        println!("skipped: qpdf is missing");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, document) in documents::all().unwrap() {
        std::fs::write(folder.path().join(name), document).unwrap();
        let check = qpdf(folder.path(), &["--check", name]);
        assert!(check.contains("No syntax or stream encoding errors found"), "{name}: {check}");
        assert_eq!(qpdf(folder.path(), &["--show-npages", name]).trim(), "1", "{name}");
    }
    let streams = qpdf(folder.path(), &["--show-xref", documents::REFERRAL_LETTER_OBJECT_STREAMS]);
    assert!(streams.contains("compressed; stream = 7"), "{streams}");
}

fn qpdf(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("qpdf").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

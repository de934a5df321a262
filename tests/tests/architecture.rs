//! Holds the table of allowed edges in `docs/ARCHITECTURE.md` true.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

type Edges = BTreeMap<String, Vec<String>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Normal dependencies between the workspace's crates, from `cargo metadata`.
fn real_edges() -> Edges {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let ours = |name: &str| name == "hsign" || name.starts_with("hsign-");
    packages
        .iter()
        .filter(|package| !package["name"].as_str().unwrap().starts_with("hsign-tests"))
        .map(|package| {
            let mut targets: Vec<String> = package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .filter_map(|dependency| dependency["name"].as_str().filter(|name| ours(name)))
                .map(str::to_owned)
                .collect();
            targets.sort();
            (package["name"].as_str().unwrap().to_owned(), targets)
        })
        .collect()
}

/// The rows between the two markers: `| crate | its dependencies |`.
fn documented_edges() -> Edges {
    let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let table = text.split("<!-- edges -->").nth(1).and_then(|rest| rest.split("<!-- /edges -->").next());
    table
        .expect("the markers of the table")
        .lines()
        .filter(|line| line.starts_with("| hsign"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let mut targets: Vec<String> = cells[1]
                .split([',', ' '])
                .filter(|name| !name.is_empty() && *name != "–")
                .map(str::to_owned)
                .collect();
            targets.sort();
            (cells[0].to_owned(), targets)
        })
        .collect()
}

#[test]
fn the_edges_between_crates_are_those_of_the_architecture() {
    let (real, documented) = (real_edges(), documented_edges());
    let table: String = real
        .iter()
        .map(|(name, targets)| {
            format!("| {name} | {} |\n", if targets.is_empty() { "–".to_owned() } else { targets.join(", ") })
        })
        .collect();
    assert_eq!(real, documented, "docs/ARCHITECTURE.md should say:\n{table}");
}

/// The order of the layers, lowest first. A crate may depend on its own layer or a lower one.
const LAYERS: [&[&str]; 7] = [
    &["hsign-core", "hsign-asn1", "hsign-crypto"],
    &["hsign-x509", "hsign-cms", "hsign-tsp", "hsign-pdf", "hsign-xml"],
    &[
        "hsign-cades",
        "hsign-pades",
        "hsign-xades",
        "hsign-asic",
        "hsign-ers",
        "hsign-appearance",
        "hsign-scan",
    ],
    &["hsign-pki", "hsign-hpki", "hsign-validation", "hsign-report", "hsign-journal", "hsign-desk"],
    // The archive judges nothing: it plans, and puts evidence records together.
    &["hsign-net", "hsign-credential", "hsign-archive", "hsign-archive-store"],
    &["hsign", "hsign-testkit", "hsign-testkit-pkcs11", "hsign-testkit-s3", "hsign-corpora"],
    &["hsign-cli"],
];

#[test]
fn no_arrow_points_up() {
    let layer = |name: &str| LAYERS.iter().position(|crates| crates.contains(&name));
    for (name, targets) in real_edges() {
        let from = layer(&name).unwrap_or_else(|| panic!("{name} has no layer"));
        for target in targets {
            assert!(layer(&target).unwrap() <= from, "{name} -> {target} points up");
        }
    }
}

#[test]
fn judgement_and_formats_meet_only_in_the_facts() {
    const FORMATS: [&str; 11] = [
        "hsign-cms",
        "hsign-tsp",
        "hsign-pdf",
        "hsign-cades",
        "hsign-pades",
        "hsign-ers",
        "hsign-appearance",
        "hsign-xml",
        "hsign-xades",
        "hsign-asic",
        "hsign-scan",
    ];
    for judgement in LAYERS[3] {
        for target in &real_edges()[*judgement] {
            assert!(!FORMATS.contains(&target.as_str()), "{judgement} -> {target}");
        }
    }
}

#[test]
fn the_testkit_uses_none_of_our_crates() {
    for testkit in ["hsign-testkit", "hsign-testkit-pkcs11", "hsign-testkit-s3", "hsign-corpora"] {
        assert!(real_edges()[testkit].is_empty(), "{testkit}");
    }
}

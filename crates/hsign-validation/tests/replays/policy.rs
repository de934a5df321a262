//! The other validator's policy as one of ours: the same levels, its dates of algorithms.

use hsign_core::DigestAlgorithm;
use hsign_validation::Policy;
use roxmltree::Document;

use crate::xml::{Element, digest_named};

/// Freshness and delays are ignored there, so that data of any age count.
const A_CENTURY: i64 = 100 * 365 * 86_400;

pub fn mirrored(constraints: &str) -> Policy {
    let document = Document::parse(constraints).unwrap();
    let dates = document.descendants().find(|node| node.tag_name().name() == "AlgoExpirationDate").unwrap();
    let heading = "[revocation]\n";
    let preset = Policy::preset_text("etsi").unwrap();
    assert!(preset.contains(heading));
    let text = preset.replace(heading, &format!("{heading}max_age_seconds = {A_CENTURY}\n"));
    Policy::parse(&(text + &algorithm_rows(dates))).unwrap()
}

fn algorithm_rows(dates: Element<'_>) -> String {
    // What ends after the table was written is only a warning there.
    let written = dates.attribute("UpdateDate").unwrap();
    let mut rows = String::from("\n");
    for scheme in ["rsa-pkcs1", "rsa-pss", "ecdsa"] {
        rows += &row("scheme", &format!("name = \"{scheme}\"\nuntil = \"no-end\""));
    }
    for row_there in dates.children().filter(roxmltree::Node::is_element) {
        let name = row_there.text().unwrap();
        let until = match row_there.attribute("Date") {
            Some(date) if date < written => format!("{date}T00:00:00Z"),
            _ => "no-end".to_owned(),
        };
        let kind = match name {
            "RSA" => Some("rsa"),
            "ECDSA" => Some("ec"),
            "DSA" => Some("dsa"),
            _ => None,
        };
        if let (Some(kind), Some(bits)) = (kind, row_there.attribute("Size")) {
            rows += &row("key", &format!("kind = \"{kind}\"\nbits = {bits}\nuntil = \"{until}\""));
        } else if let Some(digest) = digest_named(name) {
            rows += &digest_row(digest, &until);
        }
    }
    rows
}

fn digest_row(digest: DigestAlgorithm, until: &str) -> String {
    let name = digest.name();
    row(
        "digest",
        &format!(
            "name = \"{name}\"\ncollision = \"{until}\"\nsecond_pre_image = \"{until}\"\ncertificate_identifier = \"no-end\""
        ),
    )
}

fn row(table: &str, fields: &str) -> String {
    format!("[[algorithms.{table}]]\n{fields}\nsource = \"the set's policy\"\nconfidence = \"certain\"\n")
}

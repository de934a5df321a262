use hsign_core::{DigestAlgorithm as Digest, EllipticCurve, PublicKeyKind as Key, SignatureAlgorithm, Time};

use super::{AlgorithmTable, AlgorithmTableError, Limit, Overrides, Resistance, Strength, Use};

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

fn cryptrec() -> AlgorithmTable {
    AlgorithmTable::preset("cryptrec").unwrap()
}

fn signature<'a>(algorithm: &'a SignatureAlgorithm, key: &'a Key) -> Use<'a> {
    Use::Signature { algorithm, key: Some(key) }
}

#[test]
fn every_preset_reads_and_is_called_what_it_says() {
    for name in AlgorithmTable::PRESETS {
        let table = AlgorithmTable::preset(name).unwrap();
        assert_eq!(table.name(), name);
        let text = AlgorithmTable::preset_text(name).unwrap();
        for (key, told) in [("ja", table.ja()), ("en", table.en())] {
            assert!(text.contains(&format!("\n{key} = \"{told}\"\n")), "{name}: {key}");
        }
    }
    assert!(matches!(AlgorithmTable::preset("lax"), Err(AlgorithmTableError::Unknown(_))));
}

#[test]
fn strength_of_112_bits_ends_with_the_year_2030_in_japan() {
    let algorithm = SignatureAlgorithm::RsaPkcs1(Digest::Sha256);
    let key = Key::Rsa { bits: 2048 };
    let last = time("2030-12-31T14:59:59Z");
    let table = cryptrec();
    assert_eq!(table.judge(&signature(&algorithm, &key), last), Strength::Good { until: Some(last) });
    assert_eq!(
        table.judge(&signature(&algorithm, &key), time("2030-12-31T15:00:00Z")),
        Strength::Ended { at: last }
    );
}

#[test]
fn the_weakest_part_decides_and_is_named() {
    let table = cryptrec();
    let strong = SignatureAlgorithm::Ecdsa(Digest::Sha384);
    assert_eq!(table.limit(&signature(&strong, &Key::Ec(EllipticCurve::P384))), Limit::NoEnd);
    let (name, _) = table.weakest(&signature(&strong, &Key::Ec(EllipticCurve::P256)));
    assert_eq!(name, "P-256");
    // Of two that are good for as long it is the algorithm.
    let (name, _) = table.weakest(&signature(&strong, &Key::Ec(EllipticCurve::P384)));
    assert_eq!(name, "ECDSA with SHA-384");
    let old = SignatureAlgorithm::RsaPkcs1(Digest::Sha1);
    let (name, limit) = table.weakest(&signature(&old, &Key::Rsa { bits: 4096 }));
    assert_eq!(name, "RSA PKCS#1 v1.5 with SHA-1");
    assert_eq!(limit, Limit::Until(time("2014-12-31T14:59:59Z")));
}

#[test]
fn a_key_belongs_to_the_row_of_the_largest_size_that_it_reaches() {
    let table = cryptrec();
    let year = |bits| table.limit(&Use::Key(&Key::Rsa { bits })).last_good().map(|time| time.utc().0);
    assert_eq!(year(3071), Some(2030));
    assert_eq!(year(3072), Some(2050));
    assert_eq!(table.limit(&Use::Key(&Key::Rsa { bits: 512 })), Limit::Never);
    assert_eq!(table.limit(&Use::Key(&Key::Rsa { bits: 16384 })), Limit::NoEnd);
}

#[test]
fn sha_1_is_good_for_pointing_to_certificates_long_after_its_collisions() {
    let table = cryptrec();
    let of = |resistance| {
        table.judge(&Use::Digest { algorithm: Digest::Sha1, resistance }, time("2026-06-01T00:00:00Z"))
    };
    assert!(matches!(of(Resistance::Collision), Strength::Ended { .. }));
    assert!(of(Resistance::SecondPreImage).is_good());
    assert_eq!(of(Resistance::CertificateIdentifier), Strength::Good { until: None });
    let md5 = Use::Digest { algorithm: Digest::Md5, resistance: Resistance::CertificateIdentifier };
    assert_eq!(table.judge(&md5, time("1999-01-01T00:00:00Z")), Strength::Never);
}

#[test]
fn dsa_ends_where_the_tables_say() {
    let key = Key::Dsa { bits: 2048 };
    assert!(cryptrec().limit(&Use::Key(&key)).last_good().is_some());
    assert_eq!(cryptrec().limit(&Use::Key(&Key::Dsa { bits: 512 })), Limit::Never);
}

#[test]
fn rows_tell_each_resistance_of_a_digest() {
    let rows = cryptrec().rows();
    let sha1 = rows.iter().find(|row| row.name == "SHA-1").unwrap();
    assert!(sha1.until < sha1.second_pre_image.unwrap());
    assert_eq!(sha1.certificate_identifier, Some(Limit::NoEnd));
    let rsa = rows.iter().find(|row| row.name == "rsa 2048").unwrap();
    assert_eq!((rsa.second_pre_image, rsa.certificate_identifier), (None, None));
}

#[test]
fn what_isnt_listed_is_never_good() {
    let unknown = SignatureAlgorithm::Unknown("1.2.3".to_owned());
    let key = Key::Unknown("1.2.3".to_owned());
    for name in AlgorithmTable::PRESETS {
        let table = AlgorithmTable::preset(name).unwrap();
        assert_eq!(table.limit(&Use::Signature { algorithm: &unknown, key: None }), Limit::Never);
        assert_eq!(table.limit(&Use::Key(&key)), Limit::Never);
    }
}

#[test]
fn every_digest_that_hsign_knows_is_in_every_preset() {
    for name in AlgorithmTable::PRESETS {
        let rows = AlgorithmTable::preset(name).unwrap().rows();
        for digest in Digest::ALL {
            assert!(rows.iter().any(|row| row.name == digest.name()), "{name}: {digest}");
        }
    }
}

#[test]
fn the_european_table_ends_pkcs1_padding_with_2028_whatever_the_key() {
    let table = AlgorithmTable::preset("etsi").unwrap();
    let key = Key::Rsa { bits: 4096 };
    let end = Limit::Until(time("2029-01-01T00:00:00Z"));
    assert_eq!(table.limit(&signature(&SignatureAlgorithm::RsaPkcs1(Digest::Sha512), &key)), end);
    let pss =
        SignatureAlgorithm::RsaPss { digest: Digest::Sha512, mask_digest: Digest::Sha512, salt_length: 64 };
    assert_eq!(table.limit(&signature(&pss, &key)), Limit::NoEnd);
    assert_eq!(table.limit(&signature(&pss, &Key::Rsa { bits: 2048 })), end);
}

#[test]
fn a_table_is_read_strictly() {
    let text = AlgorithmTable::preset_text("cryptrec").unwrap();
    let refused = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        AlgorithmTable::parse(&text.replacen(from, to, 1)).unwrap_err()
    };
    assert!(matches!(refused("schema =", "lax = true\nschema ="), AlgorithmTableError::Syntax(_)));
    assert!(matches!(refused("collision = \"never\"\n", ""), AlgorithmTableError::Syntax(_)));
    assert!(matches!(refused("\"SHA-256\"", "\"SHA-257\""), AlgorithmTableError::Syntax(_)));
    assert!(matches!(refused("\"2014-12-31\"", "\"some day\""), AlgorithmTableError::Syntax(_)));
    assert!(matches!(refused("algorithms/1", "algorithms/2"), AlgorithmTableError::Schema { .. }));
    assert!(matches!(refused("source = \"broken\"", "source = \"x\""), AlgorithmTableError::Source { .. }));
    assert!(matches!(refused("\"SHA-224\"", "\"SHA-256\""), AlgorithmTableError::Repeated { .. }));
    let long = format!("{text}\n#{}", "x".repeat(256 * 1024));
    assert!(matches!(AlgorithmTable::parse(&long), Err(AlgorithmTableError::Syntax(_))));
}

#[test]
fn a_policys_own_rows_take_the_place_of_the_tables() {
    let overrides: Overrides = toml::from_str(
        r#"
        [[key]]
        kind = "rsa"
        bits = 2048
        until = "2028-03-31"
        source = "our hospital's rule 7"
        confidence = "certain"
        "#,
    )
    .unwrap();
    let table = cryptrec().with(&overrides).unwrap();
    let key = Key::Rsa { bits: 2048 };
    assert_eq!(table.limit(&Use::Key(&key)), Limit::Until(time("2028-03-31T14:59:59Z")));
    let row = table.rows().into_iter().find(|row| row.name == "rsa 2048").unwrap();
    assert_eq!(row.source, "our hospital's rule 7");
    assert_eq!(table.rows().len(), cryptrec().rows().len());
}

#[test]
fn the_digest_of_a_table_changes_with_its_text() {
    let text = AlgorithmTable::preset_text("etsi").unwrap();
    let one = AlgorithmTable::parse(text).unwrap();
    let other = AlgorithmTable::parse(&format!("{text}\n# a note\n")).unwrap();
    assert_ne!(one.sha256(), other.sha256());
}

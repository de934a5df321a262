//! `hsign policy explain`: the algorithm table, or the table's answer for certificates and signed files.

use std::path::Path;

use anyhow::{Result, bail};
use hsign::file::FileSource;
use hsign::pki::algorithms::{AlgorithmTable, Limit, Row, Strength};
use hsign::report::shown;
use hsign::x509::{Certificate, certificates_from_bytes};
use hsign::{
    AlgorithmPurpose, ExplainedObject, ObjectKind, Policy, Time, explain_certificate, explain_document,
    input_format, load, read_facts,
};
use hsign_core::hex;
use serde_json::{Value, json};

use crate::args::ExplainArgs;
use crate::failure::Usage;
use crate::language::Language;
use crate::output;
use crate::session::{self, Session};

pub(super) fn run(session: &Session, args: &ExplainArgs) -> Result<u8> {
    let policy = session.policy(args.policy.as_deref())?;
    let at = session::time_or_now(args.at.as_deref())?.0;
    let words = Words { language: session.language, at };
    let table = policy.algorithms();
    let mut files = Vec::new();
    for path in &args.files {
        files.push((path.as_path(), explained(path, table)?));
    }
    if session.json {
        output::json(&document(&policy, at, &files));
        return Ok(0);
    }
    output::data(&words.heading(&policy));
    if files.is_empty() {
        output::data(&words.table(&table.rows()));
    }
    for (path, objects) in files {
        output::data(&format!("\n{}\n", path.display()));
        for object in &objects {
            output::data(&words.object(object));
        }
    }
    Ok(0)
}

fn explained(path: &Path, table: &AlgorithmTable) -> Result<Vec<ExplainedObject>> {
    let source =
        FileSource::open(path).map_err(|source| hsign::Error::File { path: path.to_owned(), source })?;
    if input_format(&source)? != hsign::InputFormat::Other
        && let Ok(facts) = read_facts(&source, &[])
    {
        let objects = explain_document(&facts, table);
        if !objects.is_empty() {
            return Ok(objects);
        }
    }
    let Ok(certificates) = certificates_from_bytes(&load::read(path)?) else {
        bail!(Usage::NothingToExplain { path: path.display().to_string() });
    };
    let issuer = |certificate: &Certificate| {
        certificates.iter().find(|candidate| candidate.subject().matches(certificate.issuer()))
    };
    Ok(certificates.iter().map(|one| explain_certificate(one, issuer(one), table)).collect())
}

fn document(policy: &Policy, at: Time, files: &[(&Path, Vec<ExplainedObject>)]) -> Value {
    let table = policy.algorithms();
    json!({
        "schema": "hsign.algorithms/1",
        "time": at,
        "policy": { "name": policy.name(), "sha256": hex(&policy.sha256()) },
        "table": { "name": table.name(), "sha256": hex(&table.sha256()), "rows": table.rows() },
        "files": files.iter().map(|(path, objects)| json!({
            "path": path,
            "objects": objects.iter().map(|object| row(object, at)).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn row(object: &ExplainedObject, at: Time) -> Value {
    json!({
        "object": object.object,
        "name": object.name,
        "until": object.until(),
        "good": object.until().at(at).is_good(),
        "uses": object.uses.iter().map(|one| json!({
            "purpose": one.purpose,
            "algorithm": one.algorithm,
            "until": one.until,
            "good": one.until.at(at).is_good(),
        })).collect::<Vec<_>>(),
    })
}

/// What is said to people.
struct Words {
    language: Language,
    at: Time,
}

impl Words {
    fn pick<'a>(&self, japanese: &'a str, english: &'a str) -> &'a str {
        if self.language == Language::Ja { japanese } else { english }
    }

    fn heading(&self, policy: &Policy) -> String {
        let table = policy.algorithms();
        let lines = [
            (self.pick("検証ポリシ", "policy"), policy.name().to_owned()),
            (self.pick("アルゴリズム表", "algorithm table"), table.name().to_owned()),
            (self.pick("内容", "meaning"), self.pick(table.ja(), table.en()).to_owned()),
            ("SHA-256", hex(&table.sha256())),
            (self.pick("時点", "as of"), shown(self.at)),
        ];
        lines.iter().map(|(label, value)| format!("{label}: {value}\n")).collect()
    }

    fn table(&self, rows: &[Row]) -> String {
        let sorts = [
            (
                "digest",
                self.pick(
                    "ハッシュ関数（衝突／第二原像／証明書の参照）",
                    "digests (collision / second pre-image / pointing to certificates)",
                ),
            ),
            ("scheme", self.pick("署名方式", "signature schemes")),
            ("key", self.pick("鍵（この長さ以上）", "keys (of this size and above)")),
        ];
        let mut text = String::new();
        for (sort, title) in sorts {
            text.push_str(&format!("\n{title}\n"));
            for row in rows.iter().filter(|row| row.sort == sort) {
                text.push_str(&self.row(row));
            }
        }
        text.push_str(&format!("\n{}\n", self.pick("出典", "sources")));
        let mut told: Vec<&str> = Vec::new();
        for row in rows {
            if !told.contains(&row.source.as_str()) {
                told.push(&row.source);
                text.push_str(&format!("  - {}\n", row.source));
            }
        }
        text
    }

    fn row(&self, row: &Row) -> String {
        let others = [row.second_pre_image, row.certificate_identifier];
        let limits = std::iter::once(row.until).chain(others.into_iter().flatten());
        let limits: Vec<String> = limits.map(|limit| self.limit(limit)).collect();
        format!("  {:<12} {}\n", row.name, limits.join(" / "))
    }

    fn object(&self, object: &ExplainedObject) -> String {
        let kind = match object.object {
            ObjectKind::Signature => self.pick("署名", "signature"),
            ObjectKind::Timestamp => self.pick("タイムスタンプ", "time stamp"),
            ObjectKind::Certificate => self.pick("証明書", "certificate"),
            ObjectKind::Crl => self.pick("失効リスト", "revocation list"),
            ObjectKind::Ocsp => self.pick("OCSP応答", "OCSP response"),
            _ => "",
        };
        let mut text = format!("  {kind} {}: {}\n", object.name, self.limit(object.until()));
        for one in &object.uses {
            let purpose = match one.purpose {
                AlgorithmPurpose::SignatureValue => self.pick("署名値", "signature value"),
                AlgorithmPurpose::Key => self.pick("鍵", "key"),
                AlgorithmPurpose::SignedDigest => self.pick("署名対象のハッシュ", "digest of what is signed"),
                AlgorithmPurpose::CertificateReference => {
                    self.pick("証明書の参照", "reference to a certificate")
                }
                AlgorithmPurpose::Imprint => {
                    self.pick("タイムスタンプ対象のハッシュ", "digest of what is stamped")
                }
                _ => "",
            };
            text.push_str(&format!("    {purpose}: {} – {}\n", one.algorithm, self.limit(one.until)));
        }
        text
    }

    /// What has passed is called so.
    fn limit(&self, limit: Limit) -> String {
        match limit.at(self.at) {
            Strength::Good { until: None } => self.pick("期限なし", "no end known").to_owned(),
            Strength::Good { until: Some(until) } => match self.language {
                Language::Ja => format!("{} まで", shown(until)),
                Language::En => format!("until {}", shown(until)),
            },
            Strength::Ended { at } => match self.language {
                Language::Ja => format!("{} に終了", shown(at)),
                Language::En => format!("ENDED {}", shown(at)),
            },
            Strength::Never => self.pick("不可", "NEVER good").to_owned(),
        }
    }
}

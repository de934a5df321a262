//! Seeds made with the testkit: each target starts from what it is for.

use std::io::Write as _;
use std::path::Path;
use std::{fs, io};

use hsign::credential::{NoSecrets, Options, open};
use hsign::crypto::{OpensslVerifier, SystemRandom};
use hsign::net::{HttpTimestamper, Ports, TsaEndpoint};
use hsign::{
    Content, Form, Metadata, Policy, Purpose, Settings, SignRequest, Stamps, Time, ToSign, load, sign,
};
use hsign_asn1::encode;
use hsign_core::facts::Level;
use hsign_core::ports::{NoNetwork, Timestamper as _};
use hsign_core::{Digest, DigestAlgorithm, Secret};
use hsign_pdf::{Document, signature_fields};
use hsign_pki::algorithms::AlgorithmTable;
use hsign_testkit::{Clock, Testbed};
use hsign_x509::{Certificate, ocsp_request};
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

/// No seed tells the day of the run.
const NOW: i64 = 1_795_000_000;

type Failure = Box<dyn std::error::Error>;

pub fn write(folder: &Path) -> Result<(), Failure> {
    let testbed = Testbed::start_at(Clock::fixed(NOW))?;
    let pki = testbed.folder().to_owned();
    let mut number = 0;
    let mut lists = Vec::new();
    let mut some_list = Vec::new();
    let mut put = |target: &str, bytes: &[u8]| -> io::Result<()> {
        number += 1;
        let folder = folder.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{number}")), bytes)
    };
    for (path, bytes) in files_below(&pki)? {
        match path.rsplit('.').next().unwrap_or_default() {
            "cer" => {
                put("certificate", &bytes)?;
                let certificate = Certificate::from_der(&bytes)?;
                if let Some(attributes) = certificate.extension("2.5.29.9") {
                    put("hcrole", &attributes.value)?;
                }
            }
            "crl" => {
                put("crl", &bytes)?;
                if some_list.is_empty() {
                    some_list.push(bytes.clone());
                }
                lists.extend(bytes);
            }
            "toml" => put("registry", &bytes)?,
            // Mutations of a large image would be mutations of nothing.
            "pdf" if bytes.len() < 64 * 1024 => {
                put("pdf", &bytes)?;
                put("append", &bytes)?;
                put("extend", &bytes)?;
            }
            _ => {}
        }
    }
    scans(&mut put)?;
    for (person, ca, root) in [
        ("people/doctor", "hpki-signature-ca", "hpki-root"),
        ("people/revoked", "hpki-signature-ca", "hpki-root"),
        ("units/tsa-unit", "tsa-ca", "tsa-root"),
    ] {
        let read = |name: String| fs::read(pki.join(name));
        let certificates = [
            read(format!("{person}/certificate.cer"))?,
            read(format!("ca/{ca}.cer"))?,
            read(format!("ca/{root}.cer"))?,
        ];
        put("path", &certificates.concat())?;
        put("path", &[lists.clone(), certificates.concat(), ocsp(&testbed)?].concat())?;
    }
    for name in AlgorithmTable::PRESETS {
        put("algorithms", AlgorithmTable::preset_text(name).unwrap_or_default().as_bytes())?;
    }
    for name in Policy::PRESETS {
        put("policy", Policy::preset_text(name).unwrap_or_default().as_bytes())?;
    }
    let root = fs::read(pki.join("ca/tsa-root.pem"))?;
    put("bundle", &root)?;
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        put("bundle", &zipped(&root, method)?)?;
    }
    put("qualification", QUALIFICATION.as_bytes())?;
    put("archive-trail", crate::archive::TRAIL.as_bytes())?;
    for seed in crate::archive::bundle_seeds() {
        put("archive-bundle", &seed)?;
    }
    let stamp = token(&testbed)?;
    put("token", &stamp)?;
    for record in evidence_records(&stamp)? {
        put("evidence-record", &record)?;
    }
    put("seal", &picture()?)?;
    for xml in crate::xml::SEEDS {
        put("xml", xml.as_bytes())?;
        put("c14n", xml.as_bytes())?;
    }
    let doctor = fs::read(pki.join("people/doctor/certificate.cer"))?;
    let path = [fs::read(pki.join("ca/hpki-signature-ca.cer"))?];
    for seed in crate::xades::seeds(&doctor, &path, &some_list, &stamp) {
        put("xades", &seed)?;
        put("eprescription", &seed)?;
    }
    put("ocsp", &ocsp(&testbed)?)?;
    let signed_letter = crate::changes::signed_letter();
    for case in hsign_testkit::manipulations::all(signed_letter) {
        // Only what came after the signature: the target puts it behind the signed letter again.
        put("changes", case.bytes.get(signed_letter.len()..).unwrap_or_default())?;
    }
    for name in ["referral-letter.pdf", "referral-letter-object-streams.pdf"] {
        let signed = signed(&testbed, &fs::read(pki.join("documents").join(name))?)?;
        put("pdf", &signed)?;
        put("append", &signed)?;
        put("extend", &signed)?;
        let document = Document::open(&signed)?;
        for value in signature_fields(&document)?.fields.into_iter().filter_map(|field| field.value) {
            put("cms", &value.contents)?;
            for container in crate::asic::seeds(&value.contents, &stamp) {
                put("asic", &container)?;
            }
            let mut stamp = |imprint: &Digest| timestamper(&testbed).ok()?.stamp(imprint).ok();
            if let Some(archived) = crate::cms::archived(&value.contents, &mut stamp) {
                put("cms", &archived)?;
            }
        }
    }
    Ok(())
}

/// One object, one of two in a tree, and a record renewed with a second hash tree.
fn evidence_records(token: &[u8]) -> Result<[Vec<u8>; 3], Failure> {
    let sha256 = encode::sequence(&[&encode::oid("2.16.840.1.101.3.4.2.1")?]);
    let alone = encode::sequence(&[token]);
    let group = encode::sequence(&[&encode::octet_string(&[1; 32]), &encode::octet_string(&[2; 32])]);
    let tree = encode::implicit_constructed(2, &group);
    let in_tree = encode::sequence(&[&encode::implicit_constructed(0, &sha256[2..]), &tree, token]);
    let record = |chains: &[&[u8]]| {
        let algorithms = encode::sequence(&[&sha256]);
        encode::sequence(&[&encode::integer(1), &algorithms, &encode::sequence(chains)])
    };
    let chain = |timestamps: &[&[u8]]| encode::sequence(timestamps);
    Ok([
        record(&[&chain(&[&alone])]),
        record(&[&chain(&[&in_tree, &alone])]),
        record(&[&chain(&[&alone]), &chain(&[&in_tree])]),
    ])
}

/// A seal of two by two pixels with an opacity.
fn picture() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 2, 2);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header()?.write_image_data(&[200; 16])?;
    Ok(bytes)
}

fn zipped(contents: &[u8], method: CompressionMethod) -> Result<Vec<u8>, Failure> {
    let mut writer = ZipWriter::new(io::Cursor::new(Vec::new()));
    writer.start_file("service/root.cer", SimpleFileOptions::default().compression_method(method))?;
    writer.write_all(contents)?;
    Ok(writer.finish()?.into_inner())
}

fn files_below(folder: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_below(&path)?);
        } else {
            found.push((path.display().to_string(), fs::read(&path)?));
        }
    }
    found.sort();
    Ok(found)
}

fn now() -> Time {
    Time::from_unix_seconds(NOW).unwrap()
}

fn timestamper(testbed: &Testbed) -> Result<HttpTimestamper, Failure> {
    let ports = Ports {
        randomness: Box::new(SystemRandom),
        verifier: Box::new(OpensslVerifier::new()),
        now: Box::new(now),
        secrets: Box::new(|_| Ok(Secret::new(Vec::new()))),
    };
    Ok(HttpTimestamper::new(vec![TsaEndpoint::at(&testbed.tsa_url())], ports)?)
}

fn token(testbed: &Testbed) -> Result<Vec<u8>, Failure> {
    Ok(timestamper(testbed)?.stamp(&Digest::new(DigestAlgorithm::Sha256, vec![1; 32]))?)
}

fn ocsp(testbed: &Testbed) -> Result<Vec<u8>, Failure> {
    let read = |path: &str| -> Result<Certificate, Failure> {
        Ok(Certificate::from_der(&fs::read(testbed.folder().join(path))?)?)
    };
    let request =
        ocsp_request(&read("units/tsa-unit/certificate.cer")?, &read("ca/tsa-ca.cer")?, Some(&[1; 8]))?;
    let call = ureq::post(format!("{}/ocsp/tsa", testbed.base_url()));
    Ok(call.header("Content-Type", "application/ocsp-request").send(&request)?.body_mut().read_to_vec()?)
}

fn signed(testbed: &Testbed, document: &[u8]) -> Result<Vec<u8>, Failure> {
    let person = testbed.folder().join("people/doctor");
    let specification =
        format!("pem:{}?cert={}", person.join("key.pem").display(), person.join("chain.pem").display());
    let credential = open(&specification.parse()?, &NoSecrets, &Options::default())?;
    let settings =
        Settings::new(Policy::preset("etsi")?, load::trust(&[testbed.registry_path()], Purpose::Signer)?);
    let request = SignRequest {
        level: Some(Level::BT),
        stamps: Stamps::default(),
        digest: DigestAlgorithm::Sha256,
        key: credential.protection(),
        metadata: Metadata::default(),
        statement: Default::default(),
        allow_pending: false,
    };
    let timestamper = timestamper(testbed)?;
    let source = document.to_vec();
    let files = [Content { name: "document.pdf", source: &source }];
    let what = ToSign::new(&files, Form::Pades);
    let signed = sign(&what, credential.as_ref(), Some(&timestamper), &request, &settings, &NoNetwork, &now)?;
    Ok(signed.output.over(document)?)
}

/// A record with every key there is.
const QUALIFICATION: &str = r#"{"schema":"hsign.qualification-evidence/1","issued_at":"2026-04-01T00:00:00Z",
"person":{"name":"SHIKEN","roles":["Medical Doctor"]},"signature":"witness",
"binding":{"kind":"signature-value","digest":{"algorithm":"sha256","value":"0000000000000000000000000000000000000000000000000000000000000000"}},
"identity_check":{"means":"in-person","checked_at":"2026-03-01T00:00:00Z","reference":"I"},
"qualification_check":{"way":"institution","checked_at":"2026-03-01T00:00:00Z","reference":"Q"},
"audit":{"institution":"H","auditor":"A","audited_at":"2026-03-02T00:00:00Z","reference":"R"},
"providers":[{"name":"P","external_assessment":{"assessor":"A","reference":"R","from":"2026-01-01T00:00:00Z","to":null},
"retention":{"until":"2036-01-01T00:00:00Z"}}],
"revocation":{"verifier":"V","not_revoked_at":"2026-03-01T00:00:00Z","reference":"R"}}"#;

/// The smallest file of each kind, and a statement.
fn scans(put: &mut dyn FnMut(&str, &[u8]) -> io::Result<()>) -> io::Result<()> {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x06v\0\0\x09#\x08\x02\0\0\0\0\0\0\0\0\0\0\x09pHYs\0\0\x1e\xc2\0\0\x1e\xc2\x01\0\0\0\0";
    let jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\x01\0d\0d\0\0\xff\xc0\0\x0b\x08\x04\x91\x03;\x01\x01\x11\0\xff\xda\0\x02";
    let tiff =
        b"II*\0\x08\0\0\0\x02\0\0\x01\x04\0\x01\0\0\0\x10\0\0\0\x03\x01\x03\0\x01\0\0\0\x04\0\0\0\0\0\0\0";
    let dicom =
        [&[0; 128][..], b"DICM\x02\0\x10\0UI\x12\x001.2.840.10008.1.2\0", b"(\0\x10\0\x02\0\0\0\x10\0"]
            .concat();
    for seed in [&png[..], jpeg, tiff, &dicom] {
        put("scan", seed)?;
    }
    put(
        "statement",
        br#"{"schema":"hsign.metadata/1","created":"2026-11-21","scan_mode":"same-day","operators":["1"]}"#,
    )
}

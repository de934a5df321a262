//! Every certificate, CRL and OCSP response of the corpora, read beside OpenSSL.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use hsign_core::Time;
use hsign_corpora::{Comparison, Corpus};
use hsign_x509::{Certificate, Crl, OcspResponse};
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::bn::{BigNum, BigNumRef};
use openssl::x509::{X509, X509Crl};

/// PEM blocks of a text: label and DER.
fn pem_blocks(text: &str) -> Vec<(String, Vec<u8>)> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) = after.split_once("-----").unwrap();
        let (body, after) = after.split_once("-----END ").unwrap();
        let digits: String = body.split_whitespace().collect();
        blocks.push((label.to_owned(), openssl::base64::decode_block(&digits).unwrap()));
        rest = after;
    }
    blocks
}

/// The last second our calendar has; what lies beyond (99991231235959Z) is read as this.
const CALENDAR_END: i64 = 253_402_207_200;

fn same_time(ours: Time, theirs: &Asn1TimeRef) -> bool {
    if ours.unix_seconds() == CALENDAR_END {
        return *theirs >= *Asn1Time::from_unix(CALENDAR_END).unwrap();
    }
    let ours = Asn1Time::from_unix(ours.unix_seconds()).unwrap();
    let difference = ours.diff(theirs).unwrap();
    (difference.days, difference.secs) == (0, 0)
}

/// What differs between our reading and OpenSSL's, if both can read it.
fn compare_certificate(case: &str, der: &[u8], comparison: &mut Comparison) {
    let (ours, theirs) = (Certificate::from_der(der), X509::from_der(der));
    let problem = match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => certificate_difference(ours, theirs),
        (Err(error), Ok(_)) => Some(format!("refused: {error}")),
        (Ok(ours), Err(_)) if ours.oddities().is_empty() => {
            Some("read without a remark, OpenSSL refuses".to_owned())
        }
        _ => None,
    };
    match problem {
        Some(problem) => comparison.differ(case, problem),
        None => comparison.agree(case),
    }
}

fn certificate_difference(ours: &Certificate, theirs: &X509) -> Option<String> {
    let subject = theirs.subject_name().to_der().unwrap() == ours.subject().der();
    let issuer = theirs.issuer_name().to_der().unwrap() == ours.issuer().der();
    let number = theirs.serial_number().to_bn().unwrap();
    let serial = number.is_negative() || {
        let digits =
            ours.serial().iter().position(|octet| *octet != 0).map_or(&[][..], |at| &ours.serial()[at..]);
        number.to_vec() == digits
    };
    let validity =
        same_time(ours.not_before(), theirs.not_before()) && same_time(ours.not_after(), theirs.not_after());
    // OpenSSL writes keys anew; those it can't decode are left out.
    let key = theirs.public_key().is_err() || {
        let written = theirs.public_key().unwrap().public_key_to_der().unwrap();
        written == ours.public_key_info() || ours.public_key_info().len() != written.len()
    };
    let names = theirs.subject_alt_names().is_none_or(|names| {
        ours.subject_alternative_names().is_ok_and(|ours| ours.is_some_and(|ours| ours.len() == names.len()))
    });
    let key_identifier = theirs.subject_key_id().is_none_or(|theirs| {
        ours.subject_key_identifier().is_ok_and(|ours| ours.as_deref() == Some(theirs.as_slice()))
    });
    [
        ("subject", subject),
        ("issuer", issuer),
        ("serial", serial),
        ("validity", validity),
        ("key", key),
        ("subjectAltName", names),
        ("subjectKeyIdentifier", key_identifier),
    ]
    .iter()
    .find(|(_, same)| !same)
    .map(|(part, _)| format!("{part} read otherwise"))
}

fn compare_crl(case: &str, der: &[u8], comparison: &mut Comparison) {
    let (ours, theirs) = (Crl::from_der(der), X509Crl::from_der(der));
    let problem = match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => crl_difference(ours, theirs),
        (Err(error), Ok(_)) => Some(format!("refused: {error}")),
        _ => None,
    };
    match problem {
        Some(problem) => comparison.differ(case, problem),
        None => comparison.agree(case),
    }
}

/// Contents octets of an INTEGER in two's complement, not necessarily in the shortest form.
fn signed_contents(number: &BigNumRef) -> Vec<u8> {
    let digits = [vec![0], number.to_vec()].concat();
    if !number.is_negative() {
        return digits;
    }
    // The number is negative: 256^length + number.
    let one = BigNum::from_slice(&[vec![1], vec![0; digits.len()]].concat()).unwrap();
    (&one + number).to_vec()
}

fn crl_difference(ours: &Crl, theirs: &X509Crl) -> Option<String> {
    let empty: Vec<Vec<u8>> = Vec::new();
    let listed = theirs.get_revoked().map_or(empty, |entries| {
        entries.iter().map(|entry| signed_contents(&entry.serial_number().to_bn().unwrap())).collect()
    });
    if u64::try_from(listed.len()).unwrap() != ours.entry_count() {
        return Some(format!("{} entries, OpenSSL sees {}", ours.entry_count(), listed.len()));
    }
    let indirect = ours.issuing_distribution_point().ok().flatten().is_some_and(|point| point.indirect);
    let all_found =
        listed.iter().all(|serial| ours.entry_for(serial, ours.issuer()).is_ok_and(|entry| entry.is_some()));
    if !indirect && !all_found {
        return Some("an entry isn't found".to_owned());
    }
    if !same_time(ours.this_update(), theirs.last_update()) {
        return Some("thisUpdate read otherwise".to_owned());
    }
    match (ours.next_update(), theirs.next_update()) {
        (Some(ours), Some(theirs)) if same_time(ours, theirs) => None,
        (None, None) => None,
        _ => Some("nextUpdate read otherwise".to_owned()),
    }
}

fn compare_ocsp(case: &str, der: &[u8], comparison: &mut Comparison) {
    use openssl::ocsp::OcspResponse as Theirs;
    let ours = OcspResponse::from_der(der).is_ok();
    let theirs = Theirs::from_der(der).and_then(|response| response.basic()).is_ok();
    if ours == theirs {
        comparison.agree(case)
    } else {
        comparison.differ(case, format!("we {ours}, OpenSSL {theirs}"))
    }
}

#[test]
fn conformance_pkits_reading() {
    let Some(corpus) = Corpus::open("pkits") else { return };
    let mut comparison = Comparison::new("pkits-reading");
    for (path, bytes) in corpus.files() {
        match path.rsplit_once('.') {
            Some((_, "crt")) => compare_certificate(path, bytes, &mut comparison),
            Some((_, "crl")) => compare_crl(path, bytes, &mut comparison),
            _ => {}
        }
    }
    comparison.finish();
}

#[test]
fn conformance_x509_limbo_reading() {
    let Some(corpus) = Corpus::open("x509-limbo") else { return };
    let mut comparison = Comparison::new("x509-limbo-reading");
    let limbo: serde_json::Value = serde_json::from_slice(corpus.file("limbo.json")).unwrap();
    for case in limbo["testcases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        let lists = ["trusted_certs", "untrusted_intermediates", "crls"];
        let listed = lists.iter().flat_map(|list| case[*list].as_array().into_iter().flatten());
        for (index, text) in listed.chain(std::iter::once(&case["peer_certificate"])).enumerate() {
            for (label, der) in pem_blocks(text.as_str().unwrap()) {
                let name = format!("{id} {index}");
                match label.as_str() {
                    "CERTIFICATE" => compare_certificate(&name, &der, &mut comparison),
                    "X509 CRL" => compare_crl(&name, &der, &mut comparison),
                    other => panic!("{other}"),
                }
            }
        }
    }
    comparison.finish();
}

fn compare_pem_corpus(corpus: &Corpus, comparison: &mut Comparison) {
    for (path, bytes) in corpus.files() {
        match path.rsplit_once('.') {
            Some((_, "pem")) => {
                let text = String::from_utf8_lossy(bytes);
                for (index, (label, der)) in pem_blocks(&text).into_iter().enumerate() {
                    let case = format!("{path} {index}");
                    if label.contains("CERTIFICATE") {
                        compare_certificate(&case, &der, comparison);
                    } else if label.contains("CRL") {
                        compare_crl(&case, &der, comparison);
                    } else if label.contains("OCSP RESPONSE") {
                        compare_ocsp(&case, &der, comparison);
                    }
                }
            }
            Some((_, "crt")) if bytes.starts_with(b"-----") => {
                for (_, der) in pem_blocks(&String::from_utf8_lossy(bytes)) {
                    compare_certificate(path, &der, comparison);
                }
            }
            Some((_, "crt")) => compare_certificate(path, bytes, comparison),
            Some((_, "crl")) if bytes.starts_with(b"-----") => {
                for (_, der) in pem_blocks(&String::from_utf8_lossy(bytes)) {
                    compare_crl(path, &der, comparison);
                }
            }
            Some((_, "crl")) => compare_crl(path, bytes, comparison),
            Some((_, "ors")) => {
                let der = match std::str::from_utf8(bytes) {
                    Ok(text) => {
                        let digits: String = text.split_whitespace().collect();
                        openssl::base64::decode_block(&digits).unwrap()
                    }
                    Err(_) => bytes.clone(),
                };
                compare_ocsp(path, &der, comparison);
            }
            _ => {}
        }
    }
}

#[test]
fn conformance_boringssl_pki_reading() {
    let Some(corpus) = Corpus::open("boringssl-pki") else { return };
    let mut comparison = Comparison::new("boringssl-pki-reading");
    compare_pem_corpus(&corpus, &mut comparison);
    comparison.finish();
}

#[test]
fn conformance_revocation_reading() {
    let Some(corpus) = Corpus::open("revocation") else { return };
    let mut comparison = Comparison::new("revocation-reading");
    compare_pem_corpus(&corpus, &mut comparison);
    comparison.finish();
}

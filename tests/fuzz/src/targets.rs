//! What each target reads, everything it offers asked for: nothing may panic, hang or fill the memory, and what is
//! said about a target must hold for all input.

use hsign_appearance::{Mark, Seal};
use hsign_asn1::encode;
use hsign_core::facts::{Coverage, Covered, EvidenceFacts, SignedMetadata};
use hsign_core::{Digest, DigestAlgorithm, Octets, Time};
use hsign_ers::{ProtectedObject, Record};
use hsign_hpki::{Binding, EvidenceRecord, SignatureKind, Way};
use hsign_pades::{Draft, Request, prepare, read_facts};
use hsign_pdf::{Document, Extended, signature_fields};
use hsign_pki::TrustRegistry;
use hsign_pki::algorithms::{AlgorithmTable, Use};
use hsign_tsp::{TimestampResponse, token_facts};
use hsign_x509::{Certificate, Crl, OcspResponse};

pub const ALL: [(&str, fn(&[u8])); 27] = [
    ("certificate", certificate),
    ("crl", crl),
    ("ocsp", ocsp),
    ("cms", crate::cms::cms),
    ("token", token),
    ("evidence-record", evidence_record),
    ("pdf", pdf),
    ("append", append),
    ("extend", extend),
    ("changes", crate::changes::changes),
    ("registry", registry),
    ("algorithms", algorithms),
    ("policy", policy),
    ("bundle", bundle),
    ("hcrole", hcrole),
    ("qualification", qualification),
    ("seal", seal),
    ("scan", scan),
    ("statement", statement),
    ("path", crate::bag::path),
    ("xml", crate::xml::xml),
    ("c14n", crate::xml::c14n),
    ("asic", crate::asic::asic),
    ("archive-bundle", crate::archive::bundle),
    ("archive-trail", crate::archive::trail),
    ("xades", crate::xades::xades),
    ("eprescription", crate::eprescription::eprescription),
];

fn certificate(data: &[u8]) {
    let Ok(certificate) = Certificate::from_der(data) else { return };
    assert!(certificate.der() == data, "the bytes that arrived are kept");
    let _ = (certificate.oddities(), certificate.subject().to_string(), certificate.issuer().to_string());
    let _ = (certificate.key_usage(), certificate.extended_key_usage(), certificate.basic_constraints());
    let _ = (certificate.subject_key_identifier(), certificate.authority_key_identifier());
    let _ =
        (certificate.certificate_policies(), certificate.policy_mappings(), certificate.policy_constraints());
    let _ = (certificate.inhibit_any_policy(), certificate.name_constraints());
    let _ = (certificate.subject_alternative_names(), certificate.health_care_actors());
    let _ = (certificate.crl_distribution_points(), certificate.freshest_crl());
    let _ = (certificate.authority_information_access(), certificate.has_ocsp_nocheck());
    let _ = certificate.subject().is_within(certificate.issuer());
}

fn crl(data: &[u8]) {
    let Ok(crl) = Crl::from_der(data) else { return };
    let _ = (crl.oddities(), crl.number(), crl.delta_base(), crl.authority_key_identifier());
    let _ = (crl.issuing_distribution_point(), crl.freshest_crl(), crl.expired_certs_on_crl());
    let _ = (crl.unknown_critical_extensions(), crl.entry_count(), crl.entry_for(&[1], crl.issuer()));
}

fn ocsp(data: &[u8]) {
    let Ok(response) = OcspResponse::from_der(data) else { return };
    let _ = (response.nonce(), response.unknown_critical_extensions(), response.responder_id());
    let _ = (response.certificates().len(), response.responses().len(), response.produced_at());
}

pub fn any_digest(algorithm: DigestAlgorithm) -> Option<Digest> {
    Some(Digest::new(algorithm, vec![0; algorithm.length()]))
}

fn token(data: &[u8]) {
    let _ = token_facts(data, &mut any_digest);
    if let Ok(response) = TimestampResponse::parse(data) {
        let _ = response.granted().map(|token| token_facts(token, &mut any_digest));
    }
}

/// The trees folded, and an object looked up whose digests are those of the seeds.
fn evidence_record(data: &[u8]) {
    let Ok(record) = Record::parse(data) else { return };
    let digests = DigestAlgorithm::ALL.map(|algorithm| Digest::new(algorithm, vec![1; algorithm.length()]));
    let object = ProtectedObject { covered: Covered::DocumentPrefix { length: 1 }, digests: digests.into() };
    let facts = hsign_ers::facts(&record, "fuzz", &[object]);
    assert_eq!(facts.chains.len(), record.chains().len(), "no chain is dropped");
}

fn seal(data: &[u8]) {
    if let Ok(seal) = Seal::new(data.to_vec()) {
        assert!(Mark::new(None, Some(seal)).is_ok());
    }
}

/// Headers of images of every kind.
fn scan(data: &[u8]) {
    if let Ok(Some(facts)) = hsign_scan::scan_facts(&data.to_vec()) {
        assert!(facts.images.iter().all(|image| image.page >= 1), "pages are counted from 1");
    }
}

/// What is read is written as the same.
fn statement(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(said) = SignedMetadata::from_text(text) {
        assert_eq!(SignedMetadata::from_text(&said.to_text()).ok(), Some(said));
    }
}

fn pdf(data: &[u8]) {
    let source = data.to_vec();
    let Ok(document) = Document::open(&source) else { return };
    for field in signature_fields(&document).map(|fields| fields.fields).unwrap_or_default() {
        if let Some(value) = field.value.filter(|value| value.coverage == Coverage::WholeDocument) {
            let [start, first, second, rest] = value.byte_range.unwrap();
            assert!(start == 0 && first <= second && second + rest == data.len() as u64);
        }
    }
    let _ = read_facts(&source);
}

/// What can be signed can be read again, and the new signature covers all of it.
fn append(data: &[u8]) {
    let source = data.to_vec();
    let request = Request { contents_size: 64, signing_time: Some(Time::LATEST), ..Request::default() };
    let Ok(prepared) = prepare(&source, &request) else { return };
    prepared.content_digest(DigestAlgorithm::Sha256).unwrap();
    let cms = encode::octet_string(b"new");
    let update = prepared.embed(&cms).unwrap();
    let whole = Extended::new(&source, &update);
    let document = Document::open(&whole).unwrap();
    let fields = signature_fields(&document).unwrap();
    let covers_all = fields
        .fields
        .iter()
        .filter_map(|field| field.value.as_ref())
        .any(|value| value.coverage == Coverage::WholeDocument && value.contents.starts_with(&cms));
    assert!(covers_all, "the new signature covers the whole document");
}

/// Signed, given evidence twice and stamped, or refused: the stamp covers what went before, and nothing is added twice.
fn extend(data: &[u8]) {
    let source = data.to_vec();
    let Ok(mut draft) = Draft::new(&source, &[DigestAlgorithm::Sha256]) else { return };
    let request = Request { contents_size: 64, signing_time: Some(Time::LATEST), ..Request::default() };
    let Ok(update) =
        draft.prepare(&request).and_then(|prepared| prepared.embed(&encode::octet_string(b"new")))
    else {
        return;
    };
    draft.append(&update);
    let piece = |octets: &[u8]| vec![Octets::from(octets)];
    let evidence =
        EvidenceFacts { certificates: piece(b"certificate"), crls: piece(b"list"), ..Default::default() };
    // A store that can't be extended safely is refused, and then stays as it is.
    if draft.add_evidence(&evidence).is_ok() {
        assert!(!draft.add_evidence(&evidence).unwrap(), "each piece once");
    }
    let prepared = draft.prepare_document_timestamp(64).unwrap();
    prepared.content_digest(DigestAlgorithm::Sha256).unwrap();
    let update = prepared.embed(&encode::octet_string(b"token")).unwrap();
    draft.append(&update);
    let whole = hsign_core::read_all(&draft).unwrap();
    assert!(whole.starts_with(data), "every byte stays");
    assert_eq!(draft.facts().unwrap(), read_facts(&whole).unwrap(), "hashed once or afresh, the same");
}

fn registry(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(registry) = TrustRegistry::parse_toml(text, &|_| None) else { return };
    let written = registry.to_toml();
    let again = TrustRegistry::parse_toml(&written, &|_| None).unwrap();
    assert_eq!(again.entries().len(), registry.entries().len(), "what is written reads the same");
}

fn algorithms(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(table) = AlgorithmTable::parse(text) else { return };
    let now = Time::from_unix_seconds(1_800_000_000).unwrap();
    for digest in DigestAlgorithm::ALL {
        let used = Use::digest(digest);
        assert_eq!(table.judge(&used, now), table.limit(&used).at(now));
    }
    let _ = table.rows();
}

fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(policy) = hsign::Policy::parse(text) else { return };
    let _ = (policy.name(), policy.algorithms().rows(), policy.signer(), policy.revocation());
}

fn bundle(data: &[u8]) {
    if let Ok(bundle) = hsign::bundle_from_bytes(data) {
        assert!(!bundle.certificates.is_empty(), "an empty bundle is an error");
    }
}

/// The octets as value of a subjectDirectoryAttributes extension.
fn hcrole(data: &[u8]) {
    if let Ok(certificate) = Certificate::from_der(&certificate_with(data)) {
        let _ = certificate.health_care_actors();
    }
}

/// What is read holds what the form demands.
fn qualification(data: &[u8]) {
    let Ok(record) = EvidenceRecord::parse(data) else { return };
    assert!(!record.person.name.trim().is_empty() && !record.person.roles.is_empty());
    assert!(record.identity_check.checked_at <= record.issued_at && !record.providers.is_empty());
    assert!(record.qualification_check.way != Way::Institution || record.audit.is_some());
    let to_certificate = matches!(record.binding, Binding::Certificate { .. });
    assert!(record.signature != SignatureKind::Witness || !to_certificate);
}

fn certificate_with(directory_attributes: &[u8]) -> Vec<u8> {
    let oid = |dotted| encode::oid(dotted).unwrap();
    let rsa = encode::sequence(&[&oid("1.2.840.113549.1.1.11"), &encode::null()]);
    let key = encode::sequence(&[
        &encode::sequence(&[&oid("1.2.840.113549.1.1.1"), &encode::null()]),
        &encode::bit_string(&encode::sequence(&[&encode::integer(15), &encode::integer(3)])),
    ]);
    let moment = encode::utc_or_generalized_time(Time::from_unix_seconds(1_700_000_000).unwrap());
    let extension = encode::sequence(&[&oid("2.5.29.9"), &encode::octet_string(directory_attributes)]);
    let tbs = encode::sequence(&[
        &encode::explicit(0, &encode::integer(2)),
        &encode::integer(1),
        &rsa,
        &encode::sequence(&[]),
        &encode::sequence(&[&moment, &moment]),
        &encode::sequence(&[]),
        &key,
        &encode::explicit(3, &encode::sequence(&[&extension])),
    ]);
    encode::sequence(&[&tbs, &rsa, &encode::bit_string(&[0])])
}

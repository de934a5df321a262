//! Random and mutated bytes end in a value or an error, never in a panic, and no getter panics either.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::{Parts, crl, crl_entry, extension, name, oid};
use hsign_asn1::encode;
use hsign_x509::{Certificate, Crl, Name, OcspResponse};
use proptest::prelude::*;

fn rich_certificate() -> Vec<u8> {
    let policy = encode::sequence(&[&encode::sequence(&[&oid("1.2.3")])]);
    let directory = encode::explicit(4, &name("x"));
    let names = encode::sequence(&[&directory, &encode::implicit_primitive(6, b"http://x/")]);
    let point = encode::explicit(0, &encode::implicit_constructed(0, &directory));
    let points = encode::sequence(&[&encode::sequence(&[&point])]);
    let subtree = encode::sequence(&[&encode::implicit_constructed(0, &encode::sequence(&[&directory]))]);
    let coded = [encode::explicit(0, &oid("1.2")), encode::explicit(2, &encode::utf8("Dentist"))].concat();
    let actor = encode::sequence(&[&encode::explicit(0, &encode::tlv(0x31, &coded))]);
    let data = encode::tlv(0x31, &encode::tlv(0x31, &actor));
    let role = encode::sequence(&[&encode::sequence(&[&oid("1.0.17090.0.1"), &data])]);
    let access =
        encode::sequence(&[&oid("1.3.6.1.5.5.7.48.1"), &encode::implicit_primitive(6, b"http://x/")]);
    Parts::with(&[
        extension("2.5.29.9", false, &role),
        extension("2.5.29.14", false, &encode::octet_string(&[1; 20])),
        extension("2.5.29.15", true, &[0x03, 0x02, 0x06, 0x40]),
        extension("2.5.29.17", false, &names),
        extension("2.5.29.19", true, &[0x30, 6, 1, 1, 0xff, 2, 1, 3]),
        extension("2.5.29.30", true, &subtree),
        extension("2.5.29.31", false, &points),
        extension("2.5.29.32", true, &policy),
        extension("2.5.29.33", false, &encode::sequence(&[&encode::sequence(&[&oid("1.2"), &oid("1.3")])])),
        extension("2.5.29.35", false, &encode::sequence(&[&encode::implicit_primitive(0, &[1; 20])])),
        extension("2.5.29.36", false, &encode::sequence(&[&encode::implicit_primitive(0, &[0])])),
        extension("2.5.29.37", true, &encode::sequence(&[&oid("1.3.6.1.5.5.7.3.8")])),
        extension("2.5.29.54", false, &encode::integer(1)),
        extension("1.3.6.1.5.5.7.1.1", false, &encode::sequence(&[&access])),
    ])
    .der()
}

fn rich_crl() -> Vec<u8> {
    let names = encode::sequence(&[&encode::explicit(4, &name("Other"))]);
    let since = extension("2.5.29.24", false, &encode::tlv(0x18, b"20260501000000Z"));
    let entry = crl_entry(
        &[2],
        &[extension("2.5.29.29", true, &names), since, extension("2.5.29.21", false, &encode::enumerated(1))],
    );
    let point = encode::sequence(&[
        &encode::implicit_primitive(3, &[5, 0x60]),
        &encode::implicit_primitive(4, &[0xff]),
    ]);
    crl(
        &[crl_entry(&[1], &[]), entry],
        &[
            extension("2.5.29.20", false, &encode::integer(1)),
            extension("2.5.29.28", true, &point),
            extension("2.5.29.60", false, &encode::tlv(0x18, b"20200101000000Z")),
        ],
    )
}

fn rich_response() -> Vec<u8> {
    let hash = encode::sequence(&[&oid("1.3.14.3.2.26"), &encode::null()]);
    let id = encode::sequence(&[
        &hash,
        &encode::octet_string(&[1; 20]),
        &encode::octet_string(&[2; 20]),
        &encode::integer(5),
    ]);
    let time = encode::tlv(0x18, b"20260101000000Z");
    let cutoff = extension("1.3.6.1.5.5.7.48.1.6", false, &time);
    let revoked = encode::implicit_constructed(
        1,
        &[time.clone(), encode::explicit(0, &encode::enumerated(1))].concat(),
    );
    let single =
        encode::sequence(&[&id, &revoked, &time, &encode::explicit(1, &encode::sequence(&[&cutoff]))]);
    let data = encode::sequence(&[&encode::explicit(1, &name("R")), &time, &encode::sequence(&[&single])]);
    let certificates = encode::explicit(0, &encode::sequence(&[&Parts::default().der()]));
    let basic =
        encode::sequence(&[&data, &common::sha256_with_rsa(), &encode::bit_string(&[1; 64]), &certificates]);
    let wrapped = encode::sequence(&[&oid("1.3.6.1.5.5.7.48.1.1"), &encode::octet_string(&basic)]);
    encode::sequence(&[&encode::enumerated(0), &encode::explicit(0, &wrapped)])
}

fn use_certificate(certificate: &Certificate) {
    let _ = certificate.key_usage();
    let _ = certificate.extended_key_usage();
    let _ = certificate.basic_constraints();
    let _ = certificate.subject_key_identifier();
    let _ = certificate.authority_key_identifier();
    let _ = certificate.certificate_policies();
    let _ = certificate.policy_mappings();
    let _ = certificate.policy_constraints();
    let _ = certificate.inhibit_any_policy();
    let _ = certificate.name_constraints();
    let _ = certificate.subject_alternative_names();
    let _ = certificate.crl_distribution_points();
    let _ = certificate.freshest_crl();
    let _ = certificate.authority_information_access();
    let _ = certificate.health_care_actors();
    let _ = certificate.repeated_extension();
    let _ = certificate.is_self_issued();
    let _ = format!("{certificate:?} {} {:?}", certificate.subject(), certificate.oddities());
    let _ = hsign_x509::ocsp_request(certificate, certificate, Some(&[1]));
}

fn read_as_everything(bytes: &[u8]) {
    if let Ok(certificate) = Certificate::from_der(bytes) {
        use_certificate(&certificate);
    }
    if let Ok(list) = Crl::from_der(bytes) {
        for serial in [&[1][..], &[2], &[]] {
            let _ = list.entry_for(serial, list.issuer());
        }
        let _ = (list.number(), list.delta_base(), list.issuing_distribution_point(), list.freshest_crl());
        let _ = (
            list.expired_certs_on_crl(),
            list.unknown_critical_extensions(),
            list.authority_key_identifier(),
        );
        let _ = format!("{list:?}");
    }
    if let Ok(response) = OcspResponse::from_der(bytes) {
        let _ = (response.nonce(), response.unknown_critical_extensions(), format!("{response:?}"));
        response.certificates().iter().for_each(use_certificate);
        let certificate = Certificate::from_der(&Parts::default().der()).unwrap();
        for single in response.responses() {
            let _ = single.cert_id.matches(&certificate, &certificate);
        }
    }
    let _ = Name::from_der(bytes);
    let _ = hsign_x509::certificates_from_bytes(bytes);
    let _ = hsign_x509::crls_from_bytes(bytes);
}

fn originals() -> Vec<Vec<u8>> {
    vec![rich_certificate(), rich_crl(), rich_response(), name("x")]
}

#[test]
fn the_originals_are_good() {
    let certificate = Certificate::from_der(&rich_certificate()).unwrap();
    assert_eq!(certificate.health_care_actors().unwrap()[0].text.as_deref(), Some("Dentist"));
    assert!(certificate.name_constraints().unwrap().is_some());
    let list = Crl::from_der(&rich_crl()).unwrap();
    assert_eq!(list.entry_count(), 2);
    assert!(list.expired_certs_on_crl().unwrap().is_some());
    assert_eq!(OcspResponse::from_der(&rich_response()).unwrap().responses().len(), 1);
}

/// Every byte of every original set to a few telling values, one at a time.
#[test]
fn no_single_byte_change_panics() {
    for original in originals() {
        let mut bytes = original.clone();
        for position in 0..original.len() {
            for value in [0x00, 0x01, 0x30, 0x7f, 0x80, 0x84, 0xff] {
                bytes[position] = value;
                read_as_everything(&bytes);
            }
            bytes[position] = original[position];
            read_as_everything(&original[..position]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_bytes_do_not_panic(
        which in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
        insert in prop::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut bytes = originals().swap_remove(which);
        for (position, value) in changes {
            let at = position.index(bytes.len());
            bytes[at] = value;
        }
        let at = cut.index(bytes.len());
        bytes.splice(at..at, insert);
        read_as_everything(&bytes);
    }

    #[test]
    fn random_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_as_everything(&bytes);
    }

    #[test]
    fn random_text_does_not_panic(text in "(-----(BEGIN|END) (CERTIFICATE|PKCS7|X509 CRL)-----|[A-Za-z0-9+/=\n ]){0,20}") {
        read_as_everything(text.as_bytes());
    }
}

//! What we build is read by us, by OpenSSL and by the `cms` crate.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use der::{Decode, Encode};
use hsign_cms::{SignedData, add_unsigned_attribute};
use hsign_core::{DigestAlgorithm, SignatureAlgorithm};
use support::{CONTENT, Identity};

fn algorithms() -> Vec<(Identity, SignatureAlgorithm)> {
    let pss = SignatureAlgorithm::RsaPss {
        digest: DigestAlgorithm::Sha256,
        mask_digest: DigestAlgorithm::Sha256,
        salt_length: 32,
    };
    vec![
        (Identity::rsa(), SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256)),
        (Identity::rsa(), SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha512)),
        (Identity::rsa(), pss),
        (Identity::p256(), SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha384)),
    ]
}

#[test]
fn openssl_accepts_every_algorithm() {
    for (identity, algorithm) in algorithms() {
        let digest = algorithm.digest().unwrap();
        let attributes = support::set(&support::attribute_set(CONTENT, &identity, digest));
        let cms = support::detached(&identity, &algorithm, &attributes);
        assert_ne!(support::accepted_by_openssl(&cms), Some(false), "{algorithm}");
    }
}

#[test]
fn an_independent_decoder_reads_the_same_and_writes_the_same_der() {
    for (identity, algorithm) in algorithms() {
        let digest = algorithm.digest().unwrap();
        let attributes = support::set(&support::attribute_set(CONTENT, &identity, digest));
        let cms = support::detached(&identity, &algorithm, &attributes);
        let content_info = cms::content_info::ContentInfo::from_der(&cms).unwrap();
        assert_eq!(content_info.to_der().unwrap(), cms);
        let signed: cms::signed_data::SignedData = content_info.content.decode_as().unwrap();
        assert_eq!(signed.signer_infos.0.len(), 1);
    }
}

#[test]
fn we_read_back_what_we_built() {
    for (identity, algorithm) in algorithms() {
        let digest = algorithm.digest().unwrap();
        let attributes = support::set(&support::attribute_set(CONTENT, &identity, digest));
        let signed_data = SignedData::parse(&support::detached(&identity, &algorithm, &attributes)).unwrap();
        let [signer] = signed_data.signers() else { panic!("one signer") };
        assert_eq!(signer.signed_octets(), Some(attributes.as_slice()));
        assert_eq!(*signer.signature_algorithm(), algorithm);
        assert_eq!(signer.message_digest(), Some(hsign_crypto::digest(digest, CONTENT).unwrap()));
        assert_eq!(signed_data.certificates(), std::slice::from_ref(&identity.certificate));
        assert_eq!(signed_data.content(), None);
        let [reference] = signer.certificate_references().try_into().unwrap();
        assert_eq!(
            reference.digest,
            hsign_crypto::digest(DigestAlgorithm::Sha256, &identity.certificate).unwrap()
        );
        assert_eq!(
            (reference.issuer, reference.serial),
            (signer.signer().issuer.clone(), signer.signer().serial.clone())
        );
        assert_eq!((signer.findings(), signed_data.findings()), (&[][..], &[][..]));
    }
}

#[test]
fn an_unsigned_attribute_changes_nothing_but_lengths() {
    let attribute = support::some_attribute();
    let cms = support::plain(&Identity::p256());
    let once = add_unsigned_attribute(&cms, 0, &attribute).unwrap();
    let twice = add_unsigned_attribute(&once, 0, &vec![attribute.clone(); 200].concat()).unwrap();
    for grown in [&once, &twice] {
        assert_ne!(support::accepted_by_openssl(grown), Some(false));
        assert_eq!(hsign_asn1::normalise_to_der(grown).unwrap(), *grown);
    }
    let read = |cms: &[u8]| SignedData::parse(cms).unwrap();
    assert_eq!(read(&once).signers()[0].unsigned_attributes().all().len(), 1);
    assert_eq!(read(&twice).signers()[0].unsigned_attributes().all().len(), 201);
    assert_eq!(read(&twice).signers()[0].signed_octets(), read(&cms).signers()[0].signed_octets());
    assert!(add_unsigned_attribute(&cms, 1, &attribute).is_err());
}

#[test]
fn an_unsigned_attribute_goes_into_indefinite_lengths_too() {
    let identity = Identity::rsa();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("content"), CONTENT).unwrap();
    std::fs::write(file("key"), identity.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let certificate = openssl::x509::X509::from_der(&identity.certificate).unwrap();
    std::fs::write(file("cert"), certificate.to_pem().unwrap()).unwrap();
    let sign = "cms -sign -stream -nodetach -binary -cades -in content -signer cert -inkey key -outform DER -out cms";
    let Some(output) = support::openssl(folder.path(), &sign.split(' ').collect::<Vec<_>>()) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let cms = std::fs::read(file("cms")).unwrap();
    assert_eq!(cms[..2], [0x30, 0x80], "indefinite");

    let signed_data = SignedData::parse(&cms).unwrap();
    assert_eq!(signed_data.content(), Some(CONTENT), "content in pieces is joined");
    let grown = add_unsigned_attribute(&cms, 0, &support::some_attribute()).unwrap();
    assert_eq!(grown[..2], [0x30, 0x80]);
    let again = SignedData::parse(&grown).unwrap();
    assert_eq!(again.signers()[0].signed_octets(), signed_data.signers()[0].signed_octets());
    assert_eq!(again.signers()[0].unsigned_attributes().all().len(), 1);
    std::fs::write(file("grown"), grown).unwrap();
    let verify = "cms -verify -noverify -binary -inform DER -in grown -out /dev/null";
    let output = support::openssl(folder.path(), &verify.split(' ').collect::<Vec<_>>()).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

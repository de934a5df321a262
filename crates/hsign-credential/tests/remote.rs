//! `remote:` credentials over a scripted service. The protocols are tested where they are spoken.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::{Arc, Mutex};

use hsign_core::ports::{ElementRequest, PortError, RemoteDemand, RemoteKey, RemoteSigning, SignatureShape};
use hsign_core::{Digest, DigestAlgorithm, ErrorKind, Secret, SignatureAlgorithm};
use hsign_credential::{
    Credential, Error, KeyProtection, NoSecrets, Options, RemoteServices, SecretSource, Specification, open,
};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509NameBuilder};

const RSA: SignatureAlgorithm = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);

/// Signs with one key and says it is another's, if told so.
#[derive(Clone)]
struct Service {
    signs_with: PKey<Private>,
    keys: Vec<RemoteKey>,
    shape: SignatureShape,
    asked: Arc<Mutex<Vec<String>>>,
}

impl RemoteSigning for Service {
    fn keys(&self) -> Result<Vec<RemoteKey>, PortError> {
        Ok(self.keys.clone())
    }

    fn sign_digest(
        &self,
        _key: &RemoteKey,
        _algorithm: &SignatureAlgorithm,
        digest: &Digest,
        answers: &[(String, Secret)],
    ) -> Result<Vec<u8>, PortError> {
        let told = answers.iter().map(|(id, secret)| format!("{id}={}", secret.expose_text().unwrap()));
        self.asked.lock().unwrap().extend(told);
        let mut context = openssl::pkey_ctx::PkeyCtx::new(&self.signs_with).unwrap();
        context.sign_init().unwrap();
        context.set_signature_md(openssl::md::Md::sha256()).unwrap();
        let mut value = Vec::new();
        context.sign_to_vec(digest.value.as_slice(), &mut value).unwrap();
        Ok(value)
    }

    fn sign_cms(
        &self,
        _key: &RemoteKey,
        _algorithm: &SignatureAlgorithm,
        _content: &Digest,
        _answers: &[(String, Secret)],
    ) -> Result<Vec<u8>, PortError> {
        Ok(b"cms".to_vec())
    }

    fn sign_element(&self, _key: &RemoteKey, request: &ElementRequest<'_>) -> Result<String, PortError> {
        Ok(request.signature_id.to_owned())
    }

    fn shape(&self) -> SignatureShape {
        self.shape
    }
}

fn key() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

fn certificate(key: &PKey<Private>) -> Vec<u8> {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "remote").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&openssl::asn1::Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&openssl::asn1::Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build().to_der().unwrap()
}

fn remote_key(certificate: Vec<u8>) -> RemoteKey {
    RemoteKey {
        id: "one".to_owned(),
        certificates: vec![certificate],
        algorithms: vec![RSA],
        algorithm_names: vec!["1.2.840.113549.1.1.11".to_owned()],
        authorization: "explicit".to_owned(),
        demands: vec![RemoteDemand { id: "PIN".to_owned(), label: "PIN".to_owned() }],
        disabled: None,
    }
}

fn service() -> Service {
    let key = key();
    let keys = vec![remote_key(certificate(&key))];
    Service { signs_with: key, keys, shape: SignatureShape::Value, asked: Arc::default() }
}

fn opened<'a>(service: &Service, secrets: &'a dyn SecretSource) -> Result<Box<dyn Credential + 'a>, Error> {
    let service = service.clone();
    let services = RemoteServices::new(Arc::new(move |name: &str| {
        assert_eq!(name, "clinic");
        Ok(Box::new(service.clone()) as Box<dyn RemoteSigning>)
    }));
    let options = Options { remote: Some(services), ..Options::default() };
    let specification: Specification = "remote:clinic".parse().unwrap();
    open(&specification, secrets, &options)
}

#[test]
fn a_remote_key_is_a_signer_and_its_pin_is_asked_for_each_time() {
    let service = service();
    let secret = Secret::from("852963\n");
    let credential = opened(&service, &secret).unwrap();
    assert_eq!(credential.protection(), KeyProtection::Remote);
    assert_eq!(credential.algorithm(DigestAlgorithm::Sha256), RSA);
    credential.sign(&RSA, b"letter").unwrap();
    credential.sign(&RSA, b"letter").unwrap();
    assert_eq!(*service.asked.lock().unwrap(), ["PIN=852963", "PIN=852963"]);
    assert!(credential.finished_cms().is_none() && credential.finished_element().is_none());
}

#[test]
fn a_value_of_another_key_is_not_given_out() {
    let service = Service { signs_with: key(), ..service() };
    let secret = Secret::from("852963");
    let error = opened(&service, &secret).unwrap().sign(&RSA, b"letter").unwrap_err();
    assert_eq!(error.first_finding().code, "signature-does-not-fit-certificate");
}

#[test]
fn without_a_pin_nothing_is_sent() {
    let service = service();
    let error = opened(&service, &NoSecrets).unwrap().sign(&RSA, b"letter").unwrap_err();
    assert_eq!(error.first_finding().code, "remote-answer-needed");
    assert!(service.asked.lock().unwrap().is_empty());
}

#[test]
fn which_key_must_be_clear_and_usable() {
    let whole = service();
    let code = |service: &Service| opened(service, &NoSecrets).err().unwrap().finding().code;
    let two = Service { keys: [&whole.keys[..], &whole.keys[..]].concat(), ..whole.clone() };
    assert_eq!(code(&two), "token-keys-ambiguous");
    assert_eq!(code(&Service { keys: Vec::new(), ..whole.clone() }), "credential-without-key");
    let disabled = RemoteKey { disabled: Some("revoked".to_owned()), ..whole.keys[0].clone() };
    assert_eq!(code(&Service { keys: vec![disabled], ..whole.clone() }), "remote-key-disabled");
    let strange = RemoteKey { algorithms: Vec::new(), ..whole.keys[0].clone() };
    assert_eq!(code(&Service { keys: vec![strange], ..whole }), "key-algorithm-not-offered");
}

#[test]
fn an_unconfigured_service_is_a_usage_error() {
    let specification: Specification = "remote:clinic".parse().unwrap();
    let error = open(&specification, &NoSecrets, &Options::default()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Usage);
}

#[test]
fn whole_signatures_are_offered_by_those_who_give_them() {
    let secret = Secret::from("852963");
    let digest = Digest::new(DigestAlgorithm::Sha256, vec![7; 32]);
    let cms = Service { shape: SignatureShape::Cms, ..service() };
    let credential = opened(&cms, &secret).unwrap();
    assert_eq!(credential.finished_cms().unwrap().sign_content(&digest).unwrap(), b"cms");
    let element = Service { shape: SignatureShape::Element, ..service() };
    let credential = opened(&element, &secret).unwrap();
    let request = ElementRequest { signature_id: "S", reference_uri: "#D", digest: &digest };
    assert_eq!(credential.finished_element().unwrap().sign_element(&request).unwrap(), "S");
}

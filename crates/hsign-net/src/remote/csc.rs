//! CSC API v2: credentials/list, credentials/info, credentials/authorize, signatures/signHash, signatures/signDoc.

use hsign_core::ports::{ElementRequest, PortError, RemoteDemand, RemoteKey, RemoteSigning, SignatureShape};
use hsign_core::{Digest, DigestAlgorithm, ErrorKind, Finding, Secret, SignatureAlgorithm};
use serde_json::{Value, json};

use super::caller::{Caller, base64_list, to_base64};
use super::service::Gives;
use crate::Error;

/// A person has a handful.
const MOST_CREDENTIALS: usize = 100;

pub(super) struct Csc {
    caller: Caller,
}

/// What a key signs with, by the identifiers of `key/algo`.
const ALGORITHMS: [(&str, SignatureAlgorithm); 9] = [
    ("1.2.840.113549.1.1.11", SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256)),
    ("1.2.840.113549.1.1.12", SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha384)),
    ("1.2.840.113549.1.1.13", SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha512)),
    (RSA, SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256)),
    (RSA, SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha384)),
    (RSA, SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha512)),
    ("1.2.840.10045.4.3.2", SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256)),
    ("1.2.840.10045.4.3.3", SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha384)),
    ("1.2.840.10045.4.3.4", SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha512)),
];
/// rsaEncryption: the digest is named beside it.
const RSA: &str = "1.2.840.113549.1.1.1";

impl Csc {
    pub(super) fn new(caller: Caller) -> Self {
        Self { caller }
    }

    fn describe(&self, id: &str) -> Result<RemoteKey, Error> {
        let question =
            json!({ "credentialID": id, "certificates": "chain", "certInfo": true, "authInfo": true });
        let info = self.caller.call("credentials/info", Some(&question))?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let key = info.get("key").unwrap_or(&Value::Null);
        let certificate = info.get("cert").unwrap_or(&Value::Null);
        let names: Vec<String> = strings(key.get("algo"));
        let states = [text(key.get("status")), text(certificate.get("status"))];
        let usable = |state: &String| matches!(state.as_str(), "" | "enabled" | "valid");
        Ok(RemoteKey {
            id: id.to_owned(),
            certificates: base64_list(certificate, "certificates")?,
            algorithms: algorithms(&names),
            algorithm_names: names,
            demands: demands(&info),
            authorization: text(info.pointer("/auth/mode")),
            disabled: states.into_iter().find(|state| !usable(state)),
        })
    }

    /// Signature activation data for one signature over this digest.
    fn authorize(
        &self,
        key: &RemoteKey,
        digest: &Digest,
        answers: &[(String, Secret)],
    ) -> Result<String, Error> {
        let hash = to_base64(&digest.value.0);
        if key.authorization == "oauth2code" {
            let login = self.caller.endpoint.login.as_ref();
            let login =
                login.ok_or_else(|| Error::Configuration("a login by browser is needed".to_owned()))?;
            let details = [
                ("scope", "credential".to_owned()),
                ("credentialID", key.id.clone()),
                ("numSignatures", "1".to_owned()),
                ("hashes", hash),
                ("hashAlgorithmOID", digest_oid(digest.algorithm)?.to_owned()),
            ];
            let tokens = login.obtain(&self.caller, &details)?;
            return Ok(tokens.access.expose_text()?.to_owned());
        }
        let mut data = Vec::new();
        for (id, secret) in answers {
            data.push(json!({ "id": id, "value": secret.expose_text()? }));
        }
        let mut question = json!({
            "credentialID": key.id,
            "numSignatures": 1,
            "hashes": [hash],
            "hashAlgorithmOID": digest_oid(digest.algorithm)?,
        });
        if let (false, Some(fields)) = (data.is_empty(), question.as_object_mut()) {
            fields.insert("authData".to_owned(), Value::Array(data));
        }
        let answer = self.caller.call("credentials/authorize", Some(&question))?;
        let sad = answer.get("SAD").and_then(Value::as_str);
        sad.map(str::to_owned).ok_or_else(|| Error::Answer("credentials/authorize gave no SAD".to_owned()))
    }

    fn sign_hash(
        &self,
        key: &RemoteKey,
        algorithm: &SignatureAlgorithm,
        digest: &Digest,
        answers: &[(String, Secret)],
    ) -> Result<Vec<u8>, Error> {
        let sign_algorithm = sign_algorithm(key, algorithm)?;
        let sad = self.authorize(key, digest, answers)?;
        let question = json!({
            "credentialID": key.id,
            "SAD": sad,
            "hashes": [to_base64(&digest.value.0)],
            "hashAlgorithmOID": digest_oid(digest.algorithm)?,
            "signAlgo": sign_algorithm,
        });
        only(base64_list(&self.caller.call("signatures/signHash", Some(&question))?, "signatures")?)
    }

    fn sign_document(
        &self,
        key: &RemoteKey,
        algorithm: &SignatureAlgorithm,
        content: &Digest,
        answers: &[(String, Secret)],
    ) -> Result<Vec<u8>, Error> {
        let sign_algorithm = sign_algorithm(key, algorithm)?;
        let sad = self.authorize(key, content, answers)?;
        let question = json!({
            "credentialID": key.id,
            "SAD": sad,
            "documentDigests": [{
                "hashes": [to_base64(&content.value.0)],
                "hashAlgorithmOID": digest_oid(content.algorithm)?,
                "signature_format": "C",
                "conformance_level": "AdES-B-B",
                "signed_envelope_property": "Detached",
                "signAlgo": sign_algorithm,
            }],
        });
        only(base64_list(&self.caller.call("signatures/signDoc", Some(&question))?, "SignatureObject")?)
    }
}

impl RemoteSigning for Csc {
    fn keys(&self) -> Result<Vec<RemoteKey>, PortError> {
        let ids = match &self.caller.endpoint.key {
            Some(id) => vec![id.clone()],
            None => {
                let answer = self.caller.call("credentials/list", Some(&json!({})))?;
                let ids = strings(answer.get("credentialIDs"));
                ids.into_iter().take(MOST_CREDENTIALS).collect()
            }
        };
        Ok(ids.iter().map(|id| self.describe(id)).collect::<Result<_, _>>()?)
    }

    fn sign_digest(
        &self,
        key: &RemoteKey,
        algorithm: &SignatureAlgorithm,
        digest: &Digest,
        answers: &[(String, Secret)],
    ) -> Result<Vec<u8>, PortError> {
        Ok(self.sign_hash(key, algorithm, digest, answers)?)
    }

    fn sign_cms(
        &self,
        key: &RemoteKey,
        algorithm: &SignatureAlgorithm,
        content: &Digest,
        answers: &[(String, Secret)],
    ) -> Result<Vec<u8>, PortError> {
        Ok(self.sign_document(key, algorithm, content, answers)?)
    }

    fn sign_element(&self, _key: &RemoteKey, _request: &ElementRequest<'_>) -> Result<String, PortError> {
        Err(PortError::new(ErrorKind::Usage, "a CSC service gives no XML signatures of this shape")
            .finding(Finding::error("remote-shape-not-offered")))
    }

    fn shape(&self) -> SignatureShape {
        match self.caller.endpoint.gives {
            Gives::Value => SignatureShape::Value,
            Gives::Cms => SignatureShape::Cms,
        }
    }
}

fn algorithms(names: &[String]) -> Vec<SignatureAlgorithm> {
    let mut known: Vec<SignatureAlgorithm> = Vec::new();
    for (name, algorithm) in &ALGORITHMS {
        if names.iter().any(|listed| listed == name) && !known.contains(algorithm) {
            known.push(algorithm.clone());
        }
    }
    known
}

/// The identifier under which the key lists this algorithm: signAlgo has to be one of those.
fn sign_algorithm(key: &RemoteKey, algorithm: &SignatureAlgorithm) -> Result<&'static str, Error> {
    ALGORITHMS
        .iter()
        .find(|(name, known)| known == algorithm && key.algorithm_names.iter().any(|listed| listed == name))
        .map(|(name, _)| *name)
        .ok_or_else(|| Error::Answer(format!("the service's key does not sign with {algorithm}")))
}

/// What the service asks of a person (`auth/objects`; in version 1 `PIN/presence` and `OTP/presence`).
fn demands(info: &Value) -> Vec<RemoteDemand> {
    let objects = info.pointer("/auth/objects").and_then(Value::as_array);
    let named = objects.into_iter().flatten().filter_map(|object| {
        let id = object.get("id")?.as_str()?;
        let label = object.get("label").and_then(Value::as_str).unwrap_or(id);
        Some(RemoteDemand { id: id.to_owned(), label: label.to_owned() })
    });
    named.collect()
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn only(mut values: Vec<Vec<u8>>) -> Result<Vec<u8>, Error> {
    match (values.pop(), values.is_empty()) {
        (Some(value), true) => Ok(value),
        _ => Err(Error::Answer("one signature was asked for, and not one came".to_owned())),
    }
}

fn digest_oid(algorithm: DigestAlgorithm) -> Result<&'static str, Error> {
    match algorithm {
        DigestAlgorithm::Sha256 => Ok("2.16.840.1.101.3.4.2.1"),
        DigestAlgorithm::Sha384 => Ok("2.16.840.1.101.3.4.2.2"),
        DigestAlgorithm::Sha512 => Ok("2.16.840.1.101.3.4.2.3"),
        other => Err(Error::Configuration(format!("{other} is not offered for remote signing"))),
    }
}

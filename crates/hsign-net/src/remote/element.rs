//! A service that gives whole XML signatures: `GET certificate` → `{"certificates": [BASE64…]}`, signer's first;
//! `POST sign {"signatureId", "referenceUri", "digestMethod", "digest"}` → `{"signature": "<…Signature …>"}`.

use hsign_core::ports::{ElementRequest, PortError, RemoteKey, RemoteSigning, SignatureShape};
use hsign_core::{Digest, DigestAlgorithm, ErrorKind, Finding, Secret, SignatureAlgorithm};
use serde_json::{Value, json};

use super::caller::{Caller, base64_list, to_base64};
use crate::Error;

pub(super) struct ElementService {
    caller: Caller,
}

impl ElementService {
    pub(super) fn new(caller: Caller) -> Self {
        Self { caller }
    }

    fn signature(&self, request: &ElementRequest<'_>) -> Result<String, Error> {
        let method = match request.digest.algorithm {
            DigestAlgorithm::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            DigestAlgorithm::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
            other => return Err(Error::Configuration(format!("{other} is not offered for remote signing"))),
        };
        let question = json!({
            "signatureId": request.signature_id,
            "referenceUri": request.reference_uri,
            "digestMethod": method,
            "digest": to_base64(&request.digest.value.0),
        });
        let answer = self.caller.call("sign", Some(&question))?;
        let signature = answer.get("signature").and_then(Value::as_str);
        signature.map(str::to_owned).ok_or_else(|| Error::Answer("no signature in the answer".to_owned()))
    }
}

impl RemoteSigning for ElementService {
    fn keys(&self) -> Result<Vec<RemoteKey>, PortError> {
        let answer = self.caller.call("certificate", None)?;
        Ok(vec![RemoteKey {
            id: self.caller.endpoint.key.clone().unwrap_or_default(),
            certificates: base64_list(&answer, "certificates")?,
            algorithms: vec![SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256)],
            algorithm_names: Vec::new(),
            demands: Vec::new(),
            authorization: String::new(),
            disabled: None,
        }])
    }

    fn sign_digest(
        &self,
        _key: &RemoteKey,
        _algorithm: &SignatureAlgorithm,
        _digest: &Digest,
        _answers: &[(String, Secret)],
    ) -> Result<Vec<u8>, PortError> {
        Err(only_elements())
    }

    fn sign_cms(
        &self,
        _key: &RemoteKey,
        _algorithm: &SignatureAlgorithm,
        _content: &Digest,
        _answers: &[(String, Secret)],
    ) -> Result<Vec<u8>, PortError> {
        Err(only_elements())
    }

    fn sign_element(&self, _key: &RemoteKey, request: &ElementRequest<'_>) -> Result<String, PortError> {
        Ok(self.signature(request)?)
    }

    fn shape(&self) -> SignatureShape {
        SignatureShape::Element
    }
}

fn only_elements() -> PortError {
    PortError::new(ErrorKind::Usage, "this service gives whole XML signatures only")
        .finding(Finding::error("remote-shape-not-offered"))
}

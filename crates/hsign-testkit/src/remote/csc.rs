//! CSC API v2.

use openssl::md::{Md, MdRef};
use openssl::pkey::{Id, PKeyRef, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use serde_json::{Value, json};

use super::{
    Answer, Context, REMOTE_PIN, Refusal, RemoteMode, State, TRIES, base64, body, certificates, cms,
    from_base64, json as answer_with, person, text,
};
use crate::Person;
use crate::faults::Fault;
use crate::http::Request;

/// What may be signed with one SAD.
#[derive(Clone, Debug)]
pub(super) struct Activation {
    key: String,
    hashes: Vec<String>,
    algorithm: String,
}

impl Activation {
    pub(super) fn new(key: &str, hashes: Vec<String>, algorithm: &str) -> Self {
        Self { key: key.to_owned(), hashes, algorithm: algorithm.to_owned() }
    }
}

const KEPT: [Person; 4] = [Person::Doctor, Person::Pharmacist, Person::DoctorP256, Person::Nurse];
const SHA_256: &str = "2.16.840.1.101.3.4.2.1";
const SHA_384: &str = "2.16.840.1.101.3.4.2.2";
const SHA_512: &str = "2.16.840.1.101.3.4.2.3";

pub(super) fn answer(state: &mut State, method: &str, request: &Request, context: &Context<'_>) -> Answer {
    if request.method != "POST" {
        return Err(Refusal::new(405, "invalid_request", "POST only"));
    }
    let question = body(request)?;
    let answer = match method {
        "credentials/list" => json!({ "credentialIDs": KEPT.map(Person::name) }),
        "credentials/info" => info(state, &question, context)?,
        "credentials/authorize" => authorize(state, &question)?,
        "signatures/signHash" => sign_hash(state, &question, context)?,
        "signatures/signDoc" => sign_document(state, &question, context)?,
        _ => return Err(Refusal::new(501, "not_implemented", "")),
    };
    Ok(answer_with(&answer))
}

fn holder(question: &Value) -> Result<Person, Refusal> {
    let id = text(question, "credentialID").ok_or_else(|| Refusal::request("credentialID is missing"))?;
    person(id).filter(|person| KEPT.contains(person)).ok_or_else(|| Refusal::request("unknown credentialID"))
}

fn info(state: &State, question: &Value, context: &Context<'_>) -> Result<Value, Refusal> {
    let person = holder(question)?;
    let elliptic = context.pki.person(person).private_key().id() == Id::EC;
    let algorithms = if elliptic {
        vec!["1.2.840.10045.4.3.2"]
    } else {
        vec!["1.2.840.113549.1.1.11", "1.2.840.113549.1.1.1"]
    };
    let locked = state.wrong_pins.get(person.name()).is_some_and(|tries| *tries >= TRIES);
    let auth = match state.mode {
        RemoteMode::Explicit => json!({
            "mode": "explicit",
            "objects": [{ "type": "Password", "id": "PIN", "format": "N", "label": "PIN" }],
        }),
        RemoteMode::Implicit => json!({ "mode": "implicit" }),
        RemoteMode::OauthCode => json!({ "mode": "oauth2code" }),
    };
    Ok(json!({
        "key": { "status": if locked { "disabled" } else { "enabled" }, "algo": algorithms },
        "cert": { "status": "valid", "certificates": certificates(context.pki, person) },
        "auth": auth,
        "SCAL": "2",
        "multisign": 1,
    }))
}

fn authorize(state: &mut State, question: &Value) -> Result<Value, Refusal> {
    let person = holder(question)?;
    if state.mode == RemoteMode::OauthCode {
        return Err(Refusal::request("this key is authorised by login"));
    }
    if state.mode == RemoteMode::Explicit {
        let data = question.get("authData").and_then(Value::as_array).into_iter().flatten();
        let pin = data.filter(|one| text(one, "id") == Some("PIN")).find_map(|one| text(one, "value"));
        let tries = state.wrong_pins.entry(person.name().to_owned()).or_default();
        if *tries >= TRIES {
            return Err(Refusal::new(400, "invalid_request", "the credential is locked"));
        }
        if pin != Some(REMOTE_PIN) {
            *tries += 1;
            return Err(Refusal::new(400, "invalid_pin", "the PIN is wrong"));
        }
        *tries = 0;
    }
    let hashes = question.get("hashes").and_then(Value::as_array).into_iter().flatten();
    let hashes = hashes.filter_map(Value::as_str).map(str::to_owned).collect();
    let algorithm = text(question, "hashAlgorithmOID").unwrap_or_default();
    let activation = Activation::new(person.name(), hashes, algorithm);
    let sad = state.fresh("sad");
    state.activations.insert(sad.clone(), activation);
    Ok(json!({ "SAD": sad, "expiresIn": 300 }))
}

/// The hash, if the activation data were given for it. They are good once.
fn activated(
    state: &mut State,
    question: &Value,
    digests: &Value,
    person: Person,
) -> Result<(Vec<u8>, &'static MdRef), Refusal> {
    let sad = text(question, "SAD").and_then(|sad| state.activations.remove(sad));
    let sad = sad.ok_or_else(|| Refusal::new(400, "invalid_request", "the SAD is unknown or used"))?;
    let hash = digests.pointer("/hashes/0").and_then(Value::as_str).unwrap_or_default();
    let algorithm = text(digests, "hashAlgorithmOID").unwrap_or_default();
    if sad.key != person.name() || sad.algorithm != algorithm || !sad.hashes.iter().any(|known| known == hash)
    {
        return Err(Refusal::request("the SAD was given for something else"));
    }
    let function = match algorithm {
        SHA_256 => Md::sha256(),
        SHA_384 => Md::sha384(),
        SHA_512 => Md::sha512(),
        _ => return Err(Refusal::request("unknown hashAlgorithmOID")),
    };
    let hash = from_base64(hash).filter(|hash| hash.len() == function.size());
    Ok((hash.ok_or_else(|| Refusal::request("the hash has another length"))?, function))
}

fn sign_hash(state: &mut State, question: &Value, context: &Context<'_>) -> Result<Value, Refusal> {
    let person = holder(question)?;
    let (hash, function) = activated(state, question, question, person)?;
    let mut value = sign(context.pki.person(person).private_key(), &hash, function)?;
    if let (true, Some(last)) = (context.faults.contains(&Fault::BadSignature), value.last_mut()) {
        *last ^= 1;
    }
    Ok(json!({ "signatures": [base64(&value)] }))
}

fn sign_document(state: &mut State, question: &Value, context: &Context<'_>) -> Result<Value, Refusal> {
    let person = holder(question)?;
    let digests =
        question.pointer("/documentDigests/0").ok_or_else(|| Refusal::request("no documentDigests"))?;
    let shape = ["signature_format", "conformance_level", "signed_envelope_property"];
    if shape.map(|name| text(digests, name)) != [Some("C"), Some("AdES-B-B"), Some("Detached")] {
        return Err(Refusal::request("only detached CAdES B-B is offered"));
    }
    let (hash, _) = activated(state, question, digests, person)?;
    let wrong = context.faults.contains(&Fault::WrongImprint);
    let hash = if wrong { openssl::sha::sha256(&hash).to_vec() } else { hash };
    let bad = context.faults.contains(&Fault::BadSignature);
    let signature = cms::detached(context.pki, person, &hash, context.now, bad)?;
    Ok(json!({ "SignatureObject": [base64(&signature)] }))
}

fn sign(key: &PKeyRef<Private>, hash: &[u8], function: &MdRef) -> Result<Vec<u8>, Refusal> {
    let mut context = PkeyCtx::new(key)?;
    context.sign_init()?;
    if key.id() == Id::RSA {
        context.set_rsa_padding(Padding::PKCS1)?;
    }
    context.set_signature_md(function)?;
    let mut value = Vec::new();
    context.sign_to_vec(hash, &mut value)?;
    Ok(value)
}

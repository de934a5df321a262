//! The login: authorization code with PKCE (RFC 7636), client credentials (RFC 6749 §4.4). Whoever opens the address is
//! logged in at once, since there is no page to click.

use serde_json::json;

use super::{Answer, Context, REMOTE_CLIENT, Refusal, State, base64url, json as answer};
use crate::http::{Request, Response};
use crate::pki::Pki;

/// What an authorization code was given for.
#[derive(Clone, Debug)]
pub(super) struct Code {
    challenge: String,
    redirect: String,
    nonce: String,
    scope: String,
    /// CSC credential scope: the key and the hash.
    signature: Option<(String, String, String)>,
}

pub(super) fn authorize(state: &mut State, request: &Request) -> Answer {
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    let parameters = pairs(query);
    let get = |name: &str| find(&parameters, name);
    let redirect = get("redirect_uri").ok_or_else(|| Refusal::request("redirect_uri is missing"))?;
    if !redirect.starts_with("http://127.0.0.1:") || get("client_id").as_deref() != Some(REMOTE_CLIENT.0) {
        return Err(Refusal::request("unknown client"));
    }
    if get("code_challenge_method").as_deref() != Some("S256") {
        return Err(Refusal::request("PKCE with S256 is needed"));
    }
    let state_parameter = get("state").unwrap_or_default();
    let signature = get("credentialID")
        .map(|key| (key, get("hashes").unwrap_or_default(), get("hashAlgorithmOID").unwrap_or_default()));
    let code = Code {
        challenge: get("code_challenge").unwrap_or_default(),
        redirect: redirect.clone(),
        nonce: get("nonce").unwrap_or_default(),
        scope: get("scope").unwrap_or_default(),
        signature,
    };
    let name = state.fresh("code");
    state.codes.insert(name.clone(), code);
    let place = format!("{redirect}?code={name}&state={state_parameter}");
    Ok(Response::status(302).with_header("Location", place))
}

pub(super) fn token(state: &mut State, request: &Request, context: &Context<'_>) -> Answer {
    let form = pairs(std::str::from_utf8(&request.body).unwrap_or_default());
    let get = |name: &str| find(&form, name).unwrap_or_default();
    if get("client_id") != REMOTE_CLIENT.0 {
        return Err(Refusal::new(401, "invalid_client", "unknown client"));
    }
    match get("grant_type").as_str() {
        "client_credentials" if get("client_secret") == REMOTE_CLIENT.1 => {
            let token = state.fresh("token");
            state.tokens.push(token.clone());
            Ok(answer(&json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 })))
        }
        "client_credentials" => Err(Refusal::new(401, "invalid_client", "wrong secret")),
        "authorization_code" => {
            let code = state.codes.remove(&get("code"));
            let code =
                code.ok_or_else(|| Refusal::new(400, "invalid_grant", "the code is unknown or used"))?;
            let verifier = openssl::sha::sha256(get("code_verifier").as_bytes());
            if base64url(&verifier) != code.challenge || get("redirect_uri") != code.redirect {
                return Err(Refusal::new(400, "invalid_grant", "another one began this login"));
            }
            redeem(state, &code, context)
        }
        _ => Err(Refusal::new(400, "unsupported_grant_type", "")),
    }
}

fn redeem(state: &mut State, code: &Code, context: &Context<'_>) -> Answer {
    let token = state.fresh("token");
    if let Some((key, hash, algorithm)) = &code.signature {
        let activation = super::csc::Activation::new(key, vec![hash.clone()], algorithm);
        state.activations.insert(token.clone(), activation);
        return Ok(answer(&json!({ "access_token": token, "token_type": "SAD", "expires_in": 300 })));
    }
    state.tokens.push(token.clone());
    let mut body = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 });
    let openid = code.scope.split(' ').any(|word| word == "openid");
    if let (true, Some(members)) = (openid, body.as_object_mut()) {
        let claims = json!({
            "iss": context.base_url,
            "aud": REMOTE_CLIENT.0,
            "sub": "person-1",
            "nonce": code.nonce,
            "iat": context.now,
            "exp": context.now + 600,
        });
        members.insert("id_token".to_owned(), signed(context.pki, &claims.to_string())?.into());
    }
    Ok(answer(&body))
}

/// A JWT with RS256 (RFC 7515).
fn signed(pki: &Pki, claims: &str) -> Result<String, Refusal> {
    let header = base64url(br#"{"alg":"RS256","typ":"JWT"}"#);
    let message = format!("{header}.{}", base64url(claims.as_bytes()));
    let key = pki.person(crate::Person::Commercial).private_key();
    let value = crate::keys::sign(key, crate::keys::Hash::Sha256, message.as_bytes())?;
    Ok(format!("{message}.{}", base64url(&value)))
}

fn find(pairs: &[(String, String)], name: &str) -> Option<String> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// `application/x-www-form-urlencoded`.
fn pairs(text: &str) -> Vec<(String, String)> {
    let one = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    };
    text.split('&').filter(|pair| !pair.is_empty()).map(one).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        let hex = |digit: Option<u8>| digit.and_then(|digit| char::from(digit).to_digit(16)).unwrap_or(0);
        match byte {
            b'%' => {
                let value = hex(bytes.next()) * 16 + hex(bytes.next());
                out.push(value.to_le_bytes()[0]);
            }
            b'+' => out.push(b' '),
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

//! How a remote signing service knows who asks (OAuth 2.0, RFC 6749).

use std::path::PathBuf;

use hsign_core::{Secret, SecretReference, Time};
use serde::Deserialize;
use serde_json::Value;

use super::caller::Caller;
use super::oidc;
use crate::Error;
use crate::access::file_of;

/// Shows an address to whoever logs in. It has to be opened on this machine.
pub type Browser = dyn Fn(&str) + Send + Sync;

/// A login.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Login {
    /// A token that was given out before.
    Token {
        /// Where it is.
        token: SecretReference,
    },
    /// The institution's own client credentials (RFC 6749 §4.4).
    Client {
        /// The token endpoint.
        token_url: String,
        /// The client.
        client_id: String,
        /// Where its secret is.
        client_secret: SecretReference,
        /// What is asked for.
        #[serde(default)]
        scope: Option<String>,
    },
    /// A person in a browser: authorization code with PKCE (RFC 7636) to a loopback address (RFC 8252 §7.3).
    Browser {
        /// The authorization endpoint.
        authorize_url: String,
        /// The token endpoint.
        token_url: String,
        /// The client.
        client_id: String,
        /// What is asked for; with `openid` the ID token is checked (OpenID Connect Core §3.1.3.7).
        #[serde(default = "openid")]
        scope: String,
        /// Who issues ID tokens.
        #[serde(default)]
        issuer: Option<String>,
        /// The port that the service sends the browser back to; 0: any.
        #[serde(default)]
        redirect_port: u16,
        /// How long the person may take.
        #[serde(default = "patience")]
        patience_seconds: u64,
    },
}

fn openid() -> String {
    "openid".to_owned()
}

fn patience() -> u64 {
    300
}

/// What a login gives.
#[derive(Clone)]
pub(super) struct Tokens {
    pub(super) access: Secret,
    pub(super) until: Option<Time>,
}

impl Login {
    pub(super) fn addresses(&self) -> Vec<&String> {
        match self {
            Self::Token { .. } => Vec::new(),
            Self::Client { token_url, .. } => vec![token_url],
            Self::Browser { authorize_url, token_url, .. } => vec![authorize_url, token_url],
        }
    }

    pub(super) fn path_mut(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::Token { token } => file_of(token),
            Self::Client { client_secret, .. } => file_of(client_secret),
            Self::Browser { .. } => None,
        }
    }

    /// Logs in. `details` are further parameters of the authorization request.
    pub(super) fn obtain(&self, caller: &Caller, details: &[(&str, String)]) -> Result<Tokens, Error> {
        match self {
            Self::Token { token } => {
                let access = (caller.ports.secrets)(token)?;
                Ok(Tokens { access: access.without_line_end(), until: None })
            }
            Self::Client { token_url, client_id, client_secret, scope } => {
                let secret = (caller.ports.secrets)(client_secret)?.without_line_end();
                let mut form = vec![
                    ("grant_type", "client_credentials".to_owned()),
                    ("client_id", client_id.clone()),
                    ("client_secret", secret.expose_text()?.to_owned()),
                ];
                form.extend(scope.iter().map(|scope| ("scope", scope.clone())));
                tokens(caller, &caller.post_form(token_url, &form)?)
            }
            Self::Browser { .. } => oidc::log_in(self, caller, details),
        }
    }
}

/// RFC 6749 §5.1.
pub(super) fn tokens(caller: &Caller, answer: &Value) -> Result<Tokens, Error> {
    let bearer = answer.get("token_type").and_then(Value::as_str).unwrap_or("Bearer");
    let access = answer.get("access_token").and_then(Value::as_str);
    // A CSC service calls the token that allows one signature SAD.
    let known = |_: &&str| ["bearer", "sad"].iter().any(|known| bearer.eq_ignore_ascii_case(known));
    let Some(access) = access.filter(known) else {
        return Err(Error::Answer("the login gave no bearer token".to_owned()));
    };
    let lasting = answer.get("expires_in").and_then(Value::as_i64);
    let until = lasting.map(|seconds| (caller.ports.now)().plus_seconds(seconds));
    Ok(Tokens { access: Secret::from(access), until })
}

//! A person logs in with a browser: authorization code with PKCE (RFC 7636, RFC 8252), the ID token checked
//! (OpenID Connect Core §3.1.3.7).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use serde_json::Value;

use super::caller::{Caller, encode};
use super::login::{Login, Tokens, tokens};
use crate::Error;
use crate::access::web_address;

/// The longest request line that a browser brings back.
const LONGEST_REQUEST: u64 = 16 * 1024;
/// Between two looks for the browser's return.
const PAUSE: Duration = Duration::from_millis(20);
const CLOCK_TOLERANCE_SECONDS: i64 = 300;

/// # Errors
/// When nobody logs in within the time, the login is refused, or its answer doesn't belong to it.
pub(super) fn log_in(login: &Login, caller: &Caller, details: &[(&str, String)]) -> Result<Tokens, Error> {
    let Login::Browser {
        authorize_url,
        token_url,
        client_id,
        scope,
        issuer,
        redirect_port,
        patience_seconds,
    } = login
    else {
        return Err(Error::Configuration("login: `by = \"browser\"` is needed for this service".to_owned()));
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, *redirect_port))
        .map_err(|source| Error::File { path: format!("127.0.0.1:{redirect_port}"), source })?;
    let port = listener.local_addr().map_or(0, |address| address.port());
    let redirect = format!("http://127.0.0.1:{port}/callback");
    let (state, nonce, verifier) = (random(caller)?, random(caller)?, random(caller)?);
    let challenge = URL_SAFE_NO_PAD.encode(hsign_crypto::sha256(verifier.as_bytes()));
    let mut query = vec![
        ("response_type", "code".to_owned()),
        ("client_id", client_id.clone()),
        ("redirect_uri", redirect.clone()),
        ("scope", scope.clone()),
        ("state", state.clone()),
        ("nonce", nonce.clone()),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256".to_owned()),
    ];
    for (name, value) in details {
        query.retain(|(known, _)| known != name);
        query.push((name, value.clone()));
    }
    let mut address = web_address(authorize_url).map_err(Error::Configuration)?;
    let fixed = address.query().map(|fixed| format!("{fixed}&")).unwrap_or_default();
    address.set_query(Some(&(fixed + &encode(&query))));
    (caller.browser)(address.as_str());
    let code = wait(&listener, &state, Duration::from_secs(*patience_seconds))?;
    let answer = caller.post_form(
        token_url,
        &[
            ("grant_type", "authorization_code".to_owned()),
            ("code", code),
            ("redirect_uri", redirect),
            ("client_id", client_id.clone()),
            ("code_verifier", verifier),
        ],
    )?;
    if scope.split(' ').any(|word| word == "openid") && details.is_empty() {
        check_id_token(&answer, client_id, issuer.as_deref(), &nonce, caller)?;
    }
    tokens(caller, &answer)
}

/// 256 bits, as RFC 7636 §7.1 asks of the verifier.
fn random(caller: &Caller) -> Result<String, Error> {
    let mut bytes = [0; 32];
    caller.ports.randomness.fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The code that the browser brings back. Whatever else knocks at the port meanwhile is turned away.
fn wait(listener: &TcpListener, state: &str, patience: Duration) -> Result<String, Error> {
    let failed = |source| Error::File { path: "127.0.0.1".to_owned(), source };
    listener.set_nonblocking(true).map_err(failed)?;
    let start = Instant::now();
    while start.elapsed() < patience {
        match listener.accept() {
            Ok((stream, _)) => {
                if let Some(answer) = received(&stream, state) {
                    return answer;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => std::thread::sleep(PAUSE),
            Err(error) => return Err(failed(error)),
        }
    }
    Err(Error::NobodyLoggedIn { seconds: patience.as_secs() })
}

/// `None` for what isn't the answer to our request: the state proves that (RFC 6749 §10.12).
fn received(stream: &TcpStream, state: &str) -> Option<Result<String, Error>> {
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST_REQUEST)).read_line(&mut line).ok()?;
    let answer = read_answer(&line, state);
    let (status, text) = match &answer {
        Some(Ok(_)) => {
            ("200 OK", "ログインしました。この画面を閉じてください。 / Logged in. You may close this page.")
        }
        Some(Err(_)) => ("200 OK", "ログインできませんでした。 / The login failed."),
        None => ("404 Not Found", ""),
    };
    let page = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    // The page is a courtesy.
    let _ = (&*stream).write_all(page.as_bytes());
    answer
}

fn read_answer(request_line: &str, state: &str) -> Option<Result<String, Error>> {
    let target = request_line.strip_prefix("GET ")?.split(' ').next()?;
    let url = Url::parse("http://127.0.0.1").ok()?.join(target).ok()?;
    let parameter = |wanted: &str| {
        url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    if url.path() != "/callback" || parameter("state").as_deref() != Some(state) {
        return None;
    }
    let refused = |error: String| Error::LoginRefused { error };
    Some(match (parameter("code"), parameter("error")) {
        (_, Some(error)) => Err(refused(error)),
        (Some(code), None) => Ok(code),
        (None, None) => Err(refused("no code".to_owned())),
    })
}

/// The token came straight from the token endpoint, whose TLS certificate stands for its origin, so that its signature
/// need not be checked (OpenID Connect Core §3.1.3.7, step 6); its claims must be about this login.
fn check_id_token(
    answer: &Value,
    client_id: &str,
    issuer: Option<&str>,
    nonce: &str,
    caller: &Caller,
) -> Result<(), Error> {
    let wrong = |claim: &str| Error::Answer(format!("the ID token's {claim} does not belong to this login"));
    let token = answer.get("id_token").and_then(Value::as_str);
    let payload = token.and_then(|token| token.split('.').nth(1)).ok_or_else(|| wrong("presence"))?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| wrong("encoding"))?;
    let claims: Value = serde_json::from_slice(&payload).map_err(|_| wrong("encoding"))?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let audience = match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(client_id)),
        Some(Value::String(one)) => one == client_id,
        _ => false,
    };
    let now = (caller.ports.now)().unix_seconds();
    let lasting =
        claims.get("exp").and_then(Value::as_i64).is_some_and(|end| end + CLOCK_TOLERANCE_SECONDS > now);
    if issuer.is_some_and(|issuer| text("iss") != Some(issuer)) {
        return Err(wrong("iss"));
    }
    if !audience {
        return Err(wrong("aud"));
    }
    if text("nonce") != Some(nonce) {
        return Err(wrong("nonce"));
    }
    if lasting { Ok(()) } else { Err(wrong("exp")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_6749_10_12_an_answer_without_our_state_is_not_ours() {
        assert_eq!(read_answer("GET /callback?code=a&state=s HTTP/1.1\r\n", "s").unwrap().unwrap(), "a");
        assert!(read_answer("GET /callback?code=a&state=t HTTP/1.1\r\n", "s").is_none());
        assert!(read_answer("GET /callback?code=a HTTP/1.1\r\n", "s").is_none());
        assert!(read_answer("GET /favicon.ico?state=s&code=a HTTP/1.1\r\n", "s").is_none());
        assert!(read_answer("POST /callback?state=s&code=a HTTP/1.1\r\n", "s").is_none());
        assert!(read_answer("GET /callback?state=s&error=access_denied HTTP/1.1\r\n", "s").unwrap().is_err());
    }
}

// Each test binary uses its own part; these helpers fail as tests do.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use hsign_core::ports::PortError;
use hsign_core::{Digest, DigestAlgorithm, ErrorKind, Time};
use hsign_core::{Secret, SecretReference};
use hsign_crypto::{OpensslVerifier, SystemRandom};
use hsign_net::{HttpTimestamper, Ports, Stamped, TsaEndpoint};
use hsign_testkit::Testbed;

/// What `env:PASSWORD` stands for in these tests.
pub const PASSWORD: &str = "open sesame";

pub fn ports(testbed: &Testbed) -> Ports {
    let clock = testbed.clock().clone();
    Ports {
        randomness: Box::new(SystemRandom),
        verifier: Box::new(OpensslVerifier::new()),
        now: Box::new(move || Time::from_unix_seconds(clock.now()).unwrap()),
        secrets: Box::new(secret),
    }
}

/// The machine's clock, and one secret for whatever is asked.
pub fn ports_with_secret(secret: &'static str) -> Ports {
    let now = || {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Time::from_unix_seconds(i64::try_from(since.as_secs()).unwrap()).unwrap()
    };
    Ports {
        randomness: Box::new(SystemRandom),
        verifier: Box::new(OpensslVerifier::new()),
        now: Box::new(now),
        secrets: Box::new(move |_| Ok(Secret::from(secret))),
    }
}

fn secret(reference: &SecretReference) -> Result<Secret, PortError> {
    match reference {
        SecretReference::Environment(name) if name == "PASSWORD" => Ok(Secret::new(PASSWORD.into())),
        SecretReference::Environment(name) => {
            Err(PortError::new(ErrorKind::Credential, format!("environment variable {name} is not set")))
        }
        SecretReference::Descriptor(_) => unreachable!(),
        SecretReference::File(path) => {
            let text = std::fs::read_to_string(path).unwrap();
            Ok(Secret::new(text.trim_end_matches('\n').as_bytes().to_vec()))
        }
    }
}

/// An endpoint that is asked once.
pub fn endpoint(name: &str, url: &str) -> TsaEndpoint {
    TsaEndpoint { name: name.to_owned(), retries: 0, ..TsaEndpoint::at(url) }
}

pub fn imprint() -> Digest {
    Digest::new(DigestAlgorithm::Sha256, vec![7; 32])
}

pub fn obtain(testbed: &Testbed, endpoint: TsaEndpoint) -> Result<Stamped, PortError> {
    HttpTimestamper::new(vec![endpoint], ports(testbed)).unwrap().obtain(&imprint())
}

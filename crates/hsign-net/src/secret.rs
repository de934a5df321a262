//! Where passwords come from. This crate reads no environment and keeps no secret in a configuration.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use hsign_core::ports::PortError;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::Error;

/// The place of a secret: `env:NAME` or `file:PATH`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum SecretReference {
    /// An environment variable.
    Environment(String),
    /// A file; one line break at its end does not belong to the secret.
    File(PathBuf),
}

impl FromStr for SecretReference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Self::Environment(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(PathBuf::from(path))),
            // The text itself may be the secret, so it isn't repeated.
            _ => {
                Err(Error::Configuration("a secret is given by its place, env:NAME or file:PATH".to_owned()))
            }
        }
    }
}

impl TryFrom<String> for SecretReference {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// A secret's bytes; wiped when dropped, never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn text(&self) -> Result<&str, Error> {
        std::str::from_utf8(&self.0)
            .map_err(|_| Error::Configuration("a secret is not UTF-8 text".to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Reads a secret from its place; the caller's closure.
pub type SecretResolver = dyn Fn(&SecretReference) -> Result<Secret, PortError> + Send + Sync;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_named_by_its_place_and_never_written_out() {
        assert_eq!("env:TSA".parse::<SecretReference>().unwrap(), SecretReference::Environment("TSA".into()));
        assert_eq!("file:/x:y".parse::<SecretReference>().unwrap(), SecretReference::File("/x:y".into()));
        for wrong in ["hunter2", "env:", "plain:hunter2"] {
            let error = wrong.parse::<SecretReference>().unwrap_err();
            assert!(!error.to_string().contains("hunter2"));
        }
        assert!(!format!("{:?}", Secret::new(b"hunter2".to_vec())).contains("hunter2"));
    }
}

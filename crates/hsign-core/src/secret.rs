//! Secrets and the places they come from. Reading a place is for the rim; a secret is never part of a command line or
//! a configuration file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::ports::PortError;
use crate::{ErrorKind, Finding};

/// A PIN, passphrase or password. Wiped from memory when dropped; `Debug` shows nothing of it, not even its length.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, to be handed on and not kept.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The secret as text.
    ///
    /// # Errors
    /// When it isn't UTF-8.
    pub fn expose_text(&self) -> Result<&str, PortError> {
        std::str::from_utf8(&self.0).map_err(|_| {
            PortError::new(ErrorKind::Credential, "the PIN or passphrase is not UTF-8 text")
                .finding(Finding::error("secret-not-text"))
        })
    }

    /// Without the one line end that editors and `echo` add.
    #[must_use]
    pub fn without_line_end(mut self) -> Self {
        if self.0.last() == Some(&b'\n') {
            self.0.pop();
            if self.0.last() == Some(&b'\r') {
                self.0.pop();
            }
        }
        self
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes().to_vec())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Where a secret lies. One line end at its end does not belong to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum SecretReference {
    /// `env:NAME`: an environment variable.
    Environment(String),
    /// `file:PATH`, or a bare absolute path as RFC 7512 §2.4 allows for `pin-source`.
    File(PathBuf),
    /// `fd:N`: an open file descriptor (Unix only).
    Descriptor(u32),
}

/// A text that names no place. It isn't repeated: somebody may have written the secret itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret is given by its place, env:NAME, file:PATH or fd:N: {0}")]
pub struct SecretReferenceError(pub &'static str);

impl FromStr for SecretReference {
    type Err = SecretReferenceError;

    fn from_str(text: &str) -> Result<Self, SecretReferenceError> {
        let wrong = |reason| Err(SecretReferenceError(reason));
        if text.starts_with('|') {
            return wrong("running a command is not supported");
        }
        if let Some(name) = text.strip_prefix("env:") {
            let usable = !name.is_empty() && !name.contains(['=', '\0']);
            return if usable {
                Ok(Self::Environment(name.to_owned()))
            } else {
                wrong("env: without a name")
            };
        }
        if let Some(number) = text.strip_prefix("fd:") {
            return number.parse().map(Self::Descriptor).or_else(|_| wrong("fd: without a number"));
        }
        match text.strip_prefix("file:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
            Some("") => wrong("file: without a path"),
            Some(path) => Ok(Self::File(path.into())),
            None if Path::new(text).is_absolute() => Ok(Self::File(text.into())),
            None => wrong("it begins neither with env:, file: nor fd:"),
        }
    }
}

impl TryFrom<String> for SecretReference {
    type Error = SecretReferenceError;

    fn try_from(text: String) -> Result<Self, SecretReferenceError> {
        text.parse()
    }
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Descriptor(number) => write!(f, "fd:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_and_nothing_else() {
        let parse = |text: &str| text.parse::<SecretReference>();
        assert_eq!(parse("env:PIN").unwrap(), SecretReference::Environment("PIN".into()));
        assert_eq!(parse("file:/a b").unwrap(), SecretReference::File("/a b".into()));
        assert_eq!(parse("file:///a").unwrap(), SecretReference::File("/a".into()));
        assert_eq!(parse("file:/x:y").unwrap(), SecretReference::File("/x:y".into()));
        assert_eq!(parse("fd:3").unwrap(), SecretReference::Descriptor(3));
        #[cfg(unix)]
        assert_eq!(parse("/etc/pin").unwrap(), SecretReference::File("/etc/pin".into()));
        for wrong in ["1234", "", "env:", "fd:x", "file:", "|/bin/echo 1234", "plain:1234"] {
            let error = parse(wrong).unwrap_err();
            assert!(!error.to_string().contains("1234"), "{error}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(format!("{:?}", Secret::from("1234")), "Secret(..)");
        assert_eq!(Secret::from("1\r\n").without_line_end(), Secret::from("1"));
        assert_eq!(Secret::from("1\n\n").without_line_end(), Secret::from("1\n"));
    }
}

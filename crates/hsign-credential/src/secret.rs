//! PINs and passphrases: where they come from, and a type that never shows them.

use hsign_core::ports::PortError;
use hsign_core::{ErrorKind, Finding};
use zeroize::Zeroizing;

use crate::pkcs11::PinTries;

/// A PIN or passphrase. Wiped from memory when dropped; `Debug` shows nothing of it, not even its length.
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
    pub(crate) fn without_line_end(mut self) -> Self {
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

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What kind of secret is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// Of a card or token.
    Pin,
    /// Of a file.
    Passphrase,
}

/// What to tell whoever is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPrompt {
    /// PIN or passphrase.
    pub kind: SecretKind,
    /// The file as it was given, or the token's label.
    pub subject: String,
    /// What the token says about the tries left; a person should be warned of the last one.
    pub tries: PinTries,
}

impl SecretPrompt {
    /// Nobody is there to be asked.
    #[must_use]
    pub fn unanswered(&self) -> PortError {
        let (what, finding) = match self.kind {
            SecretKind::Pin => ("PIN of token", Finding::error("pin-needed")),
            SecretKind::Passphrase => ("passphrase of", Finding::error("passphrase-needed")),
        };
        PortError::new(ErrorKind::Credential, format!("the {what} {} is needed", self.subject))
            .finding(finding.with("subject", &self.subject))
    }
}

/// Somebody who can be asked for a secret: a prompt on the terminal, a file, a test.
pub trait SecretSource: Send + Sync {
    /// The secret.
    ///
    /// # Errors
    /// When there is none to be had.
    fn secret(&self, prompt: &SecretPrompt) -> Result<Secret, PortError>;
}

impl<T: SecretSource + ?Sized> SecretSource for &T {
    fn secret(&self, prompt: &SecretPrompt) -> Result<Secret, PortError> {
        (**self).secret(prompt)
    }
}

impl SecretSource for Secret {
    fn secret(&self, _prompt: &SecretPrompt) -> Result<Secret, PortError> {
        Ok(self.clone())
    }
}

/// Has no secret: for listing what can be seen without one.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSecrets;

impl SecretSource for NoSecrets {
    fn secret(&self, prompt: &SecretPrompt) -> Result<Secret, PortError> {
        Err(prompt.unanswered())
    }
}

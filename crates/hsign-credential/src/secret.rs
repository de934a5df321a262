//! Who can be asked for a PIN or a passphrase.

use hsign_core::ports::PortError;
use hsign_core::{ErrorKind, Finding, Secret};

use crate::pkcs11::PinTries;

/// What kind of secret is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// Of a card or token.
    Pin,
    /// Of a file.
    Passphrase,
    /// What a remote service asks for: PIN, password or one-time password.
    Remote,
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
            SecretKind::Remote => ("answer for", Finding::error("remote-answer-needed")),
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

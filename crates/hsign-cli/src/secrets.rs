//! Where PINs and passphrases come from: `--pin-source`, else a prompt on the terminal. Never the command line.

use std::io::IsTerminal as _;

use hsign::credential::{PinSource, PinTries, Secret, SecretKind, SecretPrompt, SecretSource};
use hsign_core::ErrorKind;
use hsign_core::ports::PortError;

use crate::language::Language;

/// The command's source of secrets.
pub(crate) struct Secrets {
    source: Option<PinSource>,
    language: Language,
}

impl Secrets {
    /// From `--pin-source` if it was given.
    ///
    /// # Errors
    /// When the option's value isn't a source.
    pub(crate) fn new(source: Option<&str>, language: Language) -> Result<Self, hsign::credential::Error> {
        Ok(Self { source: source.map(str::parse).transpose()?, language })
    }

    fn ask(&self, prompt: &SecretPrompt) -> Result<Secret, PortError> {
        if !std::io::stdin().is_terminal() {
            return Err(PortError::new(ErrorKind::Credential, self.needed(prompt)).hint(self.hint()));
        }
        rpassword::prompt_password(self.question(prompt))
            .map(|secret| Secret::new(secret.into_bytes()))
            .map_err(|error| PortError::new(ErrorKind::Credential, error.to_string()))
    }

    fn question(&self, prompt: &SecretPrompt) -> String {
        let tries = match (prompt.tries, self.language) {
            (PinTries::Last, Language::Ja) => "（あと1回間違えると閉塞します）",
            (PinTries::Last, Language::En) => " (last try before the card locks itself)",
            (PinTries::Low, Language::Ja) => "（残りの回数が少なくなっています）",
            (PinTries::Low, Language::En) => " (few tries are left)",
            _ => "",
        };
        format!("{}{tries}: ", self.name(prompt))
    }

    fn name(&self, prompt: &SecretPrompt) -> String {
        let subject = &prompt.subject;
        match (prompt.kind, self.language) {
            (SecretKind::Pin, Language::Ja) => format!("「{subject}」のPIN"),
            (SecretKind::Pin, Language::En) => format!("PIN of {subject}"),
            (SecretKind::Passphrase, Language::Ja) => format!("「{subject}」のパスフレーズ"),
            (SecretKind::Passphrase, Language::En) => format!("passphrase of {subject}"),
        }
    }

    fn needed(&self, prompt: &SecretPrompt) -> String {
        let name = self.name(prompt);
        match self.language {
            Language::Ja => format!("{name}が必要です"),
            Language::En => format!("the {name} is needed"),
        }
    }

    fn hint(&self) -> &'static str {
        match self.language {
            Language::Ja => "端末で入力するか、--pin-source env:名前|file:パス|fd:番号 で渡してください",
            Language::En => "type it on a terminal, or give --pin-source env:NAME|file:PATH|fd:N",
        }
    }
}

impl SecretSource for Secrets {
    fn secret(&self, prompt: &SecretPrompt) -> Result<Secret, PortError> {
        match &self.source {
            Some(source) => source.secret(prompt),
            None => self.ask(prompt),
        }
    }
}

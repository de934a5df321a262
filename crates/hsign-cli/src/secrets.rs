//! Where PINs and passphrases come from: `--pin-source`, else a prompt on the terminal. Never the command line.

use std::io::IsTerminal as _;

use hsign::credential::{PinTries, SecretKind, SecretPrompt, SecretSource};
use hsign_core::ports::PortError;
use hsign_core::{ErrorKind, Finding, Secret, SecretReference};

use crate::language::Language;

/// The command's source of secrets.
pub(crate) struct Secrets {
    source: Option<SecretReference>,
    language: Language,
}

impl Secrets {
    /// From `--pin-source` if it was given.
    ///
    /// # Errors
    /// When the option's value isn't a source.
    pub(crate) fn new(source: Option<&str>, language: Language) -> Result<Self, hsign::credential::Error> {
        Ok(Self { source: source.map(str::parse::<SecretReference>).transpose()?, language })
    }

    fn ask(&self, prompt: &SecretPrompt) -> Result<Secret, PortError> {
        if !std::io::stdin().is_terminal() {
            return Err(prompt.unanswered());
        }
        rpassword::prompt_password(self.question(prompt))
            .map(|secret| Secret::new(secret.into_bytes()))
            .map_err(|error| {
                PortError::new(ErrorKind::Credential, error.to_string()).finding(Finding::from_io(&error))
            })
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
            (SecretKind::Remote, _) => subject.clone(),
            (SecretKind::Passphrase, Language::Ja) => format!("「{subject}」のパスフレーズ"),
            (SecretKind::Passphrase, Language::En) => format!("passphrase of {subject}"),
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

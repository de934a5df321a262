//! How well a private key is kept. Whether that is good enough is the policy's question.

use std::fmt;

use serde::Serialize;

/// How a private key is kept. What a token says about itself is its own word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum KeyProtection {
    /// In a file, readable for whoever has the file (and its passphrase).
    File {
        /// A passphrase is needed.
        encrypted: bool,
    },
    /// On a PKCS#11 token. `None`: the token doesn't say, or says it only after login.
    Token {
        /// Slot or mechanism are declared as hardware (CKF_HW_SLOT, CKF_HW). SoftHSM is not.
        hardware: bool,
        /// The PIN is asked for before every signature (CKA_ALWAYS_AUTHENTICATE).
        always_authenticate: Option<bool>,
        /// The key can leave the token (CKA_EXTRACTABLE).
        extractable: Option<bool>,
        /// The key never leaves the token in clear (CKA_SENSITIVE).
        sensitive: Option<bool>,
    },
    /// At a remote signing service.
    Remote,
}

impl KeyProtection {
    /// Kept by software: a file, or a token that isn't hardware.
    #[must_use]
    pub fn is_software(&self) -> bool {
        matches!(self, Self::File { .. } | Self::Token { hardware: false, .. })
    }
}

impl fmt::Display for KeyProtection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { encrypted: true } => f.write_str("file with passphrase"),
            Self::File { encrypted: false } => f.write_str("file without passphrase"),
            Self::Remote => f.write_str("remote signing service"),
            Self::Token { hardware, always_authenticate, extractable, sensitive } => {
                f.write_str(if *hardware { "hardware token" } else { "software token" })?;
                for (value, yes, no) in [
                    (always_authenticate, ", PIN for each signature", ", PIN once per session"),
                    (extractable, ", key can be exported", ", key can't be exported"),
                    (sensitive, "", ", key readable in clear"),
                ] {
                    f.write_str(value.map_or("", |value| if value { yes } else { no }))?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(hardware: bool) -> KeyProtection {
        KeyProtection::Token {
            hardware,
            always_authenticate: Some(true),
            extractable: Some(false),
            sensitive: None,
        }
    }

    #[test]
    fn files_and_tokens_that_are_no_hardware_keep_keys_by_software() {
        assert!(KeyProtection::File { encrypted: true }.is_software());
        assert!(token(false).is_software());
        assert!(!token(true).is_software());
        assert!(!KeyProtection::Remote.is_software());
    }

    #[test]
    fn shown_in_words() {
        assert_eq!(token(true).to_string(), "hardware token, PIN for each signature, key can't be exported");
    }
}

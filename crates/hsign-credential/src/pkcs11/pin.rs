//! PINs: asked for late, checked by form before they cost a try, and never tried twice.

use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;

use super::discovery::ModuleKind;
use super::failure::{failed, failed_with};
use super::module::Module;
use hsign_core::Secret;

use crate::{Error, SecretKind, SecretPrompt, SecretSource};

/// What a token says about the tries left before it locks itself (PKCS#11 v2.20 §9.2, CKF_USER_PIN_*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinTries {
    /// It says nothing: all tries, or it doesn't tell.
    Unknown,
    /// At least one wrong PIN was entered since the last right one (CKF_USER_PIN_COUNT_LOW).
    Low,
    /// The next wrong PIN locks it (CKF_USER_PIN_FINAL_TRY).
    Last,
    /// It is locked (CKF_USER_PIN_LOCKED).
    Locked,
}

impl PinTries {
    pub(super) fn of(token: &TokenInfo) -> Self {
        if token.user_pin_locked() {
            Self::Locked
        } else if token.user_pin_final_try() {
            Self::Last
        } else if token.user_pin_count_low() {
            Self::Low
        } else {
            Self::Unknown
        }
    }
}

/// How long a token's PIN is kept in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PinRetention {
    /// Until the credential is dropped, so that a batch asks once. The HPKI card guideline allows applications
    /// that (JAHIS 24-002 §5.2).
    #[default]
    WhileOpen,
    /// Asked again for every signature.
    EachSignature,
}

/// HPKI: 4 to 16 ASCII characters.
const HPKI_PIN: (usize, usize) = (4, 16);

/// A token and the way to its PIN.
pub(super) struct Door<'a> {
    pub(super) module: &'a Module,
    pub(super) slot: Slot,
    pub(super) secrets: &'a dyn SecretSource,
}

/// What [`Door::ask`] gives: a PIN, or none because the token has a keypad of its own.
pub(super) type Pin = Option<Secret>;

impl Door<'_> {
    /// Asks for the PIN, after looking whether the token would take one at all. The caller doesn't hold
    /// [`Module::alone`].
    pub(super) fn ask(&self) -> Result<Pin, Error> {
        // The module is free again while a person thinks.
        let token = {
            let _alone = self.module.alone();
            self.token()?
        };
        let name = token.label().trim().to_owned();
        let tries = PinTries::of(&token);
        if tries == PinTries::Locked {
            return Err(Error::PinLocked(name));
        }
        // HPKI cards are issued with a PIN, whatever flags their module sets.
        let set = token.user_pin_initialized() || self.module.kind != ModuleKind::Other;
        if !set || token.user_pin_to_be_changed() {
            return Err(Error::PinNotUsable(name));
        }
        if token.protected_authentication_path() {
            return Ok(None);
        }
        let prompt = SecretPrompt { kind: SecretKind::Pin, subject: name, tries };
        let pin = self.secrets.secret(&prompt).map_err(Error::Secret)?;
        self.check_form(&token, &pin)?;
        // Sending the same wrong PIN for every file of a batch would lock the card.
        if self.module.refused_before(&identity(&token), &pin) {
            return Err(Error::PinIncorrect { tries });
        }
        Ok(Some(pin))
    }

    fn check_form(&self, token: &TokenInfo, pin: &Secret) -> Result<(), Error> {
        let ascii = self.module.kind != ModuleKind::Other;
        let (minimum, maximum) = match (ascii, token.min_pin_length(), token.max_pin_length()) {
            (true, ..) => HPKI_PIN,
            // Some modules leave the lengths at zero.
            (false, minimum, 0) => (minimum, 255),
            (false, minimum, maximum) => (minimum, maximum),
        };
        let bytes = pin.expose();
        let fits = (minimum..=maximum).contains(&bytes.len()) && (!ascii || bytes.is_ascii());
        if fits && pin.expose_text().is_ok() {
            Ok(())
        } else {
            Err(Error::PinForm { minimum, maximum, ascii })
        }
    }

    /// Sends the PIN once. Being logged in already is as good. The caller holds [`Module::alone`].
    pub(super) fn login(&self, session: &Session, user: UserType, pin: &Pin) -> Result<(), Error> {
        let text = pin.as_ref().map(|pin| pin.expose_text().map_err(Error::Secret)).transpose()?;
        let sent = text.map(|text| AuthPin::from(text.to_owned()));
        let result = session.login(user, sent.as_ref());
        let name = self.token().map(|token| identity(&token));
        match result {
            Ok(()) => {
                if let Ok(name) = name {
                    self.module.remember_refused(&name, None);
                }
                Ok(())
            }
            Err(CryptokiError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(CryptokiError::Pkcs11(code @ (RvError::PinIncorrect | RvError::PinLocked), _)) => {
                if let Ok(name) = name {
                    self.module.remember_refused(&name, pin.clone());
                }
                Err(self.refusal(code))
            }
            Err(CryptokiError::Pkcs11(code, _)) => Err(self.refusal(code)),
            Err(error) => Err(failed(error)),
        }
    }

    fn refusal(&self, code: RvError) -> Error {
        let token = match self.token() {
            Ok(token) => token,
            Err(error) => return error,
        };
        match code {
            RvError::PinIncorrect => Error::PinIncorrect { tries: PinTries::of(&token) },
            RvError::PinLocked => Error::PinIncorrect { tries: PinTries::Locked },
            RvError::PinLenRange | RvError::PinInvalid => Error::PinForm {
                minimum: token.min_pin_length(),
                maximum: token.max_pin_length(),
                ascii: self.module.kind != ModuleKind::Other,
            },
            RvError::PinExpired | RvError::UserPinNotInitialized => {
                Error::PinNotUsable(token.label().trim().to_owned())
            }
            other => failed_with(other, "C_Login"),
        }
    }

    fn token(&self) -> Result<TokenInfo, Error> {
        self.module.cryptoki.get_token_info(self.slot).map_err(failed)
    }
}

/// Tells one token from another in this process.
pub(super) fn identity(token: &TokenInfo) -> String {
    [token.serial_number(), token.label(), token.manufacturer_id(), token.model()].join("\u{1f}")
}

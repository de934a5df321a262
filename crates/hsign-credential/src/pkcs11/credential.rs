//! A key on a token that signs.

use std::sync::{Arc, Mutex, PoisonError};

use cryptoki::error::Rv;
use cryptoki::mechanism::MechanismType;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use hsign_core::ports::{PortError, SignatureValidity, SignatureVerifier, Signer};
use hsign_core::{DigestAlgorithm, PublicKeyKind, SignatureAlgorithm};
use hsign_crypto::OpensslVerifier;
use hsign_x509::Certificate;

use super::discovery::ModuleKind;
use super::failure::{failed, failed_with};
use super::mechanism::{Prepared, ecdsa_der, prepare};
use super::module::Module;
use super::objects::{CertificateObject, KeyObject, keys};
use super::pin::{Door, Pin, PinRetention, identity};
use crate::own_certificate::OwnCertificates;
use crate::{Credential, Error, KeyProtection, SecretSource, Specification};

/// A key with its certificate on a PKCS#11 token.
///
/// One session, one signature at a time. The PIN is asked for at the first signature, so that everything that can
/// be refused before is. Every signature is verified with the certificate before it is given out.
pub(crate) struct TokenCredential<'a> {
    pub(super) module: Arc<Module>,
    pub(super) slot: Slot,
    /// Of the token that was chosen: another one in the slot later is not asked for its PIN.
    pub(super) token: String,
    pub(super) object: CertificateObject,
    pub(super) certificates: OwnCertificates,
    pub(super) mechanisms: Vec<MechanismType>,
    pub(super) protection: KeyProtection,
    pub(super) specification: Specification,
    pub(super) needs_login: bool,
    pub(super) secrets: Box<dyn SecretSource + 'a>,
    pub(super) retention: PinRetention,
    pub(super) state: Mutex<State>,
}

/// What lasts from one signature to the next.
#[derive(Default)]
pub(super) struct State {
    session: Option<Session>,
    /// `Some(None)`: the token has a keypad of its own.
    pin: Option<Pin>,
}

impl State {
    pub(super) fn with_pin(pin: Option<Pin>) -> Self {
        Self { session: None, pin }
    }
}

impl TokenCredential<'_> {
    fn sign_checked(&self, algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let prepared = prepare(algorithm, &self.mechanisms, message)?;
        let result = self.sign_once(&mut state, &prepared);
        if result.is_err() {
            // Whatever operation was begun ends with its session; the PIN is asked for again.
            let _alone = self.module.alone();
            *state = State::default();
        } else if self.retention == PinRetention::EachSignature {
            state.pin = None;
        }
        let value = match (algorithm, self.certificates.signer().public_key_kind()) {
            (SignatureAlgorithm::Ecdsa(_), PublicKeyKind::Ec(curve)) => ecdsa_der(*curve, &result?)?,
            _ => result?,
        };
        let spki = self.certificates.signer().public_key_info();
        match OpensslVerifier::new().verify(algorithm, spki, message, &value) {
            SignatureValidity::Valid => Ok(value),
            SignatureValidity::Invalid | SignatureValidity::Unsupported(_) => Err(Error::WrongSignature),
        }
    }

    fn sign_once(&self, state: &mut State, prepared: &Prepared) -> Result<Vec<u8>, Error> {
        let door = Door { module: &self.module, slot: self.slot, secrets: &*self.secrets };
        let pin = match state.pin.take() {
            Some(pin) => pin,
            // Without the lock: a person may take a while, and may use the module elsewhere meanwhile.
            None if self.needs_login => door.ask()?,
            None => None,
        };
        let _alone = self.module.alone();
        self.same_token()?;
        let session = match state.session.take() {
            Some(session) => session,
            None => self.module.cryptoki.open_ro_session(self.slot).map_err(failed)?,
        };
        let session = state.session.insert(session);
        if self.needs_login {
            door.login(session, UserType::User, &pin)?;
        }

        let key = self.key(session)?;
        session.sign_init(&prepared.mechanism, key.handle).map_err(failed)?;
        if key.always_authenticate.unwrap_or(self.module.kind == ModuleKind::HpkiSignature) {
            door.login(session, UserType::ContextSpecific, &pin)?;
        }
        let signed = self.module.raw.sign(session, &prepared.data);
        state.pin = Some(pin);
        signed.map_err(|failure| match failure.map(Rv::from) {
            Some(Rv::Error(code)) => failed_with(code, "C_Sign"),
            _ => {
                Error::Token { function: "C_Sign".to_owned(), code: "the module doesn't have it".to_owned() }
            }
        })
    }

    fn same_token(&self) -> Result<(), Error> {
        let info = self.module.cryptoki.get_token_info(self.slot).map_err(failed)?;
        if identity(&info) == self.token { Ok(()) } else { Err(Error::TokenRemoved) }
    }

    fn key(&self, session: &Session) -> Result<KeyObject, Error> {
        let (mut fitting, others): (Vec<_>, Vec<_>) =
            keys(session)?.into_iter().partition(|key| key.belongs_to(&self.object));
        // The only key of a card that shows neither modulus nor the same identifier: the signature will tell.
        if let (true, [only]) = (fitting.is_empty(), &others[..])
            && only.rsa_modulus.is_none()
        {
            return Ok(only.clone());
        }
        // Copies of one key under several identifiers: the certificate's own first.
        fitting.sort_by_key(|key| key.id != self.object.id);
        fitting
            .into_iter()
            .next()
            .ok_or_else(|| Error::NoKey(format!("the token, for {}", self.specification)))
    }
}

impl Drop for TokenCredential<'_> {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _alone = self.module.alone();
        state.session = None;
    }
}

impl Signer for TokenCredential<'_> {
    fn certificate(&self) -> &[u8] {
        self.certificates.signer().der()
    }

    fn chain(&self) -> &[Vec<u8>] {
        self.certificates.chain()
    }

    fn algorithm(&self, digest: DigestAlgorithm) -> SignatureAlgorithm {
        match self.certificates.signer().public_key_kind() {
            PublicKeyKind::Ec(_) => SignatureAlgorithm::Ecdsa(digest),
            _ => SignatureAlgorithm::RsaPkcs1(digest),
        }
    }

    fn sign(&self, algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok(self.sign_checked(algorithm, message)?)
    }
}

impl Credential for TokenCredential<'_> {
    fn protection(&self) -> KeyProtection {
        self.protection.clone()
    }

    fn signer_certificate(&self) -> &Certificate {
        self.certificates.signer()
    }

    fn specification(&self) -> &Specification {
        &self.specification
    }
}

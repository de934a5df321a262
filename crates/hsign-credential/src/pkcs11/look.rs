//! Looking at tokens without choosing: for `credential list` and `credential check`.

use std::sync::Arc;

use cryptoki::context::Function;
use cryptoki::mechanism::{MechanismInfo, MechanismType};
use cryptoki::session::UserType;

use super::failure::failed;
use super::module::Module;
use super::objects::{CertificateObject, KeyObject, certificates, keys};
use super::pin::Door;
use super::token::{PresentToken, library_matches, modules};
use crate::specification::Pkcs11Uri;
use crate::{Error, KeyProtection, Options, PinTries, SecretSource, Specification};

/// A token and what can be seen on it.
pub(crate) struct View {
    pub(crate) module: Arc<Module>,
    token: PresentToken,
    certificates: Vec<CertificateObject>,
    keys: Vec<KeyObject>,
    /// Certificates that can't be read.
    pub(crate) unreadable: usize,
    pub(crate) hardware: bool,
    pub(crate) mechanisms: Vec<(MechanismType, Option<MechanismInfo>)>,
}

/// One certificate in a [`View`].
pub(crate) struct Seen<'a> {
    pub(crate) certificate: &'a hsign_x509::Certificate,
    pub(crate) label: &'a str,
    pub(crate) id: &'a [u8],
    pub(crate) protection: KeyProtection,
    pub(crate) specification: Specification,
}

/// A result for each token that fits the URI. With `login`, keys are seen too, and a PIN is asked for.
pub(crate) fn look(
    uri: &Pkcs11Uri,
    secrets: Option<&dyn SecretSource>,
    options: &Options,
) -> Result<Vec<Result<View, Error>>, Error> {
    let mut views = Vec::new();
    for module in modules(uri, options)? {
        let tokens = {
            let _alone = module.alone();
            if library_matches(&module, uri) { PresentToken::all(&module)? } else { Vec::new() }
        };
        let fitting = tokens.into_iter().filter(|token| token.matches(uri));
        views.extend(fitting.map(|token| view(&module, token, secrets)));
    }
    Ok(views)
}

fn view(
    module: &Arc<Module>,
    token: PresentToken,
    secrets: Option<&dyn SecretSource>,
) -> Result<View, Error> {
    let asked = secrets.filter(|_| token.needs_login(module)).map(|secrets| {
        let door = Door { module, slot: token.slot, secrets };
        door.ask().map(|pin| (door, pin))
    });
    let asked = asked.transpose()?;
    let _alone = module.alone();
    let session = module.cryptoki.open_ro_session(token.slot).map_err(failed)?;
    if let Some((door, pin)) = asked {
        door.login(&session, UserType::User, &pin)?;
    }
    let (certificates, unreadable) = certificates(&session)?;
    let keys = keys(&session)?;
    let list = module.cryptoki.get_mechanism_list(token.slot).map_err(failed)?;
    let info = |kind: MechanismType| (kind, module.cryptoki.get_mechanism_info(token.slot, kind).ok());
    let mechanisms = list.into_iter().map(info).collect();
    let hardware = token.is_hardware(module);
    Ok(View { module: Arc::clone(module), certificates, keys, unreadable, hardware, mechanisms, token })
}

impl View {
    pub(crate) fn label(&self) -> &str {
        self.token.info.label().trim_end_matches([' ', '\0'])
    }

    /// CK_INFO, where the module gives it.
    pub(crate) fn library(&self) -> Option<cryptoki::context::Info> {
        let _alone = self.module.alone();
        self.module.cryptoki.get_library_info().ok()
    }

    pub(crate) fn info(&self) -> &cryptoki::slot::TokenInfo {
        &self.token.info
    }

    pub(crate) fn slot_info(&self) -> &cryptoki::slot::SlotInfo {
        &self.token.slot_info
    }

    pub(crate) fn tries(&self) -> PinTries {
        PinTries::of(&self.token.info)
    }

    pub(crate) fn certificates(&self) -> impl Iterator<Item = Seen<'_>> {
        self.certificates.iter().map(|object| {
            let key = self.keys.iter().find(|key| key.belongs_to(object));
            let unseen = KeyProtection::Token {
                hardware: self.hardware,
                always_authenticate: None,
                extractable: None,
                sensitive: None,
            };
            Seen {
                certificate: &object.certificate,
                label: &object.label,
                id: &object.id,
                protection: key.map_or(unseen, |key| key.protection(self.hardware)),
                specification: self.token.uri(&self.module, &object.id, &object.label),
            }
        })
    }

    pub(crate) fn keys(&self) -> &[KeyObject] {
        &self.keys
    }
}

/// The functions of PKCS#11 v2.20 that the module offers, by name.
pub(crate) fn functions(module: &Module) -> Vec<String> {
    let offered = V2_FUNCTIONS.iter().filter(|function| module.cryptoki.is_fn_supported(**function));
    offered.map(|function| format!("C_{function:?}")).collect()
}

#[rustfmt::skip]
const V2_FUNCTIONS: [Function; 68] = {
    use Function::*;
    [
        Initialize, Finalize, GetInfo, GetFunctionList, GetSlotList, GetSlotInfo, GetTokenInfo, GetMechanismList,
        GetMechanismInfo, InitToken, InitPIN, SetPIN, OpenSession, CloseSession, CloseAllSessions, GetSessionInfo,
        GetOperationState, SetOperationState, Login, Logout, CreateObject, CopyObject, DestroyObject, GetObjectSize,
        GetAttributeValue, SetAttributeValue, FindObjectsInit, FindObjects, FindObjectsFinal, EncryptInit, Encrypt,
        EncryptUpdate, EncryptFinal, DecryptInit, Decrypt, DecryptUpdate, DecryptFinal, DigestInit, Digest,
        DigestUpdate, DigestKey, DigestFinal, SignInit, Sign, SignUpdate, SignFinal, SignRecoverInit, SignRecover,
        VerifyInit, Verify, VerifyUpdate, VerifyFinal, VerifyRecoverInit, VerifyRecover, DigestEncryptUpdate,
        DecryptDigestUpdate, SignEncryptUpdate, DecryptVerifyUpdate, GenerateKey, GenerateKeyPair, WrapKey, UnwrapKey,
        DeriveKey, SeedRandom, GenerateRandom, GetFunctionStatus, CancelFunction, WaitForSlotEvent,
    ]
};

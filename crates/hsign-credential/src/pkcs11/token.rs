//! Tokens in slots, matched with a URI (RFC 7512 §2.5).

use std::path::PathBuf;
use std::sync::Arc;

use cryptoki::mechanism::MechanismType;
use cryptoki::slot::{Slot, SlotInfo, TokenInfo};

use super::discovery::{self, ModuleKind};
use super::failure::failed;
use super::module::Module;
use crate::specification::Pkcs11Uri;
use crate::{Error, Options, Specification};

/// A token that is present.
pub(super) struct PresentToken {
    pub(super) slot: Slot,
    pub(super) slot_info: SlotInfo,
    pub(super) info: TokenInfo,
}

impl PresentToken {
    /// Every token of a module that could be used. The caller holds [`Module::alone`].
    pub(super) fn all(module: &Module) -> Result<Vec<Self>, Error> {
        let slots = module.cryptoki.get_slots_with_token().map_err(failed)?;
        let tokens = slots.into_iter().filter_map(|slot| {
            let slot_info = module.cryptoki.get_slot_info(slot).ok()?;
            // A card pulled out between the two calls, or one the reader can't talk to, is no token.
            let info = module.cryptoki.get_token_info(slot).ok()?;
            // An HPKI card is issued initialised, whatever flags its module sets.
            let usable = info.token_initialized() || module.kind != ModuleKind::Other;
            usable.then_some(Self { slot, slot_info, info })
        });
        Ok(tokens.collect())
    }

    /// Whether every attribute of the URI about token and slot agrees.
    pub(super) fn matches(&self, uri: &Pkcs11Uri) -> bool {
        let same = |wanted: &Option<String>, is: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.trim_end() == is.trim_end_matches([' ', '\0']))
        };
        same(&uri.token, self.info.label())
            && same(&uri.manufacturer, self.info.manufacturer_id())
            && same(&uri.serial, self.info.serial_number())
            && same(&uri.model, self.info.model())
            && same(&uri.slot_description, self.slot_info.slot_description())
            && same(&uri.slot_manufacturer, self.slot_info.manufacturer_id())
            && uri.slot_id.is_none_or(|wanted| wanted == self.slot.id())
    }

    /// The key is used, and often seen, only after login. HPKI cards always ask, whatever flags their module sets.
    pub(super) fn needs_login(&self, module: &Module) -> bool {
        self.info.login_required() || module.kind != ModuleKind::Other
    }

    /// Declared as hardware by slot or mechanism; SoftHSM declares neither.
    pub(super) fn is_hardware(&self, module: &Module) -> bool {
        let by_mechanism = || {
            [MechanismType::RSA_PKCS, MechanismType::ECDSA].iter().any(|kind| {
                module.cryptoki.get_mechanism_info(self.slot, *kind).is_ok_and(|info| info.hardware())
            })
        };
        self.slot_info.hardware_slot() || by_mechanism()
    }

    /// The URI of one object on this token.
    pub(super) fn uri(&self, module: &Module, id: &[u8], label: &str) -> Specification {
        let text = |text: &str| {
            let text = text.trim_end_matches([' ', '\0']);
            (!text.is_empty()).then(|| text.to_owned())
        };
        Specification::Pkcs11(Box::new(Pkcs11Uri {
            token: text(self.info.label()),
            serial: text(self.info.serial_number()),
            id: (!id.is_empty()).then(|| id.to_vec()),
            object: if id.is_empty() { text(label) } else { None },
            module_path: Some(module.path.clone()),
            ..Pkcs11Uri::default()
        }))
    }
}

/// The modules a URI speaks of: `module-path` wins over `module-name`, this over the options, these over the
/// usual places. A module that the URI names must load; of the others, those that do are taken.
pub(super) fn modules(uri: &Pkcs11Uri, options: &Options) -> Result<Vec<Arc<Module>>, Error> {
    if let Some(path) = &uri.module_path {
        return Ok(vec![Module::load(path)?]);
    }
    if let Some(name) = &uri.module_name {
        let path = discovery::named(name).ok_or_else(|| Error::Module {
            path: name.clone(),
            reason: "no such module in the usual places".to_owned(),
        })?;
        return Ok(vec![Module::load(&path)?]);
    }
    let paths: Vec<PathBuf> =
        if options.modules.is_empty() { discovery::usual_modules() } else { options.modules.clone() };
    let mut failure = Error::NoModule;
    let mut modules = Vec::new();
    for path in paths {
        match Module::load(&path) {
            Ok(module) => modules.push(module),
            Err(error) => failure = error,
        }
    }
    if modules.is_empty() { Err(failure) } else { Ok(modules) }
}

/// Whether the attributes of the URI about the library agree.
pub(super) fn library_matches(module: &Module, uri: &Pkcs11Uri) -> bool {
    if uri.library_manufacturer.is_none()
        && uri.library_description.is_none()
        && uri.library_version.is_none()
    {
        return true;
    }
    let Ok(info) = module.cryptoki.get_library_info() else { return false };
    let version = info.library_version();
    uri.library_manufacturer.as_ref().is_none_or(|wanted| wanted == info.manufacturer_id())
        && uri.library_description.as_ref().is_none_or(|wanted| wanted == info.library_description())
        && uri.library_version.is_none_or(|wanted| wanted == (version.major(), version.minor()))
}

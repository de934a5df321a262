//! PKCS#11 modules: loaded and initialised once per process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as CryptokiError, Rv, RvError};

use super::discovery::ModuleKind;
use super::raw::RawModule;
use hsign_core::Secret;

use crate::Error;

/// A module. Never unloaded and never finalised: other users of it in this process may go on, and unloading
/// PKCS#11 libraries is a known way to crash.
pub(crate) struct Module {
    pub(crate) path: PathBuf,
    pub(crate) kind: ModuleKind,
    pub(super) cryptoki: Pkcs11,
    pub(super) raw: RawModule,
    /// `C_Initialize(NULL)` was needed.
    pub(crate) initialized_with_null: bool,
    /// HPKI middleware allows no concurrent calls, and v2.20 leaves it open without locking arguments: one
    /// caller at a time for every module.
    calls: Mutex<()>,
    /// PINs that a token refused, by token: never sent to it twice.
    refused: Mutex<BTreeMap<String, Secret>>,
}

static MODULES: Mutex<BTreeMap<PathBuf, Arc<Module>>> = Mutex::new(BTreeMap::new());

impl Module {
    /// Loads and initialises, or hands out the one already there.
    pub(crate) fn load(path: &Path) -> Result<Arc<Self>, Error> {
        // The loader searches bare names in its own places; only files have a canonical path.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(&path) {
            return Ok(Arc::clone(module));
        }
        let module = Arc::new(Self::initialize(&path)?);
        modules.insert(path, Arc::clone(&module));
        Ok(module)
    }

    fn initialize(path: &Path) -> Result<Self, Error> {
        let failed = |reason: String| Error::Module { path: path.display().to_string(), reason };
        let raw = RawModule::load(path)?;
        let cryptoki = Pkcs11::new(path).map_err(|error| failed(error.to_string()))?;
        let kind = ModuleKind::of(path);
        let initialized_with_null = match kind {
            ModuleKind::HpkiSignature | ModuleKind::HpkiAuthentication => true,
            ModuleKind::Other => {
                !initialize_with_arguments(&cryptoki).map_err(|error| failed(error.to_string()))?
            }
        };
        if initialized_with_null {
            match raw.initialize_with_null() {
                Ok(()) => {}
                Err(None) => return Err(failed("it has no C_Initialize".to_owned())),
                Err(Some(code)) => match Rv::from(code) {
                    Rv::Ok | Rv::Error(RvError::CryptokiAlreadyInitialized) => {}
                    Rv::Error(error) => return Err(failed(format!("C_Initialize failed: {error:?}"))),
                },
            }
        }
        let (calls, refused) = (Mutex::new(()), Mutex::new(BTreeMap::new()));
        Ok(Self { path: path.to_owned(), kind, cryptoki, raw, initialized_with_null, calls, refused })
    }

    /// Held around every use. Sessions must be dropped before it.
    pub(super) fn alone(&self) -> MutexGuard<'_, ()> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn refused_before(&self, token: &str, pin: &Secret) -> bool {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).get(token) == Some(pin)
    }

    pub(super) fn remember_refused(&self, token: &str, pin: Option<Secret>) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        match pin {
            Some(pin) => refused.insert(token.to_owned(), pin),
            None => refused.remove(token),
        };
    }
}

/// What ordinary modules want. False when the module wants none of it, so that NULL is worth a try.
fn initialize_with_arguments(cryptoki: &Pkcs11) -> Result<bool, CryptokiError> {
    match cryptoki.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(CryptokiError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(true),
        Err(CryptokiError::Pkcs11(
            RvError::ArgumentsBad | RvError::CantLock | RvError::NeedToCreateThreads,
            _,
        )) => Ok(false),
        Err(error) => Err(error),
    }
}

//! `--fips`: only algorithms of OpenSSL's FIPS provider.

use std::sync::{Mutex, OnceLock, PoisonError};

use openssl::md::Md;
use openssl::provider::Provider;

use crate::Error;

static PROVIDERS: OnceLock<[Provider; 2]> = OnceLock::new();

/// Makes this process use OpenSSL's FIPS provider only. Call it before anything else uses OpenSSL: a default
/// provider that is already active can't be taken away, and is noticed and refused here.
///
/// It loads the providers `fips` and `base` (encodings, no algorithms) and proves the effect: SHA-256 must
/// be there and MD5 must not. That the module installed is a validated one is for its supplier to say.
///
/// # Errors
/// When the provider isn't installed or configured, or the default provider is active beside it.
pub fn enable() -> Result<(), Error> {
    static ONCE: Mutex<()> = Mutex::new(());
    let _alone = ONCE.lock().unwrap_or_else(PoisonError::into_inner);
    if PROVIDERS.get().is_none() {
        let load = |name: &str| {
            Provider::load(None, name)
                .map_err(|error| Error::Fips(format!("provider `{name}`: {}", Error::openssl(&error))))
        };
        let providers = [load("fips")?, load("base")?];
        prove()?;
        // Kept for the life of the process: dropping a provider unloads it.
        let _ = PROVIDERS.set(providers);
    }
    Ok(())
}

/// Whether [`enable`] succeeded in this process.
#[must_use]
pub fn enabled() -> bool {
    PROVIDERS.get().is_some()
}

fn prove() -> Result<(), Error> {
    if Md::fetch(None, "SHA2-256", None).is_err() {
        return Err(Error::Fips("it offers no SHA-256".to_owned()));
    }
    if Md::fetch(None, "MD5", None).is_ok() {
        return Err(Error::Fips("the default provider is active beside it".to_owned()));
    }
    Ok(())
}

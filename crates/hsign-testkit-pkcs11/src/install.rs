//! For tests: finds the built module and puts a copy with a card somewhere.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Card, CardError};

/// The dynamic library of this crate, as cargo built it for the running test or program: beside the
/// executable, in `deps` below it, or in the folder above.
#[must_use]
pub fn module_file() -> Option<PathBuf> {
    let name =
        format!("{}hsign_testkit_pkcs11{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let executable = std::env::current_exe().ok()?;
    let folder = executable.parent()?;
    [folder.to_owned(), folder.join("deps"), folder.parent()?.to_owned(), folder.parent()?.join("deps")]
        .into_iter()
        .map(|place| place.join(&name))
        .find(|file| file.is_file())
}

impl Card {
    /// Copies the module into `folder` under `name` (such as `HpkiSigP11_test`), with this card beside
    /// it, and says where the module is.
    ///
    /// # Errors
    /// When the module was not built or the folder can't be written.
    pub fn install(&self, folder: &Path, name: &str) -> Result<PathBuf, CardError> {
        let built = module_file().ok_or_else(|| CardError("the module was not built".to_owned()))?;
        let module = folder.join(format!("{name}{}", std::env::consts::DLL_SUFFIX));
        fs::copy(&built, &module).map_err(|error| CardError(format!("{}: {error}", built.display())))?;
        self.write(&module.with_extension("card"))?;
        Ok(module)
    }
}

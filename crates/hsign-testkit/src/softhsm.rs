//! A SoftHSM2 token with a key and its certificate, for demonstrations and tests through PKCS#11.
//!
//! SoftHSM2 finds its tokens by the environment variable `SOFTHSM2_CONF`, so whoever uses the token runs in a process
//! of its own with that variable set; so does the one step here that talks to the module itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, CertificateType, ObjectClass};
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;

use crate::{Error, Identity};

/// The variable that names SoftHSM2's configuration.
pub const CONFIGURATION_VARIABLE: &str = "SOFTHSM2_CONF";
/// The PIN of every token made here.
pub const PIN: &str = "4711";
/// The identifier of key and certificate, the one HPKI cards use.
const ID: &str = "17";

/// A token in a folder.
#[derive(Clone, Debug)]
pub struct SoftHsm {
    /// SoftHSM2's PKCS#11 module.
    pub module: PathBuf,
    /// The configuration that leads to the token.
    pub configuration: PathBuf,
}

/// The module where distributions put it; `None` where SoftHSM2 isn't installed.
#[must_use]
pub fn module() -> Option<PathBuf> {
    const PLACES: [&str; 6] = [
        "/usr/lib/softhsm",
        "/usr/lib/x86_64-linux-gnu/softhsm",
        "/usr/lib/aarch64-linux-gnu/softhsm",
        "/usr/lib64/pkcs11",
        "/usr/local/lib/softhsm",
        "/opt/homebrew/lib/softhsm",
    ];
    PLACES.iter().map(|place| Path::new(place).join("libsofthsm2.so")).find(|path| path.is_file())
}

/// Makes a token called `label` in `folder` with somebody's key. The certificate follows by [`put_certificate`] in
/// another process. `None` where SoftHSM2 isn't installed.
///
/// # Errors
/// The folder can't be written, or `softhsm2-util` failed.
pub fn create(folder: &Path, label: &str, identity: &Identity) -> Result<Option<SoftHsm>, Error> {
    let Some(module) = module() else { return Ok(None) };
    let tokens = folder.join("tokens");
    std::fs::create_dir_all(&tokens)?;
    let configuration = folder.join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    std::fs::write(&configuration, text)?;
    let key = folder.join("key.pem");
    std::fs::write(&key, identity.private_key_pem())?;
    let key_path = key.to_string_lossy().into_owned();
    let token = SoftHsm { module, configuration };
    token.util(&["--init-token", "--free", "--label", label, "--so-pin", "00000000", "--pin", PIN])?;
    token.util(&["--import", &key_path, "--token", label, "--label", "key", "--id", ID, "--pin", PIN])?;
    std::fs::remove_file(key)?;
    Ok(Some(token))
}

impl SoftHsm {
    /// The credential as `hsign` names it.
    #[must_use]
    pub fn specification(&self, label: &str) -> String {
        format!("pkcs11:token={label};id=%{ID}?module-path={}", self.module.display())
    }

    fn util(&self, arguments: &[&str]) -> Result<(), Error> {
        let mut command = Command::new("softhsm2-util");
        let output = command.args(arguments).env(CONFIGURATION_VARIABLE, &self.configuration).output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Error::Io(std::io::Error::other(format!("softhsm2-util: {said}"))))
    }
}

/// Puts a certificate beside the key, which `softhsm2-util` can't. Runs in a process with
/// [`CONFIGURATION_VARIABLE`] set and uses the first token there is.
///
/// # Errors
/// SoftHSM2 isn't installed, has no token, or refuses.
pub fn put_certificate(certificate: &[u8]) -> Result<(), Error> {
    let failed = |reason: String| Error::Io(std::io::Error::other(reason));
    let module = module().ok_or_else(|| failed("SoftHSM2 is not installed".to_owned()))?;
    let subject = openssl::x509::X509::from_der(certificate)?.subject_name().to_der()?;
    put(&module, certificate, &subject).map_err(|error| failed(error.to_string()))
}

fn put(module: &Path, certificate: &[u8], subject: &[u8]) -> Result<(), cryptoki::error::Error> {
    let pkcs11 = Pkcs11::new(module)?;
    pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
    let slots = pkcs11.get_slots_with_initialized_token()?;
    let Some(slot) = slots.first() else { return Err(cryptoki::error::Error::NotSupported) };
    let session = pkcs11.open_rw_session(*slot)?;
    session.login(UserType::User, Some(&AuthPin::from(PIN.to_owned())))?;
    session.create_object(&[
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Id(vec![0x17]),
        Attribute::Label(b"HPKI END ENTITY CERTIFICATE".to_vec()),
        Attribute::Subject(subject.to_vec()),
        Attribute::Value(certificate.to_vec()),
    ])?;
    session.logout()
}

//! The card: a folder with `card.conf`, `key.pem`, `certificate.pem`, further certificates, and the
//! number of PIN tries left, which outlives the process as on a real card.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

/// Which of the two key domains the module serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Signature (nonRepudiation): login before each signature.
    Signature,
    /// Authentication: one login per session.
    Authentication,
}

/// What makes a card; written with [`Card::install`], read by the module.
#[derive(Clone, Debug)]
pub struct Card {
    /// Signature or authentication.
    pub kind: Kind,
    /// The PIN, 4 to 16 ASCII characters.
    pub pin: String,
    /// Wrong PINs until the card locks itself.
    pub tries: u32,
    /// The library's description: `HPKI 3.0`, or `HPKI2.0` on older middleware.
    pub library_description: String,
    /// The token's label: `HPKI Application`, or blanks.
    pub label: String,
    /// Label of the key; the guideline's is an example only.
    pub key_label: String,
    /// CKA_ID of the key; the certificate's is the guideline's 0x17.
    pub key_id: u8,
    /// The key shows CKA_MODULUS.
    pub modulus_visible: bool,
    /// The private key, PEM (RSA).
    pub key: Vec<u8>,
    /// The holder's certificate, PEM.
    pub certificate: Vec<u8>,
    /// Operator CA and root, PEM, nearest first; may be empty.
    pub chain: Vec<u8>,
}

/// The card folder can't be read or written.
#[derive(Debug)]
pub struct CardError(pub String);

impl std::fmt::Display for CardError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "test card: {}", self.0)
    }
}

impl std::error::Error for CardError {}

impl Card {
    /// A card as the guideline describes it: three tries, its example labels.
    #[must_use]
    pub fn new(kind: Kind, pin: &str, key_pem: &[u8], certificate_pem: &[u8], chain_pem: &[u8]) -> Self {
        Self {
            kind,
            pin: pin.to_owned(),
            tries: 3,
            library_description: "HPKI 3.0".to_owned(),
            label: "HPKI Application".to_owned(),
            key_label: "Private key of HPKI".to_owned(),
            key_id: 0x17,
            modulus_visible: true,
            key: key_pem.to_vec(),
            certificate: certificate_pem.to_vec(),
            chain: chain_pem.to_vec(),
        }
    }

    /// Writes the card into `folder`, with all tries left.
    ///
    /// # Errors
    /// When the folder can't be written.
    pub fn write(&self, folder: &Path) -> Result<(), CardError> {
        let kind = if self.kind == Kind::Signature { "sign" } else { "auth" };
        let conf = format!(
            "kind={kind}\npin={}\nlibrary-description={}\nlabel={}\nkey-label={}\n\
             key-id={}\nmodulus-visible={}\n",
            self.pin, self.library_description, self.label, self.key_label, self.key_id, self.modulus_visible
        );
        let put = |name: &str, bytes: &[u8]| {
            fs::write(folder.join(name), bytes).map_err(|error| CardError(format!("{name}: {error}")))
        };
        fs::create_dir_all(folder).map_err(|error| CardError(error.to_string()))?;
        put("card.conf", conf.as_bytes())?;
        put("key.pem", &self.key)?;
        put("certificate.pem", &self.certificate)?;
        put("chain.pem", &self.chain)?;
        put("tries-at-most", self.tries.to_string().as_bytes())?;
        put("tries-left", self.tries.to_string().as_bytes())
    }
}

/// A card as the module sees it.
pub(crate) struct Inserted {
    pub(crate) folder: PathBuf,
    pub(crate) kind: Kind,
    pub(crate) pin: String,
    pub(crate) library_description: String,
    pub(crate) label: String,
    pub(crate) key_label: String,
    pub(crate) key_id: u8,
    pub(crate) modulus_visible: bool,
    pub(crate) key: PKey<Private>,
    pub(crate) certificate: X509,
    pub(crate) chain: Vec<X509>,
}

impl Inserted {
    pub(crate) fn read(folder: &Path) -> Result<Self, CardError> {
        let get =
            |name: &str| fs::read(folder.join(name)).map_err(|error| CardError(format!("{name}: {error}")));
        let conf = String::from_utf8_lossy(&get("card.conf")?).into_owned();
        let mut values: BTreeMap<&str, &str> = conf.lines().filter_map(|line| line.split_once('=')).collect();
        let mut value = |name: &str| {
            values.remove(name).map(str::to_owned).ok_or_else(|| CardError(format!("{name} is missing")))
        };
        let openssl = |error: openssl::error::ErrorStack| CardError(error.to_string());
        Ok(Self {
            folder: folder.to_owned(),
            kind: if value("kind")? == "sign" { Kind::Signature } else { Kind::Authentication },
            pin: value("pin")?,
            library_description: value("library-description")?,
            label: value("label")?,
            key_label: value("key-label")?,
            key_id: value("key-id")?.parse().map_err(|_| CardError("key-id".to_owned()))?,
            modulus_visible: value("modulus-visible")? == "true",
            key: PKey::private_key_from_pem(&get("key.pem")?).map_err(openssl)?,
            certificate: X509::from_pem(&get("certificate.pem")?).map_err(openssl)?,
            chain: X509::stack_from_pem(&get("chain.pem")?).map_err(openssl)?,
        })
    }

    /// Whether the card lies in the reader: a file `removed` in the folder takes it out.
    pub(crate) fn present(&self) -> bool {
        !self.folder.join("removed").exists()
    }

    pub(crate) fn tries_left(&self) -> u32 {
        self.number("tries-left")
    }

    pub(crate) fn tries_at_most(&self) -> u32 {
        self.number("tries-at-most")
    }

    /// A number that can't be read counts as a locked card.
    fn number(&self, name: &str) -> u32 {
        fs::read_to_string(self.folder.join(name)).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    pub(crate) fn set_tries_left(&self, tries: u32) -> std::io::Result<()> {
        fs::write(self.folder.join("tries-left"), tries.to_string())
    }
}

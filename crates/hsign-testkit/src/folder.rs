//! The PKI as files, for commands and scripts.

use std::fs;
use std::path::{Path, PathBuf};

use crate::clock::{Clock, Seconds};
use crate::pki::{self, Ca, CrlName, Pki, Protection, Unit};
use crate::{Error, Person, documents, registry};

/// The people who also get PKCS#12 files under old protections.
const OLD_PROTECTIONS_FOR: [Person; 2] = [Person::Doctor, Person::Pharmacist];

/// Writes a PKI without serving it; its URLs begin with `base_url`. Returns what was left out and why.
///
/// # Errors
/// The folder can't be written, or what OpenSSL says.
pub fn write_folder(base_url: &str, clock: &Clock, folder: &Path) -> Result<Vec<String>, Error> {
    let now = clock.now();
    write(&Pki::new(base_url, now)?, folder, now)
}

/// Writes everything under `folder`; returns what was left out and why.
///
/// | path | what |
/// |---|---|
/// | `trust.toml` | the trust registry |
/// | `ca/NAME.pem`, `.cer` | authorities |
/// | `people/NAME/` | `certificate.pem`, `.cer`, `chain.pem` (own certificate first), `key.pem`, `identity.p12` |
/// | `units/NAME/` | the same for TSA units, OCSP responders and TLS ends |
/// | `crl/NAME.crl` | the lists as they stand now |
/// | `documents/` | sample documents |
/// | `passphrase.txt` | of the PKCS#12 files |
pub(crate) fn write(pki: &Pki, folder: &Path, now: Seconds) -> Result<Vec<String>, Error> {
    let mut notes = Vec::new();
    for ca in Ca::ALL {
        let certificate = pki.authority(ca).certificate_der();
        put(&folder.join("ca"), &format!("{}.cer", ca.name()), certificate)?;
        put(
            &folder.join("ca"),
            &format!("{}.pem", ca.name()),
            pki::pem(certificate, "CERTIFICATE").as_bytes(),
        )?;
    }
    for person in Person::ALL {
        let identity = pki.person(person);
        let folder = person_folder(folder, person);
        write_identity(identity, &folder)?;
        for protection in Protection::ALL {
            if protection != Protection::Aes && !OLD_PROTECTIONS_FOR.contains(&person) {
                continue;
            }
            match identity.pkcs12(protection) {
                Ok(container) => put(&folder, protection.file_name(), &container)?,
                Err(error) if protection == Protection::Rc2 => {
                    notes.push(format!("{}: left out: {error}", protection.file_name()));
                }
                Err(error) => return Err(error),
            }
        }
    }
    for unit in Unit::ALL {
        write_identity(pki.unit(unit), &folder.join("units").join(unit.name()))?;
    }
    for list in CrlName::ALL {
        put(&folder.join("crl"), list.file_name(), &pki.crl(list, now)?)?;
    }
    for (name, document) in documents::all()? {
        put(&folder.join("documents"), name, &document)?;
    }
    put(folder, "trust.toml", registry::toml(pki, now).as_bytes())?;
    put(folder, "passphrase.txt", format!("{}\n", pki::PASSPHRASE).as_bytes())?;
    Ok(notes)
}

/// Where a person's files are.
pub(crate) fn person_folder(folder: &Path, person: Person) -> PathBuf {
    folder.join("people").join(person.name())
}

fn write_identity(identity: &pki::Identity, folder: &Path) -> Result<(), Error> {
    put(folder, "certificate.cer", identity.certificate_der())?;
    put(folder, "certificate.pem", identity.certificate_pem().as_bytes())?;
    put(folder, "chain.pem", identity.chain_pem().as_bytes())?;
    put(folder, "key.pem", identity.private_key_pem().as_bytes())
}

fn put(folder: &Path, name: &str, contents: &[u8]) -> Result<(), Error> {
    fs::create_dir_all(folder)?;
    Ok(fs::write(folder.join(name), contents)?)
}

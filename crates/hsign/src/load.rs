//! Trust and evidence from files and folders.

use std::fs;
use std::path::{Path, PathBuf};

use hsign_pki::{Purpose, TrustRegistry};
use hsign_x509::{Certificate, certificates_from_bytes};

use crate::Error;
use crate::confirmation::check_confirmation;

/// What one file may hold of trust or evidence; the largest CRLs of public CAs have some 30 MB.
const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;

/// Trust from registry files (TOML), certificates (PEM, DER, PKCS#7) and folders of them, in the order given. Bare
/// certificates are anchors for `purpose`. Within a folder the files count in the order of their names, files of
/// other kinds are passed over, and certificates that a registry file there names are not anchors of their own.
///
/// # Errors
/// When something can't be read or is neither.
pub fn trust(paths: &[PathBuf], purpose: Purpose) -> Result<TrustRegistry, Error> {
    let mut registry = TrustRegistry::default();
    for path in paths {
        if path.is_dir() {
            registry.extend(trust_folder(path, purpose)?);
        } else {
            registry.extend(trust_file(path, purpose)?);
        }
    }
    Ok(registry)
}

fn trust_folder(folder: &Path, purpose: Purpose) -> Result<TrustRegistry, Error> {
    let files = files_in(folder)?;
    let registries: Vec<&PathBuf> = files.iter().filter(|file| is_registry(file)).collect();
    let mut registry = TrustRegistry::default();
    if registries.is_empty() {
        for file in files.iter().filter(|file| is_certificate(file)) {
            registry.extend(trust_file(file, purpose)?);
        }
    }
    for file in registries {
        registry.extend(trust_file(file, purpose)?);
    }
    if registry.entries().is_empty() {
        return Err(Error::NoTrust { path: folder.to_owned() });
    }
    Ok(registry)
}

fn trust_file(path: &Path, purpose: Purpose) -> Result<TrustRegistry, Error> {
    let bytes = read(path)?;
    let read = if is_registry(path) {
        check_confirmation(path, &bytes)?;
        registry_text(path, bytes)
    } else if purpose == Purpose::Tsa {
        TrustRegistry::from_tsa_certificates(&bytes)
    } else {
        TrustRegistry::from_signer_certificates(&bytes)
    };
    read.map_err(|source| Error::Trust { path: path.to_owned(), source })
}

fn registry_text(path: &Path, bytes: Vec<u8>) -> Result<TrustRegistry, hsign_pki::Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let text = String::from_utf8(bytes)
        .map_err(|_| hsign_pki::Error::Syntax { line: 1, reason: "not UTF-8 text".to_owned() })?;
    TrustRegistry::parse_toml(&text, &|name| read(&folder.join(name)).ok())
}

fn is_registry(path: &Path) -> bool {
    has_extension(path, &["toml"])
}

fn is_certificate(path: &Path) -> bool {
    has_extension(path, &["pem", "der", "cer", "crt", "p7b", "p7c"])
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|found| extensions.iter().any(|wanted| found.eq_ignore_ascii_case(wanted)))
}

/// The certificates in a file: PEM, DER or PKCS#7; at least one.
///
/// # Errors
/// When it can't be read or holds none.
pub fn certificates(path: &Path) -> Result<Vec<Certificate>, Error> {
    let unreadable = |source| Error::CertificateFile { path: path.to_owned(), source };
    certificates_from_bytes(&read(path)?).map_err(unreadable)
}

/// The first certificate in a file.
///
/// # Errors
/// When it can't be read or holds none.
pub fn certificate(path: &Path) -> Result<Certificate, Error> {
    let nothing = || Error::CertificateFile {
        path: path.to_owned(),
        source: hsign_x509::Error::Nothing("certificate"),
    };
    certificates(path)?.into_iter().next().ok_or_else(nothing)
}

/// The bytes of every file named, and of every file in the folders named, with where each came from.
///
/// # Errors
/// When something can't be read.
pub fn files(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Vec<u8>)>, Error> {
    let mut found = Vec::new();
    for path in paths {
        let files = if path.is_dir() { files_in(path)? } else { vec![path.clone()] };
        for file in files {
            let bytes = read(&file)?;
            found.push((file, bytes));
        }
    }
    Ok(found)
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |source| Error::File { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A small file whole.
///
/// # Errors
/// When it can't be read, or is larger than anything of its kind.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |source| Error::File { path: path.to_owned(), source };
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if length > MAX_FILE_BYTES {
        return Err(unreadable(std::io::Error::new(std::io::ErrorKind::FileTooLarge, "larger than 256 MiB")));
    }
    fs::read(path).map_err(unreadable)
}

//! Certificates as authorities publish them: PEM, DER, PKCS#7, or a ZIP of such files.

use std::io::{Cursor, Read as _};
use std::path::Path;

use hsign_core::ErrorKind;
use hsign_core::Finding;
use hsign_x509::{Certificate, certificates_from_bytes};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::{Error, load};

/// Entries in one archive. The ministry publishes one archive per service, with a handful of certificates.
const MAX_ENTRIES: usize = 1_000;
/// One file in the archive, unpacked; a certificate has some 2 KB.
const MAX_ENTRY_BYTES: u64 = 1024 * 1024;
/// All of them together.
const MAX_TOTAL_BYTES: u64 = 16 * 1024 * 1024;
/// How every ZIP with at least one entry begins (APPNOTE 4.3.7).
const LOCAL_FILE: &[u8] = b"PK\x03\x04";

/// A certificate and where in the bundle it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundled {
    /// The name of the file within the archive; nothing where there is no archive.
    pub name: Option<String>,
    /// The certificate.
    pub certificate: Certificate,
}

/// What a bundle holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// The certificates, each once.
    pub certificates: Vec<Bundled>,
    /// Names of files in the archive that hold no certificate, such as texts.
    pub passed_over: Vec<String>,
}

/// A bundle can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Not a certificate file.
    #[error(transparent)]
    Certificates(#[from] hsign_x509::Error),
    /// Not a readable ZIP: damaged, encrypted, or of an unusual kind.
    #[error("the ZIP can't be read: {0}")]
    Zip(String),
    /// More than any publisher of certificates would put into one.
    #[error("the ZIP holds too much: {what} (limit {limit})")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// How much is read.
        limit: u64,
    },
}

impl BundleError {
    /// Whom the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Unreadable
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Certificates(error) => error.finding(),
            Self::Zip(reason) => Finding::error("zip-unreadable").with("reason", reason),
            Self::TooMuch { what, limit } => {
                Finding::error("zip-too-large").with("what", what).with("limit", limit)
            }
        }
    }
}

/// The certificates in a file.
///
/// # Errors
/// When it can't be read or holds none.
pub fn read_bundle(path: &Path) -> Result<Bundle, Error> {
    bundle_from_bytes(&load::read(path)?).map_err(|source| Error::Bundle { path: path.to_owned(), source })
}

/// The certificates in bytes: a ZIP is told by its first four.
///
/// # Errors
/// When they can't be read, or hold no certificate.
pub fn bundle_from_bytes(bytes: &[u8]) -> Result<Bundle, BundleError> {
    let mut bundle = Bundle::default();
    if bytes.starts_with(LOCAL_FILE) {
        unpack(bytes, &mut bundle)?;
    } else {
        bundle.add(None, certificates_from_bytes(bytes)?);
    }
    if bundle.certificates.is_empty() {
        return Err(hsign_x509::Error::Nothing("certificate").into());
    }
    Ok(bundle)
}

impl Bundle {
    fn add(&mut self, name: Option<&str>, certificates: Vec<Certificate>) {
        for certificate in certificates {
            if self.certificates.iter().all(|known| known.certificate != certificate) {
                self.certificates.push(Bundled { name: name.map(str::to_owned), certificate });
            }
        }
    }
}

/// Names only serve to be shown; nothing is ever written where they say.
fn unpack(bytes: &[u8], bundle: &mut Bundle) -> Result<(), BundleError> {
    let unreadable = |error: ZipError| BundleError::Zip(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    if archive.len() > MAX_ENTRIES {
        return Err(BundleError::TooMuch { what: "entries", limit: MAX_ENTRIES as u64 });
    }
    let mut left = MAX_TOTAL_BYTES;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(unreadable)?;
        if entry.is_dir() {
            continue;
        }
        let name = shown(entry.name_raw());
        let mut contents = Vec::new();
        // What the directory says about sizes is the sender's word; what counts is what comes out.
        let limit = MAX_ENTRY_BYTES.min(left);
        let read = entry.take(limit + 1).read_to_end(&mut contents);
        read.map_err(|error| BundleError::Zip(error.to_string()))?;
        let length = contents.len() as u64;
        if length > limit {
            return Err(BundleError::TooMuch { what: "bytes", limit });
        }
        left -= length;
        match certificates_from_bytes(&contents) {
            Ok(certificates) => bundle.add(Some(&name), certificates),
            Err(_) => bundle.passed_over.push(name),
        }
    }
    Ok(())
}

/// Archives made on Japanese Windows have names in Shift_JIS and don't say so.
fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use zip::CompressionMethod;
    use zip::write::{SimpleFileOptions, ZipWriter};

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for (name, contents) in files {
            writer.start_file(*name, options).unwrap();
            writer.write_all(contents).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn certificate(name: &str) -> Vec<u8> {
        let pki = hsign_testkit::Testbed::start().unwrap();
        std::fs::read(pki.folder().join("ca").join(name)).unwrap()
    }

    #[test]
    fn a_zip_of_certificates_is_read_with_the_names_and_what_else_there_was() {
        let root = certificate("tsa-root.pem");
        let archive = zip(&[("service/root.cer", &root), ("readme.txt", b"hello"), ("again.crt", &root)]);
        let bundle = bundle_from_bytes(&archive).unwrap();
        let names: Vec<_> = bundle.certificates.iter().map(|one| one.name.as_deref()).collect();
        assert_eq!(names, [Some("service/root.cer")], "each certificate once");
        assert_eq!(bundle.passed_over, ["readme.txt"]);
        let plain = bundle_from_bytes(&root).unwrap();
        assert_eq!(plain.certificates[0].certificate, bundle.certificates[0].certificate);
        assert_eq!(plain.certificates[0].name, None);
    }

    #[test]
    fn an_archive_that_unpacks_to_more_than_the_budget_is_refused() {
        let large = vec![0; usize::try_from(MAX_ENTRY_BYTES).unwrap() + 1];
        let bomb = zip(&[("a.cer", &large)]);
        assert!(bomb.len() < 16 * 1024);
        assert!(matches!(bundle_from_bytes(&bomb), Err(BundleError::TooMuch { what: "bytes", .. })));
        let many: Vec<(String, &[u8])> = (0..=MAX_ENTRIES).map(|i| (format!("{i}"), &b""[..])).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
        assert!(matches!(bundle_from_bytes(&zip(&many)), Err(BundleError::TooMuch { what: "entries", .. })));
    }

    #[test]
    fn a_cut_archive_and_one_without_certificates_are_errors() {
        let archive = zip(&[("readme.txt", b"hello")]);
        assert!(matches!(bundle_from_bytes(&archive), Err(BundleError::Certificates(_))));
        let cut = archive.get(..archive.len() / 2).unwrap();
        assert!(matches!(bundle_from_bytes(cut), Err(BundleError::Zip(_))));
    }
}

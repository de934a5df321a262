//! `pkcs12:` and `pem:`: files. Names are taken as they are; only `%` and `?` must be percent-encoded.

use std::fmt;
use std::path::PathBuf;

use super::percent;
use hsign_core::SecretReference;

use crate::Error;

/// `pkcs12:FILE[?pin-source=…]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pkcs12File {
    /// The file.
    pub path: PathBuf,
    /// Where its passphrase lies, if not asked for.
    pub pin_source: Option<SecretReference>,
}

/// `pem:KEY[?cert=FILE][&cert=FILE…][&pin-source=…]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemFiles {
    /// The private key: PKCS#8, PKCS#1 or SEC 1, encrypted or not. Certificates may follow in the same file.
    pub key: PathBuf,
    /// Certificates: the signer's and further ones, in any order.
    pub certificates: Vec<PathBuf>,
    /// Where the key's passphrase lies, if not asked for.
    pub pin_source: Option<SecretReference>,
}

impl Pkcs12File {
    pub(super) fn parse(rest: &str) -> Result<Self, Error> {
        let (path, query) = split(rest)?;
        let mut pin_source = None;
        for (name, value) in query {
            match name {
                "pin-source" if pin_source.is_none() => pin_source = Some(value.parse()?),
                _ => return Err(unknown(name)),
            }
        }
        Ok(Self { path: path.into(), pin_source })
    }
}

impl PemFiles {
    pub(super) fn parse(rest: &str) -> Result<Self, Error> {
        let (key, query) = split(rest)?;
        let mut files = Self { key: key.into(), certificates: Vec::new(), pin_source: None };
        for (name, value) in query {
            match name {
                "cert" => files.certificates.push(value.into()),
                "pin-source" if files.pin_source.is_none() => files.pin_source = Some(value.parse()?),
                _ => return Err(unknown(name)),
            }
        }
        Ok(files)
    }
}

/// A path, and the names and decoded values of its query.
type Split<'a> = (String, Vec<(&'a str, String)>);

fn split(rest: &str) -> Result<Split<'_>, Error> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let decoded = |text: &str| {
        percent::decode_text(text)
            .ok_or_else(|| Error::Specification("% not followed by two hexadecimal digits".into()))
    };
    let path = decoded(path)?;
    if path.is_empty() {
        return Err(Error::Specification("a file name is missing".to_owned()));
    }
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').ok_or_else(|| unknown(pair))?;
        Ok((name, decoded(value)?))
    });
    Ok((path, pairs.collect::<Result<_, Error>>()?))
}

fn unknown(name: &str) -> Error {
    Error::Specification(format!("`{name}` is unknown here or given twice"))
}

/// Only what would be read differently is encoded, so that names stay legible.
fn encode(text: &str, reserved: &[char]) -> String {
    text.chars().fold(String::new(), |mut encoded, character| {
        if character == '%' || reserved.contains(&character) || character.is_control() {
            let mut buffer = [0; 4];
            encoded.push_str(&percent::encode_all(character.encode_utf8(&mut buffer).as_bytes()));
        } else {
            encoded.push(character);
        }
        encoded
    })
}

fn write_query(f: &mut fmt::Formatter<'_>, pairs: &[(&str, String)]) -> fmt::Result {
    for (index, (name, value)) in pairs.iter().enumerate() {
        write!(f, "{}{name}={}", if index == 0 { '?' } else { '&' }, encode(value, &['&']))?;
    }
    Ok(())
}

impl fmt::Display for Pkcs12File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkcs12:{}", encode(&self.path.to_string_lossy(), &['?']))?;
        write_query(
            f,
            &self.pin_source.iter().map(|source| ("pin-source", source.to_string())).collect::<Vec<_>>(),
        )
    }
}

impl fmt::Display for PemFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pem:{}", encode(&self.key.to_string_lossy(), &['?']))?;
        let certificates = self.certificates.iter().map(|path| ("cert", path.to_string_lossy().into_owned()));
        let pin_source = self.pin_source.iter().map(|source| ("pin-source", source.to_string()));
        write_query(f, &certificates.chain(pin_source).collect::<Vec<_>>())
    }
}

//! `--pin-source` and the `pin-source` attribute of a PKCS#11 URI (RFC 7512 §2.4).

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use hsign_core::ports::PortError;
use hsign_core::{ErrorKind, Finding};

use crate::{Error, Secret, SecretPrompt, SecretSource};

/// The longest secret that is read, in bytes; more is a mistaken file.
const LONGEST: u64 = 4096;

/// Where a PIN or passphrase lies. Read once per question; one line end at its end is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinSource {
    /// `env:NAME`: an environment variable.
    Environment(String),
    /// `file:PATH`, or a bare absolute path as RFC 7512 allows.
    File(PathBuf),
    /// `fd:N`: an open file descriptor (Unix only).
    Descriptor(u32),
}

impl FromStr for PinSource {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        // The text isn't quoted back: somebody may have written the PIN itself.
        let wrong = |reason: &str| Error::PinSource(reason.to_owned());
        if text.starts_with('|') {
            return Err(wrong("running a command for a PIN is not supported"));
        }
        if let Some(name) = text.strip_prefix("env:") {
            let usable = !name.is_empty() && !name.contains(['=', '\0']);
            return usable
                .then(|| Self::Environment(name.to_owned()))
                .ok_or_else(|| wrong("env: without a name"));
        }
        if let Some(number) = text.strip_prefix("fd:") {
            return number.parse().map(Self::Descriptor).map_err(|_| wrong("fd: without a number"));
        }
        let path = text.strip_prefix("file:").map(|path| path.strip_prefix("//").unwrap_or(path));
        match path {
            Some("") => Err(wrong("file: without a path")),
            Some(path) => Ok(Self::File(path.into())),
            None if Path::new(text).is_absolute() => Ok(Self::File(text.into())),
            None => Err(wrong("it begins neither with env:, file: nor fd:")),
        }
    }
}

impl fmt::Display for PinSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Descriptor(number) => write!(f, "fd:{number}"),
        }
    }
}

impl PinSource {
    /// Reads the secret.
    ///
    /// # Errors
    /// When the variable isn't set, or the file or descriptor can't be read, is empty or too long.
    pub fn read(&self) -> Result<Secret, PortError> {
        let fail = |reason: String| {
            let finding = Finding::error("pin-source-failed").with("source", self).with("reason", &reason);
            PortError::new(ErrorKind::Credential, format!("no PIN from {self}: {reason}")).finding(finding)
        };
        let secret = match self {
            Self::Environment(name) => {
                let value =
                    std::env::var_os(name).ok_or_else(|| fail("the variable is not set".to_owned()))?;
                Secret::new(value.into_encoded_bytes())
            }
            Self::File(path) => read_limited(path).map_err(fail)?,
            Self::Descriptor(number) => read_descriptor(*number).map_err(fail)?,
        };
        let secret = secret.without_line_end();
        if secret.expose().is_empty() { Err(fail("it is empty".to_owned())) } else { Ok(secret) }
    }
}

impl SecretSource for PinSource {
    fn secret(&self, _prompt: &SecretPrompt) -> Result<Secret, PortError> {
        self.read()
    }
}

fn read_limited(path: &Path) -> Result<Secret, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    // Room from the start, so that growing leaves no copies behind.
    let mut bytes = Vec::with_capacity(usize::try_from(LONGEST).unwrap_or(0) + 1);
    let read = file.take(LONGEST + 1).read_to_end(&mut bytes);
    let secret = Secret::new(bytes);
    match read {
        Err(error) => Err(error.to_string()),
        Ok(length) if length as u64 > LONGEST => Err(format!("longer than {LONGEST} bytes")),
        Ok(_) => Ok(secret),
    }
}

/// Through the file system's view of open descriptors: taking over a raw descriptor would need unsafe code.
#[cfg(unix)]
fn read_descriptor(number: u32) -> Result<Secret, String> {
    read_limited(Path::new(&format!("/dev/fd/{number}")))
}

#[cfg(not(unix))]
fn read_descriptor(_number: u32) -> Result<Secret, String> {
    Err("file descriptors can't be read on this system: use env: or file:".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_and_nothing_else() {
        assert_eq!("env:PIN".parse::<PinSource>().unwrap(), PinSource::Environment("PIN".into()));
        assert_eq!("file:/a b".parse::<PinSource>().unwrap(), PinSource::File("/a b".into()));
        assert_eq!("file:///a".parse::<PinSource>().unwrap(), PinSource::File("/a".into()));
        assert_eq!("fd:3".parse::<PinSource>().unwrap(), PinSource::Descriptor(3));
        #[cfg(unix)]
        assert_eq!("/etc/pin".parse::<PinSource>().unwrap(), PinSource::File("/etc/pin".into()));
        for wrong in ["1234", "", "env:", "fd:x", "file:", "|/bin/echo 1234"] {
            let error = wrong.parse::<PinSource>().unwrap_err();
            assert!(!error.to_string().contains("1234"), "{error}");
        }
    }

    #[test]
    fn one_line_end_is_dropped_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let read = |content: &str| {
            let path = folder.path().join("pin");
            std::fs::write(&path, content).unwrap();
            PinSource::File(path).read()
        };
        assert_eq!(read("1234\n").unwrap(), Secret::from("1234"));
        assert_eq!(read("1234\r\n").unwrap(), Secret::from("1234"));
        assert_eq!(read(" 1234 ").unwrap(), Secret::from(" 1234 "));
        assert_eq!(read("1\n\n").unwrap(), Secret::from("1\n"));
        assert!(read("\n").is_err());
        assert!(read(&"x".repeat(5000)).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_descriptor_is_read() {
        use std::io::Write;
        use std::os::fd::AsRawFd;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"4711\n").unwrap();
        let number = u32::try_from(file.as_raw_fd()).unwrap();
        assert_eq!(PinSource::Descriptor(number).read().unwrap(), Secret::from("4711"));
    }

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(format!("{:?}", Secret::from("1234")), "Secret(..)");
    }
}

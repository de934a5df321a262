//! `--pin-source` and the `pin-source` attribute of a PKCS#11 URI (RFC 7512 §2.4).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use hsign_core::ports::PortError;
use hsign_core::{ErrorKind, Finding, Secret, SecretReference};

use crate::{SecretPrompt, SecretSource};

/// The longest secret that is read, in bytes; more is a mistaken file.
const LONGEST: u64 = 4096;

/// Reads a secret from its place; one line end at its end is dropped.
///
/// # Errors
/// When the variable isn't set, or the file or descriptor can't be read, is empty or too long.
pub fn read_secret(reference: &SecretReference) -> Result<Secret, PortError> {
    let fail = |reason: String| {
        let finding = Finding::error("pin-source-failed").with("source", reference).with("reason", &reason);
        PortError::new(ErrorKind::Credential, format!("no secret from {reference}: {reason}"))
            .finding(finding)
    };
    let secret = match reference {
        SecretReference::Environment(name) => {
            let value = std::env::var_os(name).ok_or_else(|| fail("the variable is not set".to_owned()))?;
            Secret::new(value.into_encoded_bytes())
        }
        SecretReference::File(path) => read_limited(path).map_err(fail)?,
        SecretReference::Descriptor(number) => read_descriptor(*number).map_err(fail)?,
    };
    let secret = secret.without_line_end();
    if secret.expose().is_empty() { Err(fail("it is empty".to_owned())) } else { Ok(secret) }
}

impl SecretSource for SecretReference {
    fn secret(&self, _prompt: &SecretPrompt) -> Result<Secret, PortError> {
        read_secret(self)
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
    fn one_line_end_is_dropped_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let read = |content: &str| {
            let path = folder.path().join("pin");
            std::fs::write(&path, content).unwrap();
            read_secret(&SecretReference::File(path))
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
        assert_eq!(read_secret(&SecretReference::Descriptor(number)).unwrap(), Secret::from("4711"));
    }
}

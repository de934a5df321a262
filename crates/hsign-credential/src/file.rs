//! Reading credential files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use hsign_x509::Certificate;
use zeroize::Zeroizing;

use crate::Error;

/// No key or certificate file comes near this size, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// The whole file; wiped when dropped, since it may hold a key in clear.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let fail = |source| Error::File { path: path.display().to_string(), source };
    let file = File::open(path).map_err(fail)?;
    let length = file.metadata().map_err(fail)?.len();
    // Room from the start, so that growing leaves no copies behind.
    let room = usize::try_from(length.min(LARGEST)).unwrap_or(0) + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(fail)?;
    if read as u64 > LARGEST {
        return Err(fail(io::Error::new(io::ErrorKind::FileTooLarge, "larger than any key file")));
    }
    Ok(bytes)
}

pub(crate) fn certificate(place: &str, der: &[u8]) -> Result<Certificate, Error> {
    Certificate::from_der(der)
        .map_err(|error| Error::Certificate { place: place.to_owned(), reason: error.to_string() })
}

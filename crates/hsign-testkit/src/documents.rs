//! Sample documents.
use crate::Error;
pub(crate) fn all() -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    Ok(Vec::new())
}

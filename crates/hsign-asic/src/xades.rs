//! XML signatures in a file of META-INF, their references being entries of the container.

use hsign_core::Finding;

use crate::Error;
use crate::facts::{Found, Reading, unreadable};
use crate::zip::Entry;

pub(crate) fn read(reading: &Reading<'_, '_>, entry: &Entry, found: &mut Found) -> Result<(), Error> {
    let id = format!("{}#Signature1", entry.name);
    let _ = reading;
    found.signatures.push(unreadable(id, Finding::warning("asic-xml-signature-unread")));
    Ok(())
}

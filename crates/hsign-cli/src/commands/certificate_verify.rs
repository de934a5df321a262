use anyhow::{Result, bail};

use crate::args::VerifyCertificate;
use crate::failure::Usage;
use crate::session::Session;

pub(super) fn run(_session: &Session, _args: &VerifyCertificate) -> Result<u8> {
    bail!(Usage::NotYet { what: "certificate verify".to_owned() })
}

use std::path::Path;

use anyhow::Result;

use crate::session::Session;

pub(super) fn run(_session: &Session, _folder: &Path) -> Result<u8> {
    Ok(0)
}

use anyhow::{Context as _, Result, bail};
use hsign::file::{Existing, put_in_place};

use crate::config;
use crate::failure::Usage;
use crate::output;
use crate::session::Session;

/// Says where the configuration is, or writes the commented template there.
pub(super) fn run(session: &Session, write: bool) -> Result<u8> {
    let Some(path) = config::default_path() else {
        bail!(Usage::NoConfigurationPlace);
    };
    if write {
        let folder = path.parent().unwrap_or(std::path::Path::new("."));
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        put_in_place(&path, None, config::TEMPLATE.as_bytes(), Existing::Keep)
            .with_context(|| path.display().to_string())?;
    }
    if session.json {
        output::json(
            &serde_json::json!({ "schema": "hsign.config/1", "path": path, "exists": path.is_file() }),
        );
    } else {
        output::data(&format!("{}\n", path.display()));
    }
    Ok(0)
}

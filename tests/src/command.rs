//! Where the command under test is.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The `hsign` program: in the folder `HSIGN_BIN`, as the Makefile's doors built it; else built now, beside this
/// test and in its profile, so that it is never an old one.
///
/// # Panics
/// When it can't be built.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    PROGRAM.get_or_init(|| given().or_else(build)).as_deref().expect("hsign can be built")
}

fn given() -> Option<PathBuf> {
    let folder = std::env::var_os("HSIGN_BIN").filter(|folder| !folder.is_empty())?;
    Some(PathBuf::from(folder).join(file_name())).filter(|path| path.is_file())
}

fn file_name() -> String {
    format!("hsign{}", std::env::consts::EXE_SUFFIX)
}

/// The executable is `TARGET/PROFILE/deps/NAME`; the folder of the profile `dev` is called `debug`.
fn build() -> Option<PathBuf> {
    let executable = std::env::current_exe().expect("the test's own path");
    let folder = executable.ancestors().nth(2).expect("the profile's folder").to_owned();
    let target = folder.parent().expect("the target folder");
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(other) => other,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--package", "hsign-cli", "--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(hsign_corpora::workspace_root())
        .status();
    status.is_ok_and(|status| status.success()).then(|| folder.join(file_name()))
}

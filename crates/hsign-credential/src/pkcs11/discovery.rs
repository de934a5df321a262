//! Where PKCS#11 modules are, and which of the HPKI's two key domains a module serves.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// What a module's file name says (JAHIS 24-002 §5.2: the names begin so).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ModuleKind {
    /// `HpkiSigP11…`: signature keys.
    HpkiSignature,
    /// `HpkiAuthP11…`: authentication keys, which must not sign documents.
    HpkiAuthentication,
    /// Any other module.
    Other,
}

impl ModuleKind {
    /// By the file's name, with or without `lib` before it, whatever its case.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let name =
            path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let name = name.strip_prefix("lib").unwrap_or(&name);
        if name.starts_with("hpkisigp11") {
            Self::HpkiSignature
        } else if name.starts_with("hpkiauthp11") {
            Self::HpkiAuthentication
        } else {
            Self::Other
        }
    }
}

/// General modules worth asking when none is named, the first found of each group only: p11-kit's proxy stands
/// for all modules registered with it.
const GENERAL: [&[&str]; 2] =
    [&["p11-kit-proxy"], &["libsofthsm2", "softhsm2-x64", "softhsm2", "opensc-pkcs11"]];

/// The modules found in the usual places: HPKI ones first, signature before authentication.
#[must_use]
pub fn usual_modules() -> Vec<PathBuf> {
    modules_in(&usual_folders())
}

fn modules_in(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut hpki: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()))
        .filter(|path| is_library(path) && ModuleKind::of(path) != ModuleKind::Other)
        .collect();
    hpki.sort_by_key(|path| (ModuleKind::of(path) != ModuleKind::HpkiSignature, path.clone()));

    let general = GENERAL
        .iter()
        .map(|group| group.iter().filter_map(|name| named_in(folders, name)).collect::<Vec<_>>());
    let general = general.into_iter().find(|found| !found.is_empty()).unwrap_or_default();
    let mut modules: Vec<PathBuf> = Vec::new();
    for path in hpki.into_iter().chain(general) {
        let path = path.canonicalize().unwrap_or(path);
        if !modules.contains(&path) {
            modules.push(path);
        }
    }
    modules
}

/// The module of a bare name (`module-name`, RFC 7512 §2.4) in the usual folders.
pub(crate) fn named(name: &str) -> Option<PathBuf> {
    named_in(&usual_folders(), name)
}

fn named_in(folders: &[PathBuf], name: &str) -> Option<PathBuf> {
    let files = SUFFIXES.iter().flat_map(|suffix| [format!("{name}{suffix}"), format!("lib{name}{suffix}")]);
    let files: Vec<String> = files.collect();
    folders.iter().flat_map(|folder| files.iter().map(|file| folder.join(file))).find(|path| path.is_file())
}

fn is_library(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    path.is_file() && SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

#[cfg(windows)]
const SUFFIXES: &[&str] = &[".dll"];
#[cfg(target_os = "macos")]
const SUFFIXES: &[&str] = &[".dylib", ".so"];
#[cfg(not(any(windows, target_os = "macos")))]
const SUFFIXES: &[&str] = &[".so"];

/// On Windows HPKI middleware has been seen in System32.
#[cfg(windows)]
fn usual_folders() -> Vec<PathBuf> {
    let under =
        |variable: &str, rest: &str| std::env::var_os(variable).map(|root| PathBuf::from(root).join(rest));
    let places = [
        under("SystemRoot", "System32"),
        under("ProgramFiles", r"OpenSC Project\OpenSC\pkcs11"),
        under("ProgramFiles", r"SoftHSM2\lib"),
        Some(PathBuf::from(r"C:\SoftHSM2\lib")),
    ];
    places.into_iter().flatten().collect()
}

/// The names of HPKI middleware's files on macOS were never published; these are where modules usually are.
#[cfg(target_os = "macos")]
fn usual_folders() -> Vec<PathBuf> {
    [
        "/usr/local/lib",
        "/usr/local/lib/pkcs11",
        "/usr/local/lib/softhsm",
        "/opt/homebrew/lib",
        "/opt/homebrew/lib/pkcs11",
        "/opt/homebrew/lib/softhsm",
        "/Library/OpenSC/lib",
    ]
    .map(PathBuf::from)
    .to_vec()
}

#[cfg(not(any(windows, target_os = "macos")))]
fn usual_folders() -> Vec<PathBuf> {
    let multiarch = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    let roots = ["/usr/local/lib", &multiarch, "/usr/lib64", "/usr/lib"];
    roots
        .iter()
        .flat_map(|root| ["", "pkcs11", "softhsm"].map(|rest| PathBuf::from(root).join(rest)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_and_authentication_modules_are_told_apart_by_name() {
        let kind = |name: &str| ModuleKind::of(Path::new(name));
        assert_eq!(kind(r"HpkiSigP11_MPKCS11H.dll"), ModuleKind::HpkiSignature);
        assert_eq!(kind("/usr/lib/libhpkisigp11_abc.so"), ModuleKind::HpkiSignature);
        assert_eq!(kind("/x/HpkiAuthP11_MPKCS11H.dll"), ModuleKind::HpkiAuthentication);
        assert_eq!(kind("/usr/lib/softhsm/libsofthsm2.so"), ModuleKind::Other);
    }

    #[test]
    fn hpki_modules_come_first_and_each_file_once() {
        let folder = tempfile::tempdir().unwrap();
        let suffix = std::env::consts::DLL_SUFFIX;
        for name in ["HpkiAuthP11_a", "HpkiSigP11_a", "libsofthsm2", "unrelated"] {
            std::fs::write(folder.path().join(format!("{name}{suffix}")), "").unwrap();
        }
        std::fs::write(folder.path().join("HpkiSigP11_readme.txt"), "").unwrap();
        let twice = [folder.path().to_owned(), folder.path().to_owned()];
        let names: Vec<_> = modules_in(&twice)
            .iter()
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["HpkiSigP11_a", "HpkiAuthP11_a", "libsofthsm2"]);
    }
}

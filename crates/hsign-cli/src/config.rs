//! The configuration file, its place on each platform, and what it may say.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use hsign::net::{RemoteEndpoint, TsaEndpoint};
use serde::Deserialize;

/// What `hsign config --write` writes: every key, commented out, with what it is for.
pub(crate) const TEMPLATE: &str = include_str!("../messages/config.toml");

/// The file. Unknown keys are refused: a misspelt one must not silently mean "not set".
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Language when neither `--lang` nor the locale says.
    pub(crate) lang: Option<String>,
    /// Policy by name or file.
    pub(crate) policy: Option<String>,
    /// Registry files beside the one that `hsign trust` keeps.
    pub(crate) trust: Vec<PathBuf>,
    /// Certificates, CRLs and OCSP responses always at hand.
    pub(crate) evidence: Vec<PathBuf>,
    /// Who signs when `--credential` isn't given.
    pub(crate) credential: Option<String>,
    /// PKCS#11 modules to look into.
    pub(crate) modules: Vec<PathBuf>,
    /// A card's PIN is asked for before each signature, also in a batch.
    pub(crate) pin_each_time: bool,
    /// Document class when `--document-class` isn't given.
    pub(crate) document_class: Option<String>,
    /// Profession tables of the institution's own, beside the built-in one.
    pub(crate) professions: Vec<PathBuf>,
    /// Document classes of the institution's own.
    pub(crate) document_classes: Vec<PathBuf>,
    /// Where fetched revocation data are kept; by default in the user's cache folder, with `""` nowhere.
    pub(crate) cache: Option<PathBuf>,
    /// How long a fetched answer is used again without asking, unless its nextUpdate comes first (default: `1h`).
    pub(crate) cache_max_age: Option<hsign::Duration>,
    /// Where what was done is written down.
    pub(crate) journal: Journal,
    /// The archive.
    pub(crate) archive: ArchivePlace,
    /// The list of documents that wait to be completed; by default in the user's state folder.
    pub(crate) pending: Option<PathBuf>,
    /// What visible marks are made of.
    pub(crate) mark: Mark,
    /// What the institution says about itself.
    pub(crate) institution: Institution,
    /// Time-stamp authorities, in the order they are tried.
    pub(crate) tsa: Vec<TsaEndpoint>,
    /// Remote signing services.
    pub(crate) remote: Vec<RemoteEndpoint>,
}

/// `[archive]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ArchivePlace {
    /// Its folder, where archive.toml lies.
    pub(crate) home: Option<PathBuf>,
}

/// `[mark]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Mark {
    /// Font of the text; `FILE#N` for font N of a collection.
    pub(crate) font: Option<String>,
    /// Image of the seal.
    pub(crate) seal: Option<PathBuf>,
}

/// `[journal]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Journal {
    /// Its folder; without one, no journal is kept.
    pub(crate) path: Option<PathBuf>,
    /// Whether names of signed files are written down.
    pub(crate) names: bool,
    /// Whether the first operation of a day puts a time stamp into it.
    pub(crate) daily_stamp: bool,
    /// Whether each day (UTC) has a file of its own.
    pub(crate) daily_file: bool,
    /// Length in bytes at which a new file begins.
    pub(crate) file_bytes: u64,
}

impl Default for Journal {
    fn default() -> Self {
        Self { path: None, names: false, daily_stamp: true, daily_file: false, file_bytes: 16 << 20 }
    }
}

/// `[institution]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Institution {
    /// SHA-256 of the certificates of people who may sign scans without a national qualification.
    pub(crate) scan_signers: Vec<String>,
}

/// The folder of hsign's own files on this platform: `$XDG_CONFIG_HOME/hsign` or `~/.config/hsign`,
/// `~/Library/Application Support/hsign`, `%APPDATA%\hsign`.
pub(crate) fn folder() -> Option<PathBuf> {
    let base = if cfg!(windows) {
        variable("APPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_CONFIG_HOME").or_else(|| variable("HOME").map(|home| home.join(".config")))
    };
    base.map(|base| base.join("hsign"))
}

/// Where fetched lists and answers are kept unless the configuration says otherwise: `$XDG_CACHE_HOME/hsign` or
/// `~/.cache/hsign`, `~/Library/Caches/hsign`, `%LOCALAPPDATA%\hsign\cache`.
fn cache_folder() -> Option<PathBuf> {
    if cfg!(windows) {
        return variable("LOCALAPPDATA").map(|base| base.join("hsign").join("cache"));
    }
    let base = if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Caches"))
    } else {
        variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")))
    };
    base.map(|base| base.join("hsign"))
}

/// Where the list of waiting documents is unless the configuration says otherwise: `$XDG_STATE_HOME/hsign` or
/// `~/.local/state/hsign`, else beside the configuration.
fn state_folder() -> Option<PathBuf> {
    if cfg!(any(windows, target_os = "macos")) {
        return folder();
    }
    let base = variable("XDG_STATE_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/state")));
    base.map(|base| base.join("hsign"))
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The file in its place.
pub(crate) fn default_path() -> Option<PathBuf> {
    folder().map(|folder| folder.join("config.toml"))
}

impl Config {
    /// Where fetched lists and answers are kept; nowhere if the configuration says `cache = ""`.
    pub(crate) fn cache(&self) -> Option<PathBuf> {
        match &self.cache {
            Some(path) => Some(path.clone()).filter(|path| !path.as_os_str().is_empty()),
            None => cache_folder(),
        }
    }

    /// The list of documents that wait to be completed.
    pub(crate) fn pending(&self) -> Option<PathBuf> {
        self.pending.clone().or_else(|| state_folder().map(|folder| folder.join("pending.jsonl")))
    }

    /// The file named, which must exist; else the one in the platform's place if there is one. Relative paths in it
    /// are relative to it.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => match default_path().filter(|path| path.is_file()) {
                Some(path) => path,
                None => return Ok(Self::default()),
            },
        };
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let config: Self = toml::from_str(&text).with_context(|| path.display().to_string())?;
        Ok(config.relative_to(path.parent().unwrap_or(Path::new("."))))
    }

    fn relative_to(mut self, folder: &Path) -> Self {
        if let Some(font) = &mut self.mark.font {
            *font = folder.join(&*font).to_string_lossy().into_owned();
        }
        self.pending.iter_mut().for_each(|path| *path = folder.join(&*path));
        self.journal.path.iter_mut().for_each(|path| *path = folder.join(&*path));
        self.mark.seal.iter_mut().for_each(|path| *path = folder.join(&*path));
        let lists = [
            &mut self.trust,
            &mut self.evidence,
            &mut self.modules,
            &mut self.professions,
            &mut self.document_classes,
        ];
        let cache = self.cache.iter_mut().filter(|path| !path.as_os_str().is_empty());
        for path in lists.into_iter().flatten().chain(cache) {
            *path = folder.join(&*path);
        }
        self.tsa.iter_mut().flat_map(TsaEndpoint::paths_mut).for_each(|path| *path = folder.join(&*path));
        self.remote
            .iter_mut()
            .flat_map(RemoteEndpoint::paths_mut)
            .for_each(|path| *path = folder.join(&*path));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The template with its keys uncommented.
    fn uncommented() -> String {
        TEMPLATE.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_template_is_valid_with_and_without_its_comments() {
        let plain: Config = toml::from_str(TEMPLATE).unwrap();
        assert!(plain.tsa.is_empty());
        let full: Config = toml::from_str(&uncommented()).unwrap();
        assert_eq!(full.policy.as_deref(), Some("hpki"));
        assert!(!full.tsa.is_empty());
    }

    #[test]
    fn every_relative_path_starts_at_the_files_folder() {
        let text = r#"
            trust = ["t.toml"]
            [[tsa]]
            name = "a"
            url = "https://a.example/"
            ca_file = "ca.pem"
            basic = { user = "u", password = "file:basic.txt" }
            client_certificate = { pkcs12 = "c.p12", password = "env:P" }
            proxy = { url = "http://p.example:8080", password = "file:/etc/proxy.txt" }
            headers = { "X-Key" = { secret = "file:key.txt" }, "X-Plain" = "file:as-it-is" }
        "#;
        let mut config: Config = toml::from_str::<Config>(text).unwrap().relative_to(Path::new("/desk"));
        assert_eq!(config.trust, [PathBuf::from("/desk/t.toml")]);
        let mut paths: Vec<PathBuf> =
            config.tsa.iter_mut().flat_map(TsaEndpoint::paths_mut).map(|path| path.clone()).collect();
        paths.sort();
        let expected = ["/desk/basic.txt", "/desk/c.p12", "/desk/ca.pem", "/desk/key.txt", "/etc/proxy.txt"];
        assert_eq!(paths, expected.map(PathBuf::from));
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        assert!(toml::from_str::<Config>("polcy = \"etsi\"").is_err());
    }
}

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::sets::is_asked_for;

/// One test set in memory.
pub struct Corpus {
    name: String,
    folder: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
    rows: Vec<Row>,
}

/// A line of `expectations.tsv`, by column name.
#[derive(Clone, Debug)]
pub struct Row(BTreeMap<String, String>);

impl Row {
    /// The text in a column; empty when the set has no such column.
    #[must_use]
    pub fn get(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }
}

impl Corpus {
    /// Reads a set to compare with; `None` where the run is about others, or, with a line printed, where it is absent.
    ///
    /// # Panics
    /// When there is no set of that name, when it is absent under `REQUIRE_ALL=1`, or when it can't be read.
    #[must_use]
    pub fn open(name: &str) -> Option<Self> {
        if is_asked_for(name) { Self::open_beside(name) } else { None }
    }

    /// Reads files that the comparison of another set needs, whatever the run is about.
    ///
    /// # Panics
    /// As [`open`](Self::open).
    #[must_use]
    pub fn open_beside(name: &str) -> Option<Self> {
        let folder = root().join(name);
        if !folder.is_dir() {
            let line = format!("corpus {name} is not at {}", folder.display());
            assert!(!all_required(), "{line}");
            println!("skipped: {line}");
            return None;
        }
        let rows = expectations(&folder.join("expectations.tsv"));
        let mut files = BTreeMap::new();
        for archive in archives(&folder) {
            unpack(&archive, &mut files);
        }
        Some(Self { name: name.to_owned(), folder, files, rows })
    }

    /// The set's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the set lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The lines of `expectations.tsv`.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Every unpacked file by its path in the archive, without a leading `./`.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// A file by its path, with or without the set's own name in front.
    ///
    /// # Panics
    /// When the set has no such file.
    #[must_use]
    pub fn file(&self, path: &str) -> &[u8] {
        match self.find(path) {
            Some(bytes) => bytes,
            None => panic!("corpus {} has no file {path}", self.name),
        }
    }

    /// A file that no row names and that another set of the same shape may lack; `None`, with a line printed, where it
    /// does.
    ///
    /// # Panics
    /// Where it does under `REQUIRE_ALL=1`.
    #[must_use]
    pub fn file_beyond_rows(&self, path: &str) -> Option<&[u8]> {
        let found = self.find(path);
        if found.is_none() {
            let line = format!("corpus {} has no file {path}", self.name);
            assert!(!all_required(), "{line}");
            println!("skipped: {line}");
        }
        found
    }

    fn find(&self, path: &str) -> Option<&[u8]> {
        let inside = format!("{}/{path}", self.name);
        self.files.get(path).or_else(|| self.files.get(&inside)).map(Vec::as_slice)
    }
}

/// The folder that holds `Cargo.toml` of the workspace.
#[must_use]
pub fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

fn root() -> PathBuf {
    match std::env::var_os("HSIGN_CORPORA") {
        Some(folder) if !folder.is_empty() => folder.into(),
        _ => workspace_root().join("../shared/corpora"),
    }
}

fn all_required() -> bool {
    std::env::var_os("REQUIRE_ALL").is_some_and(|value| value == "1")
}

fn expectations(path: &Path) -> Vec<Row> {
    let Ok(text) = fs::read_to_string(path) else { return Vec::new() };
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    lines
        .map(|line| {
            Row(columns.iter().zip(line.split('\t')).map(|(c, v)| ((*c).to_owned(), v.to_owned())).collect())
        })
        .collect()
}

fn archives(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the corpus folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.to_str().is_some_and(|name| name.ends_with(".zst")))
        .collect();
    found.sort();
    found
}

fn unpack(archive: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    let mut decoder = zstd::Decoder::new(File::open(archive).expect("the archive")).expect("zstd");
    let name = archive.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if !name.ends_with(".tar") {
        let mut bytes = Vec::new();
        decoder.read_to_end(&mut bytes).expect("zstd data");
        files.insert(name.to_owned(), bytes);
        return;
    }
    for entry in tar::Archive::new(decoder).entries().expect("tar") {
        let mut entry = entry.expect("a tar entry");
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path().expect("a path").to_string_lossy().trim_start_matches("./").to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("tar data");
        files.insert(path, bytes);
    }
}

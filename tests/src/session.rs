use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use hsign_testkit::{Person, Testbed, documents};
use tempfile::TempDir;

use crate::{Answer, program};

/// A desk with its own folder, home and configuration, before a running test PKI.
///
/// Command lines are written as one would type them in that folder. Words in braces stand for what is only known
/// while the test runs: `{tsa}` and `{tsa2}` (URLs), `{trust}` (the registry), `{crl}` (a folder of lists), `{pki}`
/// (the folder of the PKI), `{soft}` (policy `hpki`, but with keys in files allowed).
pub struct Session {
    testbed: Arc<Testbed>,
    folder: TempDir,
    environment: BTreeMap<String, OsString>,
}

impl Session {
    /// Before a test PKI of its own: for tests that script faults, count requests, revoke or move the clock.
    ///
    /// # Panics
    /// When it can't be started.
    #[must_use]
    pub fn alone() -> Self {
        Self::before(Arc::new(Testbed::start().expect("a test PKI")))
    }

    /// Before the one that the tests of a file share.
    ///
    /// # Panics
    /// When it can't be started.
    #[must_use]
    pub fn shared() -> Self {
        static SHARED: Mutex<Weak<Testbed>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let testbed = shared.upgrade().unwrap_or_else(|| Arc::new(Testbed::start().expect("a test PKI")));
        *shared = Arc::downgrade(&testbed);
        drop(shared);
        Self::before(testbed)
    }

    fn before(testbed: Arc<Testbed>) -> Self {
        let folder = tempfile::Builder::new().prefix("hsign-desk-").tempdir().expect("a folder");
        let policy = hsign::Policy::preset_text("hpki").expect("the policy hpki");
        let soft = policy
            .replace("name = \"hpki\"", "name = \"hpki-soft\"")
            .replace("software_keys = \"except-hpki\"", "software_keys = \"allowed\"");
        assert_ne!(policy, soft);
        std::fs::create_dir(folder.path().join("home")).unwrap();
        std::fs::write(folder.path().join("home/soft.toml"), soft).unwrap();
        let session = Self { testbed, folder, environment: BTreeMap::new() };
        session.put("letter.pdf", documents::REFERRAL_LETTER);
        session.put("scan.pdf", documents::SCANNED_PRESCRIPTION);
        session
    }

    fn put(&self, name: &str, document: &str) {
        std::fs::copy(self.testbed.document_path(document), self.path(name)).expect("a sample document");
    }

    /// The test PKI.
    #[must_use]
    pub fn testbed(&self) -> &Testbed {
        &self.testbed
    }

    /// Where the commands run. It holds `letter.pdf`, `scan.pdf` and the folder `home`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The bytes of a file in the folder.
    ///
    /// # Panics
    /// When it isn't there.
    #[must_use]
    #[track_caller]
    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes a file in the folder.
    ///
    /// # Panics
    /// When it can't be written.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// The names in the folder, sorted, without `home`.
    ///
    /// # Panics
    /// When it can't be read.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "home")
            .collect();
        names.sort();
        names
    }

    /// The environment of later commands gets one more variable.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.insert(name.to_owned(), value.into());
    }

    /// Runs a command line, without `hsign`.
    ///
    /// # Panics
    /// When the program can't be started.
    #[must_use]
    pub fn run(&self, line: &str) -> Answer {
        let output = self.command(line).stdin(Stdio::null()).output().expect("hsign runs");
        Answer::new(line.to_owned(), output)
    }

    /// The same with bytes on standard input.
    ///
    /// # Panics
    /// When the program can't be started.
    #[must_use]
    pub fn run_with(&self, line: &str, input: &Path) -> Answer {
        let file = std::fs::File::open(input).expect("the input");
        let output: Output = self.command(line).stdin(file).output().expect("hsign runs");
        Answer::new(line.to_owned(), output)
    }

    /// `sign` with somebody's PKCS#12 file, the PKI's trust and a policy that allows it.
    #[must_use]
    pub fn sign(&self, person: Person, rest: &str) -> Answer {
        let credential = format!("pkcs12:{}", self.testbed.person(person).pkcs12_path().display());
        self.run(&format!(
            "sign --credential {credential} --pin-source file:{{pki}}/passphrase.txt --trust {{trust}} --policy {{soft}} {rest}"
        ))
    }

    /// `verify` as JSON with the PKI's trust and its lists as they stood when it started.
    #[must_use]
    pub fn verify(&self, rest: &str) -> Answer {
        self.run(&format!("verify --output json --trust {{trust}} --evidence {{crl}} {rest}"))
    }

    /// The command, ready to be started.
    #[must_use]
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(program());
        command.args(self.words(line)).current_dir(self.folder());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().to_lowercase();
            if text.starts_with("lc_") || text.starts_with("hsign") || text.ends_with("_proxy") {
                command.env_remove(&name);
            }
        }
        command
            .env("LANG", "C.UTF-8")
            .env("HOME", self.path("home"))
            .env("XDG_CONFIG_HOME", self.path("home/.config"))
            .env("XDG_CACHE_HOME", self.path("home/.cache"))
            .env_remove("XDG_STATE_HOME")
            .env_remove("SOFTHSM2_CONF")
            .envs(&self.environment);
        command
    }

    fn words(&self, line: &str) -> Vec<String> {
        let pki = self.testbed.folder().display().to_string();
        let soft = self.path("home/soft.toml").display().to_string();
        let names = [
            ("{tsa}", self.testbed.tsa_url()),
            ("{tsa2}", self.testbed.second_tsa_url()),
            ("{trust}", self.testbed.registry_path().display().to_string()),
            ("{crl}", format!("{pki}/crl")),
            ("{pki}", pki),
            ("{soft}", soft),
        ];
        line.split_whitespace()
            .map(|word| names.iter().fold(word.to_owned(), |word, (name, value)| word.replace(name, value)))
            .collect()
    }
}

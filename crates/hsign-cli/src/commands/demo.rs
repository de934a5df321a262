//! A complete worked example with a throw-away test PKI: every step is a command of this very program, shown as one
//! would type it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use hsign::{Finding, Policy};
use hsign_report::word;
use hsign_testkit::softhsm::{self, SoftHsm};
use hsign_testkit::{Clock, Person, Testbed, documents, manipulations};

use crate::failure::Usage;
use crate::output;
use crate::session::Session;

const TOKEN: &str = "HPKI-demo";
const SIGNED_PRESCRIPTION: &str = "dispensed-prescription.signed.pdf";
const SIGNED_LETTER: &str = "referral-letter.signed.pdf";
const RENEWED_LETTER: &str = "referral-letter.renewed.pdf";
const REPORT: &str = "report.html";
const CLASS: &str = "dispensed-prescription";

pub(super) fn run(session: &Session, folder: &Path) -> Result<u8> {
    if folder.exists() {
        bail!(Usage::FolderExists { path: folder.display().to_string() });
    }
    let testbed = Testbed::start_in_folder(Clock::system(), folder, 0)?;
    write_settings(folder, &testbed.tsa_url())?;
    let demo = Demo { session, folder, program: std::env::current_exe()?, token: token(&testbed, folder)? };
    demo.sign_prescription()?;
    demo.sign_letter()?;
    demo.refuse_wrong_profession()?;
    demo.renew()?;
    drop(testbed);
    demo.verify_offline()?;
    demo.plan()?;
    demo.detect_change()?;
    demo.detect_tampering()?;
    session.remark(&Finding::info("demo-done").with("folder", folder.display()));
    Ok(0)
}

/// For the child process: SoftHSM2 reads its configuration from the environment.
pub(super) fn put_certificate(file: &Path) -> Result<u8> {
    softhsm::put_certificate(&std::fs::read(file)?)?;
    Ok(0)
}

/// The policy "hpki" as it is, but for one thing: the people of the demonstration keep their keys in files.
fn write_settings(folder: &Path, tsa: &str) -> Result<()> {
    let policy = Policy::preset_text("hpki").unwrap_or_default();
    let policy = policy
        .replace("name = \"hpki\"", "name = \"hpki-demo\"")
        .replace("software_keys = \"except-hpki\"", "software_keys = \"allowed\"");
    std::fs::write(folder.join("policy.toml"), policy)?;
    let mut config = String::from("# hsign --config: what the demonstration's commands have in common\n");
    write!(config, "trust = [\"trust.toml\"]\ncache = \"\"\n\n[[tsa]]\nname = \"demo\"\nurl = \"{tsa}\"\n")?;
    std::fs::write(folder.join("config.toml"), config)?;
    Ok(())
}

/// The doctor's key on a PKCS#11 token, where SoftHSM2 is installed.
fn token(testbed: &Testbed, folder: &Path) -> Result<Option<SoftHsm>> {
    let place = folder.join("token");
    std::fs::create_dir_all(&place)?;
    let place = place.canonicalize()?;
    let doctor = testbed.pki().person(Person::Doctor);
    std::fs::write(place.join("pin.txt"), format!("{}\n", softhsm::PIN))?;
    let Some(token) = softhsm::create(&place, TOKEN, doctor)? else { return Ok(None) };
    let status = Command::new(std::env::current_exe()?)
        .arg("demo-token")
        .arg(testbed.person(Person::Doctor).certificate_path().with_extension("cer"))
        .env(softhsm::CONFIGURATION_VARIABLE, &token.configuration)
        .status()?;
    Ok(status.success().then_some(token))
}

struct Demo<'a> {
    session: &'a Session,
    folder: &'a Path,
    program: PathBuf,
    token: Option<SoftHsm>,
}

impl Demo<'_> {
    /// A pharmacy's scan of a dispensed prescription, signed by its pharmacist with a PKCS#12 file.
    fn sign_prescription(&self) -> Result<()> {
        self.title("demo-sign-prescription");
        let credential = format!("pkcs12:{}", self.person("pharmacist"));
        let input = self.document(documents::SCANNED_PRESCRIPTION);
        self.hsign(&self.signing(&input, &credential, CLASS, SIGNED_PRESCRIPTION), 0)
    }

    /// A referral letter, signed by a doctor with a PKCS#11 token, or a PKCS#12 file where SoftHSM2 is missing.
    fn sign_letter(&self) -> Result<()> {
        self.title("demo-sign-letter");
        let credential = match &self.token {
            Some(token) => token.specification(TOKEN),
            None => {
                self.session.remark(&Finding::info("demo-no-softhsm"));
                format!("pkcs12:{}", self.person("doctor"))
            }
        };
        let input = self.document(documents::REFERRAL_LETTER);
        self.hsign(&self.signing(&input, &credential, "referral", SIGNED_LETTER), 0)
    }

    /// A nurse can't sign as the dispensing pharmacist.
    fn refuse_wrong_profession(&self) -> Result<()> {
        self.title("demo-refuse");
        let credential = format!("pkcs12:{}", self.person("nurse"));
        let input = self.document(documents::SCANNED_PRESCRIPTION);
        self.hsign(&self.signing(&input, &credential, CLASS, "refused.pdf"), 1)
    }

    /// What is done every few years, here a moment after signing: nobody's card is needed for it.
    fn renew(&self) -> Result<()> {
        self.title("demo-renew");
        let mut words = self.common("extend", &self.inside(SIGNED_LETTER));
        words.extend(["--policy".into(), self.inside("policy.toml")]);
        words.extend(["--out".into(), self.inside(RENEWED_LETTER)]);
        self.hsign(&words, 0)
    }

    /// The authority is gone by now; what the documents carry is enough.
    fn verify_offline(&self) -> Result<()> {
        self.title("demo-verify");
        let mut words = self.verifying(SIGNED_PRESCRIPTION, CLASS);
        words.extend(["--report".into(), self.inside(REPORT)]);
        self.hsign(&words, 0)?;
        self.hsign(&self.verifying(RENEWED_LETTER, "referral"), 0)
    }

    /// Until when that stays so, and what comes after.
    fn plan(&self) -> Result<()> {
        self.title("demo-plan");
        let mut words = self.common("plan", &self.inside(SIGNED_PRESCRIPTION));
        words.extend(["--document-class", CLASS, "--year", "2060"].map(str::to_owned));
        self.hsign(&words, 0)
    }

    /// Something is laid over the scan by a later revision: every signed byte stays, and yet another page is seen.
    fn detect_change(&self) -> Result<()> {
        self.title("demo-change");
        let signed = std::fs::read(self.folder.join(SIGNED_PRESCRIPTION))?;
        std::fs::write(self.folder.join("changed.pdf"), manipulations::covered_scan(&signed))?;
        self.hsign(&self.verifying("changed.pdf", CLASS), 3)
    }

    /// One bit of the scan is flipped.
    fn detect_tampering(&self) -> Result<()> {
        self.title("demo-tamper");
        let mut bytes = std::fs::read(self.folder.join(SIGNED_PRESCRIPTION))?;
        let middle = bytes.len() / 4;
        if let Some(byte) = bytes.get_mut(middle) {
            *byte ^= 1;
        }
        std::fs::write(self.folder.join("tampered.pdf"), bytes)?;
        self.hsign(&self.verifying("tampered.pdf", CLASS), 1)
    }

    fn signing(&self, input: &str, credential: &str, class: &str, out: &str) -> Vec<String> {
        let pin = match credential.starts_with("pkcs11:") {
            true => "token/pin.txt",
            false => "passphrase.txt",
        };
        let mut words = self.common("sign", input);
        words.extend(["--credential".into(), credential.into()]);
        words.extend(["--pin-source".into(), format!("file:{}", self.inside(pin))]);
        words.extend(["--policy".into(), self.inside("policy.toml")]);
        words.extend(["--document-class".into(), class.into(), "--out".into(), self.inside(out)]);
        words
    }

    fn verifying(&self, name: &str, class: &str) -> Vec<String> {
        let mut words = self.common("verify", &self.inside(name));
        words.extend(["--document-class".into(), class.into()]);
        words
    }

    fn common(&self, command: &str, input: &str) -> Vec<String> {
        vec![command.into(), input.into(), "--config".into(), self.inside("config.toml")]
    }

    fn inside(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn document(&self, name: &str) -> String {
        self.folder.join("documents").join(name).display().to_string()
    }

    fn person(&self, name: &str) -> String {
        self.folder.join("people").join(name).join("identity.p12").display().to_string()
    }

    fn title(&self, key: &str) {
        output::data("\n");
        let title = hsign::report::finding_message(&Finding::info(key), self.session.language);
        output::data(&format!("# {}\n", title.unwrap_or_else(|| key.to_owned())));
    }

    /// Shows the command, runs it, shows the heart of what it says, and insists on the exit code.
    fn hsign(&self, words: &[String], expected: i32) -> Result<()> {
        let shown: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        output::data(&format!("$ hsign {}\n", shown.join(" ")));
        let mut command = Command::new(&self.program);
        command.args(words).args(["--lang", self.session.language.code()]).stdin(Stdio::null());
        if let Some(token) = &self.token {
            command.env(softhsm::CONFIGURATION_VARIABLE, &token.configuration);
        }
        let output = command.output().with_context(|| self.program.display().to_string())?;
        let answer = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let code = output.status.code().unwrap_or(-1);
        let is_report = words.first().is_some_and(|word| word == "verify");
        output::data(&if is_report && code == expected { self.heart(&answer) } else { answer });
        output::data(&format!("(exit {code})\n"));
        if code != expected {
            bail!("hsign {} ended with {code} instead of {expected}", words.join(" "));
        }
        Ok(())
    }

    /// Of a report the first line and the errors; it fills a screen, and the reader can ask for it.
    fn heart(&self, answer: &str) -> String {
        let error = word("severity.error", self.session.language);
        let about_the_document = answer.lines().take_while(|line| !line.is_empty());
        let lines = about_the_document.filter_map(|line| match line.strip_prefix(' ').map(str::trim_start) {
            None => Some(line.to_owned()),
            Some(detail) => detail.starts_with(error).then(|| format!("  {detail}")),
        });
        lines.chain(["  …".to_owned()]).map(|line| line + "\n").collect()
    }
}

/// As a shell wants it: the `;` and `?` of a PKCS#11 URI would end the command or name files.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=%,+@".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

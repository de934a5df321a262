//! What the options and the configuration make together: policy, trust, evidence, authorities.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use hsign::credential::{PinRetention, RemoteServices, read_secret};
use hsign::hpki::{DocumentClass, DocumentClasses, ProfessionTable};
use hsign::journal_format::Rotation;
use hsign::net::{
    FetcherOptions, HttpFetcher, HttpTimestamper, Ports, SecretResolver, TsaEndpoint, remote_service,
};
use hsign::report::{finding_lines, finding_message};
use hsign::{
    FileJournal, Finding, JournalPort, Policy, Purpose, Settings, Severity, Supplied, Time, TrustRegistry,
    ValidationTime, load,
};
use hsign_core::facts::Level;
use hsign_core::journal::{Event, Journal as _, Operation, Outcome};
use hsign_core::ports::{Fetcher, NoNetwork, PortError};
use hsign_core::{ErrorKind, Secret, SecretReference, Source, WithPassword};

use crate::args::{GlobalArgs, JudgingOptions, Output, TrustOptions};
use crate::config::{self, Config};
use crate::failure::{self, Usage};
use crate::language::Language;
use crate::pending_list::{PendingList, Waiting};
use crate::{files, output};

/// One run of the command.
pub(crate) struct Session {
    pub(crate) language: Language,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
    pub(crate) config: Config,
    /// For encrypted PDF files.
    password: Option<Secret>,
    journal: Option<Arc<FileJournal>>,
    /// What this run makes, for the journal.
    operation: Option<Operation>,
}

/// What decides a judgement, as typed.
#[derive(Default)]
pub(crate) struct Judging<'a> {
    pub(crate) policy: Option<&'a str>,
    pub(crate) document_class: Option<&'a str>,
    pub(crate) roles: &'a [String],
    pub(crate) evidence: &'a [PathBuf],
    pub(crate) trust: Option<&'a TrustOptions>,
}

impl<'a> From<&'a JudgingOptions> for Judging<'a> {
    fn from(options: &'a JudgingOptions) -> Self {
        Self {
            policy: options.policy.as_deref(),
            evidence: &options.evidence,
            trust: Some(&options.trust),
            ..Self::default()
        }
    }
}

impl Session {
    pub(crate) fn new(global: &GlobalArgs, language: Language) -> Result<Self> {
        let config = Config::load(global.config.as_deref())?;
        let unspoken = global.lang.is_none() && crate::language::locale().is_none();
        let language = match config.lang.as_deref() {
            Some("ja") if unspoken => Language::Ja,
            Some("en") if unspoken => Language::En,
            _ => language,
        };
        let json = global.output == Output::Json;
        let source = global.password_source.as_deref().map(str::parse::<SecretReference>).transpose()?;
        let password = source.map(|source| read_secret(&source)).transpose()?;
        let journal = file_journal(&config).map(Arc::new);
        Ok(Self {
            language,
            json,
            quiet: global.quiet,
            verbose: global.verbose,
            config,
            password,
            journal,
            operation: None,
        })
    }

    /// A document, with the password for it where one was given.
    pub(crate) fn open(&self, path: &Path) -> Result<Box<dyn Source>> {
        let source = files::open(path)?;
        Ok(match &self.password {
            Some(password) => Box::new(WithPassword { source, password: password.clone() }),
            None => source,
        })
    }

    /// Policy, trust, evidence and roles for a judgement.
    pub(crate) fn settings(&self, judging: &Judging<'_>) -> Result<Settings> {
        let policy = self.policy(judging.policy)?;
        let trust = self.trust(judging.trust)?;
        let mut settings = Settings::new(policy, trust);
        let supplied = self.supplied(judging.evidence)?;
        settings.qualification_evidence = supplied.qualification_evidence().to_vec();
        settings.evidence = supplied.evidence;
        settings.tokens = supplied.tokens;
        settings.evidence_records = supplied.evidence_records;
        settings.professions = self.professions()?;
        settings.document_class = self.document_class(judging.document_class)?;
        settings.required_roles = judging.roles.to_vec();
        settings.listed_signers = self.listed_signers()?;
        settings.journal = self.journal_port();
        Ok(settings)
    }

    /// By name, or a file.
    pub(crate) fn policy(&self, named: Option<&str>) -> Result<Policy> {
        let name = named.or(self.config.policy.as_deref()).unwrap_or("hpki");
        if Policy::preset_text(name).is_some() {
            return Ok(Policy::preset(name)?);
        }
        if !Path::new(name).exists() {
            // Says which names there are.
            return Ok(Policy::preset(name)?);
        }
        let text = load::read(Path::new(name))?;
        Policy::parse(&String::from_utf8_lossy(&text)).with_context(|| name.to_owned())
    }

    /// `--trust` takes the place of everything else; without it, the built-in pins as far as confirmed, what was
    /// imported, and the configured registries.
    pub(crate) fn trust(&self, options: Option<&TrustOptions>) -> Result<TrustRegistry> {
        let (signers, tsas) = options.map_or((&[][..], &[][..]), |o| (&o.trust[..], &o.tsa_trust[..]));
        let mut registry = if signers.is_empty() && tsas.is_empty() {
            self.own_trust()?
        } else {
            load::trust(signers, Purpose::Signer)?
        };
        registry.extend(load::trust(tsas, Purpose::Tsa)?);
        Ok(registry)
    }

    fn own_trust(&self) -> Result<TrustRegistry> {
        let mut registry = TrustRegistry::builtin()?.confirmed(&confirmed_pins()?);
        let imported: Vec<PathBuf> = imported_path().into_iter().filter(|path| path.is_file()).collect();
        registry.extend(load::trust(&imported, Purpose::Signer)?);
        registry.extend(load::trust(&self.config.trust, Purpose::Signer)?);
        Ok(registry)
    }

    fn supplied(&self, paths: &[PathBuf]) -> Result<Supplied> {
        let mut supplied = Supplied::default();
        for (path, bytes) in load::files(&[&self.config.evidence[..], paths].concat())? {
            supplied.add(&file_name(&path), &bytes).with_context(|| path.display().to_string())?;
        }
        let alone = supplied.signatures_without_record();
        if alone > 0 {
            self.tell(&[Finding::warning("signature-without-record").with("count", alone)]);
        }
        Ok(supplied)
    }

    /// The built-in table, and after it the institution's own files: theirs holds where both have a text.
    fn professions(&self) -> Result<ProfessionTable> {
        self.config.professions.iter().try_fold(ProfessionTable::builtin(), |table, path| {
            let own = ProfessionTable::parse(&text(path)?).with_context(|| path.display().to_string())?;
            Ok(table.merged_with(own))
        })
    }

    fn document_classes(&self) -> Result<DocumentClasses> {
        self.config.document_classes.iter().try_fold(DocumentClasses::builtin(), |classes, path| {
            let own = DocumentClasses::parse(&text(path)?).with_context(|| path.display().to_string())?;
            Ok(classes.merged_with(own))
        })
    }

    pub(crate) fn document_class(&self, named: Option<&str>) -> Result<Option<DocumentClass>> {
        let Some(name) = named.or(self.config.document_class.as_deref()) else { return Ok(None) };
        let classes = self.document_classes()?;
        match classes.find(name) {
            Some(class) => Ok(Some(class.clone())),
            None => {
                let known: Vec<&str> = classes.rows().iter().map(|class| class.name.as_str()).collect();
                bail!(Usage::UnknownDocumentClass { name: name.to_owned(), known: known.join(", ") })
            }
        }
    }

    fn listed_signers(&self) -> Result<Vec<[u8; 32]>> {
        self.config.institution.scan_signers.iter().map(|pin| parse_pin(pin)).collect()
    }

    /// The authorities named, by configured name or URL; all configured ones if none is named.
    pub(crate) fn endpoints(&self, named: &[String]) -> Result<Vec<TsaEndpoint>> {
        if named.is_empty() {
            return Ok(self.config.tsa.clone());
        }
        named.iter().map(|name| self.endpoint(name)).collect()
    }

    fn endpoint(&self, name: &str) -> Result<TsaEndpoint> {
        if let Some(configured) = self.config.tsa.iter().find(|endpoint| endpoint.name == name) {
            return Ok(configured.clone());
        }
        if name.starts_with("http://") || name.starts_with("https://") {
            return Ok(TsaEndpoint::at(name));
        }
        bail!(Usage::UnknownTsa { name: name.to_owned() })
    }

    /// Where credentials are looked for: `modules`, and the configured remote services.
    pub(crate) fn credential_options(&self, modules: Vec<PathBuf>) -> hsign::credential::Options {
        let endpoints = self.config.remote.clone();
        let language = self.language;
        let open = move |name: &str| {
            let endpoint = endpoints.iter().find(|endpoint| endpoint.name == name).cloned();
            let unknown = || Finding::error("remote-service-unknown").with("name", name);
            let endpoint = endpoint.ok_or_else(|| {
                PortError::new(ErrorKind::Usage, "no such remote service is configured").finding(unknown())
            })?;
            Ok(remote_service(endpoint, ports(), Box::new(move |address| show_login(address, language)))?)
        };
        let pin_retention =
            if self.config.pin_each_time { PinRetention::EachSignature } else { PinRetention::WhileOpen };
        hsign::credential::Options {
            modules,
            pin_retention,
            remote: Some(RemoteServices::new(std::sync::Arc::new(open))),
        }
    }

    /// The list of documents that wait to be completed.
    pub(crate) fn pending_list(&self) -> Result<PendingList> {
        PendingList::at(self.config.pending())
    }

    /// Puts a document on it before it is written. What goes to standard output can't be found again.
    pub(crate) fn wait(&self, one: Waiting) -> Result<()> {
        if files::is_standard(&one.path) {
            return Ok(());
        }
        self.pending_list()?.add(one)
    }

    /// A run that makes something.
    pub(crate) fn making(self, operation: Option<Operation>) -> Self {
        Self { operation, ..self }
    }

    /// The journal, if one is configured.
    pub(crate) fn journal(&self) -> Option<&FileJournal> {
        self.journal.as_deref()
    }

    /// The same for the use cases.
    pub(crate) fn journal_port(&self) -> Option<JournalPort> {
        let journal = self.journal.clone()?;
        Some(JournalPort { journal, names: self.config.journal.names })
    }

    /// Writes down that an attempt failed before its use case began, or after it: the use cases do it themselves. A
    /// request that makes no sense is no attempt.
    pub(crate) fn record_failure(&self, error: &anyhow::Error) {
        let Some(operation) = self.operation else { return };
        let recorded = error.chain().any(|cause| cause.is::<hsign::Error>());
        let kind = failure::kind(error);
        let Some(journal) = self.journal().filter(|_| !recorded && kind != ErrorKind::Usage) else { return };
        let outcome = if kind == ErrorKind::Refused { Outcome::Refused } else { Outcome::Failed };
        let mut event = Event::new(operation, outcome);
        event.code = Some(failure::finding(error).code);
        if let Err(error) = journal.record(&event) {
            self.tell(&error.findings);
        }
    }

    /// A client for these authorities, for what is about to be made; `None` where there is none. With the first of a
    /// day the journal gets its time stamp; that it gets none doesn't hold up the work.
    pub(crate) fn timestamper(&self, endpoints: Vec<TsaEndpoint>) -> Result<Option<HttpTimestamper>> {
        let client = self.client(endpoints)?;
        if let (Some(journal), Some(client)) = (self.journal(), &client)
            && self.config.journal.daily_stamp
            && journal.stamp_is_due()?
            && let Err(error) = journal.stamp(client, client.digest())
        {
            if error.kind == ErrorKind::Local {
                return Err(error.into());
            }
            self.tell(&[Finding::warning("journal-stamp-failed").with("reason", error.first_finding().code)]);
        }
        Ok(client)
    }

    /// As [`timestamper`](Self::timestamper), for what is to have this level: the lowest needs none.
    pub(crate) fn timestamper_for(
        &self,
        level: Option<Level>,
        named: &[String],
    ) -> Result<Option<HttpTimestamper>> {
        let endpoints = self.endpoints(named)?;
        if level == Some(Level::BB) { Ok(None) } else { self.timestamper(endpoints) }
    }

    /// A client for these authorities; `None` where there is none.
    pub(crate) fn client(&self, endpoints: Vec<TsaEndpoint>) -> Result<Option<HttpTimestamper>> {
        if endpoints.is_empty() {
            return Ok(None);
        }
        Ok(Some(HttpTimestamper::new(endpoints, ports())?))
    }

    /// What was noticed or done on the way, on standard error: warnings always but under `--quiet`, remarks too,
    /// what is only worth knowing with `--verbose`.
    pub(crate) fn tell(&self, findings: &[Finding]) {
        let shown: Vec<Finding> = findings
            .iter()
            .filter(|finding| self.verbose || finding.severity > Severity::Info)
            .cloned()
            .collect();
        if !self.quiet && !shown.is_empty() {
            output::message(&finding_lines(&shown, self.language));
        }
    }

    /// A remark about what was done.
    pub(crate) fn remark(&self, remark: &Finding) {
        if !self.quiet {
            let text = finding_message(remark, self.language).unwrap_or_else(|| remark.code.clone());
            output::message(&format!("{text}\n"));
        }
    }

    /// The network, if it may be used.
    pub(crate) fn fetcher(&self, allowed: bool) -> Box<dyn Fetcher + Sync> {
        if !allowed {
            return Box::new(NoNetwork);
        }
        let mut options = FetcherOptions { cache_dir: self.config.cache(), ..FetcherOptions::default() };
        if let Some(age) = self.config.cache_max_age {
            options.cache_max_age_seconds = age.as_seconds().unsigned_abs();
        }
        Box::new(HttpFetcher::new(options))
    }
}

/// The address is shown, never opened by us: which browser somebody is logged in with is theirs to know.
fn show_login(address: &str, language: Language) {
    let words = match language {
        Language::Ja => "次のアドレスをこのコンピュータのブラウザで開いて、ログインしてください",
        Language::En => "Open this address in a browser on this machine and log in",
    };
    output::message(&format!("{words}:\n{address}\n"));
}

fn file_journal(config: &Config) -> Option<FileJournal> {
    let journal = &config.journal;
    let rotation = Rotation { bytes: journal.file_bytes, daily: journal.daily_file };
    let randomness = Box::new(hsign::crypto::SystemRandom);
    let folder = journal.path.as_deref()?;
    Some(FileJournal::new(folder, rotation, crate::account::who(), Box::new(now), randomness))
}

/// What hsign-net needs from this machine.
pub(crate) fn ports() -> Ports {
    Ports {
        randomness: Box::new(hsign::crypto::SystemRandom),
        verifier: Box::new(hsign::crypto::OpensslVerifier::new()),
        now: Box::new(now),
        secrets: Box::new(secret),
    }
}

/// How the library gets the secrets that configurations name.
pub(crate) fn secrets() -> Arc<SecretResolver> {
    Arc::new(secret)
}

/// A secret that the configuration names; that it can't be had is the configuration's fault.
fn secret(reference: &SecretReference) -> Result<Secret, PortError> {
    read_secret(reference).map_err(|error| {
        let reason = error.findings.first().and_then(|finding| finding.values.get("reason").cloned());
        let finding = Finding::error("secret-not-had")
            .with("place", reference)
            .with("reason", reason.unwrap_or_default());
        PortError::new(ErrorKind::Usage, error.message).finding(finding)
    })
}

fn text(path: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&load::read(path)?).into_owned())
}

/// A file's own name: that of its folder may be anybody's.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The machine's clock. The only place that reads it.
pub(crate) fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    // A clock beyond the year 9999 makes every certificate expired.
    Time::from_unix_seconds(seconds).unwrap_or(Time::LATEST)
}

/// `--at`, or now.
pub(crate) fn time_or_now(at: Option<&str>) -> Result<ValidationTime> {
    match at {
        Some(text) => match text.parse() {
            Ok(time) => Ok(ValidationTime(time)),
            Err(_) => bail!(Usage::NotATime { text: text.to_owned() }),
        },
        None => Ok(ValidationTime(now())),
    }
}

/// The registry that `hsign trust import` keeps.
pub(crate) fn imported_path() -> Option<PathBuf> {
    config::folder().map(|folder| folder.join("trust.toml"))
}

/// The list that `hsign trust confirm` keeps: a pin a line.
pub(crate) fn confirmed_path() -> Option<PathBuf> {
    config::folder().map(|folder| folder.join("confirmed-pins.txt"))
}

/// The built-in pins that the user has confirmed.
pub(crate) fn confirmed_pins() -> Result<BTreeSet<[u8; 32]>> {
    let Some(path) = confirmed_path().filter(|path| path.is_file()) else { return Ok(BTreeSet::new()) };
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
        .map(parse_pin)
        .collect::<Result<_>>()
        .with_context(|| path.display().to_string())
}

/// 64 hexadecimal digits.
pub(crate) fn parse_pin(text: &str) -> Result<[u8; 32]> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    let byte = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..32).map(|index| byte(index * 2)).collect();
    match bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).filter(|_| digits.len() == 64) {
        Some(pin) => Ok(pin),
        None => bail!(Usage::NotAPin { text: text.to_owned() }),
    }
}

//! The reviewer's screen: keyboard only, over ssh, from 80 columns.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use hsign::credential::{PinTries, SecretPrompt, SecretSource};
use hsign::report::{Language, finding_message, word};
use hsign_core::ports::PortError;
use hsign_core::{ErrorKind, Finding, Secret, SecretReference};
use hsign_desk::{Confirmation, Desk, Folder as _, Id, Item, Place, State, Then, Work};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind};

use super::copies::Copies;
use super::draw::{self, Dialog, Row, View};
use super::folder::DiskFolder;
use super::keys::{Line, Typed, is_interrupt};
use super::worker::Round;
use super::{Asked, Pages, desk_error, pages_of, pictures, reviewed, why_not};
use crate::args::WatchArgs;
use crate::failure;
use crate::session::{self, Session};

/// How long to wait for a key before the folder is looked at again.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The terminal, given back when it is dropped. Shared with whoever has to ask for a PIN.
struct Glass {
    terminal: Mutex<DefaultTerminal>,
}

impl Glass {
    fn open() -> Result<Self> {
        Ok(Self { terminal: Mutex::new(ratatui::try_init().context("terminal")?) })
    }

    fn terminal(&self) -> MutexGuard<'_, DefaultTerminal> {
        self.terminal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, view: &View<'_>) -> Result<()> {
        self.terminal().draw(|frame| draw::draw(frame, view)).context("terminal")?;
        Ok(())
    }
}

impl Drop for Glass {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// What the reviewer has before them.
struct Screen<'a> {
    session: &'a Session,
    args: &'a WatchArgs,
    folder: &'a DiskFolder,
    desk: Desk<'a>,
    glass: Glass,
    reviewer: Confirmation,
    selected: usize,
    /// The first that is seen.
    top: usize,
    opened: BTreeSet<Id>,
    copies: Copies,
    pages: BTreeMap<Id, Pages>,
    asked: Asked,
    message: String,
}

pub(super) fn run(session: &Session, args: &WatchArgs, folder: &DiskFolder, desk: Desk<'_>) -> Result<u8> {
    let asked = Asked::of(session, args)?;
    let glass = Glass::open()?;
    let Some(by) = reviewer(session, args, &glass)? else { return Ok(ErrorKind::Interrupted.exit_code()) };
    let reviewer = Confirmation { by, part: args.reviewer_part.part() };
    let mut screen = Screen {
        session,
        args,
        folder,
        desk,
        glass,
        reviewer,
        selected: 0,
        top: 0,
        opened: BTreeSet::new(),
        copies: Copies::default(),
        pages: BTreeMap::new(),
        asked,
        message: word("watch.welcome", session.language).to_owned(),
    };
    screen.stay()?;
    Ok(if screen.desk.queue().is_waiting() { 3 } else { 0 })
}

/// By option, or typed.
fn reviewer(session: &Session, args: &WatchArgs, glass: &Glass) -> Result<Option<String>> {
    let given = args.reviewer.clone().filter(|name| !name.trim().is_empty());
    if given.is_some() {
        return Ok(given);
    }
    let mut line = Line::default();
    loop {
        let question = word("watch.ask-reviewer", session.language).to_owned();
        let dialog = Dialog { lines: vec![question], typed: Some(line.text.clone()) };
        glass.show(&View { dialog: Some(dialog), ..View::empty(session.language) })?;
        let Some(key) = key(LOOK_EVERY)? else { continue };
        match line.key(key) {
            Typed::Done if !line.text.trim().is_empty() => return Ok(Some(line.text.trim().to_owned())),
            Typed::Given => return Ok(None),
            _ => {}
        }
    }
}

/// The next key pressed, if one is within this time.
fn key(within: Duration) -> Result<Option<KeyEvent>> {
    if !event::poll(within).context("terminal")? {
        return Ok(None);
    }
    match event::read().context("terminal")? {
        Event::Key(key) if key.kind != KeyEventKind::Release => Ok(Some(key)),
        _ => Ok(None),
    }
}

impl Screen<'_> {
    fn stay(&mut self) -> Result<()> {
        loop {
            let more = self.desk.look(&why_not).map_err(desk_error)?;
            self.show(None)?;
            let Some(key) = key(if more { Duration::ZERO } else { LOOK_EVERY })? else { continue };
            if is_interrupt(key) || key.code == KeyCode::Char('q') {
                return Ok(());
            }
            self.on(key)?;
        }
    }

    fn on(&mut self, key: KeyEvent) -> Result<()> {
        let last = self.items().len().saturating_sub(1);
        match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.selected = self.selected.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.selected = (self.selected + 1).min(last),
            KeyCode::PageUp => self.selected = self.selected.saturating_sub(10),
            KeyCode::PageDown => self.selected = (self.selected + 10).min(last),
            KeyCode::Home => self.selected = 0,
            KeyCode::End => self.selected = last,
            KeyCode::Enter | KeyCode::Char('o') => self.open(),
            KeyCode::Char('p') => self.picture()?,
            KeyCode::Char(' ' | 'c') => self.confirm()?,
            KeyCode::Char('u') => self.withdraw()?,
            KeyCode::Char('x') => self.set_aside()?,
            KeyCode::Char('s') => self.sign()?,
            KeyCode::Char('t') => self.complete()?,
            _ => {}
        }
        Ok(())
    }

    /// What is to be done first, what was done last.
    fn items(&self) -> Vec<Item> {
        let queue = self.desk.queue();
        let mut items: Vec<&Item> = queue.in_state(State::Found);
        items.extend(queue.in_state(State::Confirmed));
        items.sort_by(|one, other| (one.found, &one.name).cmp(&(other.found, &other.name)));
        items.extend(queue.pending());
        items.into_iter().cloned().collect()
    }

    fn item(&self) -> Option<Item> {
        self.items().get(self.selected).cloned()
    }

    fn say(&mut self, key: &str) {
        self.message = word(key, self.session.language).to_owned();
    }

    fn show(&mut self, dialog: Option<Dialog>) -> Result<()> {
        let items = self.items();
        self.selected = self.selected.min(items.len().saturating_sub(1));
        // Only what is seen is read.
        let lines = draw::list_height(self.glass.terminal().size().context("terminal")?.height);
        self.top = self.top.clamp((self.selected + 1).saturating_sub(lines), self.selected);
        let seen = items.iter().skip(self.top).take(lines);
        let rows: Vec<Row> = seen.map(|item| self.row(item)).collect();
        let count = |state| self.desk.queue().count(state);
        let view = View {
            language: self.session.language,
            title: format!("{} — {} ({})", self.args.folder.display(), self.reviewer.by, self.part()),
            rows: &rows,
            selected: self.selected - self.top,
            counts: [
                ("watch.arriving", self.desk.arriving()),
                ("watch.found", count(State::Found)),
                ("watch.confirmed", count(State::Confirmed)),
                ("watch.done", count(State::Done)),
                ("watch.pending", self.desk.queue().pending().len()),
                ("watch.aside", count(State::Aside)),
            ],
            message: &self.message,
            dialog,
        };
        self.glass.show(&view)
    }

    fn part(&self) -> String {
        word(&format!("watch.part.{}", self.reviewer.part.name()), self.session.language).to_owned()
    }

    fn row(&mut self, item: &Item) -> Row {
        let pages = match self.pages.get(&item.id) {
            Some(pages) => pages.clone(),
            None => {
                let pages = pages_of(self.folder, item, &self.asked);
                self.pages.insert(item.id, pages.clone());
                pages
            }
        };
        let language = self.session.language;
        let pending = item.output.as_ref().is_some_and(|output| output.pending);
        let state = if pending { "pending" } else { item.state.name() };
        let mut remarks = Vec::new();
        for code in ["scan-resolution-low", "scan-colour-depth-low", "scan-lossy-compression"] {
            let is_so = pages.shortcomings.iter().any(|known| known == code);
            remarks.extend(is_so.then(|| word(&format!("watch.{code}"), language).to_owned()));
        }
        remarks.extend(item.code.clone());
        Row {
            confirmed: item.state == State::Confirmed,
            opened: self.opened.contains(&item.id),
            name: item.name.clone(),
            kind: item.kind.name(),
            pages: pages.pages,
            dpi: pages.dpi,
            minutes: session::now().seconds_since(item.found) / 60,
            state: word(&format!("watch.state.{state}"), language).to_owned(),
            remarks: remarks.join(" "),
        }
    }

    /// In the viewer that the reviewer is used to.
    fn open(&mut self) {
        let Some(item) = self.item() else { return };
        let usual = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        let viewer = self.args.viewer.as_deref().unwrap_or(usual);
        let path = match item.output.as_ref().filter(|_| item.state == State::Done) {
            Some(output) => Some(self.folder.path(Place::Signed, &output.name)),
            None => self.copy(&item),
        };
        let Some(path) = path else { return };
        let started = Command::new(viewer)
            .arg(path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            Ok(_) => drop(self.opened.insert(item.id)),
            Err(error) => self.message = format!("{viewer}: {error}"),
        }
    }

    /// The content that is listed, where nobody can exchange it while it is looked at.
    fn copy(&mut self, item: &Item) -> Option<PathBuf> {
        let read = self.folder.read(Place::Drop, &item.name).ok().flatten();
        let Some(bytes) = read.filter(|bytes| Id::of(bytes) == item.id) else {
            self.say("watch.changed-meanwhile");
            return None;
        };
        match self.copies.put(item.id, &item.name, &bytes) {
            Ok(path) => Some(path),
            Err(error) => {
                self.message = error.to_string();
                None
            }
        }
    }

    fn picture(&mut self) -> Result<()> {
        let Some(item) = self.item().filter(|item| item.state < State::Done) else { return Ok(()) };
        let Some(path) = self.copy(&item) else { return Ok(()) };
        let shown = {
            let mut terminal = self.glass.terminal();
            pictures::show(&mut terminal, &path, item.kind, self.args.pictures)
        };
        match shown {
            Ok(()) => {
                self.opened.insert(item.id);
                while key(LOOK_EVERY)?.is_none() {}
                self.glass.terminal().clear().context("terminal")?;
            }
            Err(reason) => self.say(reason.word()),
        }
        Ok(())
    }

    /// Both statements are read before the answer.
    fn confirm(&mut self) -> Result<()> {
        let Some(item) = self.item().filter(|item| item.state == State::Found) else { return Ok(()) };
        let language = self.session.language;
        let mut lines = vec![
            item.name.clone(),
            word("watch.confirm-overlap", language).to_owned(),
            word("watch.confirm-equal", language).to_owned(),
        ];
        if !self.opened.contains(&item.id) {
            lines.push(word("watch.not-opened", language).to_owned());
        }
        lines.push(word("watch.yes-or-no", language).to_owned());
        if self.agreed(lines)? {
            let reviewer = self.reviewer.clone();
            reviewed::confirm(self.session, &mut self.desk, item.id, &reviewer)?;
            self.message.clear();
            self.selected += 1;
        }
        Ok(())
    }

    fn agreed(&mut self, lines: Vec<String>) -> Result<bool> {
        self.show(Some(Dialog { lines, typed: None }))?;
        loop {
            let Some(key) = key(LOOK_EVERY)? else { continue };
            match key.code {
                KeyCode::Char('y' | 'Y') => return Ok(true),
                KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => return Ok(false),
                _ if is_interrupt(key) => return Ok(false),
                _ => {}
            }
        }
    }

    fn withdraw(&mut self) -> Result<()> {
        let Some(item) = self.item().filter(|item| item.state == State::Confirmed) else { return Ok(()) };
        self.desk.withdraw(item.id).map_err(desk_error)
    }

    fn set_aside(&mut self) -> Result<()> {
        let Some(item) = self.item().filter(|item| item.state < State::Signing) else { return Ok(()) };
        let language = self.session.language;
        let ask = ["watch.ask-aside", "watch.yes-or-no"].map(|key| word(key, language).to_owned());
        if self.agreed([vec![item.name.clone()], ask.to_vec()].concat())? {
            let reviewer = self.reviewer.clone();
            reviewed::set_aside(self.session, &mut self.desk, item.id, &reviewer)?;
        }
        Ok(())
    }

    fn sign(&mut self) -> Result<()> {
        let ready: Vec<Id> =
            self.desk.queue().in_state(State::Confirmed).iter().map(|item| item.id).collect();
        if ready.is_empty() {
            self.say("watch.nothing-confirmed");
            return Ok(());
        }
        self.say("watch.opening-credential");
        self.show(None)?;
        let args = self.args;
        let session = self.session;
        let secrets = match ScreenSecrets::new(args.pin_source.as_deref(), session.language) {
            Ok(secrets) => secrets,
            Err(error) => return self.tell(&error),
        };
        let round = match Round::signing(session, args, &secrets) {
            Ok(round) => round,
            Err(error) => {
                session.record_failure(&error);
                return self.tell(&error);
            }
        };
        self.glass.terminal().clear().context("terminal")?;
        let unit = if args.batch { ready.len() } else { 1 };
        let mut signed = 0;
        for (number, ids) in ready.chunks(unit).enumerate() {
            self.message = word("watch.signing", session.language)
                .replace("{number}", &(number * unit + 1).to_string())
                .replace("{total}", &ready.len().to_string());
            self.show(None)?;
            let work = self.desk.sign(ids, &round).map_err(desk_error)?;
            // A card that wants its PIN each time asked over what stood there.
            self.glass.terminal().clear().context("terminal")?;
            match work {
                Work::Signed(_) => signed += ids.len(),
                Work::Nothing => {}
                Work::Failed(failure) => {
                    let error = round.take_failure();
                    self.message = told(error.as_ref(), &failure.code, session.language);
                    if failure.then == Then::Retry {
                        // Card or line: the next one would fail alike, and a wrong PIN must not be tried again.
                        return Ok(());
                    }
                }
            }
            if let Some(key) = key(Duration::ZERO)?
                && (key.code == KeyCode::Esc || is_interrupt(key))
            {
                self.say("watch.stopped");
                return Ok(());
            }
        }
        let notices: Vec<String> =
            round.take_notices().iter().filter_map(|one| finding_message(one, session.language)).collect();
        let text = word("watch.signed", session.language).replace("{count}", &signed.to_string());
        self.message = [vec![text], notices].concat().join(" ");
        Ok(())
    }

    fn tell(&mut self, error: &anyhow::Error) -> Result<()> {
        self.message = told(Some(error), "", self.session.language);
        self.glass.terminal().clear().context("terminal")
    }

    fn complete(&mut self) -> Result<()> {
        let ids: Vec<Id> = self.desk.queue().pending().iter().map(|item| item.id).collect();
        if ids.is_empty() {
            self.say("watch.nothing-pending");
            return Ok(());
        }
        let round = match Round::completing(self.session, self.args) {
            Ok(round) => round,
            Err(error) => return self.tell(&error),
        };
        let mut completed = 0;
        for id in ids {
            self.say("watch.completing");
            self.show(None)?;
            match self.desk.complete(id, &round).map_err(desk_error)? {
                Work::Signed(_) => completed += 1,
                Work::Nothing => {}
                Work::Failed(failure) => {
                    let error = round.take_failure();
                    self.message = told(error.as_ref(), &failure.code, self.session.language);
                    return Ok(());
                }
            }
        }
        self.message =
            word("watch.completed", self.session.language).replace("{count}", &completed.to_string());
        Ok(())
    }
}

fn told(error: Option<&anyhow::Error>, code: &str, language: Language) -> String {
    let finding = error.map_or_else(|| Finding::error(code), failure::finding);
    finding_message(&finding, language).unwrap_or(finding.code)
}

/// PINs: from `--pin-source`, else typed on the screen.
struct ScreenSecrets {
    source: Option<SecretReference>,
    language: Language,
}

impl ScreenSecrets {
    fn new(source: Option<&str>, language: Language) -> Result<Self> {
        Ok(Self { source: source.map(str::parse::<SecretReference>).transpose()?, language })
    }
}

impl SecretSource for ScreenSecrets {
    fn secret(&self, prompt: &SecretPrompt) -> Result<Secret, PortError> {
        if let Some(source) = &self.source {
            return source.secret(prompt);
        }
        let mut lines = vec![word("watch.ask-secret", self.language).replace("{subject}", &prompt.subject)];
        match prompt.tries {
            PinTries::Last => lines.push(word("watch.last-try", self.language).to_owned()),
            PinTries::Low => lines.push(word("watch.few-tries", self.language).to_owned()),
            _ => {}
        }
        let typed = draw::secret(&lines).map_err(|error| {
            PortError::new(ErrorKind::Credential, error.to_string()).finding(Finding::from_io(&error))
        })?;
        typed.ok_or_else(|| prompt.unanswered())
    }
}

use std::collections::{BTreeMap, BTreeSet};

use hsign_core::Time;
use hsign_core::ports::PortError;

use crate::{Arrivals, Change, Confirmation, Error, Id, Item, Kind, Log, Queue, Record, Seen, State};

/// A file that is quiet but lacks its end gets this long to be finished, in seconds; scanners and copies over a slow
/// line pause.
const PATIENCE_SECONDS: i64 = 60;

/// New files that one look takes in: whoever reviews needn't wait for all of them.
const AT_ONCE: usize = 50;

/// Where a file can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Where files are dropped.
    Drop,
    /// Signed files.
    Signed,
    /// What was signed, as it came.
    Originals,
    /// What is not signed, each with its reason.
    Aside,
}

/// The folder and its log. Every effect is whole or not at all.
pub trait Folder {
    /// Files that were dropped.
    ///
    /// # Errors
    /// When the folder can't be read.
    fn list(&self) -> Result<Vec<Seen>, PortError>;

    /// A file's content; `None`: it isn't there.
    ///
    /// # Errors
    /// When it can't be read.
    fn read(&self, place: Place, name: &str) -> Result<Option<Vec<u8>>, PortError>;

    /// Whether a file is there.
    ///
    /// # Errors
    /// When the folder can't be read.
    fn exists(&self, place: Place, name: &str) -> Result<bool, PortError>;

    /// Puts a file in its place for good; `false`: the name is taken and `replace` is not asked for.
    ///
    /// # Errors
    /// When the disk refuses.
    fn put(&self, place: Place, name: &str, bytes: &[u8], replace: bool) -> Result<bool, PortError>;

    /// Moves a dropped file; `false`: it isn't there any more, or the new name is taken.
    ///
    /// # Errors
    /// When the disk refuses.
    fn take_away(&self, name: &str, to: Place, new: &str) -> Result<bool, PortError>;

    /// The log.
    ///
    /// # Errors
    /// When it can't be read.
    fn log(&self) -> Result<Vec<u8>, PortError>;

    /// Appends to the log; `lasting`: and waits until it is on the disk.
    ///
    /// # Errors
    /// When the disk refuses.
    fn append(&self, line: &[u8], lasting: bool) -> Result<(), PortError>;
}

/// A file to be signed; its content is what somebody confirmed.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
    /// What it is.
    pub kind: Kind,
    /// Who answers for it.
    pub confirmation: &'a Confirmation,
}

/// A signed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The name it should have.
    pub name: String,
    /// All of it.
    pub bytes: Vec<u8>,
    /// Level of the signature.
    pub level: String,
    /// It waits for its time stamp or its evidence.
    pub pending: bool,
}

/// What was added to a signed file that waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Level of the signature now.
    pub level: String,
    /// It still waits.
    pub pending: bool,
}

/// Why nothing was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Code of the finding that tells why.
    pub code: String,
    /// What follows from it.
    pub then: Then,
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The file (the one with this place among the candidates) can't be signed: it is set aside.
    SetAside(usize),
    /// Another time: card, authority or machine failed.
    Retry,
}

/// Signs and completes.
pub trait Worker {
    /// Signs one file, or several together.
    ///
    /// # Errors
    /// When nothing was signed.
    fn sign(&self, files: &[Candidate<'_>]) -> Result<Made, Failure>;

    /// Adds what a signed file waits for.
    ///
    /// # Errors
    /// When nothing could be added.
    fn complete(&self, name: &str, bytes: &[u8]) -> Result<Completion, Failure>;
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// The signed file's name.
    Signed(String),
    /// Nothing was to be done, or what was to be signed is gone.
    Nothing,
    /// It failed.
    Failed(Failure),
}

/// Does the work of a drop folder.
pub struct Desk<'f> {
    folder: &'f dyn Folder,
    clock: &'f dyn Fn() -> Time,
    queue: Queue,
    /// Only whether its end is torn.
    log: Log,
    arrivals: Arrivals,
    hashed: BTreeMap<String, (Seen, Id, Option<Kind>)>,
    quiet: i64,
}

impl<'f> Desk<'f> {
    /// Takes up the work where the log ends, and finishes what a crash cut off. A file has to be quiet for so many
    /// seconds.
    ///
    /// # Errors
    /// When the folder can't be read or the log is damaged.
    pub fn open(folder: &'f dyn Folder, clock: &'f dyn Fn() -> Time, quiet: i64) -> Result<Self, Error> {
        let log = Log::parse(&folder.log()?)?;
        let mut queue = Queue::default();
        for record in &log.records {
            queue.apply(record)?;
        }
        let log = Log { records: Vec::new(), torn: log.torn };
        let mut desk =
            Self { folder, clock, queue, log, arrivals: Arrivals::default(), hashed: BTreeMap::new(), quiet };
        desk.finish()?;
        Ok(desk)
    }

    /// Where everything stands.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Files that are still being written.
    #[must_use]
    pub fn arriving(&self) -> usize {
        self.arrivals.arriving((self.clock)(), self.quiet)
    }

    fn record(&mut self, ids: &[Id], change: Change) -> Result<(), Error> {
        let record = Record { time: (self.clock)(), ids: ids.to_vec(), change };
        self.queue.check(&record)?;
        self.folder.append(&self.log.line(&record), record.change.is_lasting())?;
        self.log.torn = false;
        self.queue.apply(&record)
    }

    /// Takes up what was dropped, renamed and taken away since; tells whether there is more to look at. `check` tells
    /// why a content can't be signed at all.
    ///
    /// # Errors
    /// When the folder can't be read or written.
    pub fn look(&mut self, check: &dyn Fn(&[u8], Kind) -> Option<String>) -> Result<bool, Error> {
        let listed = self.folder.list()?;
        let names: BTreeSet<String> = listed.iter().map(|seen| seen.name.clone()).collect();
        let calm = self.arrivals.quiet(listed, (self.clock)(), self.quiet);
        let mut found: BTreeMap<String, (Id, Option<Kind>)> = BTreeMap::new();
        let mut refused = BTreeMap::new();
        let mut read = 0;
        for (seen, since) in calm {
            let known = self.hashed.get(&seen.name).filter(|(before, ..)| *before == seen).cloned();
            let (id, kind) = match known {
                Some((_, id, kind)) if kind.is_some() || since < PATIENCE_SECONDS => (id, kind),
                _ if read == AT_ONCE => continue,
                _ => {
                    read += 1;
                    let Some(bytes) = self.folder.read(Place::Drop, &seen.name)? else { continue };
                    let id = Id::of(&bytes);
                    let kind = Kind::of(&bytes);
                    let whole = kind.is_complete(&bytes);
                    let reason = match (kind, whole) {
                        (Kind::Other, _) => Some("unsupported-format".to_owned()),
                        (_, false) if since >= PATIENCE_SECONDS => Some("file-incomplete".to_owned()),
                        (_, false) => None,
                        _ if self.queue.get(id).is_some_and(|item| item.state < State::Aside) => None,
                        (kind, true) => check(&bytes, kind),
                    };
                    let settled = (whole || reason.is_some()).then_some(kind);
                    refused.extend(reason.map(|reason| (id, reason)));
                    (id, settled)
                }
            };
            self.hashed.insert(seen.name.clone(), (seen.clone(), id, kind));
            found.insert(seen.name, (id, kind));
        }
        self.hashed.retain(|name, _| names.contains(name));
        let sizes: BTreeMap<String, u64> =
            self.hashed.iter().map(|(name, (seen, ..))| (name.clone(), seen.bytes)).collect();
        for (name, (id, kind)) in &found {
            let Some(kind) = kind else { continue };
            let bytes = sizes.get(name).copied().unwrap_or_default();
            self.take_in(name, *id, *kind, bytes, &found)?;
            if let Some(code) = refused.get(id) {
                self.set_aside(*id, code)?;
            }
        }
        self.forget_what_went(&names, &found)?;
        Ok(read == AT_ONCE)
    }

    fn take_in(
        &mut self,
        name: &str,
        id: Id,
        kind: Kind,
        bytes: u64,
        found: &BTreeMap<String, (Id, Option<Kind>)>,
    ) -> Result<(), Error> {
        let known = self.queue.get(id).map(|item| (item.state, item.name.clone()));
        match known {
            None | Some((State::Gone | State::Aside, _)) => {
                self.record(&[id], Change::Found { name: name.to_owned(), bytes, kind })
            }
            Some((_, own)) if own == name && !self.is_shelved(id)? => {
                // The move to its place was lost; everything else is written down.
                if self.queue.get(id).is_some_and(|item| item.state == State::Done) {
                    self.move_original(name, id)?;
                }
                Ok(())
            }
            Some((State::Found | State::Confirmed | State::Signing, own))
                if found.get(&own).is_none_or(|(other, _)| *other != id) =>
            {
                self.record(&[id], Change::Renamed { name: name.to_owned() })
            }
            Some(_) => self.duplicate(name, id),
        }
    }

    /// Whether the original is in its place already: then a further file of the same name is a copy.
    fn is_shelved(&self, id: Id) -> Result<bool, Error> {
        let Some(item) = self.queue.get(id).filter(|item| item.state == State::Done) else {
            return Ok(false);
        };
        self.holds(Place::Originals, &item.name, id)
    }

    fn holds(&self, place: Place, name: &str, id: Id) -> Result<bool, Error> {
        Ok(self.folder.read(place, name)?.is_some_and(|bytes| Id::of(&bytes) == id))
    }

    fn duplicate(&mut self, name: &str, id: Id) -> Result<(), Error> {
        self.record(&[id], Change::Duplicate { name: name.to_owned() })?;
        let signed =
            self.queue.get(id).and_then(|item| item.output.as_ref()).map(|output| output.name.clone());
        let text = format!("duplicate\n{}\n{id}\n", signed.unwrap_or_default());
        self.move_aside(name, id, &text)
    }

    fn forget_what_went(
        &mut self,
        names: &BTreeSet<String>,
        found: &BTreeMap<String, (Id, Option<Kind>)>,
    ) -> Result<(), Error> {
        let gone = |item: &&Item| {
            !names.contains(&item.name) || found.get(&item.name).is_some_and(|(id, _)| *id != item.id)
        };
        let open = [State::Found, State::Confirmed].map(|state| self.queue.in_state(state)).concat();
        let ids: Vec<Id> = open.into_iter().filter(gone).map(|item| item.id).collect();
        ids.into_iter().try_for_each(|id| self.record(&[id], Change::Vanished))
    }

    /// Somebody answers for a content.
    ///
    /// # Errors
    /// When it doesn't wait for that, or the log can't be written.
    pub fn confirm(&mut self, id: Id, confirmation: Confirmation) -> Result<(), Error> {
        self.record(&[id], Change::Confirmed(confirmation))
    }

    /// Takes that back.
    ///
    /// # Errors
    /// As [`Desk::confirm`].
    pub fn withdraw(&mut self, id: Id) -> Result<(), Error> {
        self.record(&[id], Change::Withdrawn)
    }

    /// Sets a content aside.
    ///
    /// # Errors
    /// When it is signed already, or the folder can't be written.
    pub fn set_aside(&mut self, id: Id, code: &str) -> Result<(), Error> {
        self.record(&[id], Change::SetAside { code: code.to_owned() })?;
        self.finish_aside(id)
    }

    /// Signs contents that were confirmed: one, or several together. What lies in the folder under their names has to
    /// be what was confirmed.
    ///
    /// # Errors
    /// When one wasn't confirmed, or the folder or its log can't be written. Then nothing was handed out.
    pub fn sign(&mut self, ids: &[Id], worker: &dyn Worker) -> Result<Work, Error> {
        let mut files: Vec<(Item, Vec<u8>)> = Vec::new();
        for id in ids {
            let item = self.queue.get(*id).cloned();
            let item =
                item.filter(|item| item.state == State::Confirmed).ok_or_else(|| Error::Transition {
                    id: *id,
                    state: self.queue.get(*id).map(|item| item.state),
                    change: "signing",
                })?;
            match self.folder.read(Place::Drop, &item.name)? {
                Some(bytes) if Id::of(&bytes) == *id => files.push((item, bytes)),
                _ => self.record(&[*id], Change::Vanished)?,
            }
        }
        if files.is_empty() {
            return Ok(Work::Nothing);
        }
        let ids: Vec<Id> = files.iter().map(|(item, _)| item.id).collect();
        self.record(&ids, Change::Signing)?;
        let candidates: Vec<Candidate<'_>> = files
            .iter()
            .filter_map(|(item, bytes)| {
                let confirmation = item.confirmation.as_ref()?;
                Some(Candidate { name: &item.name, bytes, kind: item.kind, confirmation })
            })
            .collect();
        match worker.sign(&candidates) {
            Ok(made) => self.hand_out(&ids, &made),
            Err(failure) => self.failed(&ids, failure),
        }
    }

    fn failed(&mut self, ids: &[Id], failure: Failure) -> Result<Work, Error> {
        let poisoned = match failure.then {
            Then::SetAside(at) => ids.get(at).copied(),
            Then::Retry => None,
        };
        let others: Vec<Id> = ids.iter().copied().filter(|id| Some(*id) != poisoned).collect();
        if !others.is_empty() {
            self.record(&others, Change::NotSigned { code: failure.code.clone() })?;
        }
        if let Some(id) = poisoned {
            self.set_aside(id, &failure.code)?;
        }
        Ok(Work::Failed(failure))
    }

    fn hand_out(&mut self, ids: &[Id], made: &Made) -> Result<Work, Error> {
        let name = self.free_output(&made.name, ids)?;
        let change = Change::Made {
            output: name.clone(),
            sha256: Id::of(&made.bytes),
            level: made.level.clone(),
            pending: made.pending,
        };
        self.record(ids, change)?;
        if !self.folder.put(Place::Signed, &name, &made.bytes, false)? {
            let failure = Failure { code: "output-name-taken".to_owned(), then: Then::Retry };
            return self.failed(ids, failure);
        }
        self.record(ids, Change::Published)?;
        for id in ids {
            self.shelve(*id)?;
        }
        Ok(Work::Signed(name))
    }

    fn free_output(&self, wanted: &str, ids: &[Id]) -> Result<String, Error> {
        let id = ids.first().copied().unwrap_or(Id([0; 32]));
        for name in names(wanted, id) {
            if !self.queue.is_output(&name) && !self.folder.exists(Place::Signed, &name)? {
                return Ok(name);
            }
        }
        Ok(wanted.to_owned())
    }

    fn shelve(&mut self, id: Id) -> Result<(), Error> {
        let Some(name) = self.queue.get(id).map(|item| item.name.clone()) else { return Ok(()) };
        let shelved = self.move_original(&name, id)?;
        self.record(&[id], Change::Shelved { name: shelved })
    }

    /// The name that the original has then; `None`: it is gone already.
    fn move_original(&self, name: &str, id: Id) -> Result<Option<String>, Error> {
        if !self.holds(Place::Drop, name, id)? {
            return Ok(self.holds(Place::Originals, name, id)?.then(|| name.to_owned()));
        }
        self.move_to(name, id, Place::Originals)
    }

    fn move_to(&self, name: &str, id: Id, place: Place) -> Result<Option<String>, Error> {
        for new in names(name, id) {
            if self.folder.exists(place, &new)? {
                continue;
            }
            if self.folder.take_away(name, place, &new)? {
                return Ok(Some(new));
            }
            if !self.folder.exists(Place::Drop, name)? {
                break;
            }
        }
        Ok(None)
    }

    /// The reason stands there before the file does.
    fn move_aside(&self, name: &str, id: Id, reason: &str) -> Result<(), Error> {
        for new in names(name, id) {
            let note = format!("{new}.reason.txt");
            if self.folder.exists(Place::Aside, &new)? {
                continue;
            }
            self.folder.put(Place::Aside, &note, reason.as_bytes(), true)?;
            if self.folder.take_away(name, Place::Aside, &new)? || !self.folder.exists(Place::Drop, name)? {
                break;
            }
        }
        Ok(())
    }

    fn finish_aside(&mut self, id: Id) -> Result<(), Error> {
        let Some(item) = self.queue.get(id).cloned() else { return Ok(()) };
        if self.holds(Place::Drop, &item.name, id)? {
            self.move_aside(&item.name, id, &format!("{}\n{id}\n", item.code.unwrap_or_default()))?;
        }
        self.record(&[id], Change::MovedAside)
    }

    /// Finishes what was cut off. A signature that was made but is not in its place was never handed out: it is made
    /// again.
    fn finish(&mut self) -> Result<(), Error> {
        let interrupted = || Change::NotSigned { code: "interrupted".to_owned() };
        let ids =
            |queue: &Queue, state| -> Vec<Id> { queue.in_state(state).iter().map(|item| item.id).collect() };
        for id in ids(&self.queue, State::Signing) {
            self.record(&[id], interrupted())?;
        }
        for id in ids(&self.queue, State::Made) {
            let output = self.queue.get(id).and_then(|item| item.output.clone());
            let there = match output {
                Some(output) => self.holds(Place::Signed, &output.name, output.sha256)?,
                None => false,
            };
            self.record(&[id], if there { Change::Published } else { interrupted() })?;
        }
        for id in ids(&self.queue, State::Published) {
            self.shelve(id)?;
        }
        for id in ids(&self.queue, State::SetAside) {
            self.finish_aside(id)?;
        }
        Ok(())
    }

    /// Completes what waits for a time stamp or evidence; for contents that were signed together once.
    ///
    /// # Errors
    /// When the folder or its log can't be written.
    pub fn complete(&mut self, id: Id, worker: &dyn Worker) -> Result<Work, Error> {
        let Some(output) = self.queue.get(id).and_then(|item| item.output.clone()).filter(|one| one.pending)
        else {
            return Ok(Work::Nothing);
        };
        let Some(bytes) = self.folder.read(Place::Signed, &output.name)? else { return Ok(Work::Nothing) };
        let done = match worker.complete(&output.name, &bytes) {
            Ok(done) => done,
            Err(failure) => return Ok(Work::Failed(failure)),
        };
        if done.bytes != bytes {
            self.folder.put(Place::Signed, &output.name, &done.bytes, true)?;
        }
        if done.pending {
            return Ok(Work::Nothing);
        }
        let together =
            |item: &&Item| item.output.as_ref().is_some_and(|one| one.name == output.name && one.pending);
        let ids: Vec<Id> = self.queue.items().filter(together).map(|item| item.id).collect();
        self.record(&ids, Change::Completed { sha256: Id::of(&done.bytes), level: done.level })?;
        Ok(Work::Signed(output.name))
    }
}

/// `scan.pdf`, `scan-1a2b3c4d.pdf` by its content, then numbered: scanners give many sheets the same name. Of
/// `scan.signed.pdf`: `scan-1a2b3c4d.signed.pdf`.
fn names(name: &str, id: Id) -> impl Iterator<Item = String> {
    let digest: String = id.to_string().chars().take(8).collect();
    let at = name.char_indices().skip(1).find(|(_, one)| *one == '.').map_or(name.len(), |(at, _)| at);
    let (stem, rest) = name.split_at_checked(at).unwrap_or((name, ""));
    let (stem, rest) = (stem.to_owned(), rest.to_owned());
    (0_u32..).map(move |number| match number {
        0 => format!("{stem}{rest}"),
        1 => format!("{stem}-{digest}{rest}"),
        number => format!("{stem}-{digest}-{number}{rest}"),
    })
}

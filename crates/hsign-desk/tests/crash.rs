//! Whatever is cut off, and wherever: nothing is signed twice, nothing is forgotten, nothing is signed that nobody
//! confirmed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use hsign_core::ports::PortError;
use hsign_core::{ErrorKind, Time};
use hsign_desk::{
    Candidate, Completion, Confirmation, Desk, Error, Failure, Folder, Id, Kind, Log, Made, Part, Place,
    Queue, Seen, State, Then, Work, Worker,
};

/// A folder in memory that dies after so many effects. What was appended to the log without waiting for the disk may be
/// lost then.
#[derive(Clone, Default)]
struct Memory {
    files: RefCell<BTreeMap<(Place, String), Vec<u8>>>,
    log: RefCell<Vec<u8>>,
    synced: Cell<usize>,
    effects: Cell<usize>,
    last: Cell<Option<usize>>,
}

impl Memory {
    /// Counts an effect; an error when the machine is dead.
    fn effect(&self) -> Result<(), PortError> {
        let count = self.effects.get() + 1;
        self.effects.set(count);
        match self.last.get() {
            Some(last) if count > last => Err(PortError::new(ErrorKind::Local, "dead")),
            _ => Ok(()),
        }
    }

    fn drop_in(&self, name: &str, bytes: &[u8]) {
        self.files.borrow_mut().insert((Place::Drop, name.to_owned()), bytes.to_vec());
    }

    fn contents(&self, place: Place) -> Vec<Vec<u8>> {
        let files = self.files.borrow();
        files.iter().filter(|((at, _), _)| *at == place).map(|(_, bytes)| bytes.clone()).collect()
    }

    /// As the disk has it after a crash: of what wasn't waited for, so many bytes.
    fn after_crash(&self, unsynced: usize) -> Self {
        let length = self.log.borrow().len().min(self.synced.get().saturating_add(unsynced));
        let log = self.log.borrow()[..length].to_vec();
        Self {
            files: self.files.clone(),
            synced: Cell::new(log.len()),
            log: RefCell::new(log),
            ..Self::default()
        }
    }
}

impl Folder for Memory {
    fn list(&self) -> Result<Vec<Seen>, PortError> {
        let files = self.files.borrow();
        let dropped = files.iter().filter(|((place, _), _)| *place == Place::Drop);
        Ok(dropped
            .map(|((_, name), bytes)| Seen {
                name: name.clone(),
                bytes: bytes.len() as u64,
                modified: i128::from(Id::of(bytes).0[0]),
            })
            .collect())
    }

    fn read(&self, place: Place, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.files.borrow().get(&(place, name.to_owned())).cloned())
    }

    fn exists(&self, place: Place, name: &str) -> Result<bool, PortError> {
        Ok(self.files.borrow().contains_key(&(place, name.to_owned())))
    }

    fn put(&self, place: Place, name: &str, bytes: &[u8], replace: bool) -> Result<bool, PortError> {
        self.effect()?;
        let key = (place, name.to_owned());
        if !replace && self.files.borrow().contains_key(&key) {
            return Ok(false);
        }
        self.files.borrow_mut().insert(key, bytes.to_vec());
        Ok(true)
    }

    fn take_away(&self, name: &str, to: Place, new: &str) -> Result<bool, PortError> {
        self.effect()?;
        let mut files = self.files.borrow_mut();
        let target = (to, new.to_owned());
        if files.contains_key(&target) {
            return Ok(false);
        }
        let Some(bytes) = files.remove(&(Place::Drop, name.to_owned())) else { return Ok(false) };
        files.insert(target, bytes);
        Ok(true)
    }

    fn log(&self) -> Result<Vec<u8>, PortError> {
        Ok(self.log.borrow().clone())
    }

    fn append(&self, line: &[u8], lasting: bool) -> Result<(), PortError> {
        self.effect()?;
        self.log.borrow_mut().extend(line);
        if lasting {
            self.synced.set(self.log.borrow().len());
        }
        Ok(())
    }
}

/// Each signature is unlike any other, as with a real key and a real stamp.
#[derive(Default)]
struct Key {
    made: Cell<u32>,
    /// The authority doesn't answer: what is signed waits.
    outage: Cell<bool>,
}

impl Worker for Key {
    fn sign(&self, files: &[Candidate<'_>]) -> Result<Made, Failure> {
        if let Some(at) = files.iter().position(|file| file.bytes.ends_with(b"poison %%EOF")) {
            return Err(Failure { code: "poisoned".to_owned(), then: Then::SetAside(at) });
        }
        self.made.set(self.made.get() + 1);
        let contents: Vec<&[u8]> = files.iter().map(|file| file.bytes).collect();
        let bytes = [&contents.concat()[..], b" signature ", self.made.get().to_string().as_bytes()].concat();
        let name =
            if files.len() > 1 { "batch.asice".to_owned() } else { format!("signed-{}", files[0].name) };
        Ok(Made { name, bytes, level: "B-T".to_owned(), pending: self.outage.get() })
    }

    fn complete(&self, _name: &str, bytes: &[u8]) -> Result<Completion, Failure> {
        if self.outage.get() {
            return Err(Failure { code: "no-tsa-answered".to_owned(), then: Then::Retry });
        }
        Ok(Completion { bytes: [bytes, b" stamped"].concat(), level: "B-T".to_owned(), pending: false })
    }
}

fn pdf(text: &str) -> Vec<u8> {
    format!("%PDF-1.7 {text} %%EOF").into_bytes()
}

fn clock() -> Time {
    Time::from_unix_seconds(1_790_000_000).unwrap()
}

fn word() -> Confirmation {
    Confirmation { by: "山田".to_owned(), part: Part::Operator }
}

fn fine(_: &[u8], _: Kind) -> Option<String> {
    None
}

const NAMES: [&str; 4] = ["a.pdf", "b.pdf", "copy of a.pdf", "c.pdf"];

fn full_folder() -> Memory {
    let folder = Memory::default();
    for name in NAMES {
        folder.drop_in(name, &content(name));
    }
    folder
}

fn content(name: &str) -> Vec<u8> {
    match name {
        "c.pdf" => pdf("poison"),
        "copy of a.pdf" => pdf("a.pdf"),
        other => pdf(other),
    }
}

/// What somebody at the desk does: confirms everything and has it signed, each alone or all together.
fn work(folder: &Memory, together: bool, key: &Key) -> Result<(), Error> {
    let mut desk = Desk::open(folder, &clock, 0)?;
    desk.look(&fine)?;
    let found: Vec<Id> = desk.queue().in_state(State::Found).iter().map(|item| item.id).collect();
    for id in found {
        desk.confirm(id, word())?;
    }
    loop {
        let ready: Vec<Id> = desk.queue().in_state(State::Confirmed).iter().map(|item| item.id).collect();
        let unit = if together { ready.len() } else { 1 };
        let Some(unit) = ready.get(..unit.min(ready.len())).filter(|unit| !unit.is_empty()) else { break };
        desk.sign(unit, key)?;
    }
    let pending: Vec<Id> = desk.queue().pending().iter().map(|item| item.id).collect();
    key.outage.set(false);
    for id in pending {
        desk.complete(id, key)?;
    }
    desk.look(&fine).map(drop)
}

/// Everything that was dropped is signed once or set aside, whole, and the folder is empty.
#[track_caller]
fn holds(folder: &Memory, at: &str) {
    assert_eq!(folder.contents(Place::Drop), Vec::<Vec<u8>>::new(), "{at}: the folder is empty");
    let signed = folder.contents(Place::Signed);
    for name in ["a.pdf", "b.pdf"] {
        let times: usize = signed
            .iter()
            .map(|one| one.windows(9).filter(|part| *part == format!("7 {name} %").as_bytes()).count())
            .sum();
        assert_eq!(times, 1, "{at}: {name} is signed once");
    }
    assert!(signed.iter().all(|one| !one.windows(6).any(|part| part == b"poison")), "{at}");
    let originals: BTreeSet<_> = folder.contents(Place::Originals).into_iter().collect();
    assert_eq!(
        originals,
        BTreeSet::from([content("a.pdf"), content("b.pdf")]),
        "{at}: the originals are kept"
    );
    let aside = folder.contents(Place::Aside);
    assert!(
        aside.contains(&content("c.pdf")) && aside.contains(&content("a.pdf")),
        "{at}: poison and copy are aside"
    );
}

#[test]
fn a_day_without_a_crash() {
    for (together, outage) in [(false, false), (true, false), (false, true), (true, true)] {
        let folder = full_folder();
        let key = Key::default();
        key.outage.set(outage);
        work(&folder, together, &key).unwrap();
        holds(&folder, "whole day");
        let stamped = folder.contents(Place::Signed).iter().all(|one| one.ends_with(b" stamped"));
        assert_eq!(stamped, outage);
        work(&folder, together, &key).unwrap();
        holds(&folder, "nothing is left to do");
    }
}

/// The machine dies after every single effect, with any part of the log lost that wasn't waited for; then it goes on,
/// and dies again.
#[test]
fn a_crash_after_every_effect_loses_nothing_and_signs_nothing_twice() {
    for (together, outage) in [(false, false), (true, false), (false, true)] {
        let folder = full_folder();
        work(&folder, together, &Key::default()).unwrap();
        let all = folder.effects.get();
        assert!(all > 15);
        for last in 0..all {
            let folder = full_folder();
            folder.last.set(Some(last));
            let key = Key::default();
            key.outage.set(outage);
            assert!(work(&folder, together, &key).is_err());
            let unsynced = folder.log.borrow().len() - folder.synced.get();
            // Where one sheet is signed after the other, at every byte; elsewhere here and there.
            for kept in (0..=unsynced).step_by(if together || outage { 29 } else { 1 }) {
                let after = folder.after_crash(kept);
                // The second crash comes while what the first one left is finished.
                after.last.set(Some(last % 5));
                let _ = work(&after, together, &key);
                let after = after.after_crash(usize::MAX);
                work(&after, together, &key).unwrap();
                holds(&after, &format!("dead after {last}, {kept} of {unsynced} bytes kept"));
            }
        }
    }
}

/// A log cut off anywhere, with the files as they were in the end: it can always be taken up again, and what was signed
/// isn't signed once more.
#[test]
fn a_log_cut_off_at_any_byte_is_taken_up_again() {
    let folder = full_folder();
    work(&folder, false, &Key::default()).unwrap();
    let log = folder.log.borrow().clone();
    for length in 0..=log.len() {
        let parsed = Log::parse(&log[..length]).unwrap();
        let mut queue = Queue::default();
        parsed.records.iter().for_each(|record| queue.apply(record).unwrap());
        let after = folder.after_crash(0);
        *after.log.borrow_mut() = log[..length].to_vec();
        work(&after, false, &Key::default()).unwrap();
        holds(&after, &format!("{length} bytes of the log"));
    }
}

#[test]
fn damage_in_the_middle_of_the_log_is_no_crash() {
    let folder = full_folder();
    work(&folder, false, &Key::default()).unwrap();
    let log = folder.log.borrow().clone();
    let damaged = String::from_utf8(log).unwrap().replacen("\"confirmed\"", "\"confirmes\"", 1);
    assert!(matches!(Log::parse(damaged.as_bytes()), Err(Error::Log { line: 5 })), "{damaged}");
}

#[test]
fn nothing_is_signed_that_nobody_confirmed() {
    let folder = full_folder();
    let mut desk = Desk::open(&folder, &clock, 0).unwrap();
    desk.look(&fine).unwrap();
    let key = Key::default();
    let id = Id::of(&content("b.pdf"));
    assert!(matches!(desk.sign(&[id], &key), Err(Error::Transition { .. })));
    desk.confirm(id, word()).unwrap();
    desk.withdraw(id).unwrap();
    assert!(desk.sign(&[id], &key).is_err());
    assert!(desk.confirm(Id([0; 32]), word()).is_err());
    assert_eq!(key.made.get(), 0);
}

#[test]
fn what_was_changed_after_it_was_confirmed_has_to_be_confirmed_again() {
    let folder = full_folder();
    let mut desk = Desk::open(&folder, &clock, 0).unwrap();
    desk.look(&fine).unwrap();
    let id = Id::of(&content("b.pdf"));
    desk.confirm(id, word()).unwrap();
    folder.drop_in("b.pdf", &pdf("another page"));
    let key = Key::default();
    assert_eq!(desk.sign(&[id], &key).unwrap(), Work::Nothing);
    assert_eq!((key.made.get(), desk.queue().get(id).unwrap().state), (0, State::Gone));
    desk.look(&fine).unwrap();
    let new = desk.queue().get(Id::of(&pdf("another page"))).unwrap();
    assert_eq!((new.state, new.confirmation.clone()), (State::Found, None));
}

#[test]
fn renamed_files_keep_their_confirmation_and_copies_are_told_from_them() {
    let folder = Memory::default();
    folder.drop_in("b.pdf", &pdf("b.pdf"));
    let mut desk = Desk::open(&folder, &clock, 0).unwrap();
    desk.look(&fine).unwrap();
    let id = Id::of(&pdf("b.pdf"));
    desk.confirm(id, word()).unwrap();
    folder.take_away("b.pdf", Place::Aside, "x").unwrap();
    folder.files.borrow_mut().clear();
    folder.drop_in("renamed.pdf", &pdf("b.pdf"));
    desk.look(&fine).unwrap();
    let item = desk.queue().get(id).unwrap();
    assert_eq!((item.state, item.name.as_str()), (State::Confirmed, "renamed.pdf"));
    desk.sign(&[id], &Key::default()).unwrap();
    // The same paper's file dropped again, under both names.
    folder.drop_in("renamed.pdf", &pdf("b.pdf"));
    folder.drop_in("again.pdf", &pdf("b.pdf"));
    desk.look(&fine).unwrap();
    let item = desk.queue().get(id).unwrap();
    assert_eq!((item.state, item.duplicates), (State::Done, 2));
    assert_eq!((folder.contents(Place::Signed).len(), folder.contents(Place::Drop).len()), (1, 0));
}

#[test]
fn files_without_an_end_wait_and_what_can_not_be_signed_is_set_aside() {
    let folder = Memory::default();
    folder.drop_in("half.pdf", b"%PDF-1.7 half");
    folder.drop_in("notes.txt", b"a shopping list");
    folder.drop_in("locked.pdf", &pdf("locked"));
    let now = Cell::new(clock());
    let time = || now.get();
    let mut desk = Desk::open(&folder, &time, 0).unwrap();
    let check =
        |bytes: &[u8], _: Kind| (bytes == pdf("locked").as_slice()).then(|| "document-encrypted".to_owned());
    desk.look(&check).unwrap();
    assert_eq!(desk.queue().items().filter(|item| item.state == State::Aside).count(), 2);
    assert!(folder.exists(Place::Drop, "half.pdf").unwrap());
    let reason = folder.read(Place::Aside, "locked.pdf.reason.txt").unwrap().unwrap();
    assert!(reason.starts_with(b"document-encrypted\n"));
    now.set(clock().plus_seconds(61));
    desk.look(&check).unwrap();
    assert!(folder.exists(Place::Aside, "half.pdf").unwrap());
    // Dropped again, it gets another chance.
    folder.drop_in("locked.pdf", &pdf("locked"));
    desk.look(&fine).unwrap();
    assert_eq!(desk.queue().get(Id::of(&pdf("locked"))).unwrap().state, State::Found);
}

#[test]
fn names_that_are_taken_get_their_contents_digest() {
    let folder = Memory::default();
    let key = Key::default();
    for text in ["one", "two"] {
        folder.drop_in("scan.pdf", &pdf(text));
        work(&folder, false, &key).unwrap();
    }
    let digest = &Id::of(&pdf("two")).to_string()[..8];
    for (place, name) in [(Place::Signed, "signed-scan"), (Place::Originals, "scan")] {
        for name in [format!("{name}.pdf"), format!("{name}-{digest}.pdf")] {
            assert!(folder.exists(place, &name).unwrap(), "{name}");
        }
    }
}

#[test]
fn a_full_folder_is_taken_in_a_stack_at_a_time() {
    let folder = Memory::default();
    (0..120).for_each(|number| folder.drop_in(&format!("{number:03}.pdf"), &pdf(&number.to_string())));
    let mut desk = Desk::open(&folder, &clock, 0).unwrap();
    let mut looks = 1;
    while desk.look(&fine).unwrap() {
        looks += 1;
    }
    assert_eq!((looks, desk.queue().count(State::Found)), (3, 120));
}

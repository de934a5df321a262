use std::collections::{BTreeMap, BTreeSet};

use hsign_core::Time;

use crate::{Change, Confirmation, Error, Id, Kind, Record};

/// Where a content stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Waits for somebody to look at it.
    Found,
    /// Somebody answers for it; it may be signed.
    Confirmed,
    /// It is being signed.
    Signing,
    /// Signed; the signed file is on the way to its place.
    Made,
    /// The signed file is in its place, the original on the way to its own.
    Published,
    /// Everything is in its place. It may still wait for a time stamp.
    Done,
    /// Not to be signed; on the way to where things are set aside.
    SetAside,
    /// Set aside.
    Aside,
    /// Taken away before it was signed.
    Gone,
}

impl State {
    /// Its name in lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Confirmed => "confirmed",
            Self::Signing => "signing",
            Self::Made => "made",
            Self::Published => "published",
            Self::Done => "done",
            Self::SetAside => "setting-aside",
            Self::Aside => "set-aside",
            Self::Gone => "gone",
        }
    }
}

/// A content and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its digest.
    pub id: Id,
    /// Where it stands.
    pub state: State,
    /// Its name in the folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// What it is.
    pub kind: Kind,
    /// When it was found.
    pub found: Time,
    /// Who answers for it.
    pub confirmation: Option<Confirmation>,
    /// The signed file.
    pub output: Option<Output>,
    /// Why it was set aside, or not signed the last time.
    pub code: Option<String>,
    /// Further files with the same content.
    pub duplicates: u32,
}

/// A signed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its digest.
    pub sha256: Id,
    /// Level of the signature.
    pub level: String,
    /// It waits for its time stamp or evidence.
    pub pending: bool,
}

/// The state of a drop folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    items: BTreeMap<Id, Item>,
    /// Where each stands: years of work lie behind the few that wait.
    states: BTreeMap<State, BTreeSet<Id>>,
    pending: BTreeSet<Id>,
    /// Names of signed files that are taken.
    outputs: BTreeSet<String>,
}

impl Queue {
    /// All of it, by digest.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// One content.
    #[must_use]
    pub fn get(&self, id: Id) -> Option<&Item> {
        self.items.get(&id)
    }

    /// Those that stand there, the oldest first.
    #[must_use]
    pub fn in_state(&self, state: State) -> Vec<&Item> {
        let ids = self.states.get(&state).into_iter().flatten();
        let mut items: Vec<&Item> = ids.filter_map(|id| self.items.get(id)).collect();
        items.sort_by(|one, other| (one.found, &one.name).cmp(&(other.found, &other.name)));
        items
    }

    /// How many stand there.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        self.states.get(&state).map_or(0, BTreeSet::len)
    }

    /// Whether anything is to be done yet: reviewed, signed, completed, put in its place.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        let open =
            [State::Found, State::Confirmed, State::Signing, State::Made, State::Published, State::SetAside];
        open.into_iter().any(|state| self.count(state) > 0) || !self.pending.is_empty()
    }

    /// Those that wait for a time stamp or evidence.
    #[must_use]
    pub fn pending(&self) -> Vec<&Item> {
        self.pending.iter().filter_map(|id| self.items.get(id)).collect()
    }

    /// Whether a signed file has this name.
    #[must_use]
    pub fn is_output(&self, name: &str) -> bool {
        self.outputs.contains(name)
    }

    /// Whether a step follows for all of its contents.
    ///
    /// # Errors
    /// When it doesn't.
    pub fn check(&self, record: &Record) -> Result<(), Error> {
        record.ids.iter().try_for_each(|id| self.next_state(*id, &record.change).map(drop))
    }

    /// Takes a step for all of its contents, or for none.
    ///
    /// # Errors
    /// When it doesn't follow from what happened before.
    pub fn apply(&mut self, record: &Record) -> Result<(), Error> {
        self.check(record)?;
        if let Change::Made { output, .. } = &record.change {
            self.outputs.insert(output.clone());
        }
        for id in &record.ids {
            self.take(*id, record)?;
        }
        Ok(())
    }

    /// The one table of what may follow on what.
    fn next_state(&self, id: Id, change: &Change) -> Result<State, Error> {
        use State::{Aside, Confirmed, Done, Found, Gone, Made, Published, SetAside, Signing};
        let state = self.items.get(&id).map(|item| item.state);
        let next = match (state, change) {
            (None | Some(Gone | Aside), Change::Found { .. }) => Some(Found),
            (Some(now @ (Found | Confirmed | Signing)), Change::Renamed { .. }) => Some(now),
            (Some(Found | Confirmed | Signing), Change::Vanished) => Some(Gone),
            (Some(Found), Change::Confirmed(_)) => Some(Confirmed),
            (Some(Confirmed), Change::Withdrawn) => Some(Found),
            (Some(Confirmed), Change::Signing) => Some(Signing),
            (Some(Signing), Change::Made { .. }) => Some(Made),
            (Some(Signing | Made), Change::NotSigned { .. }) => Some(Confirmed),
            (Some(Made), Change::Published) => Some(Published),
            (Some(Published), Change::Shelved { .. }) => Some(Done),
            (Some(Done), Change::Completed { .. }) if self.waits(id) => Some(Done),
            (Some(Found | Confirmed | Signing), Change::SetAside { .. }) => Some(SetAside),
            (Some(SetAside), Change::MovedAside) => Some(Aside),
            (Some(now), Change::Duplicate { .. }) => Some(now),
            _ => None,
        };
        next.ok_or(Error::Transition { id, state, change: change.name() })
    }

    fn waits(&self, id: Id) -> bool {
        self.items.get(&id).and_then(|item| item.output.as_ref()).is_some_and(|output| output.pending)
    }

    fn take(&mut self, id: Id, record: &Record) -> Result<(), Error> {
        let state = self.next_state(id, &record.change)?;
        if let Some(before) = self.items.get(&id).map(|item| item.state) {
            self.states.entry(before).or_default().remove(&id);
        }
        self.states.entry(state).or_default().insert(id);
        if let Change::Found { name, bytes, kind } = &record.change {
            let item = Item {
                id,
                state,
                name: name.clone(),
                bytes: *bytes,
                kind: *kind,
                found: record.time,
                confirmation: None,
                output: None,
                code: None,
                duplicates: 0,
            };
            self.items.insert(id, item);
            return Ok(());
        }
        let Some(item) = self.items.get_mut(&id) else { return Ok(()) };
        item.state = state;
        match &record.change {
            Change::Renamed { name } => item.name.clone_from(name),
            Change::Confirmed(confirmation) => item.confirmation = Some(confirmation.clone()),
            Change::Withdrawn | Change::Vanished => item.confirmation = None,
            Change::Made { output, sha256, level, pending } => {
                item.code = None;
                item.output = Some(Output {
                    name: output.clone(),
                    sha256: *sha256,
                    level: level.clone(),
                    pending: *pending,
                });
            }
            Change::NotSigned { code } => {
                item.code = Some(code.clone());
                if let Some(output) = item.output.take() {
                    self.outputs.remove(&output.name);
                }
            }
            Change::SetAside { code } => item.code = Some(code.clone()),
            Change::Completed { sha256, level } => {
                if let Some(output) = &mut item.output {
                    (output.sha256, output.pending) = (*sha256, false);
                    output.level.clone_from(level);
                }
            }
            Change::Duplicate { .. } => item.duplicates += 1,
            _ => {}
        }
        if state == State::Done && item.output.as_ref().is_some_and(|output| output.pending) {
            self.pending.insert(id);
        } else {
            self.pending.remove(&id);
        }
        Ok(())
    }
}

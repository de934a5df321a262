//! The trail in all stores: appended to by whoever is first, read from whichever store has it whole.

use std::collections::BTreeSet;

use hsign_archive::{Segment, TrailHead, segment_name, segment_number};

use crate::copies::{Copies, Member, Restored};
use crate::{Error, Put};

const FOLDER: &str = "trail/";

/// What reading the trail in every store gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailCheck {
    /// The last segment up to which all follow one another.
    pub head: TrailHead,
    /// Segments that are not what they should be in one of the stores.
    pub damage: Vec<TrailDamage>,
    /// A segment that no store has whole: nothing behind it can be told to belong to this trail.
    pub lost: Option<u64>,
}

/// A file of the trail in one store that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailDamage {
    /// The store's name.
    pub store: String,
    /// The file's name, `trail/0000000001.jsonl`.
    pub name: String,
    /// What is wrong.
    pub problem: TrailProblem,
}

/// What is wrong with a file of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrailProblem {
    /// It isn't there.
    Missing,
    /// It can't be read as the segment that belongs there.
    Damaged {
        /// The line, from 1; 0 where no line is to blame.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// It is whole and follows the one before it, and says something else than in the first store that has it.
    Parted,
    /// No segment has this name.
    Unknown,
}

/// What a repair of the trail did and left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailRepair {
    /// Segments that were put back.
    pub restored: Vec<Restored>,
    /// What is still wrong.
    pub left: Vec<TrailDamage>,
    /// A segment that no store has whole.
    pub lost: Option<u64>,
}

/// A segment as the stores have it: which of them has what.
struct Found {
    segment: Segment,
    from: String,
}

impl Copies {
    /// Puts the next segment into every store that takes files. `Taken`: another writer was first; what it wrote is
    /// [`Copies::segment_after`] the one before.
    ///
    /// # Errors
    /// What a store says; and when a later store has another segment of this number, which no crash leads to.
    pub fn append_trail(&self, segment: &Segment) -> Result<Put, Error> {
        let name = segment.name();
        let mut decided = None;
        for member in self.members.iter().filter(|member| member.access.adds()) {
            match (member.store.put_new(&name, segment.bytes())?, decided) {
                (Put::Taken, None) => return Ok(Put::Taken),
                (Put::Taken, Some(_)) => return Err(parted(segment.number(), member)),
                (put, None) => {
                    decided = Some(put);
                    self.checkpoints.reached("store-trail-decided");
                }
                (_, Some(_)) => {}
            }
        }
        self.checkpoints.reached("store-trail-appended");
        Ok(decided.unwrap_or(Put::Same))
    }

    /// The segment that follows `head`; `None` where the trail ends with it. What a writer that was interrupted has put
    /// into some of the stores only is put into the others.
    ///
    /// # Errors
    /// What a store says where none has the segment whole, and when the segment is lost.
    pub fn segment_after(&self, head: TrailHead) -> Result<Option<Segment>, Error> {
        let number = head.segment.saturating_add(1);
        let name = segment_name(number);
        let mut wrong = None;
        let mut failed = None;
        for member in &self.members {
            match member.store.get(&name, Segment::LARGEST) {
                Ok(None) => {}
                Err(error) => failed = failed.or(Some(error)),
                Ok(Some(bytes)) => match Segment::read(&bytes, head) {
                    Ok(segment) => {
                        self.spread(&segment);
                        return Ok(Some(segment));
                    }
                    Err(error) => wrong = wrong.or(Some(error)),
                },
            }
        }
        match (failed, wrong) {
            (Some(error), _) => Err(error),
            (None, Some(error)) => Err(Error::TrailLost { segment: number, reason: error.to_string() }),
            (None, None) if self.goes_on_behind(number)? => Err(Error::TrailLost {
                segment: number,
                reason: "it isn't there, and a later one is".to_owned(),
            }),
            (None, None) => Ok(None),
        }
    }

    /// The segment with which a trail ends that ends with `head`.
    ///
    /// # Errors
    /// What a store says where none has it whole, and when it is lost.
    pub fn segment(&self, head: TrailHead) -> Result<Segment, Error> {
        let name = segment_name(head.segment);
        let mut failed = None;
        let mut reason = "it isn't there".to_owned();
        for member in &self.members {
            match member.store.get(&name, Segment::LARGEST) {
                Ok(None) => {}
                Err(error) => failed = failed.or(Some(error)),
                Ok(Some(bytes)) => match Segment::known(&bytes, head) {
                    Ok(segment) => return Ok(segment),
                    Err(error) => reason = error.to_string(),
                },
            }
        }
        Err(failed.unwrap_or(Error::TrailLost { segment: head.segment, reason }))
    }

    /// Best effort: whoever finds the segment missing in a store puts it there, and a repair does so in the end.
    fn spread(&self, segment: &Segment) {
        let name = segment.name();
        for member in self.members.iter().filter(|member| member.access.adds()) {
            let there = member.store.has(&name).unwrap_or(true);
            if !there && member.store.put_new(&name, segment.bytes()).is_ok() {
                self.checkpoints.reached("store-trail-spread");
            }
        }
    }

    /// Without this a trail that has lost one segment everywhere would be gone on with in its place.
    fn goes_on_behind(&self, number: u64) -> Result<bool, Error> {
        let next = segment_name(number.saturating_add(1));
        for member in &self.members {
            if member.store.has(&next)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads the whole trail in every store, segment by segment; each that is whole somewhere is given to `each`.
    ///
    /// # Errors
    /// What a store says, and what `each` says.
    pub fn check_trail<E: From<Error>>(
        &self,
        each: &mut dyn FnMut(&Segment) -> Result<(), E>,
    ) -> Result<TrailCheck, E> {
        self.walk(|_, found| each(&found.segment))
    }

    /// Puts back what is missing or damaged in one store and whole in another. A trail that has parted is left as it is:
    /// somebody has to decide.
    ///
    /// # Errors
    /// What a store says.
    pub fn repair_trail(&self) -> Result<TrailRepair, Error> {
        let mut restored = Vec::new();
        let mut left = Vec::new();
        let check = self.walk(|wrong: &[TrailDamage], found| {
            for damage in wrong {
                let member = self.members.iter().find(|member| member.name == damage.store);
                let there = match damage.problem {
                    TrailProblem::Missing => Some(false),
                    TrailProblem::Damaged { .. } => Some(true),
                    TrailProblem::Parted | TrailProblem::Unknown => None,
                };
                let done = match (member, there) {
                    (Some(member), Some(there)) => {
                        self.put_back(member, &damage.name, there, found.segment.bytes())?
                    }
                    _ => false,
                };
                if done {
                    let (store, part) = (damage.store.clone(), damage.name.clone());
                    restored.push(Restored { store, part, from: found.from.clone() });
                } else {
                    left.push(damage.clone());
                }
            }
            Ok::<(), Error>(())
        })?;
        let touched = |damage: &&TrailDamage| {
            let again = |one: &Restored| one.store == damage.store && one.part == damage.name;
            !restored.iter().any(again) && !left.contains(damage)
        };
        let rest: Vec<_> = check.damage.iter().filter(touched).cloned().collect();
        left.extend(rest);
        Ok(TrailRepair { restored, left, lost: check.lost })
    }

    /// `each` is told what is wrong with a segment in which store, and the segment.
    fn walk<E: From<Error>>(
        &self,
        mut each: impl FnMut(&[TrailDamage], &Found) -> Result<(), E>,
    ) -> Result<TrailCheck, E> {
        let mut damage = Vec::new();
        let mut numbers = BTreeSet::new();
        for member in &self.members {
            for name in member.store.list(FOLDER)? {
                match segment_number(&name) {
                    Some(number) => {
                        numbers.insert(number);
                    }
                    None => damage.push(wrong(member, &name, TrailProblem::Unknown)),
                }
            }
        }
        let mut head = TrailHead::START;
        for number in 1..=numbers.last().copied().unwrap_or(0) {
            let (found, wrong) = self.look(number, head)?;
            damage.extend(wrong.iter().cloned());
            let Some(found) = found else { return Ok(TrailCheck { head, damage, lost: Some(number) }) };
            each(&wrong, &found)?;
            head = found.segment.head();
        }
        Ok(TrailCheck { head, damage, lost: None })
    }

    /// One segment in every store.
    fn look(&self, number: u64, before: TrailHead) -> Result<(Option<Found>, Vec<TrailDamage>), Error> {
        let name = segment_name(number);
        let mut found: Option<Found> = None;
        let mut damage = Vec::new();
        for member in &self.members {
            let bytes = match member.store.get(&name, Segment::LARGEST) {
                Err(Error::Budget(exhausted)) => {
                    let reason = exhausted.to_string();
                    damage.push(wrong(member, &name, TrailProblem::Damaged { line: 0, reason }));
                    continue;
                }
                bytes => bytes?,
            };
            let Some(bytes) = bytes else {
                damage.push(wrong(member, &name, TrailProblem::Missing));
                continue;
            };
            if found.as_ref().is_some_and(|found| found.segment.bytes() == bytes) {
                continue;
            }
            match (Segment::read(&bytes, before), &found) {
                (Ok(segment), None) => found = Some(Found { segment, from: member.name.clone() }),
                (Ok(_), Some(_)) => damage.push(wrong(member, &name, TrailProblem::Parted)),
                (Err(hsign_archive::Error::Trail { line, reason, .. }), _) => {
                    let reason = reason.to_owned();
                    damage.push(wrong(member, &name, TrailProblem::Damaged { line, reason }));
                }
                (Err(error), _) => {
                    let reason = error.to_string();
                    damage.push(wrong(member, &name, TrailProblem::Damaged { line: 0, reason }));
                }
            }
        }
        Ok((found, damage))
    }
}

fn wrong(member: &Member, name: &str, problem: TrailProblem) -> TrailDamage {
    TrailDamage { store: member.name.clone(), name: name.to_owned(), problem }
}

fn parted(segment: u64, member: &Member) -> Error {
    Error::Parted { segment, store: member.name.clone() }
}

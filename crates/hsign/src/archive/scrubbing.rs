//! Reading again what was archived: every file of every bundle in every store, and the documents slice by slice, so that
//! all of them are read within the months that the policy gives.

use std::collections::BTreeSet;
use std::path::Path;

use hsign_archive::{Bundle, Document, DocumentProblem, Event, slice};
use hsign_archive_store::{Covered, Index};
use hsign_core::Time;
use rayon::prelude::*;

use super::planning::bundles;
use super::{Archive, Environment, Line, Standing, Summary, documents};
use crate::Error;
use crate::file::{Existing, put_source_in_place};

/// The word in the index for the documents themselves, beside the names of stores.
const DOCUMENTS: &str = "documents";
/// Documents that are read together.
const TOGETHER: usize = 256;

/// What [`Archive::scrub`] reads and does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScrubRequest {
    /// All documents instead of this month's slice.
    pub everything: bool,
    /// What is damaged in one place and whole in another is put right. A damaged file is kept beside.
    pub repair: bool,
}

/// Damage as events, so that it is told once.
#[derive(Default)]
struct Found {
    damaged: Vec<(String, String)>,
    repaired: Vec<(String, String, String)>,
}

impl Archive {
    /// Reads what is due this month and tells what is damaged, each document and file by its name.
    ///
    /// # Errors
    /// When this machine, a store or the index fails. What was read before counts as read.
    pub fn scrub(&self, request: ScrubRequest, environment: &Environment<'_>) -> Result<Summary, Error> {
        let mut index = self.index(environment)?;
        let mut summary = Summary::default();
        summary.failed += self.scrub_trail(request.repair, environment)?;
        self.catch_up(&mut index, environment)?;
        for state in bundles(&mut index)? {
            let (mut bad, mut bundle) = self.read_files(&mut index, &state.id, environment)?;
            if bad > 0 && request.repair {
                bad = self.repair_files(&mut index, &state.id, environment)?;
                bundle = None;
            }
            summary.failed += bad;
            summary.batches += 1;
            environment.reached("scrub-after-files");
            let bundle = match bundle {
                Some(bundle) => Some(bundle),
                None => self.copies.read(&state.id)?.bundle,
            };
            let Some(bundle) = bundle else { continue };
            self.scrub_documents(&mut index, &bundle, request, environment, &mut summary)?;
            environment.reached("scrub-after-documents");
        }
        if summary.failed > 0 {
            summary.standing = Standing::Overdue;
        }
        Ok(summary)
    }

    /// The trail in every store.
    fn scrub_trail(&self, repair: bool, environment: &Environment<'_>) -> Result<u64, Error> {
        let mut check = self.copies.check_trail(&mut |_| Ok::<(), Error>(()))?;
        if repair && !check.damage.is_empty() {
            let repaired = self.copies.repair_trail()?;
            for one in repaired.restored {
                let (what, place, from) = (one.part, one.store, one.from);
                environment.tell(&Line::Repaired { what, place, from });
            }
            check = self.copies.check_trail(&mut |_| Ok::<(), Error>(()))?;
        }
        for one in &check.damage {
            environment.tell(&Line::FileDamaged {
                file: one.name.clone(),
                store: one.store.clone(),
                problem: (&one.problem).into(),
            });
        }
        Ok(check.damage.len() as u64)
    }

    /// The files of a bundle in every store; how many are damaged. The index learns since when it is whole.
    pub(super) fn scrub_files(
        &self,
        index: &mut Index,
        id: &str,
        environment: &Environment<'_>,
    ) -> Result<u64, Error> {
        Ok(self.read_files(index, id, environment)?.0)
    }

    /// With the bundle as a store has it that has all of it whole.
    fn read_files(
        &self,
        index: &mut Index,
        id: &str,
        environment: &Environment<'_>,
    ) -> Result<(u64, Option<Bundle>), Error> {
        let now = environment.now();
        let (mut found, mut whole) = (Found::default(), None);
        for (store, reading) in self.copies.check(id)? {
            if reading.damage.is_empty() {
                whole = whole.or(reading.bundle);
            }
            index.covered(id, &files_read(&store, now, reading.damage.len()))?;
            for damage in reading.damage {
                let file = format!("bundles/{id}/{}", damage.part);
                let problem = (&damage.problem).into();
                environment.tell(&Line::FileDamaged { file: file.clone(), store: store.clone(), problem });
                found.damaged.push((file, store.clone()));
            }
        }
        let bad = found.damaged.len() as u64;
        self.record_damage(index, &found, environment)?;
        Ok((bad, whole))
    }

    /// Puts files right; how many are still damaged.
    fn repair_files(&self, index: &mut Index, id: &str, environment: &Environment<'_>) -> Result<u64, Error> {
        let repair = self.copies.repair(id)?;
        let mut found = Found::default();
        for one in repair.restored {
            let what = format!("bundles/{id}/{}", one.part);
            let (place, from) = (one.store.clone(), one.from.clone());
            environment.tell(&Line::Repaired { what: what.clone(), place, from });
            found.repaired.push((what, one.store, one.from));
        }
        self.record_damage(index, &found, environment)?;
        let mut bad = 0;
        for (store, reading) in self.copies.check(id)? {
            bad += reading.damage.len() as u64;
            index.covered(id, &files_read(&store, environment.now(), reading.damage.len()))?;
        }
        Ok(bad)
    }

    fn scrub_documents(
        &self,
        index: &mut Index,
        bundle: &Bundle,
        request: ScrubRequest,
        environment: &Environment<'_>,
        summary: &mut Summary,
    ) -> Result<(), Error> {
        let of = self.config.policy.scrub_months;
        let deleted = index.deleted_places(bundle.id())?;
        let slices =
            if request.everything { (0..of).collect() } else { vec![slice_of(environment.now(), of)] };
        let (mut count, mut all_bad) = (0, 0);
        for number in slices {
            let documents: Vec<&Document> = slice(bundle, number, of)
                .filter(|(place, _)| !deleted.contains(&(*place as u64)))
                .map(|(_, document)| document)
                .collect();
            let mut bad = 0;
            for some in documents.chunks(TOGETHER) {
                let some = self.moved(index, some)?;
                bad += self.scrub_some(index, bundle, &some, request, environment, summary)?;
            }
            let (store, at) = (DOCUMENTS.to_owned(), environment.now());
            index.covered(bundle.id(), &Covered { store, slice: number, slices: of, at, bad })?;
            count += documents.len() as u64;
            all_bad += bad;
        }
        summary.objects += count;
        summary.failed += all_bad;
        let (bundle, documents) = (bundle.id().to_owned(), count);
        environment.tell(&Line::Scrubbed { bundle, documents, bad: all_bad });
        Ok(())
    }

    fn scrub_some(
        &self,
        index: &mut Index,
        bundle: &Bundle,
        documents: &[Document],
        request: ScrubRequest,
        environment: &Environment<'_>,
        summary: &mut Summary,
    ) -> Result<u64, Error> {
        let look = |document: &Document| {
            let algorithms: Vec<_> = document.algorithms().take(1).collect();
            self.places.look(document, &algorithms)
        };
        let looked: Vec<documents::Looked> = self
            .pool(environment)?
            .install(|| documents.par_iter().map(look).collect::<Result<_, Error>>())?;
        let (mut found, mut bad) = (Found::default(), 0);
        for (document, looked) in documents.iter().zip(looked) {
            summary.read = summary.read.saturating_add(looked.read);
            let whole = looked.found.map(|(location, _)| location);
            for (location, problem) in looked.problems {
                let key = document.key().to_owned();
                let (bundle, at) = (bundle.id().to_owned(), location.clone());
                environment.tell(&Line::DocumentDamaged { key: key.clone(), bundle, location: at, problem });
                let repaired = request.repair && !documents::is_in_a_bucket(&location);
                match whole.as_deref().filter(|_| repaired) {
                    Some(from) => {
                        self.put_right(&location, from, problem)?;
                        let (place, from) = (location.clone(), from.to_owned());
                        let line = Line::Repaired { what: key.clone(), place, from: from.clone() };
                        environment.tell(&line);
                        found.repaired.push((key, location, from));
                    }
                    None => {
                        bad += 1;
                        found.damaged.push((key, location));
                    }
                }
            }
        }
        self.record_damage(index, &found, environment)?;
        Ok(bad)
    }

    /// What wasn't known yet.
    fn record_damage(
        &self,
        index: &mut Index,
        found: &Found,
        environment: &Environment<'_>,
    ) -> Result<(), Error> {
        if found.damaged.is_empty() && found.repaired.is_empty() {
            return Ok(());
        }
        self.record(index, environment, &mut |index| {
            let known: BTreeSet<(String, String)> =
                index.damage()?.into_iter().map(|row| (row.what, row.place)).collect();
            let news = found.damaged.iter().filter(|one| !known.contains(one));
            let damaged =
                news.map(|(what, place)| Event::Damaged { what: what.clone(), place: place.clone() });
            let repaired = found.repaired.iter().map(|(what, place, from)| Event::Repaired {
                what: what.clone(),
                place: place.clone(),
                from: from.clone(),
            });
            Ok(damaged.chain(repaired).collect())
        })
    }
}

impl Archive {
    /// Writes a document where it is damaged or gone, from where it is whole. What is damaged is kept beside it.
    fn put_right(&self, location: &str, from: &str, problem: DocumentProblem) -> Result<(), Error> {
        let path = documents::path_of(location);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { path, source }
        };
        if problem != DocumentProblem::Missing {
            let mut name = path.clone().into_os_string();
            name.push(".damaged");
            std::fs::rename(&path, &name).map_err(failed(&path))?;
        }
        let source = self.places.open(from, 0)?;
        let like = (!documents::is_in_a_bucket(from)).then(|| documents::path_of(from));
        put_source_in_place(&path, source.as_ref(), like.as_deref(), Existing::Keep).map_err(failed(&path))
    }
}

/// That all files of a bundle were read in a store.
fn files_read(store: &str, at: Time, bad: usize) -> Covered {
    Covered { store: store.to_owned(), slice: 0, slices: 1, at, bad: bad as u64 }
}

/// The slice of a month: one after the other, all within `of` months.
fn slice_of(now: Time, of: u32) -> u32 {
    let (year, month, ..) = now.utc();
    let months = i64::from(year) * 12 + i64::from(month);
    u32::try_from(months.rem_euclid(i64::from(of.max(1)))).unwrap_or(0)
}

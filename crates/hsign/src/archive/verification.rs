//! Judging what the archive has: evidence records by the engine, with past validation of every token, and the documents
//! held against them.

use std::collections::BTreeMap;

use hsign_archive::{Bundle, Document, Recorder};
use hsign_archive_store::Index;
use hsign_validation::{EvidenceRecordVerdict, Indication};
use rayon::prelude::*;

use super::checking::{known_digests, sample, verdict_of, was_left_out};
use super::planning::bundles;
use super::{Archive, Environment, Line, Standing, Summary};
use crate::Error;

/// Documents whose answers are kept together.
const TOGETHER: usize = 1024;

/// What [`Archive::verify`] looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyRequest {
    /// These documents; empty: those of all bundles.
    pub keys: Vec<String>,
    /// So many of each bundle, chosen by chance; `None`: all.
    pub sample: Option<u32>,
    /// Whether the documents themselves are read. Without, the answer is about the digests that the archive knows.
    pub documents: bool,
}

/// What came of one document.
#[derive(Default)]
struct Answer {
    lines: Vec<Line>,
    failed: bool,
    read: u64,
}

impl Archive {
    /// Judges the evidence of documents as of now, in every track.
    ///
    /// # Errors
    /// When this machine, a store or the index fails. What doesn't hold is told, and counted.
    pub fn verify(&self, request: &VerifyRequest, environment: &Environment<'_>) -> Result<Summary, Error> {
        let mut index = self.index(environment)?;
        self.catch_up(&mut index, environment)?;
        let mut summary = Summary::default();
        let pool = self.pool(environment)?;
        for (id, places) in self.wanted(&mut index, &request.keys)? {
            let bundle = self.whole(&id)?;
            let deleted = index.deleted_places(&id)?;
            let mut places: Vec<usize> = match (places.is_empty(), request.sample) {
                (false, _) => places,
                (true, Some(count)) => {
                    sample(bundle.documents().len(), count as usize, environment)?.into_iter().collect()
                }
                (true, None) => (0..bundle.documents().len()).collect(),
            };
            places.retain(|place| !deleted.contains(&(*place as u64)));
            let recorders = recorders(&bundle)?;
            summary.batches += 1;
            for places in places.chunks(TOGETHER) {
                let documents: Vec<&Document> =
                    places.iter().filter_map(|place| bundle.documents().get(*place)).collect();
                // Where they lie matters to those alone that are read.
                let documents = match request.documents {
                    true => self.moved(&mut index, &documents)?,
                    false => documents.into_iter().cloned().collect(),
                };
                let answer = |(place, document): (&usize, &Document)| {
                    self.answer(&bundle, &recorders, (*place, document), request.documents, environment)
                };
                let answers: Vec<Answer> = pool.install(|| {
                    places.par_iter().zip(&documents).map(answer).collect::<Result<_, Error>>()
                })?;
                for answer in answers {
                    summary.objects += 1;
                    summary.failed += u64::from(answer.failed);
                    summary.read += answer.read;
                    answer.lines.iter().for_each(|line| environment.tell(line));
                }
            }
        }
        if summary.failed > 0 {
            summary.standing = Standing::Overdue;
        }
        Ok(summary)
    }

    /// Bundles with the places of what is asked for in them; none: all.
    fn wanted(&self, index: &mut Index, keys: &[String]) -> Result<BTreeMap<String, Vec<usize>>, Error> {
        let mut wanted: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        if keys.is_empty() {
            return Ok(bundles(index)?.into_iter().map(|bundle| (bundle.id, Vec::new())).collect());
        }
        for key in keys {
            let (bundle, place) = self.place_of(index, key)?;
            wanted.entry(bundle).or_default().push(place);
        }
        Ok(wanted)
    }

    fn answer(
        &self,
        bundle: &Bundle,
        recorders: &BTreeMap<String, Recorder<'_>>,
        (place, document): (usize, &Document),
        read: bool,
        environment: &Environment<'_>,
    ) -> Result<Answer, Error> {
        let mut answer = Answer::default();
        if read {
            let algorithms: Vec<_> = document.algorithms().collect();
            let looked = self.places.look(document, &algorithms)?;
            answer.read = looked.read;
            answer.failed |= looked.found.is_none();
            answer.lines.extend(looked.problems.into_iter().map(|(location, problem)| {
                Line::DocumentDamaged {
                    key: document.key().to_owned(),
                    bundle: bundle.id().to_owned(),
                    location,
                    problem,
                }
            }));
        }
        for track in bundle.tracks() {
            let line = match recorders.get(&track.name).map(|recorder| recorder.record(place)) {
                Some(Ok(record)) => {
                    let digests = known_digests(bundle, &track.name, place, document);
                    let verdict = verdict_of(&record, digests, environment)?;
                    answer.failed |= verdict.indication() != Indication::TotalPassed;
                    verified(bundle, document.key(), &track.name, &verdict)
                }
                Some(Err(hsign_archive::Error::Bundle(_))) if was_left_out(bundle, &track.name, place) => {
                    answer.failed = true;
                    without_evidence(bundle, document.key(), track.name, "archive-left-out")
                }
                Some(Err(error)) => return Err(error.into()),
                None => {
                    answer.failed = true;
                    without_evidence(bundle, document.key(), track.name, "archive-not-stamped")
                }
            };
            answer.lines.push(line);
        }
        Ok(answer)
    }
}

/// For the tracks that have a time stamp.
pub(super) fn recorders(bundle: &Bundle) -> Result<BTreeMap<String, Recorder<'_>>, Error> {
    let stamped = bundle.tracks().filter(|track| bundle.last_step(&track.name).is_some());
    stamped.map(|track| Ok((track.name.clone(), Recorder::new(bundle, &track.name)?))).collect()
}

/// The engine's answer about a track of a document.
pub(super) fn verified(bundle: &Bundle, key: &str, track: &str, verdict: &EvidenceRecordVerdict) -> Line {
    let stamps = verdict.timestamps().iter().flat_map(|stamp| stamp.findings());
    Line::Verified {
        key: key.to_owned(),
        bundle: bundle.id().to_owned(),
        track: track.to_owned(),
        indication: verdict.indication(),
        sub_indication: verdict.sub_indication(),
        proven_since: verdict.proven_time().map(|time| time.0),
        findings: verdict.findings().iter().chain(stamps).cloned().collect(),
    }
}

fn without_evidence(bundle: &Bundle, key: &str, track: String, code: &str) -> Line {
    Line::Verified {
        key: key.to_owned(),
        bundle: bundle.id().to_owned(),
        track,
        indication: Indication::Indeterminate,
        sub_indication: None,
        proven_since: None,
        findings: vec![hsign_core::Finding::error(code)],
    }
}

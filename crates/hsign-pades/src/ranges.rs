//! Which digests of which ranges a document's signatures need, computed together.

use std::ops::Range;

use hsign_core::{Digest, DigestAlgorithm, Source};

use crate::Error;
use crate::hashing::{Job, Known, digests, digests_to_go_on};

/// Digests that somebody asked for, first as questions, then as answers.
pub(crate) struct RangeDigests {
    jobs: Vec<Job>,
    found: Vec<Digest>,
}

impl RangeDigests {
    pub(crate) fn new() -> Self {
        Self { jobs: Vec::new(), found: Vec::new() }
    }

    /// Asks for a digest; the same question twice is one.
    pub(crate) fn want(&mut self, algorithm: DigestAlgorithm, ranges: &[Range<u64>]) {
        let job = Job { algorithm, ranges: ranges.to_vec() };
        if !self.jobs.contains(&job) {
            self.jobs.push(job);
        }
    }

    /// Answers every question in one pass over what isn't known yet.
    pub(crate) fn compute(&mut self, source: &dyn Source, known: Option<&Known>) -> Result<(), Error> {
        self.found = digests(source, &self.jobs, known)?;
        Ok(())
    }

    /// Answers every question in one pass, and keeps what a longer document can start from.
    pub(crate) fn compute_to_go_on(
        &mut self,
        source: &dyn Source,
        algorithms: &[DigestAlgorithm],
    ) -> Result<Known, Error> {
        let (found, known) = digests_to_go_on(source, &self.jobs, algorithms)?;
        self.found = found;
        Ok(known)
    }

    pub(crate) fn get(&self, algorithm: DigestAlgorithm, ranges: &[Range<u64>]) -> Option<Digest> {
        let job = self.jobs.iter().position(|job| job.algorithm == algorithm && job.ranges == ranges)?;
        self.found.get(job).cloned()
    }
}

/// The two ranges of a /ByteRange; `None` if they overlap or leave the document. What else may be wrong
/// with them doesn't keep them from being hashed.
pub(crate) fn ranges(byte_range: Option<[u64; 4]>, length: u64) -> Option<Vec<Range<u64>>> {
    let [start, first, second_start, second] = byte_range?;
    let first_end = start.checked_add(first)?;
    let second_end = second_start.checked_add(second)?;
    let sound = first_end <= second_start && second_end <= length;
    sound
        .then(|| [start..first_end, second_start..second_end].into_iter().filter(|r| !r.is_empty()).collect())
}

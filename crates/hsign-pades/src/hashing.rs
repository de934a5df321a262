//! Digests of many ranges in one pass over the source, in memory that doesn't grow with it.

use std::collections::BTreeSet;
use std::ops::Range;

use hsign_core::{Digest, DigestAlgorithm, Source};
use hsign_crypto::Hasher;

use crate::Error;

const CHUNK: u64 = 64 * 1024;

/// Ranges to be hashed one after the other, as a /ByteRange lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) algorithm: DigestAlgorithm,
    /// Ascending, without overlap, none empty, inside the source.
    pub(crate) ranges: Vec<Range<u64>>,
}

/// Digests of the jobs in their order. Jobs that start at the first byte share the work up to the end of
/// their first range: there a copy of the common state is taken.
pub(crate) fn digests(source: &dyn Source, jobs: &[Job]) -> Result<Vec<Digest>, Error> {
    let mut running = Vec::with_capacity(jobs.len());
    for job in jobs {
        running.push(Running::start(job)?);
    }
    let mut trunks = trunks(jobs)?;
    let boundaries = boundaries(jobs);
    for (from, to) in boundaries.iter().zip(boundaries.iter().skip(1)) {
        feed(source, *from..*to, &mut trunks, &mut running)?;
        for job in &mut running {
            job.branch(*to, &trunks);
        }
    }
    running.into_iter().map(|job| Ok(job.hasher.finish()?)).collect()
}

/// The hash state from the first byte on, as long as some job still needs it.
struct Trunk {
    hasher: Hasher,
    until: u64,
}

struct Running<'a> {
    hasher: Hasher,
    job: &'a Job,
    /// Where the first range ends if the trunk does it.
    branches_at: Option<u64>,
}

impl<'a> Running<'a> {
    fn start(job: &'a Job) -> Result<Self, Error> {
        Ok(Self { hasher: Hasher::new(job.algorithm)?, branches_at: first_end(job), job })
    }

    fn wants(&self, segment: &Range<u64>) -> bool {
        let on_trunk = self.branches_at.is_some_and(|end| segment.end <= end);
        !on_trunk
            && self.job.ranges.iter().any(|range| range.start <= segment.start && segment.end <= range.end)
    }

    fn branch(&mut self, position: u64, trunks: &[Trunk]) {
        if self.branches_at == Some(position)
            && let Some(trunk) = trunks.iter().find(|trunk| trunk.hasher.algorithm() == self.job.algorithm)
        {
            self.hasher = trunk.hasher.clone();
        }
    }
}

fn first_end(job: &Job) -> Option<u64> {
    job.ranges.first().filter(|range| range.start == 0).map(|range| range.end)
}

fn trunks(jobs: &[Job]) -> Result<Vec<Trunk>, Error> {
    let algorithms: BTreeSet<_> = jobs.iter().map(|job| job.algorithm).collect();
    let mut trunks = Vec::new();
    for algorithm in algorithms {
        let ends = jobs.iter().filter(|job| job.algorithm == algorithm).filter_map(first_end);
        if let Some(until) = ends.max() {
            trunks.push(Trunk { hasher: Hasher::new(algorithm)?, until });
        }
    }
    Ok(trunks)
}

/// Every position where some range begins or ends.
fn boundaries(jobs: &[Job]) -> Vec<u64> {
    let positions: BTreeSet<_> =
        jobs.iter().flat_map(|job| &job.ranges).flat_map(|range| [range.start, range.end]).collect();
    positions.into_iter().collect()
}

fn feed(
    source: &dyn Source,
    segment: Range<u64>,
    trunks: &mut [Trunk],
    running: &mut [Running<'_>],
) -> Result<(), Error> {
    let trunks: Vec<_> = trunks.iter_mut().filter(|trunk| segment.end <= trunk.until).collect();
    let running: Vec<_> = running.iter_mut().filter(|job| job.wants(&segment)).collect();
    let mut hashers: Vec<_> = trunks
        .into_iter()
        .map(|trunk| &mut trunk.hasher)
        .chain(running.into_iter().map(|job| &mut job.hasher))
        .collect();
    if hashers.is_empty() {
        return Ok(());
    }
    let mut buffer = vec![0; usize::try_from(CHUNK.min(segment.end - segment.start)).unwrap_or_default()];
    let mut position = segment.start;
    while position < segment.end {
        let length = usize::try_from((segment.end - position).min(CHUNK)).unwrap_or_default();
        let Some(chunk) = buffer.get_mut(..length) else { break };
        source.read_exact_at(position, chunk).map_err(Error::Source)?;
        for hasher in &mut hashers {
            hasher.update(chunk)?;
        }
        position += length as u64;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, clippy::single_range_in_vec_init)]
mod tests {
    use super::*;

    fn check(jobs: &[(DigestAlgorithm, &[Range<u64>])]) {
        let source: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
        let jobs: Vec<_> = jobs
            .iter()
            .map(|(algorithm, ranges)| Job { algorithm: *algorithm, ranges: ranges.to_vec() })
            .collect();
        let found = digests(&source, &jobs).unwrap();
        for (job, digest) in jobs.iter().zip(found) {
            let joined: Vec<u8> = job
                .ranges
                .iter()
                .flat_map(|range| source[range.start as usize..range.end as usize].to_vec())
                .collect();
            assert_eq!(digest, hsign_crypto::digest(job.algorithm, &joined).unwrap(), "{job:?}");
        }
    }

    #[test]
    fn shared_and_separate_ranges_hash_as_if_read_alone() {
        use DigestAlgorithm::{Sha256, Sha384, Sha512};
        check(&[
            (Sha256, &[0..300_000]),
            (Sha256, &[0..100_000, 120_000..200_000]),
            (Sha256, &[0..250_000, 260_000..300_000]),
            (Sha256, &[0..100_000, 120_000..200_000]),
            (Sha512, &[0..70_000, 70_001..300_000]),
            (Sha384, &[5..17, 65_536..131_072]),
            (Sha384, &[]),
        ]);
        check(&[(Sha384, &[])]);
        check(&[]);
    }
}

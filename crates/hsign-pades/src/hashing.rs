//! Digests of many ranges in one pass over the source, in memory that doesn't grow with it.

use std::collections::BTreeSet;
use std::ops::Range;

use hsign_core::{Digest, DigestAlgorithm, Source, read_windows};
use hsign_crypto::Hasher;

use crate::Error;

/// Ranges to be hashed one after the other, as a /ByteRange lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) algorithm: DigestAlgorithm,
    /// Ascending, without overlap, none empty, inside the source.
    pub(crate) ranges: Vec<Range<u64>>,
}

/// What one pass over the first bytes of a source found out, so that a longer source that begins with the same bytes
/// need not have them read again.
pub(crate) struct Known {
    /// How many bytes.
    length: u64,
    /// The states after these bytes.
    trunks: Vec<Trunk>,
    /// Digests of ranges within them.
    found: Vec<(Job, Digest)>,
}

impl Known {
    fn digest(&self, job: &Job) -> Option<&Digest> {
        self.found.iter().find(|(known, _)| known == job).map(|(_, digest)| digest)
    }

    /// Whether the job needs nothing of these bytes but the state after them.
    fn leads_to(&self, job: &Job) -> bool {
        first_end(job).is_some_and(|end| end >= self.length)
            && self.trunks.iter().any(|trunk| trunk.hasher.algorithm() == job.algorithm)
    }
}

/// Digests of the jobs in their order. Jobs that start at the first byte share the work up to the end of
/// their first range: there a copy of the common state is taken. What is known of the first bytes isn't read again.
pub(crate) fn digests(
    source: &dyn Source,
    jobs: &[Job],
    known: Option<&Known>,
) -> Result<Vec<Digest>, Error> {
    let mut found: Vec<Option<Digest>> =
        jobs.iter().map(|job| known.and_then(|known| known.digest(job)).cloned()).collect();
    let open = |found: &[Option<Digest>], quick: bool| -> Vec<Job> {
        let jobs = jobs.iter().zip(found).filter(|(_, digest)| digest.is_none()).map(|(job, _)| job);
        jobs.filter(|job| known.is_some_and(|known| known.leads_to(job)) == quick).cloned().collect()
    };
    for (batch, known) in [(open(&found, true), known), (open(&found, false), None)] {
        if batch.is_empty() {
            continue;
        }
        let (digests, _) = pass(source, &batch, known)?;
        for (job, digest) in batch.iter().zip(digests) {
            for (_, slot) in jobs.iter().zip(&mut found).filter(|(wanted, _)| *wanted == job) {
                *slot = Some(digest.clone());
            }
        }
    }
    found.into_iter().map(|digest| digest.ok_or_else(unread)).collect()
}

fn unread() -> Error {
    Error::Source(std::io::ErrorKind::UnexpectedEof.into())
}

/// The digests, and what a longer source may start from: the states of these algorithms after the last byte.
pub(crate) fn digests_to_go_on(
    source: &dyn Source,
    jobs: &[Job],
    algorithms: &[DigestAlgorithm],
) -> Result<(Vec<Digest>, Known), Error> {
    let whole = |algorithm: &DigestAlgorithm| Job {
        algorithm: *algorithm,
        ranges: std::iter::once(0..source.length()).collect(),
    };
    let all: Vec<Job> = jobs.iter().cloned().chain(algorithms.iter().map(whole)).collect();
    let (mut found, trunks) = pass(source, &all, None)?;
    found.truncate(jobs.len());
    let trunks = trunks.into_iter().filter(|trunk| trunk.until == source.length()).collect();
    let pairs = jobs.iter().cloned().zip(found.iter().cloned()).collect();
    Ok((found, Known { length: source.length(), trunks, found: pairs }))
}

/// One pass, from the first byte or from where the known states end.
fn pass(
    source: &dyn Source,
    jobs: &[Job],
    known: Option<&Known>,
) -> Result<(Vec<Digest>, Vec<Trunk>), Error> {
    let mut running = Vec::with_capacity(jobs.len());
    for job in jobs {
        running.push(Running::start(job)?);
    }
    let mut trunks = trunks(jobs, known)?;
    let from = known.map_or(0, |known| known.length);
    let boundaries = boundaries(jobs, from);
    for job in &mut running {
        job.branch(from, &trunks);
    }
    for (from, to) in boundaries.iter().zip(boundaries.iter().skip(1)) {
        feed(source, *from..*to, &mut trunks, &mut running)?;
        for job in &mut running {
            job.branch(*to, &trunks);
        }
    }
    let digests = running.into_iter().map(|job| Ok(job.hasher.finish()?)).collect::<Result<_, Error>>()?;
    Ok((digests, trunks))
}

/// The hash state from the first byte on, as long as some job still needs it.
#[derive(Clone)]
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

fn trunks(jobs: &[Job], known: Option<&Known>) -> Result<Vec<Trunk>, Error> {
    let algorithms: BTreeSet<_> = jobs.iter().map(|job| job.algorithm).collect();
    let mut trunks = Vec::new();
    for algorithm in algorithms {
        let ends = jobs.iter().filter(|job| job.algorithm == algorithm).filter_map(first_end);
        if let Some(until) = ends.max() {
            let known = known.into_iter().flat_map(|known| &known.trunks);
            let state = known.map(|trunk| &trunk.hasher).find(|hasher| hasher.algorithm() == algorithm);
            let hasher = state.cloned().map_or_else(|| Hasher::new(algorithm), Ok)?;
            trunks.push(Trunk { hasher, until });
        }
    }
    Ok(trunks)
}

/// Every position from `from` on where some range begins or ends.
fn boundaries(jobs: &[Job], from: u64) -> Vec<u64> {
    let ends = jobs.iter().flat_map(|job| &job.ranges).flat_map(|range| [range.start, range.end]);
    let positions: BTreeSet<_> = ends.chain([from]).filter(|position| *position >= from).collect();
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
    read_windows(source, segment, |window| {
        hashers.iter_mut().try_for_each(|hasher| hasher.update(window)).map_err(Error::from)
    })
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
        let found = digests(&source, &jobs, None).unwrap();
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
    fn what_is_known_is_neither_read_again_nor_lost() {
        use DigestAlgorithm::{Sha256, Sha384};
        let source: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
        let job = |algorithm, ranges: &[Range<u64>]| Job { algorithm, ranges: ranges.to_vec() };
        let early = [job(Sha256, &[0..100, 200..90_000]), job(Sha256, &[0..90_000])];
        let base = source[..90_000].to_vec();
        let (first, known) = digests_to_go_on(&base, &early, &[Sha384]).unwrap();
        assert_eq!(first, digests(&source, &early, None).unwrap());
        let later = [
            early[0].clone(),
            job(Sha256, &[0..90_000, 95_000..300_000]),
            job(Sha384, &[0..90_000]),
            job(Sha384, &[0..200_000, 200_001..300_000]),
            job(Sha256, &[0..50, 60..300_000]),
            job(DigestAlgorithm::Sha512, &[0..300_000]),
        ];
        assert_eq!(digests(&source, &later, Some(&known)).unwrap(), digests(&source, &later, None).unwrap());

        let mut other_start = source.clone();
        other_start[5] ^= 1;
        let quick = [later[0].clone(), later[1].clone(), later[3].clone()];
        let same = digests(&source, &quick, None).unwrap();
        assert_eq!(digests(&other_start, &quick, Some(&known)).unwrap(), same, "not read again");
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

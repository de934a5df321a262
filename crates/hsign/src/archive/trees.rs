//! New trees where a hash function ends (RFC 4998 §5.2).

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use hsign_archive::{Bundle, Document, Seen, ToRenew, TreeRenewal};
use hsign_archive_store::{Claim, Index};
use hsign_core::{Digest, DigestAlgorithm};
use rayon::prelude::*;

use super::authority::Wanted;
use super::renewing::{Done, Run};
use super::steps::BETWEEN_BEATS;
use super::{Archive, Environment, Line};
use crate::Error;

/// A document's digest, what is wrong at its places, and how many octets were read.
type Again = (Option<Digest>, Vec<Line>, u64);

impl Archive {
    /// A new tree over the documents under the next hash function (RFC 4998 §5.2): with digests that are known, else
    /// each document is read. Documents that are gone, or damaged, are left out and told.
    pub(super) fn renew_tree(
        &self,
        index: &mut Index,
        claim: &Claim,
        (id, track, chain): (&str, &str, u32),
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<Done, Error> {
        let config = self.track(track)?;
        let mut bundle = self.whole(id)?;
        if bundle.last_step(track).is_some_and(|last| last.place().0 >= chain) {
            return self.publish(index, &[(bundle, None)], track, Some(claim), run, environment);
        }
        let token = match self.covered_token(&bundle, track, environment)? {
            Ok(token) => token,
            Err(findings) => return Err(Error::SelfCheck(findings)),
        };
        let digests = self.digests_under(index, claim, &bundle, config.next, run, environment)?;
        let renewal = TreeRenewal::over(ToRenew { bundle: &bundle, token }, track, digests)?;
        environment.reached("tree-before-stamp");
        let stamp = match self.stamp_in_budget(index, claim, config, &renewal.root(), run, environment)? {
            Wanted::Stamp(stamp) => stamp,
            Wanted::Later { findings, after } => return Ok(Done::Later { findings, after }),
        };
        if stamp.asked {
            run.paid(track, stamp.yen);
        }
        let step = renewal.step(&bundle, &stamp.token)?;
        bundle.add(&step)?;
        self.check_records(&bundle, track, &stamp.enriched, environment)?;
        self.beat(index, claim)?;
        environment.reached("tree-before-put");
        let bundle = self.put_step(bundle, &step)?;
        environment.reached("tree-after-put");
        self.publish(index, &[(bundle, Some(stamp.tsa))], track, Some(claim), run, environment)
    }

    /// The documents' digests under `algorithm` by their places, those of deleted documents left out.
    fn digests_under(
        &self,
        index: &mut Index,
        claim: &Claim,
        bundle: &Bundle,
        algorithm: DigestAlgorithm,
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<BTreeMap<usize, Digest>, Error> {
        let deleted = index.deleted_places(bundle.id())?;
        let mut digests = hsign_archive::known_digests(bundle, algorithm);
        digests.retain(|place, _| !deleted.contains(&(*place as u64)));
        let unknown: Vec<usize> = (0..bundle.documents().len())
            .filter(|place| !digests.contains_key(place) && !deleted.contains(&(*place as u64)))
            .collect();
        let pool = self.pool(environment)?;
        for places in unknown.chunks(BETWEEN_BEATS * 4) {
            self.beat(index, claim)?;
            let documents: Vec<&Document> =
                places.iter().filter_map(|place| bundle.documents().get(*place)).collect();
            let documents = self.moved(index, &documents)?;
            let read: Vec<Result<Again, Error>> = pool.install(|| {
                documents.par_iter().map(|document| self.read_again(bundle, document, algorithm)).collect()
            });
            for (place, again) in places.iter().zip(read) {
                let (digest, problems, octets) = again?;
                run.read.fetch_add(octets, Ordering::Relaxed);
                problems.iter().for_each(|line| environment.tell(line));
                match digest {
                    Some(digest) => drop(digests.insert(*place, digest)),
                    None => drop(run.failed.fetch_add(1, Ordering::Relaxed)),
                }
            }
        }
        Ok(digests)
    }

    fn read_again(
        &self,
        bundle: &Bundle,
        document: &Document,
        algorithm: DigestAlgorithm,
    ) -> Result<Again, Error> {
        let mut algorithms: Vec<_> = document.algorithms().take(1).collect();
        algorithms.push(algorithm);
        let looked = self.places.look(document, &algorithms)?;
        let damaged = |(location, problem): &(String, _)| Line::DocumentDamaged {
            key: document.key().to_owned(),
            bundle: bundle.id().to_owned(),
            location: location.clone(),
            problem: *problem,
        };
        let problems = looked.problems.iter().map(damaged).collect();
        let digest = looked.found.and_then(|(_, seen)| match seen {
            Seen::Read { digests, .. } => digests.into_iter().find(|digest| digest.algorithm == algorithm),
            Seen::Missing => None,
        });
        Ok((digest, problems, looked.read))
    }
}

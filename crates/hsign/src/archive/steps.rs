//! Sealing batches, and the steps of bundles: first time stamps and renewals.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use hsign_archive::{
    Batch, BatchKey, Bundle, Event, Member, NewStep, Sealed, Step, TimestampRenewal, ToRenew, is_evidence,
    read_evidence, seal,
};
use hsign_archive_store::{Claim, Files, Index, Put};
use hsign_core::{Digest, DigestAlgorithm, Finding};
use hsign_tsp::Token;
use rayon::prelude::*;

use super::authority::{Stamp, Wanted};
use super::checking::sample;
use super::config::TrackConfig;
use super::planning::bundles;
use super::renewing::{Done, Run};
use super::tokens::{JudgedToken, judge_token};
use super::{Archive, Environment, Line};
use crate::Error;

/// Bundles whose tokens one renewal tree covers.
const LARGEST_TREE: usize = 1 << 20;
/// Bundles after which a worker gives a sign of life.
pub(super) const BETWEEN_BEATS: usize = 64;
/// What one run has no money for is left to the next.
const NEXT_RUN: Duration = Duration::from_secs(300);
/// Octets of one file of a step.
const LARGEST_FILE: u64 = 1 << 30;
/// Time stamps that stand in one segment of the trail.
const TOGETHER: usize = 1024;

impl Archive {
    /// Makes a bundle of the first documents that wait. After a crash the same documents give the same bundle.
    pub(super) fn seal(
        &self,
        index: &mut Index,
        claim: &Claim,
        (class, retention, from): (&str, &str, u64),
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<Done, Error> {
        let tracks = self.config.bundle_tracks();
        let key = BatchKey { class: class.to_owned(), retention: retention.to_owned(), tracks };
        let most = self.config.policy.batch_documents as usize;
        let waiting = index.waiting(&key, from.checked_sub(1), most)?;
        let documents: Vec<_> = waiting.into_iter().map(|one| one.document).collect();
        if documents.is_empty() {
            return Ok(Done::Yes);
        }
        let Sealed { bundle, files } = seal(&Batch { key, documents })?;
        environment.reached("seal-before-put");
        if self.copies.put(bundle.id(), &files)? == Put::Taken {
            let finding = Finding::error("archive-bundle-lost").with("bundle", bundle.id());
            return Err(Error::ArchiveRefused(finding));
        }
        environment.reached("seal-after-put");
        self.beat(index, claim)?;
        let count = bundle.count();
        let (id, mut news) = (bundle.id().to_owned(), false);
        self.record(index, environment, &mut |index| {
            news = !index.has_bundle(&id)?;
            let event = Event::Sealed { bundle: id.clone(), documents: count };
            Ok(if news { vec![event] } else { Vec::new() })
        })?;
        environment.reached("seal-after-record");
        if news {
            run.batches.fetch_add(1, Ordering::Relaxed);
            run.objects.fetch_add(count, Ordering::Relaxed);
            environment.tell(&Line::Sealed { bundle: id, documents: count });
        }
        Ok(Done::Yes)
    }

    /// The first time stamp of a track (RFC 4998 §4.2).
    pub(super) fn stamp(
        &self,
        index: &mut Index,
        claim: &Claim,
        (id, track): (&str, &str),
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<Done, Error> {
        let config = self.track(track)?;
        let mut bundle = self.whole(id)?;
        if bundle.last_step(track).is_some() {
            self.publish(index, vec![(bundle, None)], track, run, environment)?;
            return Ok(Done::Yes);
        }
        let root = bundle.root(track).ok_or_else(|| no_track(track))?;
        let stamp = match self.stamp_in_budget(index, claim, config, &root, run, environment)? {
            Wanted::Stamp(stamp) => stamp,
            Wanted::Later { findings, after } => return Ok(Done::Later { findings, after }),
        };
        if stamp.asked {
            run.paid(track, stamp.yen);
        }
        let step = bundle.first_step(track, &stamp.token)?;
        bundle.add(&step)?;
        self.check_records(&bundle, track, &stamp.enriched, environment)?;
        self.beat(index, claim)?;
        environment.reached("stamp-before-put");
        let bundle = self.put_step(bundle, &step)?;
        environment.reached("stamp-after-put");
        self.publish(index, vec![(bundle, Some(stamp.tsa))], track, run, environment)?;
        Ok(Done::Yes)
    }

    /// A time stamp, as far as the budget of this run goes.
    pub(super) fn stamp_in_budget(
        &self,
        index: &mut Index,
        claim: &Claim,
        track: &TrackConfig,
        imprint: &Digest,
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<Wanted, Error> {
        let prices = track.tsa.iter().filter_map(|name| self.config.authority(name)?.limits.yen);
        if !run.reserve(prices.max().unwrap_or(0)) {
            let finding = Finding::warning("archive-run-budget-spent").with("track", &track.name);
            return Ok(Wanted::Later { findings: vec![finding], after: NEXT_RUN });
        }
        self.stamp_over(index, claim, track, imprint, environment)
    }

    /// One time stamp for the tokens of all bundles that are due now (RFC 4998 §5.2). No document is read.
    pub(super) fn renew_timestamps(
        &self,
        index: &mut Index,
        claim: &Claim,
        (track, algorithm): (&str, DigestAlgorithm),
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<Done, Error> {
        let config = self.track(track)?;
        let due = self.due_now(index, track, algorithm, environment)?;
        for chunk in due.chunks(LARGEST_TREE) {
            let members = self.members(index, claim, chunk, track, run, environment)?;
            if members.is_empty() {
                continue;
            }
            let renewal = TimestampRenewal::of(members, track)?;
            environment.reached("renew-before-stamp");
            let stamp = match self.stamp_in_budget(index, claim, config, &renewal.root(), run, environment)? {
                Wanted::Stamp(stamp) => stamp,
                Wanted::Later { findings, after } => return Ok(Done::Later { findings, after }),
            };
            if stamp.asked {
                run.paid(track, stamp.yen);
            }
            self.check_renewal(&renewal, &stamp, track, environment)?;
            environment.reached("renew-after-check");
            let ids: Vec<String> = renewal.bundles().map(str::to_owned).collect();
            for ids in ids.chunks(TOGETHER) {
                let mut done = Vec::with_capacity(ids.len());
                for some in ids.chunks(BETWEEN_BEATS) {
                    self.beat(index, claim)?;
                    for id in some {
                        let mut bundle = self.evidence(id)?;
                        // Somebody else was faster with another stamp, or we were before a crash.
                        let Ok(step) = renewal.step(&bundle, &stamp.token) else {
                            done.push((bundle, None));
                            continue;
                        };
                        bundle.add(&step)?;
                        environment.reached("renew-before-put");
                        done.push((self.put_step(bundle, &step)?, Some(stamp.tsa.clone())));
                        environment.reached("renew-after-put");
                    }
                }
                self.publish(index, done, track, run, environment)?;
            }
        }
        Ok(Done::Yes)
    }

    /// The bundles of a track whose time stamps are to be renewed as of now, and may be.
    fn due_now(
        &self,
        index: &mut Index,
        track: &str,
        algorithm: DigestAlgorithm,
        environment: &Environment<'_>,
    ) -> Result<Vec<String>, Error> {
        let states = bundles(index)?;
        let of_chain: BTreeSet<&str> = states
            .iter()
            .filter(|state| state.tracks.iter().any(|one| one.name == track && one.algorithm == algorithm))
            .map(|state| state.id.as_str())
            .collect();
        let ahead = self.ahead(index, environment)?;
        let mut due: Vec<String> = ahead
            .plan
            .due
            .into_iter()
            .filter(|action| {
                action.track == track
                    && action.blocked.is_none()
                    && action.kind == hsign_archive::ActionKind::RenewTimestamp
                    && of_chain.contains(action.bundle.as_str())
            })
            .map(|action| action.bundle)
            .collect();
        due.sort_unstable();
        Ok(due)
    }

    /// What stands for the bundles in the tree; those whose last token doesn't hold now are told and left out: a stamp
    /// over them would only look like proof.
    fn members(
        &self,
        index: &mut Index,
        claim: &Claim,
        ids: &[String],
        track: &str,
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<Vec<Member>, Error> {
        let pool = self.pool(environment)?;
        let places = places(index, track)?;
        let mut members = Vec::with_capacity(ids.len());
        for ids in ids.chunks(BETWEEN_BEATS * 16) {
            self.beat(index, claim)?;
            let found: Vec<Result<Found, Error>> = pool.install(|| {
                let found = |id: &String| self.member(id, track, places.get(id).copied(), environment);
                ids.par_iter().map(found).collect()
            });
            let mut ahead = Vec::new();
            for (id, found) in ids.iter().zip(found) {
                match found? {
                    Found::Member(member) => members.push(member),
                    Found::Ahead(bundle) => ahead.push((bundle, None)),
                    Found::Lame(findings) => {
                        run.failed.fetch_add(1, Ordering::Relaxed);
                        environment.tell(&Line::Failed { what: format!("{id} {track}"), findings });
                    }
                }
            }
            if !ahead.is_empty() {
                self.publish(index, ahead, track, run, environment)?;
            }
        }
        Ok(members)
    }

    fn member(
        &self,
        id: &str,
        track: &str,
        known: Option<(u32, u32)>,
        environment: &Environment<'_>,
    ) -> Result<Found, Error> {
        let bundle = self.evidence(id)?;
        if bundle.last_step(track).map(Step::place) > known {
            return Ok(Found::Ahead(bundle));
        }
        match self.covered_token(&bundle, track, environment)? {
            Ok(token) => Ok(Found::Member(Member::of(ToRenew { bundle: &bundle, token }, track)?)),
            Err(findings) => Ok(Found::Lame(findings)),
        }
    }

    /// The last token with what verifies it now inside, if it holds now.
    pub(super) fn covered_token(
        &self,
        bundle: &Bundle,
        track: &str,
        environment: &Environment<'_>,
    ) -> Result<Result<Vec<u8>, Vec<Finding>>, Error> {
        let last = bundle.last_step(track).ok_or_else(|| no_track(track))?;
        let imprint = Token::parse(last.token())?.info().imprint();
        let imprint = imprint.ok_or_else(|| no_track(track))?;
        let judged = judge_token(last.token(), &imprint, environment)?;
        if judged.holds() {
            let JudgedToken { enriched, .. } = judged;
            return Ok(Ok(enriched));
        }
        let mut findings = judged.objections();
        findings.insert(0, Finding::error("archive-token-does-not-hold").with("bundle", bundle.id()));
        Ok(Err(findings))
    }

    /// Judges the records of some documents of some of the bundles, as they will be.
    fn check_renewal(
        &self,
        renewal: &TimestampRenewal,
        stamp: &Stamp,
        track: &str,
        environment: &Environment<'_>,
    ) -> Result<(), Error> {
        let ids: Vec<&str> = renewal.bundles().collect();
        for place in sample(ids.len(), self.config.policy.checked_records as usize, environment)? {
            let Some(id) = ids.get(place) else { continue };
            let mut bundle = self.whole(id)?;
            let Ok(step) = renewal.step(&bundle, &stamp.token) else { continue };
            bundle.add(&step)?;
            self.check_records(&bundle, track, &stamp.enriched, environment)?;
        }
        Ok(())
    }

    /// Puts a step where it belongs; where somebody else's is there already, that one stays and is what the bundle has.
    pub(super) fn put_step(&self, bundle: Bundle, step: &NewStep) -> Result<Bundle, Error> {
        match self.copies.put(bundle.id(), step.files())? {
            Put::Created | Put::Same => Ok(bundle),
            Put::Taken => self.evidence(bundle.id()),
        }
    }

    /// Rows and events of steps that are in place.
    pub(super) fn publish(
        &self,
        index: &mut Index,
        bundles: Vec<(Bundle, Option<String>)>,
        track: &str,
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<(), Error> {
        let mut lines = Vec::new();
        let known: Vec<&Bundle> = bundles.iter().map(|(bundle, _)| bundle).collect();
        environment.reached("step-before-record");
        self.record_with(index, &known, environment, &mut |index| {
            lines.clear();
            let mut events = Vec::new();
            for (bundle, tsa) in &bundles {
                let known = index.last_place(bundle.id(), track)?;
                let last = bundle.last_step(track).map(Step::place);
                let steps = bundle.steps(track).iter();
                for step in steps.filter(|step| Some(step.place()) > known) {
                    let (chain, number) = step.place();
                    // Who made what a dead worker left is told by the token itself.
                    let tsa = tsa.clone().filter(|_| last == Some(step.place()));
                    let tsa = tsa.unwrap_or_else(|| "unknown".to_owned());
                    let (bundle, track) = (bundle.id().to_owned(), track.to_owned());
                    let gen_time = step.gen_time();
                    let (id, of, by) = (bundle.clone(), track.clone(), tsa.clone());
                    lines.push(Line::Stamped { bundle: id, track: of, chain, number, gen_time, tsa: by });
                    events.push(Event::Stamped { bundle, track, chain, number, gen_time, tsa });
                }
            }
            Ok(events)
        })?;
        environment.reached("step-after-record");
        run.batches.fetch_add(lines.len() as u64, Ordering::Relaxed);
        lines.iter().for_each(|line| environment.tell(line));
        Ok(())
    }

    /// A bundle without its documents: from the first store whose copy has no damage in what is read, else as all copies
    /// together have it.
    pub(super) fn evidence(&self, id: &str) -> Result<Bundle, Error> {
        for member in self.copies.members() {
            let mut files = Files::new();
            let folder = format!("bundles/{id}/");
            for name in member.store.list(&folder)? {
                let Some(file) = name.strip_prefix(&folder).filter(|file| is_evidence(file)) else {
                    continue;
                };
                if let Some(bytes) = member.store.get(&name, LARGEST_FILE)? {
                    files.insert(file.to_owned(), bytes);
                }
            }
            let reading = read_evidence(id, &files);
            if let Some(bundle) = reading.bundle.filter(|_| reading.damage.is_empty()) {
                return Ok(bundle);
            }
        }
        self.whole(id)
    }

    pub(super) fn track(&self, name: &str) -> Result<&TrackConfig, Error> {
        self.config.track(name).ok_or_else(|| no_track(name))
    }
}

/// A bundle whose time stamp is to be renewed, looked at.
enum Found {
    /// It can be.
    Member(Member),
    /// Its last token doesn't hold.
    Lame(Vec<Finding>),
    /// It has a step that the index doesn't know: a worker died behind it.
    Ahead(Bundle),
}

/// The last step of a track that the index knows, by bundle.
fn places(index: &mut Index, track: &str) -> Result<BTreeMap<String, (u32, u32)>, Error> {
    const PAGE: usize = 4096;
    let mut places = BTreeMap::new();
    let mut after: Option<String> = None;
    loop {
        let page = index.bundle_rows(after.as_deref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(places) };
        after = Some(last.state.id.clone());
        places.extend(page.into_iter().filter_map(|row| Some((row.state.id, *row.places.get(track)?))));
    }
}

fn no_track(name: &str) -> Error {
    Error::ArchiveRefused(Finding::error("archive-track-unknown").with("track", name))
}

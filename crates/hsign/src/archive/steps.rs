//! Sealing batches, and the steps of bundles: first time stamps and renewals.

use std::sync::atomic::Ordering;
use std::time::Duration;

use hsign_archive::{
    Action, ActionKind, Batch, BatchKey, Bundle, Event, Member, NewStep, Sealed, Step, TimestampRenewal,
    ToRenew, TrackState, is_evidence, read_evidence, seal,
};
use hsign_archive_store::{Claim, Files, Index, Put, StepRow};
use hsign_core::{Digest, DigestAlgorithm, Finding};
use hsign_tsp::Token;
use rayon::prelude::*;

use super::authority::{Stamp, Wanted};
use super::checking::sample;
use super::config::TrackConfig;
use super::open::pool_of;
use super::recording::News;
use super::renewing::{Done, Run};
use super::spool::Spool;
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
/// Time stamps that stand in one segment of the trail, and come into the index together.
const TOGETHER: usize = 256;
/// Writers for each thread: one waits for disks while another one computes.
const WRITERS: usize = 8;

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
        let tracks = self.bundle_tracks(environment);
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
        let (id, documents) = (bundle.id().to_owned(), bundle.count());
        let news = self.record_news(index, environment, &mut |index| {
            let event = Event::Sealed { bundle: id.clone(), documents };
            let events = if index.has_bundle(&id)? { Vec::new() } else { vec![event] };
            Ok(News { events, bundle: Some(&bundle), unit: Some(claim), ..News::default() })
        })?;
        environment.reached("seal-after-record");
        if !news {
            return Ok(Done::Yes);
        }
        run.touched(&id);
        run.objects.fetch_add(documents, Ordering::Relaxed);
        environment.tell(&Line::Sealed { bundle: id, documents });
        Ok(Done::Recorded)
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
            return self.publish(index, &[(bundle, None)], track, Some(claim), run, environment);
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
        environment.reached("stamp-before-put");
        let bundle = self.put_step(bundle, &step)?;
        environment.reached("stamp-after-put");
        self.publish(index, &[(bundle, Some(stamp.tsa))], track, Some(claim), run, environment)
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
            let tokens = Spool::new()?;
            let members = self.members(index, claim, (chunk, track), &tokens, run, environment)?;
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
            let renewed = Renewed { track, renewal, tokens, stamp };
            self.check_renewal(&renewed, environment)?;
            environment.reached("renew-after-check");
            self.put_renewal(index, claim, &renewed, run, environment)?;
        }
        Ok(Done::Yes)
    }

    /// The steps of all bundles, put by many at once: each waits for disks most of the time.
    fn put_renewal(
        &self,
        index: &mut Index,
        claim: &Claim,
        renewed: &Renewed<'_>,
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<(), Error> {
        let writers = pool_of(environment.threads.saturating_mul(WRITERS))?;
        let ids: Vec<&str> = renewed.renewal.bundles().collect();
        for ids in ids.chunks(TOGETHER) {
            let mut done = Vec::with_capacity(ids.len());
            for some in ids.chunks(BETWEEN_BEATS) {
                self.beat(index, claim)?;
                let put: Vec<Result<_, Error>> = writers.install(|| {
                    some.par_iter().map(|id| self.put_renewed(id, renewed, environment)).collect()
                });
                for one in put {
                    done.push(one?);
                }
            }
            self.publish(index, &done, renewed.track, None, run, environment)?;
        }
        Ok(())
    }

    /// The step of one bundle.
    fn put_renewed(
        &self,
        id: &str,
        renewed: &Renewed<'_>,
        environment: &Environment<'_>,
    ) -> Result<Stamped, Error> {
        let mut bundle = self.evidence(id)?;
        // Somebody else was faster with another stamp, or we were before a crash.
        let Ok(step) = renewed.step(&bundle)? else { return Ok((bundle, None)) };
        bundle.add(&step)?;
        environment.reached("renew-before-put");
        let bundle = self.put_step(bundle, &step)?;
        environment.reached("renew-after-put");
        Ok((bundle, Some(renewed.stamp.tsa.clone())))
    }

    /// The bundles of a track whose time stamps are to be renewed as of now, and may be.
    fn due_now(
        &self,
        index: &mut Index,
        track: &str,
        algorithm: DigestAlgorithm,
        environment: &Environment<'_>,
    ) -> Result<Vec<String>, Error> {
        let mut ids = Vec::new();
        self.planned(index, environment, &mut |bundle, due| {
            let of_chain = |one: &TrackState| one.name == track && one.algorithm == algorithm;
            let renewable = |action: &Action| {
                action.track == track && action.blocked.is_none() && action.kind == ActionKind::RenewTimestamp
            };
            if bundle.tracks.iter().any(of_chain) && due.iter().any(renewable) {
                ids.push(bundle.id.clone());
            }
        })?;
        Ok(ids)
    }

    /// What stands for the bundles in the tree; those whose last token doesn't hold now are told and left out: a stamp
    /// over them would only look like proof.
    fn members(
        &self,
        index: &mut Index,
        claim: &Claim,
        (ids, track): (&[String], &str),
        tokens: &Spool,
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<Vec<Member>, Error> {
        let pool = self.pool(environment)?;
        let mut members = Vec::with_capacity(ids.len());
        for ids in ids.chunks(BETWEEN_BEATS * 16) {
            self.beat(index, claim)?;
            let names: Vec<&str> = ids.iter().map(String::as_str).collect();
            let places = index.last_places(&names, track)?;
            let found: Vec<Result<Found, Error>> = pool.install(|| {
                let found =
                    |id: &String| self.member((id, track), places.get(id).copied(), tokens, environment);
                ids.par_iter().map(found).collect()
            });
            let mut ahead = Vec::new();
            for (id, found) in ids.iter().zip(found) {
                match found? {
                    Found::Member(member) => members.push(member),
                    Found::Ahead(bundle) => ahead.push((*bundle, None)),
                    Found::Lame(findings) => {
                        run.failed.fetch_add(1, Ordering::Relaxed);
                        environment.tell(&Line::Failed { what: format!("{id} {track}"), findings });
                    }
                }
            }
            for ahead in ahead.chunks(TOGETHER) {
                self.publish(index, ahead, track, None, run, environment)?;
            }
        }
        Ok(members)
    }

    fn member(
        &self,
        (id, track): (&str, &str),
        known: Option<(u32, u32)>,
        tokens: &Spool,
        environment: &Environment<'_>,
    ) -> Result<Found, Error> {
        let bundle = self.evidence(id)?;
        if bundle.last_step(track).map(Step::place) > known {
            return Ok(Found::Ahead(Box::new(bundle)));
        }
        match self.covered_token(&bundle, track, environment)? {
            Ok(token) => {
                tokens.put(id, &token)?;
                Ok(Found::Member(Member::of(ToRenew { bundle: &bundle, token }, track)?))
            }
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
    fn check_renewal(&self, renewed: &Renewed<'_>, environment: &Environment<'_>) -> Result<(), Error> {
        let ids: Vec<&str> = renewed.renewal.bundles().collect();
        for place in sample(ids.len(), self.config.policy.checked_records as usize, environment)? {
            let Some(id) = ids.get(place) else { continue };
            let mut bundle = self.whole(id)?;
            let Ok(step) = renewed.step(&bundle)? else { continue };
            bundle.add(&step)?;
            self.check_records(&bundle, renewed.track, &renewed.stamp.enriched, environment)?;
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

    /// Rows and events of steps that are in place; with them ends `unit`, where there is one.
    pub(super) fn publish(
        &self,
        index: &mut Index,
        bundles: &[Stamped],
        track: &str,
        unit: Option<&Claim>,
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<Done, Error> {
        let mut lines = Vec::new();
        let ids: Vec<&str> = bundles.iter().map(|(bundle, _)| bundle.id()).collect();
        environment.reached("step-before-record");
        let news = self.record_news(index, environment, &mut |index| {
            lines.clear();
            let mut news = News { unit, ..News::default() };
            let places = index.last_places(&ids, track)?;
            for (bundle, tsa) in bundles {
                let known = places.get(bundle.id()).copied();
                let last = bundle.last_step(track).map(Step::place);
                let steps = bundle.steps(track).iter();
                for step in steps.filter(|step| Some(step.place()) > known) {
                    let (chain, number) = step.place();
                    // Who made what a dead worker left is told by the token itself.
                    let tsa = tsa.clone().filter(|_| last == Some(step.place()));
                    let tsa = tsa.unwrap_or_else(|| "unknown".to_owned());
                    let (bundle, track) = (bundle.id().to_owned(), track.to_owned());
                    let gen_time = step.gen_time();
                    news.steps.push(StepRow::of(&bundle, step, self.ends_of(step, environment)));
                    let (id, of, by) = (bundle.clone(), track.clone(), tsa.clone());
                    lines.push(Line::Stamped { bundle: id, track: of, chain, number, gen_time, tsa: by });
                    news.events.push(Event::Stamped { bundle, track, chain, number, gen_time, tsa });
                }
            }
            Ok(news)
        })?;
        environment.reached("step-after-record");
        for line in &lines {
            if let Line::Stamped { bundle, .. } = line {
                run.touched(bundle);
            }
            environment.tell(line);
        }
        Ok(if news && unit.is_some() { Done::Recorded } else { Done::Yes })
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

/// A bundle with a step in place, and who stamped it where that is known.
type Stamped = (Bundle, Option<String>);

/// A bundle whose time stamp is to be renewed, looked at.
enum Found {
    /// It can be.
    Member(Member),
    /// Its last token doesn't hold.
    Lame(Vec<Finding>),
    /// It has a step that the index doesn't know: a worker died behind it.
    Ahead(Box<Bundle>),
}

/// A renewal that has its time stamp.
struct Renewed<'t> {
    track: &'t str,
    renewal: TimestampRenewal,
    /// The last tokens of the bundles, as they are covered.
    tokens: Spool,
    stamp: Stamp,
}

impl Renewed<'_> {
    /// The step of one of the bundles; the inner error is for one that has gone on since.
    fn step(&self, bundle: &Bundle) -> Result<Result<NewStep, hsign_archive::Error>, Error> {
        let token = self.tokens.get(bundle.id())?;
        Ok(self.renewal.step(ToRenew { bundle, token }, &self.stamp.token))
    }
}

fn no_track(name: &str) -> Error {
    Error::ArchiveRefused(Finding::error("archive-track-unknown").with("track", name))
}

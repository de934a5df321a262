//! Doing what is due: units of work are offered, claimed by workers on any number of machines, and done once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hsign_archive::{NewUnit, UnitKind, Work};
use hsign_archive_store::{Claim, Committed, Index};
use hsign_core::{ErrorKind, Finding, hex};

use super::{Archive, Environment, Line, Summary};
use crate::Error;

/// What is done in a run of [`Archive::renew`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenewRequest {
    /// Batches are closed whatever their age, so that nothing is left without a stamp.
    pub close_all: bool,
    /// No more units than this; `None`: until nothing is due.
    pub limit: Option<u64>,
    /// Documents of the classes that get a time stamp of their own are looked at as well: each is read.
    pub in_documents: bool,
    /// How long to wait for the next unit that a quota keeps back, before the run ends.
    pub patience: Duration,
}

const KINDS: [UnitKind; 5] =
    [UnitKind::Seal, UnitKind::Stamp, UnitKind::RenewTimestamps, UnitKind::RenewTree, UnitKind::Extend];
/// After a failure that isn't the authority's a unit waits so long.
const PAUSE: Duration = Duration::from_secs(300);

/// How often somebody who waits looks whether there is something to do.
const NAP: Duration = Duration::from_millis(500);
/// So often in a row a run waits and then can do nothing.
const MOST_WAITS: u32 = 10;

/// What the workers of a run share.
pub(super) struct Run {
    pub(super) objects: AtomicU64,
    bundles: Mutex<BTreeSet<String>>,
    pub(super) requests: Mutex<BTreeMap<String, u64>>,
    pub(super) yen: AtomicU64,
    pub(super) yen_known: AtomicBool,
    pub(super) failed: AtomicU64,
    pub(super) read: AtomicU64,
    units: AtomicU64,
    done: AtomicU64,
    limit: u64,
    /// What may be spent in the run, and what is set apart for stamps that are being asked for.
    budget: Option<u64>,
    reserved: AtomicU64,
    stopped: Mutex<Option<Finding>>,
    error: Mutex<Option<Error>>,
}

/// How a unit ended that didn't fail.
pub(super) enum Done {
    /// It is done.
    Yes,
    /// It is done, and the index says so already.
    Recorded,
    /// It has to wait.
    Later {
        /// Why.
        findings: Vec<Finding>,
        /// How long.
        after: Duration,
    },
}

impl Archive {
    /// Does whatever is due: makes bundles of waiting documents, gets first time stamps, renews time stamps and trees
    /// before they end. What was cut off is gone on with; several processes share the work.
    ///
    /// # Errors
    /// When this machine, a store or the index fails. What was done before stays done. What fails for one bundle is told
    /// as a line, counted, and tried again later.
    pub fn renew(&self, request: &RenewRequest, environment: &Environment<'_>) -> Result<Summary, Error> {
        let mut index = self.index(environment)?;
        self.record_stores(&mut index, environment)?;
        self.stamp_trail(&mut index, environment)?;
        let run = Run::new(request.limit, self.config.budget.yen_per_run);
        let mut waits = 0;
        loop {
            let before = run.done.load(Ordering::Relaxed);
            self.offer_due(&mut index, request, &run, environment)?;
            self.work(&run, environment)?;
            let news = run.done.load(Ordering::Relaxed) > before;
            waits = if news { 0 } else { waits + 1 };
            let goes_on = news || (waits <= MOST_WAITS && self.wait(&mut index, request.patience)?);
            if run.is_over() || !goes_on {
                break;
            }
        }
        let mut summary = run.summary();
        self.catch_up(&mut index, environment)?;
        let plan = self.planned(&mut index, environment, &mut |_, _| {})?;
        let counts = index.counts()?;
        summary.renew_by = plan.renew_by;
        summary.next = plan.next;
        summary.waiting = counts.waiting;
        summary.set_aside = counts.set_aside;
        Ok(summary)
    }

    /// Waits for a unit that a quota or another worker keeps back; whether there is one soon enough. Others may be done
    /// long before their leases are over.
    fn wait(&self, index: &mut Index, patience: Duration) -> Result<bool, Error> {
        let mut waited = Duration::ZERO;
        while let Some(wait) = index.next_claim(&KINDS)? {
            if patience.is_zero() || waited.saturating_add(wait) > patience {
                return Ok(false);
            }
            std::thread::sleep(wait.min(NAP));
            if wait <= NAP {
                return Ok(true);
            }
            waited += NAP;
        }
        Ok(!waited.is_zero())
    }

    /// Offers units for what is due. Offering what is there already does no harm.
    fn offer_due(
        &self,
        index: &mut Index,
        request: &RenewRequest,
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<(), Error> {
        self.catch_up(index, environment)?;
        let mut due = self.due(index, environment)?;
        if self.look_at_blocked(index, &due.blocked, run, environment)? {
            self.catch_up(index, environment)?;
            due = self.due(index, environment)?;
        }
        let now = environment.now();
        let mut units = Vec::new();
        for waiting in index.waiting_batches()? {
            if request.close_all || self.is_to_close(&waiting, now) {
                let (class, retention) = (waiting.class, waiting.retention);
                let work = Work::Seal { class, retention, from: waiting.first };
                units.push(NewUnit { work, priority: 0 });
            }
        }
        // A renewal that is under way covers what it hasn't come to yet: another stamp over the rest would be one too many.
        let open = index.open_work(UnitKind::RenewTimestamps)?;
        units.extend(due.into_units(&open, now));
        if request.in_documents {
            units.extend(self.documents_to_extend(index, environment)?);
        }
        environment.reached("renew-before-offer");
        index.offer(&units)?;
        environment.reached("renew-after-offer");
        Ok(())
    }

    /// What stands before renewals is done here where it is no more than reading the bundles' files; whether anything
    /// came of it.
    fn look_at_blocked(
        &self,
        index: &mut Index,
        blocked: &BTreeSet<String>,
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<bool, Error> {
        let mut news = false;
        for bundle in blocked {
            let damaged = self.scrub_files(index, bundle, environment)?;
            news |= damaged == 0;
            if damaged > 0 {
                run.failed.fetch_add(1, Ordering::Relaxed);
                let finding = Finding::error("archive-renewal-of-damaged").with("bundle", bundle);
                environment.tell(&Line::Alarm { finding });
            }
        }
        Ok(news)
    }

    /// Workers until there is nothing to claim.
    fn work(&self, run: &Run, environment: &Environment<'_>) -> Result<(), Error> {
        std::thread::scope(|scope| {
            for _ in 0..environment.threads.clamp(1, 64) {
                scope.spawn(|| {
                    if let Err(error) = self.worker(run, environment) {
                        run.end(error);
                    }
                });
            }
        });
        match run.error.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn worker(&self, run: &Run, environment: &Environment<'_>) -> Result<(), Error> {
        let mut random = [0; 8];
        environment.randomness.fill(&mut random)?;
        let name = format!("{}.{}", environment.actor, hex(&random));
        let mut index = self.index(environment)?;
        while !run.is_over() {
            let Some(claim) = index.claim(&name, self.lease(), &KINDS)? else { return Ok(()) };
            environment.reached("unit-after-claim");
            run.units.fetch_add(1, Ordering::Relaxed);
            match self.unit(&mut index, &claim, run, environment) {
                Ok(done @ (Done::Yes | Done::Recorded)) => {
                    environment.reached("unit-before-commit");
                    if matches!(done, Done::Yes) {
                        index.commit(&claim, &Committed::default())?;
                    }
                    run.done.fetch_add(1, Ordering::Relaxed);
                    environment.reached("unit-after-commit");
                }
                Ok(Done::Later { findings, after }) => {
                    index.put_back(&claim, &codes(&findings), after)?;
                    let what = what_of(&claim.work);
                    run.stop(findings.first());
                    run.failed.fetch_add(1, Ordering::Relaxed);
                    environment.tell(&Line::Failed { what, findings });
                }
                Err(error) => {
                    let fatal = error.kind() == ErrorKind::Local && !matches!(error, Error::SelfCheck(_));
                    // What this machine can't do another one can.
                    let told = match fatal {
                        true => index.put_back(&claim, &error.finding().code, Duration::ZERO),
                        false => index.fail(&claim, &error.finding().code, PAUSE),
                    };
                    if fatal {
                        return Err(error);
                    }
                    told?;
                    run.failed.fetch_add(1, Ordering::Relaxed);
                    let mut findings = vec![error.finding()];
                    if let Error::SelfCheck(more) = &error {
                        findings.extend(more.iter().cloned());
                    }
                    environment.tell(&Line::Failed { what: what_of(&claim.work), findings });
                }
            }
        }
        Ok(())
    }

    fn unit(
        &self,
        index: &mut Index,
        claim: &Claim,
        run: &Run,
        environment: &Environment<'_>,
    ) -> Result<Done, Error> {
        match &claim.work {
            Work::Seal { class, retention, from } => {
                self.seal(index, claim, (class, retention, *from), run, environment)
            }
            Work::Stamp { bundle, track } => self.stamp(index, claim, (bundle, track), run, environment),
            Work::RenewTimestamps { track, algorithm, .. } => {
                self.renew_timestamps(index, claim, (track, *algorithm), run, environment)
            }
            Work::RenewTree { bundle, track, chain } => {
                self.renew_tree(index, claim, (bundle, track, *chain), run, environment)
            }
            Work::Extend { key, .. } => self.extend_document(index, claim, key, run, environment),
            // Not claimed here.
            Work::Scrub { .. } | Work::Erase { .. } => Ok(Done::Yes),
        }
    }

    pub(super) fn lease(&self) -> Duration {
        Duration::from_secs(self.config.lease.as_seconds().unsigned_abs())
    }

    /// A sign of life; whoever has lost the unit must not go on.
    pub(super) fn beat(&self, index: &mut Index, claim: &Claim) -> Result<(), Error> {
        if index.heartbeat(claim, self.lease())? {
            return Ok(());
        }
        Err(Error::ArchiveRefused(Finding::warning("archive-lease-lost")))
    }
}

impl Run {
    fn new(limit: Option<u64>, budget: Option<u64>) -> Self {
        Self {
            objects: AtomicU64::new(0),
            bundles: Mutex::default(),
            requests: Mutex::default(),
            yen: AtomicU64::new(0),
            yen_known: AtomicBool::new(true),
            failed: AtomicU64::new(0),
            read: AtomicU64::new(0),
            units: AtomicU64::new(0),
            done: AtomicU64::new(0),
            limit: limit.unwrap_or(u64::MAX),
            budget,
            reserved: AtomicU64::new(0),
            stopped: Mutex::default(),
            error: Mutex::default(),
        }
    }

    /// Sets `yen` apart for a time stamp; `false` where the run has no more to spend.
    pub(super) fn reserve(&self, yen: u64) -> bool {
        let Some(budget) = self.budget else { return true };
        let more = |reserved: u64| reserved.checked_add(yen).filter(|all| *all <= budget);
        self.reserved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Something was done about a bundle.
    pub(super) fn touched(&self, bundle: &str) {
        let mut bundles = self.bundles.lock().unwrap_or_else(PoisonError::into_inner);
        if !bundles.contains(bundle) {
            bundles.insert(bundle.to_owned());
        }
    }

    /// A time stamp was asked for.
    pub(super) fn paid(&self, track: &str, yen: Option<u64>) {
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner).entry(track.to_owned()).or_default() +=
            1;
        match yen {
            Some(yen) => {
                self.yen.fetch_add(yen, Ordering::Relaxed);
            }
            None => self.yen_known.store(false, Ordering::Relaxed),
        }
    }

    fn is_over(&self) -> bool {
        self.units.load(Ordering::Relaxed) >= self.limit
            || self.error.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn stop(&self, why: Option<&Finding>) {
        let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        *stopped = stopped.take().or(why.cloned());
    }

    fn end(&self, error: Error) {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    fn summary(&self) -> Summary {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Summary {
            objects: self.objects.load(Ordering::Relaxed),
            batches: self.bundles.lock().unwrap_or_else(PoisonError::into_inner).len() as u64,
            tsa_requests: requests.values().sum(),
            failed: self.failed.load(Ordering::Relaxed),
            yen: self.yen_known.load(Ordering::Relaxed).then(|| self.yen.load(Ordering::Relaxed)),
            read: self.read.load(Ordering::Relaxed),
            requests,
            stopped: self.stopped.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            ..Summary::default()
        }
    }
}

/// For the index: no names of anybody.
fn codes(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>().join(", ")
}

fn what_of(work: &Work) -> String {
    match work {
        Work::Seal { class, retention, .. } => format!("{class} {retention}"),
        Work::Stamp { bundle, track } | Work::RenewTree { bundle, track, .. } => format!("{bundle} {track}"),
        Work::RenewTimestamps { track, .. } => track.clone(),
        Work::Scrub { bundle, .. } => bundle.clone(),
        Work::Extend { key, .. } | Work::Erase { key, .. } => key.clone(),
    }
}

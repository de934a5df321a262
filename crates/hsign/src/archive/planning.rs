//! What is due, by when, why and at what price; and how the archive stands.

use hsign_archive::{Action, ActionKind, AlgorithmEnds, Blocked, BundleState, Plan, Planner, Reason, Track};
use hsign_archive_store::{Counts, Index, WaitingBatch};
use hsign_core::{DigestAlgorithm, Finding, Time};
use hsign_pki::algorithms::{AlgorithmTable, Resistance, Use};

use super::{Archive, Environment, Line, Standing, Summary};
use crate::Error;

/// Bundles that are asked for at once.
const PAGE: usize = 1024;

/// The dated table of the policy as the planner's port.
struct Ends<'a>(&'a AlgorithmTable);

impl AlgorithmEnds for Ends<'_> {
    fn digest_end(&self, algorithm: DigestAlgorithm) -> Option<Time> {
        self.0.limit(&Use::Digest { algorithm, resistance: Resistance::Collision }).last_good()
    }
}

/// What lies ahead.
pub(super) struct Ahead {
    pub(super) plan: Plan,
    pub(super) waiting: Vec<WaitingBatch>,
}

impl Ahead {
    /// The batches that are closed at `now`.
    fn to_close<'a>(&'a self, archive: &Archive, now: Time) -> impl Iterator<Item = &'a WaitingBatch> {
        self.waiting.iter().filter(move |waiting| archive.is_to_close(waiting, now))
    }

    /// Bundles that the waiting documents will be.
    fn batches(&self, archive: &Archive) -> u64 {
        let most = u64::from(archive.config.policy.batch_documents).max(1);
        self.waiting.iter().map(|waiting| waiting.documents.div_ceil(most)).sum()
    }
}

impl Archive {
    /// What [`Archive::renew`] would do now: a line for each piece of work, and what waits.
    ///
    /// # Errors
    /// When a store or the index fails.
    pub fn plan(&self, environment: &Environment<'_>) -> Result<Summary, Error> {
        let mut index = self.index(environment)?;
        self.catch_up(&mut index, environment)?;
        let ahead = self.ahead(&mut index, environment)?;
        self.tell_waiting(&ahead, environment);
        for action in &ahead.plan.due {
            environment.tell(&Line::Due { action: action.clone() });
        }
        let mut summary = self.summary_of(&mut index, &ahead, environment)?;
        let batches = ahead.batches(self);
        for track in &self.config.tracks {
            *summary.requests.entry(track.name.clone()).or_default() += batches;
        }
        summary.requests.retain(|_, count| *count > 0);
        summary.tsa_requests = summary.requests.values().sum();
        let prices = self.config.plan_policy().yen;
        let price = |(track, count): (&String, &u64)| prices.get(track)?.checked_mul(*count);
        summary.yen = summary.requests.iter().map(price).sum();
        Ok(summary)
    }

    /// How the archive stands: what waits, what is set aside, what is due, what alarms there are.
    ///
    /// # Errors
    /// When a store or the index fails.
    pub fn status(&self, environment: &Environment<'_>) -> Result<Summary, Error> {
        let mut index = self.index(environment)?;
        self.catch_up(&mut index, environment)?;
        let ahead = self.ahead(&mut index, environment)?;
        self.tell_waiting(&ahead, environment);
        for aside in index.set_aside()? {
            let findings = aside.findings.iter().map(|code| Finding::warning(code)).collect();
            let (key, location, reason) = (aside.key, aside.location, aside.reason);
            environment.tell(&Line::SetAside { key, location, reason, findings });
        }
        let summary = self.summary_of(&mut index, &ahead, environment)?;
        let counts = index.counts()?;
        for finding in alarms(&ahead.plan, &counts, environment.now()) {
            environment.tell(&Line::Alarm { finding });
        }
        Ok(summary)
    }

    pub(super) fn ahead(&self, index: &mut Index, environment: &Environment<'_>) -> Result<Ahead, Error> {
        let mut due = Vec::new();
        let plan = self.planned(index, environment, &mut |_, actions| due.extend(actions))?;
        let plan = Plan { due, ..plan };
        Ok(Ahead { plan: plan.in_order(), waiting: index.waiting_batches()? })
    }

    /// The plan without its list of what is due, which `each` hears bundle by bundle: those of a large archive needn't be
    /// kept.
    pub(super) fn planned(
        &self,
        index: &mut Index,
        environment: &Environment<'_>,
        each: &mut dyn FnMut(&BundleState, Vec<Action>),
    ) -> Result<Plan, Error> {
        let ends = Ends(environment.settings.policy.algorithms());
        let policy = self.config.plan_policy();
        let mut planner = Planner::new(&policy, &ends, environment.now());
        let mut after: Option<String> = None;
        loop {
            let page = index.bundles(after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { return Ok(planner.plan()) };
            for bundle in &page {
                let due = planner.add(bundle);
                each(bundle, due);
            }
            after = Some(last.id.clone());
        }
    }

    /// The lines of evidence of bundles that are made now.
    pub(super) fn bundle_tracks(&self, environment: &Environment<'_>) -> Vec<Track> {
        let ends = Ends(environment.settings.policy.algorithms());
        self.config.bundle_tracks(&ends, environment.now())
    }

    /// Whether a batch is closed at `now`.
    pub(super) fn is_to_close(&self, waiting: &WaitingBatch, now: Time) -> bool {
        let rule = self.config.closing();
        waiting.documents >= rule.documents as u64 || now.seconds_since(waiting.since) >= rule.seconds
    }

    fn tell_waiting(&self, ahead: &Ahead, environment: &Environment<'_>) {
        for waiting in &ahead.waiting {
            environment.tell(&Line::Waiting {
                class: waiting.class.clone(),
                retention: waiting.retention.clone(),
                documents: waiting.documents,
                since: waiting.since,
                closes: waiting.since.plus_seconds(self.config.policy.batch_age.as_seconds()),
            });
        }
    }

    fn summary_of(
        &self,
        index: &mut Index,
        ahead: &Ahead,
        environment: &Environment<'_>,
    ) -> Result<Summary, Error> {
        let (plan, now) = (&ahead.plan, environment.now());
        let counts = index.counts()?;
        let closes = self.config.policy.batch_age.as_seconds();
        let sealed_next = ahead.waiting.iter().map(|waiting| waiting.since.plus_seconds(closes)).min();
        let mut summary = Summary {
            objects: counts.waiting + counts.sealed,
            batches: plan.bundles,
            tsa_requests: plan.requests.values().sum(),
            renew_by: plan.renew_by,
            waiting: counts.waiting,
            set_aside: counts.set_aside,
            yen: plan.yen,
            read: plan.read,
            next: [plan.next, sealed_next].into_iter().flatten().min(),
            requests: plan.requests.clone(),
            ..Summary::default()
        };
        let overdue =
            plan.due.iter().any(|action| action.reason != Reason::NotStamped && action.last_day < now);
        summary.standing = match () {
            () if overdue || counts.damaged > 0 => Standing::Overdue,
            () if !plan.due.is_empty()
                || counts.set_aside > 0
                || counts.dead_units > 0
                || ahead.to_close(self, now).next().is_some() =>
            {
                Standing::Due
            }
            () => Standing::Fine,
        };
        Ok(summary)
    }
}

pub(super) fn bundles(index: &mut Index) -> Result<Vec<BundleState>, Error> {
    let mut all: Vec<BundleState> = Vec::new();
    loop {
        let after = all.last().map(|bundle| bundle.id.clone());
        let page = index.bundles(after.as_deref(), PAGE)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// What somebody should look at soon.
fn alarms(plan: &Plan, counts: &Counts, now: Time) -> Vec<Finding> {
    const DAY: i64 = 86_400;
    let mut alarms = Vec::new();
    let ending = plan.due.iter().filter(|action| action.kind != ActionKind::Stamp);
    if let Some(first) = ending.clone().map(|action| action.last_day).min() {
        let days = first.seconds_since(now).div_euclid(DAY);
        let count = ending.clone().count();
        alarms.push(match days {
            ..0 => Finding::error("archive-renewal-overdue").with("tracks", count).with("since", first),
            _ => Finding::warning("archive-renewal-due").with("tracks", count).with("days", days),
        });
    }
    let never = ending.filter(|action| action.blocked == Some(Blocked::NeverWhole)).count();
    if never > 0 {
        alarms.push(Finding::error("archive-renewal-blocked").with("tracks", never));
    }
    let unstamped = plan.due.iter().filter(|action| action.kind == ActionKind::Stamp).count();
    if unstamped > 0 {
        alarms.push(Finding::warning("archive-not-stamped").with("tracks", unstamped));
    }
    let counted = [
        ("archive-documents-set-aside", counts.set_aside),
        ("archive-documents-damaged", counts.damaged),
        ("archive-units-dead", counts.dead_units),
    ];
    for (code, count) in counted.into_iter().filter(|(_, count)| *count > 0) {
        alarms.push(Finding::warning(code).with("count", count));
    }
    alarms
}

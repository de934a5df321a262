use super::*;
use crate::{RetentionTable, TrailHead};

const DAY: i64 = 24 * 3600;
const POLICY: DeletionPolicy = DeletionPolicy { four_eyes: true, wait: 30 * DAY };

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// 1 May 2031 in Japan has begun when it is 15:00 the day before in UTC.
const LAST_MOMENT: &str = "2031-04-30T14:59:59Z";
const AFTERWARDS: &str = "2031-04-30T15:00:00Z";

fn candidate(key: &str) -> Candidate<'_> {
    Candidate {
        key,
        class: "chart",
        retention: RetentionEnd::Until("2031-04-30".parse().unwrap()),
        sealed: true,
        deleted: false,
        later_version: None,
    }
}

/// A trail in the making.
struct Story {
    lifecycle: Lifecycle,
    head: TrailHead,
}

impl Story {
    fn new() -> Self {
        Self { lifecycle: Lifecycle::default(), head: TrailHead::START }
    }

    fn tells(&mut self, time: &str, actor: &str, event: Event) -> Vec<BreachKind> {
        let segment = Segment::next(self.head, at(time), actor, vec![event]).unwrap();
        self.head = segment.head();
        self.lifecycle.apply(&segment, POLICY).into_iter().map(|breach| breach.kind).collect()
    }

    /// Planned by one, approved by another, and waited for.
    fn approved() -> Self {
        let mut story = Self::new();
        assert_eq!(story.tells("2031-05-01T00:00:00Z", "clerk", planned()), []);
        assert_eq!(story.tells("2031-05-02T00:00:00Z", "head", approved()), []);
        story
    }

    fn obstacles(&self, time: &str) -> Vec<Obstacle> {
        self.lifecycle.obstacles(&candidate("k"), "d", POLICY, at(time))
    }
}

fn planned() -> Event {
    Event::DeletionPlanned {
        deletion: "d".to_owned(),
        keys: vec!["k".to_owned()],
        reason: "retention is over".to_owned(),
        not_before: at("2031-05-31T00:00:00Z"),
    }
}

fn approved() -> Event {
    Event::DeletionApproved { deletion: "d".to_owned() }
}

fn deleted() -> Event {
    let (bundle, locations) = ("0f".repeat(32), vec!["/k".to_owned()]);
    Event::Deleted { deletion: "d".to_owned(), bundle, place: 0, locations }
}

fn held(hold: &str, subject: HoldSubject) -> Event {
    Event::Held { hold: hold.to_owned(), subject, reason: "a lawsuit".to_owned() }
}

fn released(hold: &str) -> Event {
    Event::Released { hold: hold.to_owned(), reason: "it is over".to_owned() }
}

const LATER: &str = "2031-06-01T00:00:00Z";

#[test]
fn what_is_over_planned_approved_and_waited_for_may_be_deleted() {
    assert_eq!(Story::approved().obstacles(LATER), []);
}

#[test]
fn medical_practitioners_act_article_24_the_last_day_of_retention_is_still_kept() {
    let lifecycle = Lifecycle::default();
    let chart = RetentionTable::builtin().unwrap().rule("chart").unwrap().end("2026-04-30".parse().ok());
    let candidate = Candidate { retention: chart, ..candidate("k") };
    let end = "2031-04-30".parse().unwrap();
    assert_eq!(lifecycle.to_planning(&candidate, at(LAST_MOMENT)), [Obstacle::RetentionRuns { end }]);
    assert_eq!(lifecycle.to_planning(&candidate, at(AFTERWARDS)), []);
}

#[test]
fn medical_practitioners_act_article_24_a_chart_of_care_that_goes_on_has_no_end() {
    let chart = RetentionTable::builtin().unwrap().rule("chart").unwrap().end(None);
    let candidate = Candidate { retention: chart, ..candidate("k") };
    let obstacles = Lifecycle::default().to_planning(&candidate, at("2099-01-01T00:00:00Z"));
    assert_eq!(obstacles, [Obstacle::RetentionOpen]);
}

#[test]
fn guideline_9_4_the_original_of_an_amended_prescription_stays_with_the_amended_one() {
    let original = Candidate { later_version: Some("rx/2"), ..candidate("rx/1") };
    let obstacles = Lifecycle::default().to_planning(&original, at(AFTERWARDS));
    assert_eq!(obstacles, [Obstacle::LaterVersion { key: "rx/2".to_owned() }]);
}

#[test]
fn i6_a_hold_stops_a_deletion_that_was_approved_until_it_is_released() {
    let mut story = Story::approved();
    let hold = held("court", HoldSubject::KeyPrefix("k".to_owned()));
    assert_eq!(story.tells("2031-05-30T00:00:00Z", "lawyer", hold), []);
    assert_eq!(story.obstacles(LATER), [Obstacle::Held { hold: "court".to_owned() }]);
    assert_eq!(story.tells("2031-06-02T00:00:00Z", "lawyer", held("second", HoldSubject::Everything)), []);
    assert_eq!(story.tells("2031-06-02T00:00:00Z", "lawyer", released("court")), []);
    assert_eq!(story.obstacles(LATER), [Obstacle::Held { hold: "second".to_owned() }]);
    story.tells("2031-06-03T00:00:00Z", "lawyer", released("second"));
    assert_eq!(story.obstacles(LATER), []);
}

#[test]
fn i6_nothing_is_deleted_that_nobody_planned_approved_or_waited_for() {
    let mut story = Story::new();
    assert_eq!(story.obstacles(LATER), [Obstacle::NotPlanned]);
    story.tells("2031-05-01T00:00:00Z", "clerk", planned());
    let until = at("2031-05-31T00:00:00Z");
    let both = [Obstacle::Waiting { until }, Obstacle::NotApproved];
    assert_eq!(story.obstacles("2031-05-30T23:59:59Z"), both);
    assert_eq!(story.obstacles(LATER), [Obstacle::NotApproved]);
    story.tells("2031-05-02T00:00:00Z", "clerk", approved());
    assert_eq!(story.obstacles(LATER), [Obstacle::ApprovedByPlanner]);
    story.tells("2031-05-02T00:00:00Z", "head", approved());
    story.tells("2031-05-02T00:00:00Z", "clerk", approved());
    assert_eq!(story.obstacles(LATER), []);
    let other = story.lifecycle.obstacles(&candidate("other"), "d", POLICY, at(LATER));
    assert_eq!(other, [Obstacle::NotPlanned], "the plan names its documents");
    let cancelled = Event::DeletionCancelled { deletion: "d".to_owned(), reason: "a mistake".to_owned() };
    story.tells("2031-05-03T00:00:00Z", "head", cancelled);
    assert_eq!(story.obstacles(LATER), [Obstacle::Cancelled]);
}

#[test]
fn one_person_is_enough_where_the_policy_says_so() {
    let mut story = Story::new();
    story.tells("2031-05-01T00:00:00Z", "doctor", planned());
    story.tells("2031-05-01T00:00:00Z", "doctor", approved());
    let alone = DeletionPolicy { four_eyes: false, ..POLICY };
    assert_eq!(story.lifecycle.obstacles(&candidate("k"), "d", alone, at(LATER)), []);
}

#[test]
fn an_obstacle_has_one_word_here_and_in_its_json() {
    let (time, date) = (at(LATER), "2031-04-30".parse().unwrap());
    for obstacle in [
        Obstacle::RetentionOpen,
        Obstacle::RetentionRuns { end: date },
        Obstacle::Held { hold: "h".to_owned() },
        Obstacle::NotSealed,
        Obstacle::Deleted,
        Obstacle::LaterVersion { key: "k".to_owned() },
        Obstacle::NotPlanned,
        Obstacle::Cancelled,
        Obstacle::Waiting { until: time },
        Obstacle::NotApproved,
        Obstacle::ApprovedByPlanner,
    ] {
        assert_eq!(serde_json::to_value(&obstacle).unwrap()["obstacle"], obstacle.word());
    }
}

#[test]
fn what_is_in_no_bundle_or_gone_is_not_deleted() {
    let waiting = Candidate { sealed: false, ..candidate("k") };
    assert_eq!(Lifecycle::default().to_planning(&waiting, at(AFTERWARDS)), [Obstacle::NotSealed]);
    let gone = Candidate { deleted: true, ..candidate("k") };
    assert_eq!(Lifecycle::default().to_planning(&gone, at(AFTERWARDS)), [Obstacle::Deleted]);
}

#[test]
fn evidence_is_renewed_as_long_as_one_document_is_open_or_held() {
    let mut story = Story::new();
    let until = |text: &str| RetentionEnd::Until(text.parse().unwrap());
    let (early, late) = (("a", "chart", until("2031-04-01")), ("b", "image", until("2031-04-30")));
    let kept = |story: &Story, third: Option<(&'static str, &'static str, RetentionEnd)>| {
        story.lifecycle.kept_until([early, late].into_iter().chain(third))
    };
    assert_eq!(kept(&story, None), Some(at(LAST_MOMENT)));
    assert_eq!(kept(&story, Some(("c", "chart", RetentionEnd::Open))), None);
    story.tells("2030-01-01T00:00:00Z", "lawyer", held("h", HoldSubject::Class("image".to_owned())));
    assert_eq!(kept(&story, None), None);
    assert_eq!(story.lifecycle.kept_until([early]), Some(at("2031-04-01T14:59:59Z")));
    story.tells("2030-01-01T00:00:00Z", "lawyer", released("h"));
    assert_eq!(kept(&story, None), Some(at(LAST_MOMENT)));
}

#[test]
fn a_trail_that_tells_of_what_should_not_have_been_is_noticed() {
    let mut story = Story::new();
    let name = || "d".to_owned();
    let no_hold = BreachKind::NoSuchHold { hold: "h".to_owned() };
    assert_eq!(story.tells("2031-05-01T00:00:00Z", "a", released("h")), [no_hold]);
    assert_eq!(
        story.tells("2031-05-01T00:00:00Z", "a", deleted()),
        [BreachKind::NoSuchDeletion { deletion: name() }]
    );
    assert_eq!(
        story.tells("2031-05-02T00:00:00Z", "a", planned()),
        [BreachKind::ShortNotice { deletion: name() }]
    );
    let despite = |obstacle| [BreachKind::DeletedDespite { deletion: name(), obstacle }];
    let until = at("2031-06-01T00:00:00Z");
    assert_eq!(story.tells("2031-05-31T12:00:00Z", "a", deleted()), despite(Obstacle::Waiting { until }));
    assert_eq!(story.tells("2031-06-02T00:00:00Z", "a", deleted()), despite(Obstacle::NotApproved));
    assert_eq!(story.tells("2031-06-02T00:00:00Z", "b", approved()), []);
    assert_eq!(story.tells("2031-06-02T00:00:00Z", "a", deleted()), []);
    assert_eq!(story.lifecycle.deletions()["d"].deleted, 3);
    assert_eq!(
        story.tells("2031-06-03T00:00:00Z", "a", planned()),
        [BreachKind::DeletionTwice { deletion: name() }]
    );
    assert!(story.lifecycle.check_free("d").is_err() && story.lifecycle.check_free("e").is_ok());
    story.tells("2031-06-03T00:00:00Z", "a", held("h", HoldSubject::Everything));
    let twice = story.tells("2031-06-03T00:00:00Z", "a", held("h", HoldSubject::Everything));
    assert_eq!(twice, [BreachKind::HoldTwice { hold: "h".to_owned() }]);
}

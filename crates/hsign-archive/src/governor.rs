//! When a time-stamp authority may be asked: its quotas, how many requests at once, the pause after it refused, and
//! the money that may be spent.
//!
//! Pure: state, limits and time in, permission out. The state lies in the database, so that many workers share it.
//! Times are milliseconds of the database's clock.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Parts into which a window is cut for counting: the more, the less of the quota stays unused.
const SLICES: i64 = 20;
/// A clock that goes back further than this was set wrong, or has been.
const BACKWARDS: i64 = 60_000;
/// Days and months of budgets are those of Japan.
const JAPAN: i64 = 9 * 3_600_000;
const DAY: i64 = 86_400_000;

/// At most so many requests in any so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The requests.
    pub requests: u32,
    /// The seconds.
    pub seconds: u32,
}

/// What an authority allows and costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Its quotas; every one holds.
    pub windows: Vec<Window>,
    /// Requests under way at once.
    pub at_once: u32,
    /// What a time stamp costs, in yen.
    pub yen: u64,
    /// So many refusals in a row stop all requests for a while.
    pub failures: u32,
    /// The first pause, in seconds; each that follows without a success is twice as long.
    pub pause: u32,
    /// The longest pause, in seconds.
    pub longest_pause: u32,
}

impl Default for Limits {
    /// No quota, four at once, free; after three refusals a quarter of an hour, up to a day: authorities have been seen
    /// that block for a day who asks too often.
    fn default() -> Self {
        let (pause, longest_pause) = (900, 86_400);
        Self { windows: Vec::new(), at_once: 4, yen: 0, failures: 3, pause, longest_pause }
    }
}

/// What may be spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpendingLimits {
    /// Yen in a day (of Japan); no limit without.
    pub yen_per_day: Option<u64>,
    /// Yen in a month (of Japan).
    pub yen_per_month: Option<u64>,
}

/// What came of asking for permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Ask now.
    Granted,
    /// Not before this time.
    Wait(i64, Wait),
    /// The money is spent: nothing more is asked until this time or until somebody allows more.
    Spent(i64),
}

/// Why to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wait {
    /// A quota is used up.
    Quota,
    /// As many requests as may be are under way.
    AtOnce,
    /// The authority refused too often.
    Paused,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A response that can be used.
    Granted,
    /// A response that can't: it refuses, or is over something else. The authority answers, but not as it should.
    Refused,
    /// 400, 403, 429, 5xx, or no answer: authorities say in all these ways that they are asked too often.
    Throttled,
}

/// What is known of an authority.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Governor {
    /// By length of the window in seconds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    sent: BTreeMap<u32, Sent>,
    /// Requests under way, and when each is given up.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    under_way: BTreeMap<String, i64>,
    /// Refusals since the last success.
    #[serde(default)]
    failures: u32,
    /// Pauses since the last success, and the end of the last one.
    #[serde(default)]
    pauses: u32,
    #[serde(default)]
    paused_until: i64,
    /// The latest time that was seen.
    #[serde(default)]
    seen: i64,
}

/// What was sent, as far as a window of some length is interested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// Requests by slice of the window.
    slices: BTreeMap<i64, u32>,
    /// The latest time that was seen.
    seen: i64,
}

/// What was spent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// By day since 1970.
    #[serde(default)]
    days: BTreeMap<i64, u64>,
}

impl Governor {
    /// Asks for permission for the request `id`, which is given up at `until`. With [`Permission::Granted`] the request
    /// counts as sent.
    pub fn ask(&mut self, limits: &Limits, id: &str, until: i64, now: i64) -> Permission {
        self.see(now);
        let answer = self.looked_at(limits, now);
        if answer == Permission::Granted {
            for window in &limits.windows {
                let sent =
                    self.sent.entry(window.seconds).or_insert_with(|| Sent { seen: now, ..Sent::default() });
                let count = sent.slices.entry(now.div_euclid(slice(window.seconds))).or_default();
                *count = count.saturating_add(1);
            }
            self.under_way.insert(id.to_owned(), until);
        }
        answer
    }

    /// Whether the request would be granted; nothing is counted.
    #[must_use]
    pub fn would(&self, limits: &Limits, now: i64) -> Permission {
        let mut seen = self.clone();
        seen.see(now);
        seen.looked_at(limits, now)
    }

    /// Something came back for the request `id`, or nothing; `retry` is what the authority says about when it may be
    /// asked again.
    pub fn answered(&mut self, limits: &Limits, id: &str, outcome: Outcome, retry: Option<i64>, now: i64) {
        self.see(now);
        self.under_way.remove(id);
        if outcome == Outcome::Granted {
            (self.failures, self.pauses, self.paused_until) = (0, 0, 0);
            return;
        }
        self.failures = self.failures.saturating_add(1);
        let probe = self.pauses > 0;
        if probe || self.failures >= limits.failures.max(1) {
            let longer = 1_i64.checked_shl(self.pauses.min(30)).unwrap_or(1);
            let pause = i64::from(limits.pause).saturating_mul(longer).min(i64::from(limits.longest_pause));
            self.paused_until = self.paused_until.max(now.saturating_add(pause.saturating_mul(1000)));
            self.pauses = self.pauses.saturating_add(1);
        }
        self.paused_until = self.paused_until.max(retry.unwrap_or(0));
    }

    /// Whether it is paused, and until when.
    #[must_use]
    pub fn paused_until(&self) -> Option<i64> {
        (self.paused_until > 0).then_some(self.paused_until)
    }

    fn looked_at(&self, limits: &Limits, now: i64) -> Permission {
        if self.paused_until > now {
            return Permission::Wait(self.paused_until, Wait::Paused);
        }
        // After a pause one request finds out whether it is over.
        let at_once = if self.pauses > 0 { 1 } else { limits.at_once.max(1) };
        if self.under_way.len() >= at_once as usize {
            let free = self.under_way.values().min().copied().unwrap_or(now);
            return Permission::Wait(free.min(now.saturating_add(1000)).max(now), Wait::AtOnce);
        }
        let free = limits.windows.iter().filter_map(|window| self.free_again(*window, now)).max();
        free.map_or(Permission::Granted, |free| Permission::Wait(free, Wait::Quota))
    }

    /// When a window has room again; `None` when it has. All of a slice counts as long as any of it is in the window,
    /// so that no window, wherever it begins, has more than the quota.
    fn free_again(&self, window: Window, now: i64) -> Option<i64> {
        let slices = &self.sent.get(&window.seconds)?.slices;
        let length = slice(window.seconds);
        let current = now.div_euclid(length);
        // What seems to lie ahead was sent before the clock was set back.
        let near = current.saturating_sub(SLICES)..=current.saturating_add(SLICES);
        let mut count: u64 = slices.range(near.clone()).map(|(_, count)| u64::from(*count)).sum();
        if count < u64::from(window.requests) {
            return None;
        }
        for (number, sent) in slices.range(near) {
            count -= u64::from(*sent);
            if count < u64::from(window.requests) {
                return Some(number.saturating_add(SLICES + 1).saturating_mul(length));
            }
        }
        Some(now.saturating_add(i64::from(window.seconds) * 1000))
    }

    /// Forgets what no window holds any more.
    fn see(&mut self, now: i64) {
        for (seconds, sent) in &mut self.sent {
            sent.see(slice(*seconds), now);
        }
        let back = now < self.seen.saturating_sub(BACKWARDS);
        if back {
            let set_back = self.seen.saturating_sub(now);
            self.under_way.values_mut().for_each(|until| *until = until.saturating_sub(set_back));
            if self.paused_until > 0 {
                self.paused_until = self.paused_until.saturating_sub(set_back).max(1);
            }
        }
        self.seen = if back { now } else { self.seen.max(now) };
        self.under_way.retain(|_, until| *until > now);
    }
}

impl Sent {
    /// A clock that was wrong and is put right must not make a quota larger: two windows are remembered, so that one
    /// that goes back by less than a window meets all that it has to; with one that goes back further nothing is known
    /// of the window that ends now, which counts as full.
    fn see(&mut self, slice: i64, now: i64) {
        let back = self.seen.saturating_sub(now);
        if back <= 0 {
            self.slices = self.slices.split_off(&(now.div_euclid(slice) - 2 * SLICES));
        } else if back > slice * SLICES {
            self.slices.insert(now.div_euclid(slice), u32::MAX);
        }
        if back <= 0 || back > slice * SLICES {
            self.seen = now;
        }
    }
}

impl Ledger {
    /// Takes `yen`, or says when there is money again.
    pub fn take(&mut self, limits: SpendingLimits, yen: u64, now: i64) -> Permission {
        let today = (now.saturating_add(JAPAN)).div_euclid(DAY);
        let (first, next) = month(today);
        let kept = first.min(today - 1);
        self.days = self.days.split_off(&kept);
        let day = self.days.get(&today).copied().unwrap_or(0);
        let of_month: u64 = self.days.range(first..next).map(|(_, yen)| *yen).sum();
        let over =
            |limit: Option<u64>, spent: u64| limit.is_some_and(|limit| spent.saturating_add(yen) > limit);
        if over(limits.yen_per_month, of_month) {
            return Permission::Spent(next * DAY - JAPAN);
        }
        if over(limits.yen_per_day, day) {
            return Permission::Spent((today + 1) * DAY - JAPAN);
        }
        self.days.insert(today, day.saturating_add(yen));
        Permission::Granted
    }

    /// What was spent in the day (of Japan) of `now`, and in its month.
    #[must_use]
    pub fn spent(&self, now: i64) -> (u64, u64) {
        let today = (now.saturating_add(JAPAN)).div_euclid(DAY);
        let (first, next) = month(today);
        let of_month = self.days.range(first..next).map(|(_, yen)| *yen).sum();
        (self.days.get(&today).copied().unwrap_or(0), of_month)
    }
}

/// Milliseconds of a slice of a window; seconds divide by twenty.
fn slice(seconds: u32) -> i64 {
    (i64::from(seconds.max(1)) * 1000).div_euclid(SLICES).max(1)
}

/// The first day of the month that has this day since 1970, and of the next one.
fn month(day: i64) -> (i64, i64) {
    let of = |day: i64| {
        let time = hsign_core::Time::from_unix_seconds(day.saturating_mul(86_400));
        time.map_or((0, 0, 1), |time| {
            let (year, month, date, ..) = time.utc();
            (year, month, date)
        })
    };
    let (year, number, date) = of(day);
    let first = day - i64::from(date) + 1;
    let length = (28..=31).find(|days| of(first + days).1 != number || of(first + days).0 != year);
    (first, first + length.unwrap_or(31))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(requests: u32, seconds: u32) -> Limits {
        Limits { windows: vec![Window { requests, seconds }], at_once: 1000, ..Limits::default() }
    }

    #[test]
    fn no_window_has_more_than_the_quota_and_most_of_it_is_used() {
        let limits = quota(20, 1200);
        let mut governor = Governor::default();
        let mut sent: Vec<i64> = Vec::new();
        let mut now = 1_790_000_000_123;
        let end = now + 24 * 3_600_000;
        while now < end {
            match governor.ask(&limits, &sent.len().to_string(), now + 1, now) {
                Permission::Granted => sent.push(now),
                Permission::Wait(until, Wait::Quota) => {
                    assert!(until > now);
                    assert_ne!(governor.would(&limits, until - 1), Permission::Granted);
                    now = until;
                }
                other => panic!("{other:?}"),
            }
        }
        for (place, first) in sent.iter().enumerate() {
            let within = sent[place..].iter().take_while(|time| **time < first + 1_200_000).count();
            assert!(within <= 20, "{within}");
        }
        assert!(sent.len() >= 24 * 3 * 20 * 9 / 10, "{}", sent.len());
    }

    #[test]
    fn a_clock_that_goes_back_makes_no_quota_larger_and_stops_nothing_for_good() {
        let limits = quota(5, 100);
        let mut governor = Governor::default();
        let year = 365 * DAY;
        let ask = |governor: &mut Governor, now: i64| governor.ask(&limits, &now.to_string(), now + 1, now);
        for number in 0..5 {
            assert_eq!(ask(&mut governor, 2 * year + number), Permission::Granted);
        }
        let Permission::Wait(until, Wait::Quota) = ask(&mut governor, year) else { panic!() };
        assert!(until <= year + 105_000, "{until}");
        assert_eq!(ask(&mut governor, until), Permission::Granted);
    }

    /// Any walk of the clock: a second, a minute, most of a window or a year there and back.
    #[test]
    fn whatever_the_clock_does_no_window_that_ends_with_a_request_has_more_than_the_quota() {
        let limits = quota(3, 100);
        let mut chance = 42_u64;
        let mut below = |end: i64| {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::from(u32::try_from(chance >> 33).unwrap()) % end
        };
        let mut granted = 0;
        for _ in 0..200 {
            let (mut governor, mut now, mut sent) = (Governor::default(), 40 * 365 * DAY, Vec::new());
            for number in 0..300 {
                now += match below(12) {
                    0 => -below(95_000),
                    1 => below(250_000),
                    2 if below(8) == 0 => (below(3) - 1) * 365 * DAY,
                    _ => below(20_000),
                };
                if governor.ask(&limits, &number.to_string(), now + 1, now) == Permission::Granted {
                    sent.push(now);
                    let within = sent.iter().filter(|time| (now - 100_000 + 1..=now).contains(*time)).count();
                    assert!(within <= 3, "{sent:?}");
                }
            }
            granted += sent.len();
        }
        assert!(granted > 10_000, "{granted}");
    }

    #[test]
    fn refusals_pause_and_one_request_finds_out_whether_it_is_over() {
        let limits = Limits { failures: 2, pause: 10, longest_pause: 30, ..quota(1000, 1) };
        let mut governor = Governor::default();
        let throttled = |governor: &mut Governor, id: &str, now| {
            assert_eq!(governor.ask(&limits, id, now + 5000, now), Permission::Granted);
            governor.answered(&limits, id, Outcome::Throttled, None, now);
        };
        throttled(&mut governor, "1", 1000);
        throttled(&mut governor, "2", 1000);
        assert_eq!(governor.would(&limits, 1000), Permission::Wait(11_000, Wait::Paused));
        assert_eq!(governor.ask(&limits, "3", 20_000, 11_000), Permission::Granted);
        assert!(matches!(governor.would(&limits, 11_000), Permission::Wait(_, Wait::AtOnce)), "one probe");
        governor.answered(&limits, "3", Outcome::Throttled, None, 11_000);
        assert_eq!(governor.paused_until(), Some(31_000), "twice as long");
        throttled(&mut governor, "4", 31_000);
        assert_eq!(governor.paused_until(), Some(61_000), "never longer than the longest");
        assert_eq!(governor.ask(&limits, "5", 99_000, 61_000), Permission::Granted);
        governor.answered(&limits, "5", Outcome::Granted, None, 61_000);
        assert_eq!(governor.would(&limits, 61_000), Permission::Granted);
        assert_eq!(governor.paused_until(), None);
    }

    #[test]
    fn a_request_whose_worker_died_doesn_t_count_for_ever() {
        let limits = Limits { at_once: 1, ..Limits::default() };
        let mut governor = Governor::default();
        assert_eq!(governor.ask(&limits, "1", 5000, 0), Permission::Granted);
        assert!(matches!(governor.ask(&limits, "2", 9000, 4999), Permission::Wait(_, Wait::AtOnce)));
        assert_eq!(governor.ask(&limits, "2", 9000, 5000), Permission::Granted);
    }

    #[test]
    fn an_authority_says_itself_when_to_come_back() {
        let mut governor = Governor::default();
        governor.ask(&Limits::default(), "1", 9, 1);
        governor.answered(&Limits::default(), "1", Outcome::Throttled, Some(86_400_000), 2);
        assert_eq!(governor.would(&Limits::default(), 3), Permission::Wait(86_400_000, Wait::Paused));
    }

    #[test]
    fn what_is_spent_is_spent_by_days_and_months_of_japan() {
        let at = |text: &str| text.parse::<hsign_core::Time>().unwrap().unix_seconds() * 1000;
        let limits = SpendingLimits { yen_per_day: Some(25), yen_per_month: Some(60) };
        let mut ledger = Ledger::default();
        let mut take = |text: &str| ledger.take(limits, 10, at(text));
        let day = Permission::Spent(at("2026-11-02T00:00:00+09:00"));
        let month = Permission::Spent(at("2026-12-01T00:00:00+09:00"));
        assert_eq!(take("2026-11-01T00:00:00+09:00"), Permission::Granted);
        assert_eq!(take("2026-11-01T23:59:59+09:00"), Permission::Granted);
        assert_eq!(take("2026-11-01T12:00:00+09:00"), day);
        for text in ["2026-11-02T00:00:00+09:00", "2026-11-02T01:00:00+09:00", "2026-11-30T23:00:00+09:00"] {
            assert_eq!(take(text), Permission::Granted);
        }
        assert_eq!(take("2026-11-30T23:30:00+09:00"), Permission::Granted);
        assert_eq!(take("2026-11-30T23:40:00+09:00"), month);
        assert_eq!(take("2026-12-01T00:00:00+09:00"), Permission::Granted);
        assert_eq!(ledger.spent(at("2026-12-01T08:00:00+09:00")), (10, 10));
    }

    #[test]
    fn it_comes_back_from_a_database_as_it_was() {
        let mut governor = Governor::default();
        let limits = quota(3, 60);
        governor.ask(&limits, "1", 9_000, 7);
        governor.answered(&limits, "1", Outcome::Refused, None, 8);
        let text = serde_json::to_string(&governor).unwrap();
        assert_eq!(serde_json::from_str::<Governor>(&text).unwrap(), governor);
    }
}

use std::collections::BTreeMap;

use hsign_core::Time;

/// A file as the folder lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// When it was written last, in whatever unit the system counts; compared only.
    pub modified: i128,
}

/// Tells which files have been quiet long enough to be looked at.
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    known: BTreeMap<String, (Seen, Time)>,
}

impl Arrivals {
    /// Takes what the folder lists now; gives the files whose length and time haven't changed for `quiet` seconds, each
    /// with the seconds since.
    pub fn quiet(&mut self, listed: Vec<Seen>, now: Time, quiet: i64) -> Vec<(Seen, i64)> {
        let mut known = std::mem::take(&mut self.known);
        let mut calm = Vec::new();
        for seen in listed {
            let since =
                known.remove(&seen.name).filter(|(before, _)| *before == seen).map(|(_, since)| since);
            // A clock that was put back makes it wait again, not for ever.
            let since = since.filter(|since| *since <= now).unwrap_or(now);
            let passed = now.seconds_since(since);
            if passed >= quiet {
                calm.push((seen.clone(), passed));
            }
            self.known.insert(seen.name.clone(), (seen, since));
        }
        calm
    }

    /// Files that are listed but not yet quiet.
    #[must_use]
    pub fn arriving(&self, now: Time, quiet: i64) -> usize {
        self.known.values().filter(|(_, since)| now.seconds_since(*since) < quiet).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(bytes: u64, modified: i128) -> Seen {
        Seen { name: "scan.pdf".to_owned(), bytes, modified }
    }

    #[test]
    fn a_file_that_is_still_written_is_left_alone() {
        let mut arrivals = Arrivals::default();
        let start = Time::from_unix_seconds(1_000).unwrap();
        let at = |seconds| start.plus_seconds(seconds);
        assert_eq!(arrivals.quiet(vec![seen(1, 1)], at(0), 2), []);
        assert_eq!(arrivals.quiet(vec![seen(2, 2)], at(2), 2), [], "it grew");
        assert_eq!(arrivals.quiet(vec![seen(2, 2)], at(3), 2), []);
        assert_eq!(arrivals.arriving(at(3), 2), 1);
        assert_eq!(arrivals.quiet(vec![seen(2, 2)], at(4), 2), [(seen(2, 2), 2)]);
        assert_eq!(arrivals.quiet(vec![seen(2, 3)], at(5), 2), [], "written again with the same length");
        assert_eq!(arrivals.quiet(vec![], at(6), 2), []);
        assert_eq!(arrivals.quiet(vec![seen(2, 3)], at(60), 2), [], "it was gone meanwhile");
        assert_eq!(arrivals.quiet(vec![seen(2, 3)], at(1), 2), [], "the clock was put back");
        assert_eq!(arrivals.quiet(vec![seen(2, 3)], at(3), 2), [(seen(2, 3), 2)]);
    }
}

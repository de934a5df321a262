use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::sets::set_of_row;
use crate::workspace_root;

/// Our answers beside a set's expectations, case by case.
pub struct Comparison {
    set: String,
    agreeing: BTreeSet<String>,
    differing: BTreeMap<String, String>,
    forbidden: BTreeMap<String, String>,
    left: BTreeMap<String, BTreeSet<String>>,
}

/// One row of `known-differences.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    set: String,
    case: String,
    /// The rule that justifies our answer.
    clause: String,
    /// Why the set sees it otherwise.
    reason: String,
    /// The minimal test of our own.
    test: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct KnownDifferences {
    #[serde(default)]
    difference: Vec<Known>,
}

impl Comparison {
    /// Nothing compared yet.
    #[must_use]
    pub fn new(set: &str) -> Self {
        Self {
            set: set.to_owned(),
            agreeing: BTreeSet::new(),
            differing: BTreeMap::new(),
            forbidden: BTreeMap::new(),
            left: BTreeMap::new(),
        }
    }

    /// We say what the set says.
    pub fn agree(&mut self, case: &str) {
        self.agreeing.insert(case.to_owned());
    }

    /// We say otherwise, on the side of caution.
    pub fn differ(&mut self, case: &str, detail: impl Into<String>) {
        self.differing.insert(case.to_owned(), detail.into());
    }

    /// We accept what must not be accepted. This can never be listed.
    pub fn false_accept(&mut self, case: &str, detail: impl Into<String>) {
        self.forbidden.insert(case.to_owned(), detail.into());
    }

    /// Nothing to compare: what the case needs is not supported on purpose or isn't in the set, or its expectation is about
    /// something that the row doesn't ask for (trust and times where digests and values are compared). The table lists how
    /// many there are and why.
    pub fn leave_out(&mut self, case: &str, reason: impl Into<String>) {
        self.left.entry(reason.into()).or_default().insert(case.to_owned());
    }

    /// Prints the row behind its set's name and fails the test unless every difference is listed and no listed one has
    /// vanished.
    ///
    /// # Panics
    /// On a false accept, an unlisted difference, a vanished one, an incomplete row, more than 3 %, or nothing
    /// compared at all.
    pub fn finish(self) {
        let known = known(&self.set);
        let unlisted: Vec<String> = self
            .differing
            .iter()
            .filter(|(case, _)| !known.contains_key(*case))
            .map(|(case, detail)| format!("  {case}: {detail}"))
            .collect();
        let vanished: Vec<&String> = known.keys().filter(|case| self.agreeing.contains(*case)).collect();
        let set = set_of_row(&self.set);
        let total = self.agreeing.len() + self.differing.len() + self.forbidden.len();
        println!(
            "conformance | {set} | {} | {} | {} | {} | {} |",
            self.set,
            total,
            self.agreeing.len(),
            self.differing.len() - unlisted.len(),
            unlisted.len() + self.forbidden.len(),
        );
        for (reason, cases) in &self.left {
            println!("conformance left | {set} | {} | {} | {reason} |", self.set, cases.len());
        }
        assert!(total > 0, "{}: nothing was compared", self.set);
        assert!(self.forbidden.is_empty(), "{}: false accepts: {:#?}", self.set, self.forbidden);
        assert!(unlisted.is_empty(), "{}: new differences:\n{}", self.set, unlisted.join("\n"));
        assert!(vanished.is_empty(), "{}: no longer differ, strike them out: {vanished:?}", self.set);
        assert!(self.differing.len() * 100 <= total * 3, "{}: more than 3 % differ", self.set);
    }
}

fn known(set: &str) -> BTreeMap<String, Known> {
    let path = workspace_root().join("tests/conformance/known-differences.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let list: KnownDifferences = match toml::from_str(&text) {
        Ok(list) => list,
        Err(error) => panic!("{}: {error}", path.display()),
    };
    list.difference
        .into_iter()
        .filter(|row| row.set == set)
        .inspect(|row| {
            let complete = [&row.clause, &row.reason, &row.test].iter().all(|text| !text.is_empty());
            assert!(complete, "{set}, {}: clause, reason and test are all needed", row.case);
        })
        .map(|row| (row.case.clone(), row))
        .collect()
}

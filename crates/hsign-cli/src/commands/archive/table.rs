//! The plan as a table: what is due, grouped, so that a million documents fit on a page.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use hsign::Time;
use hsign::archive::{Action, Line};
use hsign::report::{printable, word};

use super::day;
use super::lines::named;
use crate::language::Language;

/// What one row stands for.
type Row = (String, String, String, Option<String>);

/// Actions by kind, reason, track and what stands before them.
#[derive(Default)]
pub(super) struct Table {
    rows: Mutex<BTreeMap<Row, Group>>,
}

struct Group {
    one: Action,
    bundles: u64,
    from: Time,
    last_day: Time,
}

impl Table {
    /// Takes what is due; anything else isn't the table's.
    pub(super) fn take(&self, line: &Line) -> bool {
        let Line::Due { action } = line else { return false };
        let blocked = action.blocked.map(|blocked| format!("{blocked:?}"));
        let row =
            (format!("{:?}", action.kind), format!("{:?}", action.reason), action.track.clone(), blocked);
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let group = rows.entry(row).or_insert_with(|| Group {
            one: action.clone(),
            bundles: 0,
            from: action.from,
            last_day: action.last_day,
        });
        group.bundles += 1;
        group.from = group.from.min(action.from);
        group.last_day = group.last_day.min(action.last_day);
        true
    }

    /// Nothing where nothing is due.
    pub(super) fn text(&self, language: Language) -> String {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.is_empty() {
            return String::new();
        }
        let heading = ["what", "why", "track", "bundles", "from", "last-day", "first"];
        let heading = heading.map(|name| word(&format!("archive.column.{name}"), language).to_owned());
        let mut table = vec![heading];
        for group in rows.values() {
            let Group { one, bundles, from, last_day } = group;
            table.push([
                named("kind", one.kind, language),
                named("reason", one.reason, language),
                one.track.clone(),
                bundles.to_string(),
                day(*from),
                day(*last_day),
                one.blocked.map(|blocked| named("blocked", blocked, language)).unwrap_or_default(),
            ]);
        }
        aligned(&table)
    }
}

fn aligned<const N: usize>(table: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in table {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(columns(cell));
        }
    }
    let mut text = String::new();
    for row in table {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(&printable(cell));
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(cell)) + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Places on a terminal: Japanese takes two each.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if u32::from(c) >= 0x1100 { 2 } else { 1 }).sum()
}

//! The sets that are known, and which of them a run is about.

/// One line a set, below the names of the columns.
const LIST: &str = include_str!("../../../tests/conformance/sets.tsv");

fn known() -> impl Iterator<Item = &'static str> {
    LIST.lines().skip(1).filter_map(|line| line.split('\t').next())
}

/// The set that a row of the table belongs to: the longest known name that it begins with.
///
/// # Panics
/// When there is none.
pub(crate) fn set_of_row(row: &str) -> &'static str {
    let fits = |set: &&str| {
        row.strip_prefix(*set).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', ' ']))
    };
    match known().filter(fits).max_by_key(|set| set.len()) {
        Some(set) => set,
        None => panic!("{row}: begins with no set of tests/conformance/sets.tsv"),
    }
}

/// Whether the run is about this set: `HSIGN_SETS` names those wanted with commas between them, or none for all.
///
/// # Panics
/// When there is no such set.
pub(crate) fn is_asked_for(set: &str) -> bool {
    assert!(known().any(|one| one == set), "{set} is not in tests/conformance/sets.tsv");
    let wanted = std::env::var("HSIGN_SETS").unwrap_or_default();
    wanted.is_empty() || wanted.split(',').any(|one| one == set)
}

#[cfg(test)]
mod tests {
    use super::set_of_row;

    #[test]
    fn a_row_belongs_to_the_set_with_the_longest_name() {
        assert_eq!(set_of_row("dss"), "dss");
        assert_eq!(set_of_row("dss-asic-stamps"), "dss");
        assert_eq!(set_of_row("dss-replays"), "dss-replays");
        assert_eq!(set_of_row("eprescription chains"), "eprescription");
    }

    #[test]
    #[should_panic(expected = "begins with no set")]
    fn a_row_of_no_set_is_refused() {
        set_of_row("dssx");
    }
}

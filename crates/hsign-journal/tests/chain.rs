//! The chain: what goes on, what is told of damage, and what a crash at any byte leaves behind.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_wrap, clippy::panic)]

use hsign_core::journal::{Event, Operation, Outcome};
use hsign_core::{Time, hex};
use hsign_journal::{
    BreakReason, Entry, Head, Note, Report, Rotation, Tail, Verifier, Who, csv_header, csv_row, next_line,
};
use proptest::prelude::*;

fn time(seconds: i64) -> Time {
    Time::from_unix_seconds(1_790_000_000 + seconds).unwrap()
}

fn who() -> Who {
    Who { user: "desk".to_owned(), host: "scanner-1".to_owned(), process: 7 }
}

fn opened() -> Note {
    Note::Opened { journal: "5f".repeat(16), torn: Vec::new() }
}

fn event(outcome: Outcome) -> Note {
    Note::Event(Box::new(Event { before: vec!["ab".repeat(32)], ..Event::new(Operation::Sign, outcome) }))
}

/// A journal of an opening, `signatures` attempts with their outcomes, and a stamp over all that.
fn journal(signatures: usize) -> (Vec<u8>, Head) {
    let mut notes = vec![opened()];
    for _ in 0..signatures {
        notes.extend([event(Outcome::Started), event(Outcome::Done)]);
    }
    let (mut bytes, mut head) = (Vec::new(), Head::NONE);
    for (at, note) in notes.into_iter().enumerate() {
        let line = next_line(&head, time(at as i64), &who(), note).unwrap();
        bytes.extend(line.bytes);
        head = line.head;
    }
    let stamp = Note::Stamp { sequence: head.sequence, head: hex(&head.sha256), token: vec![0x30, 0].into() };
    let line = next_line(&head, time(1_000), &who(), stamp).unwrap();
    bytes.extend(line.bytes);
    (bytes, line.head)
}

fn verify(bytes: &[u8]) -> Report {
    let mut verifier = Verifier::new();
    let closed = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if !closed.is_empty() {
        closed.split(|byte| *byte == b'\n').for_each(|line| drop(verifier.line(line)));
    }
    verifier.finish()
}

#[test]
fn a_whole_journal_hangs_together_and_says_what_a_stamp_covers() {
    let (bytes, head) = journal(3);
    let report = verify(&bytes);
    assert_eq!(report.broken, None);
    assert_eq!((report.entries, report.head.clone()), (8, head));
    assert_eq!(report.stamps[0].covers, 7);
    assert_eq!(report.unstamped(), 1, "the stamp's own entry");
    assert!(!report.stamps[0].is_before_its_entries(hsign_core::GenTime(time(6))));
    assert!(report.stamps[0].is_before_its_entries(hsign_core::GenTime(time(-60))));
}

#[test]
fn every_changed_byte_is_found_and_the_first_bad_line_named() {
    let (bytes, head) = journal(2);
    let mut line = 1;
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let report = verify(&changed);
        let last = at >= bytes.len() - 1 || bytes[at..bytes.len() - 1].iter().all(|byte| *byte != b'\n');
        if last {
            // Nothing comes after the last entry to hold its hash; whoever knows the head sees it.
            assert_ne!(report.head, head, "byte {at}");
        } else {
            if report.open_end {
                // The line end before the last line: the two are one that looks cut off.
                assert_eq!((report.torn, bytes[at]), (1, b'\n'));
                continue;
            }
            let broken = report.broken.unwrap_or_else(|| panic!("byte {at} went unnoticed"));
            assert!(broken.line == line || broken.line == line + 1, "byte {at}: {broken:?}, line {line}");
        }
        line += u64::from(bytes[at] == b'\n');
    }
}

#[test]
fn a_line_taken_out_put_in_or_moved_is_found() {
    let (bytes, _) = journal(2);
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for at in 0..lines.len() - 1 {
        let without: Vec<u8> = [&lines[..at], &lines[at + 1..]].concat().concat();
        let expected = if at == 0 { BreakReason::Opening } else { BreakReason::Sequence };
        assert_eq!(verify(&without).broken.unwrap().reason, expected);
        let twice: Vec<u8> = [&lines[..=at], &lines[at..]].concat().concat();
        assert!(verify(&twice).broken.is_some());
        let mut moved = lines.clone();
        moved.swap(at, at + 1);
        assert!(verify(&moved.concat()).broken.is_some());
    }
    assert!(verify(&[&bytes[..], b"\n"].concat()).open_end, "an empty line belongs to nothing");
}

#[test]
fn entries_cut_off_behind_the_newest_stamp_are_all_that_may_be_missing_unseen() {
    let (bytes, _) = journal(2);
    let end = bytes.strip_suffix(b"\n").unwrap().iter().rposition(|byte| *byte == b'\n').unwrap();
    let report = verify(&bytes[..=end]);
    assert_eq!(report.broken, None);
    assert_eq!((report.stamps.len(), report.unstamped()), (0, 5), "no stamp speaks for any of them");
}

/// What a crash leaves is closed by the next entry, named with its hash, and stays where it is.
#[test]
fn a_journal_cut_off_at_any_byte_goes_on_and_tells_what_was_cut_off() {
    let (bytes, _) = journal(2);
    for length in 0..=bytes.len() {
        let cut = &bytes[..length];
        let tail = Tail::of(cut, true);
        let note = if tail.head.is_none() { opened() } else { event(Outcome::Done) };
        let line = tail.next_line(time(2_000), &who(), note).unwrap();
        let report = verify(&[cut, &line.bytes].concat());
        assert_eq!(report.broken, None, "{length}");
        assert_eq!(report.head, line.head, "{length}");
        assert_eq!(report.torn, u64::from(!tail.torn.is_empty()), "{length}");
        assert!(!report.open_end);
        // And if closing it is cut off too.
        for more in (0..line.bytes.len()).step_by(if length % 50 == 0 { 1 } else { 97 }) {
            let again = [cut, &line.bytes[..more]].concat();
            let tail = Tail::of(&again, true);
            let note = if tail.head.is_none() { opened() } else { event(Outcome::Done) };
            let line = tail.next_line(time(3_000), &who(), note).unwrap();
            let report = verify(&[&again[..], &line.bytes].concat());
            assert_eq!(report.broken, None, "{length} and {more}");
        }
    }
}

#[test]
fn the_tail_is_found_from_the_last_bytes_alone() {
    let (bytes, head) = journal(3);
    let last = bytes.strip_suffix(b"\n").unwrap().iter().rposition(|byte| *byte == b'\n').unwrap();
    for start in 1..=last {
        let tail = Tail::of(&bytes[start..], false);
        assert_eq!((tail.head, tail.torn.len()), (Some(head.clone()), 0), "{start}");
    }
    assert_eq!(Tail::of(&bytes[last + 2..], false).head, None, "no line begins there");
}

#[test]
fn a_recovery_speaks_only_for_what_stands_before_it() {
    let (bytes, _) = journal(1);
    let cut = &bytes[..bytes.len() - 20];
    let line = Tail::of(cut, true).next_line(time(2_000), &who(), event(Outcome::Done)).unwrap();
    let mut changed = [cut, &line.bytes].concat();
    changed[bytes.len() - 30] ^= 1;
    assert_eq!(verify(&changed).broken.unwrap().reason, BreakReason::Recovery);
    let foreign = next_line(&Head::NONE, time(0), &who(), Note::Recovered { torn: Vec::new() }).unwrap();
    assert_eq!(verify(&foreign.bytes).broken.unwrap().reason, BreakReason::Opening);
}

#[test]
fn a_stamp_over_another_hash_is_refused() {
    let opening = next_line(&Head::NONE, time(0), &who(), opened()).unwrap();
    for (sequence, head) in [(1, "00".repeat(32)), (2, hex(&opening.head.sha256)), (0, hex(&[0; 32]))] {
        let note = Note::Stamp { sequence, head, token: vec![1].into() };
        let line = next_line(&opening.head, time(1), &who(), note).unwrap();
        let report = verify(&[&opening.bytes[..], &line.bytes].concat());
        assert_eq!(report.broken.unwrap().reason, BreakReason::StampedHash);
    }
}

#[test]
fn an_attempt_without_an_outcome_is_told() {
    let (bytes, _) = journal(2);
    assert_eq!(verify(&bytes).unfinished, [0_u64; 0]);
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    assert_eq!(verify(&lines[..4].concat()).unfinished, [4], "the second signature has begun only");
}

#[test]
fn a_clock_put_back_is_told() {
    let opening = next_line(&Head::NONE, time(100), &who(), opened()).unwrap();
    let line = next_line(&opening.head, time(0), &who(), event(Outcome::Done)).unwrap();
    let report = verify(&[opening.bytes, line.bytes].concat());
    assert_eq!(report.clock_went_back, [2]);
}

#[test]
fn files_end_by_size_and_by_day() {
    let rotation = Rotation { bytes: 1_000, daily: true };
    let midnight = Time::from_unix_seconds(86_400 * 20_000).unwrap();
    assert!(!rotation.due(999, midnight, midnight.plus_seconds(86_399)));
    assert!(rotation.due(1_000, midnight, midnight));
    assert!(rotation.due(1, midnight.plus_seconds(-1), midnight));
    assert!(!Rotation { daily: false, ..rotation }.due(1, midnight.plus_seconds(-1), midnight));
}

#[test]
fn a_table_has_a_row_for_an_entry_and_no_formulas() {
    let mut done = Event::new(Operation::Sign, Outcome::Done);
    done.names = vec!["=cmd(\"x\"),1".to_owned()];
    done.clock_offset_seconds = Some(-2);
    let line = next_line(&Head::NONE, time(0), &who(), Note::Event(Box::new(done))).unwrap();
    let entry = Entry::parse(line.bytes.strip_suffix(b"\n").unwrap()).unwrap();
    let row = csv_row(&entry);
    assert!(row.contains("sign,done,,,,\"'=cmd(\"\"x\"\"),1\""), "{row}");
    assert!(row.contains(",-2,") && row.ends_with("\r\n"), "{row}");
    let header = csv_header();
    let plain = next_line(&Head::NONE, time(0), &who(), event(Outcome::Done)).unwrap();
    let plain = csv_row(&Entry::parse(plain.bytes.strip_suffix(b"\n").unwrap()).unwrap());
    assert_eq!(header.matches(',').count(), plain.matches(',').count());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Tail::of(&bytes, true);
        let _ = Tail::of(&bytes, false);
        let _ = verify(&bytes);
    }
}

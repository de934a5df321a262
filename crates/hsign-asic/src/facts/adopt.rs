//! The facts of one signature file as part of the container's: every id gets the file's name in front, since each file counts
//! its signatures from one.

use hsign_core::facts::{Covered, DocumentFacts, EvidenceRecordFacts, TimestampFacts};

pub(super) fn adopt(mut facts: DocumentFacts, file: &str) -> DocumentFacts {
    let name = |id: &mut String| *id = format!("{file}#{id}");
    for signature in &mut facts.signatures {
        name(&mut signature.id);
        signature.countersigns.iter_mut().for_each(name);
        signature.timestamps.iter_mut().for_each(|stamp| of_stamp(stamp, &name));
    }
    facts.timestamps.iter_mut().for_each(|stamp| of_stamp(stamp, &name));
    facts.evidence_records.iter_mut().for_each(|record| of_record(record, &name));
    facts
}

fn of_stamp(stamp: &mut TimestampFacts, name: &dyn Fn(&mut String)) {
    name(&mut stamp.id);
    stamp.covers.iter_mut().for_each(|covered| of_covered(covered, name));
}

fn of_record(record: &mut EvidenceRecordFacts, name: &dyn Fn(&mut String)) {
    name(&mut record.id);
    record.covers.iter_mut().for_each(|covered| of_covered(covered, name));
    for stamp in record.chains.iter_mut().flat_map(|chain| &mut chain.timestamps) {
        of_stamp(&mut stamp.timestamp, name);
        stamp.shows.iter_mut().for_each(|shown| of_covered(&mut shown.object, name));
    }
}

fn of_covered(covered: &mut Covered, name: &dyn Fn(&mut String)) {
    match covered {
        Covered::SignatureValue { signature } | Covered::SignedData { signature } => name(signature),
        Covered::Timestamp { timestamp } => name(timestamp),
        Covered::EvidenceRecord { record } => name(record),
        _ => {}
    }
}

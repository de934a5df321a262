//! Electronic prescriptions from hostile CSVs and documents, and what extending may not change.

use std::collections::BTreeMap;

use hsign_core::Octets;
use hsign_core::facts::{DocumentFacts, EvidenceFacts};
use hsign_xades::eprescription::{Csv, CsvEncoding, Side, Unsigned, convert, signed_csv};
use hsign_xades::make::{add_evidence, closed};
use hsign_xades::{DetachedContent, read_facts};

const DISPENSING: &[u8] = b"CJ1,\n1,a\n";

pub fn eprescription(data: &[u8]) {
    for side in [Side::Prescription, Side::Dispensing] {
        if let Ok(csv) = Csv::check(data, side) {
            assert!(csv.as_bytes() == data, "the CSV is taken as it is");
            let _ = Unsigned::prescription(&csv);
        }
    }
    for from in [CsvEncoding::ShiftJis, CsvEncoding::EucJp, CsvEncoding::Utf16, CsvEncoding::Utf8] {
        let _ = convert(data, from);
    }
    let dispensing = Csv::check(DISPENSING, Side::Dispensing).unwrap();
    if let Ok(unsigned) = Unsigned::dispensing(&dispensing, data) {
        let inner = facts(unsigned.document()).unwrap();
        assert!(!inner.signatures.is_empty(), "a signature is embedded with what it covers");
    }
    let Some(facts) = facts(data) else { return };
    for signature in &facts.signatures {
        let _ = signed_csv(data, &signature.id);
    }
    grows(data, &facts);
}

fn facts(document: &[u8]) -> Option<DocumentFacts> {
    read_facts(&document.to_vec(), &DetachedContent::new()).ok()
}

/// A further property changes no reference and no imprint that held.
fn grows(data: &[u8], before: &DocumentFacts) {
    let closed = closed(data).unwrap_or_default();
    let evidence = EvidenceFacts { crls: vec![Octets(b"a list".to_vec())], ..EvidenceFacts::default() };
    for signature in before.signatures.iter().filter(|one| !closed.contains(&one.id)).take(3) {
        let Ok(Some(grown)) = add_evidence(data, &signature.id, &evidence) else { continue };
        let after = facts(&grown).expect("what was written is read");
        let (before, after) = (holding(before), holding(&after));
        for (name, held) in before {
            assert!(!held || after.get(&name) == Some(&true), "{name} was broken");
        }
    }
}

/// Every signature by its references, and every stamp by its imprint: whether all hold.
fn holding(facts: &DocumentFacts) -> BTreeMap<String, bool> {
    let signatures = facts.signatures.iter().map(|one| {
        let holds = one
            .signed
            .as_ref()
            .is_some_and(|signed| signed.references.iter().all(|reference| reference.holds() == Some(true)));
        (one.id.clone(), holds)
    });
    let stamps = facts.signatures.iter().flat_map(|one| &one.timestamps).map(|stamp| {
        let holds = stamp.read.as_ref().is_some_and(|token| token.imprint.holds() == Some(true));
        (stamp.id.clone(), holds)
    });
    signatures.chain(stamps).collect()
}

//! Later revisions: whatever stands behind a signed letter, with the content of a page changed it is never permitted.

use std::sync::OnceLock;

use hsign_core::Time;
use hsign_core::facts::ModificationVerdict;
use hsign_pades::{Request, prepare};
use hsign_pdf::{Document, LaterRevisions, signature_fields};

use crate::shown::shown;

/// The letter with a signature of which only the place matters.
pub fn signed_letter() -> &'static [u8] {
    static LETTER: OnceLock<Vec<u8>> = OnceLock::new();
    LETTER.get_or_init(|| {
        let letter = hsign_testkit::manipulations::letter();
        let request = Request { contents_size: 64, signing_time: Some(Time::LATEST), ..Request::default() };
        let update = prepare(&letter, &request).unwrap().embed(&[0x30, 0]).unwrap();
        [letter.as_slice(), &update].concat()
    })
}

pub fn changes(data: &[u8]) {
    let whole = [signed_letter(), data].concat();
    let Ok(document) = Document::open(&whole) else { return };
    let Ok(fields) = signature_fields(&document) else { return };
    let Ok(later) = LaterRevisions::new(&document) else { return };
    for field in &fields.fields {
        let Some(value) = &field.value else { continue };
        let Some(signed) = value.covered_revision else { continue };
        let Ok(found) = later.after(field, value) else { continue };
        if found.verdict() <= ModificationVerdict::Permitted {
            let before = shown(document.at(signed));
            assert!(before.is_some() && before == shown(document.newest()), "{:?}", found.changes);
        }
    }
}

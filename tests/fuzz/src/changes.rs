//! Later revisions: whatever stands behind a signed letter, with the content of a page changed it is never permitted.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use hsign_core::Time;
use hsign_core::facts::ModificationVerdict;
use hsign_pades::{Request, prepare};
use hsign_pdf::{
    Dictionary, Document, LaterRevisions, Object, ObjectId, PageNumber, Snapshot, signature_fields,
};

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

/// What the pages show besides annotations, as text: every object below them, numbers of objects left out.
fn shown(view: Snapshot<'_, '_>) -> Option<String> {
    let mut text = String::new();
    let mut number = 1;
    while let Some((_, page)) = view.page(PageNumber::Number(number)).ok()? {
        for key in ["MediaBox", "CropBox", "Rotate", "Resources"] {
            write(view, &view.inherited(&page, key).ok()?, &mut BTreeSet::new(), &mut text)?;
        }
        write(view, &Object::Dictionary(page), &mut BTreeSet::new(), &mut text)?;
        number += 1;
    }
    Some(text)
}

fn write(
    view: Snapshot<'_, '_>,
    object: &Object,
    above: &mut BTreeSet<ObjectId>,
    text: &mut String,
) -> Option<()> {
    match object {
        Object::Reference(id) if above.insert(*id) => {
            write(view, &view.get(*id).ok()?, above, text)?;
            above.remove(id);
        }
        Object::Reference(_) => text.push('^'),
        Object::Array(elements) => {
            text.push('[');
            elements.iter().try_for_each(|element| write(view, element, above, text))?;
            text.push(']');
        }
        Object::Dictionary(dictionary) => entries(view, dictionary, above, text)?,
        Object::Stream(stream) => {
            entries(view, &stream.dictionary, above, text)?;
            text.push_str(&format!("{:?}", view.raw_stream_data(stream).ok()?));
        }
        other => text.push_str(&format!("{other:?} ")),
    }
    Some(())
}

fn entries(
    view: Snapshot<'_, '_>,
    dictionary: &Dictionary,
    above: &mut BTreeSet<ObjectId>,
    text: &mut String,
) -> Option<()> {
    let mut sorted: Vec<_> = dictionary.entries().iter().collect();
    sorted.sort_by_key(|entry| &entry.key);
    for entry in sorted {
        if !matches!(entry.key.as_slice(), b"Annots" | b"Parent" | b"Tabs") && entry.value != Object::Null {
            text.push_str(&String::from_utf8_lossy(&entry.key));
            write(view, &entry.value, above, text)?;
        }
    }
    Some(())
}

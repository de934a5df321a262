//! What the pages of a document show, told without the rules that are tested with it; the fuzz target uses it too.

use std::collections::BTreeSet;

use hsign_pdf::{Dictionary, Object, ObjectId, PageNumber, Snapshot};

/// What the pages show besides annotations, as text: every object below them, numbers of objects left out.
pub fn shown(view: Snapshot<'_, '_>) -> Option<String> {
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

//! Every object of real files as we read it, beside what an independent reader makes of it.
#![allow(clippy::disallowed_methods, clippy::indexing_slicing, clippy::print_stdout)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Read;
use std::path::PathBuf;

use hsign_pdf::{Dictionary, Document, Object, ObjectId, PageNumber};
use lopdf::Object as Other;

fn archive() -> Option<Vec<(String, Vec<u8>)>> {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let folder = std::env::var_os("HSIGN_CORPORA").map_or_else(default, PathBuf::from);
    let Ok(file) = std::fs::File::open(folder.join("pdf/pdf.tar.zst")) else {
        assert!(std::env::var_os("REQUIRE_ALL").is_none_or(|value| value != "1"), "no corpora at {folder:?}");
        println!("skipped: no corpora at {}", folder.display());
        return None;
    };
    let mut archive = tar::Archive::new(zstd::Decoder::new(file).unwrap());
    let mut files = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        if path.to_lowercase().ends_with(".pdf") {
            entry.read_to_end(&mut bytes).unwrap();
            files.push((path, bytes));
        }
    }
    Some(files)
}

/// What differs first, if anything.
fn difference(ours: &Object, theirs: &Other, path: &str) -> Option<String> {
    let same = match (ours, theirs) {
        (Object::Null, Other::Null) => true,
        (Object::Boolean(a), Other::Boolean(b)) => a == b,
        (Object::Integer(a), Other::Integer(b)) => a == b,
        (_, Other::Real(b)) => {
            ours.as_number().is_some_and(|a| (a - f64::from(*b)).abs() <= a.abs() * 1e-5 + 1e-5)
        }
        (Object::Real(_), Other::Integer(_)) => true,
        (Object::String(a), Other::String(b, _)) => a.bytes == *b,
        (Object::Name(a), Other::Name(b)) => a == b,
        (Object::Reference(a), Other::Reference(b)) => (a.number, a.generation) == *b,
        (Object::Array(a), Other::Array(b)) => {
            if a.len() == b.len() {
                return a
                    .iter()
                    .zip(b)
                    .zip(0..)
                    .find_map(|((a, b), at)| difference(a, b, &format!("{path}[{at}]")));
            }
            false
        }
        (Object::Dictionary(a), Other::Dictionary(b)) => return in_dictionary(a, b, path),
        (Object::Stream(a), Other::Stream(b)) => return in_dictionary(&a.dictionary, &b.dict, path),
        _ => false,
    };
    (!same).then(|| format!("{path}: {ours:?} / {theirs:?}").chars().take(200).collect())
}

fn in_dictionary(ours: &Dictionary, theirs: &lopdf::Dictionary, path: &str) -> Option<String> {
    theirs.iter().find_map(|(key, value)| {
        // The other reader sets the length it found; of a repeated key either value may be taken.
        if key == b"Length" || ours.duplicate_key().is_some() {
            return None;
        }
        let name = String::from_utf8_lossy(key);
        let own = ours.entry(key).map_or(&Object::Null, |entry| &entry.value);
        difference(own, value, &format!("{path}/{name}"))
    })
}

#[test]
fn conformance_pdf_objects_beside_lopdf() {
    let Some(files) = archive() else { return };
    let (mut compared, mut objects, mut differing) = (0, 0, Vec::new());
    for (path, bytes) in &files {
        // Where a file is damaged each reader guesses in its own way; encrypted strings are another test's matter.
        let Ok(document) = Document::open(bytes) else { continue };
        let Ok(other) = lopdf::Document::load_mem(bytes) else { continue };
        if !document.repairs().is_empty() || document.access().is_some() {
            continue;
        }
        compared += 1;
        let mut first = None;
        for (id, theirs) in &other.objects {
            let Ok(ours) = document.newest().get(ObjectId::new(id.0, id.1)) else { continue };
            objects += 1;
            first = first.or_else(|| difference(&ours, theirs, &format!("{} {}", id.0, id.1)));
        }
        differing.extend(first.map(|first| format!("{path}: {first}")));
    }
    println!("{compared} files, {objects} objects, {} files differ", differing.len());
    differing.iter().for_each(|line| println!("{line}"));
    assert!(compared > 100 && objects > 5_000, "{compared} files, {objects} objects");
    assert!(differing.len() * 100 <= compared * 3, "{differing:#?}");
}

/// A page's content as we decode it: its streams one after another, apart from white space between them.
fn content(document: &Document<'_>, number: usize) -> Option<Vec<u8>> {
    let snapshot = document.newest();
    let (_, page) = snapshot.page(PageNumber::Number(number)).ok()??;
    let streams = match snapshot.value(&page, "Contents").ok()? {
        Object::Array(streams) => streams,
        Object::Null => return Some(Vec::new()),
        one => vec![one],
    };
    let mut content = Vec::new();
    for stream in &streams {
        if let Object::Stream(stream) = snapshot.resolve(stream).ok()? {
            content.extend(snapshot.stream_data(&stream, 64 << 20).ok()?);
        }
    }
    Some(content)
}

fn without_space(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| !b"\0\t\n\x0c\r ".contains(byte)).collect()
}

#[test]
fn conformance_pdf_pages_beside_hayro() {
    let Some(files) = archive() else { return };
    let (mut compared, mut pages, mut differing) = (0, 0, Vec::new());
    for (path, bytes) in &files {
        let Ok(document) = Document::open(bytes) else { continue };
        if !document.repairs().is_empty() || document.access().is_some() {
            continue;
        }
        let Ok(other) = hayro_syntax::Pdf::new(bytes.clone()) else { continue };
        compared += 1;
        let theirs = other.pages();
        if document.newest().page_count().ok() != Some(theirs.len()) {
            // Three damaged files, in which the other reader guesses where we refuse.
            differing.push(format!(
                "{path}: {:?} pages, theirs {}",
                document.newest().page_count(),
                theirs.len()
            ));
            continue;
        }
        for (number, page) in (1..).zip(theirs.iter()).take(20) {
            let Some(ours) = content(&document, number) else { continue };
            pages += 1;
            if without_space(&ours) != without_space(page.page_stream().unwrap_or_default()) {
                differing.push(format!("{path}: content of page {number}"));
                break;
            }
        }
    }
    println!("{compared} files, {pages} pages, {} files differ", differing.len());
    differing.iter().for_each(|line| println!("{line}"));
    assert!(compared > 100 && pages > 100, "{compared} files, {pages} pages");
    assert!(differing.len() * 100 <= compared * 3, "{differing:#?}");
}

//! A file embedded in a document (ISO 32000-2, 7.11.4), associated with it as a whole (14.13).

use hsign_core::Time;

use super::writer::Update;
use crate::document::{Document, Snapshot};
use crate::error::{Refusal, Result};
use crate::object::{Dictionary, Object, ObjectId, PdfString};
use crate::{date, text};

/// What to embed.
#[derive(Clone, Copy, Debug)]
pub struct Attachment<'a> {
    /// The name readers show; it has to differ from those that are there.
    pub name: &'a str,
    /// The file, byte for byte; kept as it is, so that any tool takes it out unchanged.
    pub bytes: &'a [u8],
    /// Its media type.
    pub media_type: &'a str,
    /// /AFRelationship: `Source`, `Data`, ...
    pub relationship: &'a str,
    /// /Desc, for people.
    pub description: &'a str,
    /// /ModDate.
    pub modified: Time,
}

/// The incremental update that embeds a file.
///
/// # Errors
/// [`crate::Error::Refused`] where the document can't be extended safely, keeps its attachments in a tree of several
/// levels, or has one of that name.
pub fn attach(document: &Document<'_>, file: &Attachment<'_>) -> Result<Vec<u8>> {
    let snapshot = document.newest();
    let mut update = Update::new(document)?;
    let mut catalog = snapshot.catalog()?;
    if catalog.duplicate_key().is_some() {
        return Err(Refusal::Structure("a dictionary that must be extended repeats a key").into());
    }
    let specification = add_file(&mut update, file)?;
    add_name(&mut update, snapshot, &mut catalog, file.name, specification)?;
    let mut associated = list(snapshot, &catalog, "AF")?;
    associated.push(Object::Reference(specification));
    catalog.set("AF", Object::Array(associated));
    update.set(snapshot.root()?, &Object::Dictionary(catalog));
    Ok(update.finish()?.bytes)
}

fn add_file(update: &mut Update<'_, '_>, file: &Attachment<'_>) -> Result<ObjectId> {
    let string = |text: &str| Object::String(PdfString::literal(text::encode(text)));
    let stream = update.allocate()?;
    let mut parameters = Dictionary::new();
    parameters.set("Size", Object::Integer(i64::try_from(file.bytes.len()).unwrap_or(i64::MAX)));
    parameters.set("ModDate", string(&date::format(file.modified)));
    let mut dictionary = Dictionary::new();
    dictionary.set("Type", Object::name("EmbeddedFile"));
    dictionary.set("Subtype", Object::name(file.media_type));
    dictionary.set("Params", Object::Dictionary(parameters));
    update.set_stream(stream, &dictionary, file.bytes);
    let mut embedded = Dictionary::new();
    embedded.set("F", Object::Reference(stream));
    embedded.set("UF", Object::Reference(stream));
    let mut specification = Dictionary::new();
    specification.set("Type", Object::name("Filespec"));
    specification.set("F", string(file.name));
    specification.set("UF", string(file.name));
    specification.set("Desc", string(file.description));
    specification.set("AFRelationship", Object::name(file.relationship));
    specification.set("EF", Object::Dictionary(embedded));
    let id = update.allocate()?;
    update.set(id, &Object::Dictionary(specification));
    Ok(id)
}

/// Puts the file into the name tree /EmbeddedFiles, whose keys have to stay in order. Every dictionary on the way is
/// written anew, the trees that others hang on are left where they are.
fn add_name(
    update: &mut Update<'_, '_>,
    snapshot: Snapshot<'_, '_>,
    catalog: &mut Dictionary,
    name: &str,
    file: ObjectId,
) -> Result<()> {
    let mut names = dictionary(snapshot, catalog, "Names")?;
    let mut tree = dictionary(snapshot, &names, "EmbeddedFiles")?;
    if snapshot.value(&tree, "Kids")? != Object::Null {
        return Err(Refusal::Structure("the attachments stand in a tree of several levels").into());
    }
    let key = text::encode(name);
    let mut entries = list(snapshot, &tree, "Names")?;
    let mut place = entries.len();
    for (index, entry) in entries.iter().enumerate().step_by(2) {
        let entry = snapshot.resolve(entry)?;
        let known = entry.as_string().map(|text| text.bytes.as_slice()).unwrap_or_default();
        if known == key.as_slice() {
            return Err(Refusal::Structure("it has an attachment of that name").into());
        }
        if known > key.as_slice() {
            place = index;
            break;
        }
    }
    entries.splice(place..place, [Object::String(PdfString::literal(key)), Object::Reference(file)]);
    tree.set("Names", Object::Array(entries));
    let id = update.allocate()?;
    update.set(id, &Object::Dictionary(tree));
    names.set("EmbeddedFiles", Object::Reference(id));
    catalog.set("Names", Object::Dictionary(names));
    Ok(())
}

fn dictionary(snapshot: Snapshot<'_, '_>, owner: &Dictionary, key: &str) -> Result<Dictionary> {
    match snapshot.value(owner, key)? {
        Object::Dictionary(found) if found.duplicate_key().is_none() => Ok(found),
        Object::Null => Ok(Dictionary::new()),
        _ => Err(Refusal::Structure("a name tree is not a dictionary").into()),
    }
}

fn list(snapshot: Snapshot<'_, '_>, owner: &Dictionary, key: &str) -> Result<Vec<Object>> {
    match snapshot.value(owner, key)? {
        Object::Array(elements) => Ok(elements),
        Object::Null => Ok(Vec::new()),
        _ => Err(Refusal::Structure("a list of attachments is not an array").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = "%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n";

    fn minimal() -> Vec<u8> {
        let at = |what: &str| MINIMAL.find(what).unwrap();
        let rows: String =
            ["1 0 obj", "2 0 obj", "3 0 obj"].map(|what| format!("{:010} 00000 n \n", at(what))).concat();
        let start = MINIMAL.len();
        format!("{MINIMAL}xref\n0 4\n0000000000 65535 f \n{rows}trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n")
            .into_bytes()
    }

    fn file<'a>(name: &'a str, bytes: &'a [u8]) -> Attachment<'a> {
        Attachment {
            name,
            bytes,
            media_type: "application/pdf",
            relationship: "Source",
            description: "the original",
            modified: Time::from_unix_seconds(0).unwrap(),
        }
    }

    #[test]
    fn attached_files_are_read_back_byte_for_byte() {
        let mut bytes = minimal();
        let contents: Vec<u8> = (0..=255).cycle().take(3_000).collect();
        for name in ["b.pdf", "a.pdf", "調剤.pdf"] {
            let update = attach(&Document::open(&bytes).unwrap(), &file(name, &contents)).unwrap();
            bytes.extend(update);
        }
        let document = Document::open(&bytes).unwrap();
        let found = document.newest().embedded_files(1 << 20, &|_| true);
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a.pdf", "b.pdf", "調剤.pdf"], "a name tree's keys are in order");
        assert!(found.iter().all(|(_, found)| *found == contents));
    }

    #[test]
    fn the_same_name_is_not_given_twice() {
        let mut bytes = minimal();
        bytes.extend(attach(&Document::open(&bytes).unwrap(), &file("a.pdf", b"1")).unwrap());
        assert!(attach(&Document::open(&bytes).unwrap(), &file("a.pdf", b"2")).is_err());
    }
}

//! One signature dictionary, read strictly enough that two readers can't see two things.

use std::ops::Range;

use hsign_core::facts::Coverage;
use hsign_core::{Finding, Time};

use super::{Lock, LockedFields, METADATA_KEY, SignatureDictionary, SignatureReference};
use crate::byte_range::byte_range_check;
use crate::date;
use crate::document::{Document, Snapshot};
use crate::object::{Dictionary, Entry, Object, ObjectId, StringForm};
use crate::text;

const CLAUSE: &str = "ISO 32000-2 §12.8.1";

/// Where a signature dictionary is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// An object of its own.
    Object(u32),
    /// The /V of this object.
    ValueOf(u32),
}

impl Place {
    fn number(self) -> u32 {
        match self {
            Self::Object(number) | Self::ValueOf(number) => number,
        }
    }
}

/// One definition of it.
struct Definition {
    revision: usize,
    id: ObjectId,
    dictionary: Dictionary,
    in_file: bool,
}

/// Whether a dictionary is meant as a signature.
pub(crate) fn looks_like_signature(dictionary: &Dictionary) -> bool {
    let is = |name: &str| dictionary.get("Type").is_some_and(|kind| kind.is_name(name));
    dictionary.get("ByteRange").is_some()
        || is("Sig")
        || is("DocTimeStamp")
        || (dictionary.get("SubFilter").is_some() && dictionary.get("Filter").is_some())
}

/// Reads the signature from the revision that wrote it, and compares it with what the newest revision
/// shows. The error is the reason why there is nothing to read.
pub(crate) fn read(
    document: &Document<'_>,
    newest: usize,
    place: Place,
) -> Result<SignatureDictionary, String> {
    let mut definitions = Vec::new();
    let mut failure = "the object is not there".to_owned();
    for (index, revision) in document.revisions().iter().enumerate().take(newest + 1) {
        if revision.entry(place.number()).is_none() {
            continue;
        }
        match definition(document.at(index), place) {
            Ok(definition) => definitions.push(definition),
            Err(reason) => failure = reason,
        }
    }
    let last = definitions.pop().ok_or(failure)?;
    let signed = definitions.into_iter().find(|definition| looks_like_signature(&definition.dictionary));
    let changed = signed.as_ref().is_some_and(|signed| signed.dictionary != last.dictionary);
    let mut signature = interpret(document, signed.unwrap_or(last));
    if changed {
        signature.findings.push(
            Finding::error("signature-dictionary-changed").clause(CLAUSE).with("object", place.number()),
        );
    }
    Ok(signature)
}

fn definition(snapshot: Snapshot<'_, '_>, place: Place) -> Result<Definition, String> {
    let generation = match snapshot.entry(place.number()) {
        Some(crate::xref::Entry::At { generation, .. }) => generation,
        _ => 0,
    };
    let id = ObjectId::new(place.number(), generation);
    let located = snapshot.locate(id).map_err(|error| error.to_string())?;
    let object = match place {
        Place::Object(_) => Some(located.object),
        Place::ValueOf(_) => located.object.as_dictionary().and_then(|field| field.get("V")).cloned(),
    };
    match object {
        Some(Object::Dictionary(dictionary)) => {
            Ok(Definition { revision: snapshot.revision, id, dictionary, in_file: located.span.is_some() })
        }
        _ => Err("the field's value is not a dictionary".to_owned()),
    }
}

fn interpret(document: &Document<'_>, definition: Definition) -> SignatureDictionary {
    let Definition { revision, id, dictionary, in_file } = definition;
    let reader = Reader { snapshot: document.at(revision), dictionary: &dictionary, in_file };
    let mut findings = reader.keys();
    let (contents, contents_span) = reader.contents(&mut findings);
    let byte_range = reader.byte_range(&mut findings);
    let (coverage, covered_revision) = match byte_range {
        Some(range) => {
            let mut covered = byte_range_check(document, range, contents_span.as_ref());
            findings.append(&mut covered.findings);
            (covered.coverage, covered.revision)
        }
        None => (Coverage::Partial, None),
    };
    let time = reader.time(&mut findings);
    SignatureDictionary {
        object: id,
        revision,
        kind: reader.name("Type"),
        filter: reader.name("Filter"),
        sub_filter: reader.name("SubFilter"),
        byte_range,
        contents,
        contents_span,
        certificates: reader.certificates(),
        signing_time: time,
        reason: reader.text("Reason"),
        location: reader.text("Location"),
        name: reader.text("Name"),
        contact_info: reader.text("ContactInfo"),
        metadata: reader.text(METADATA_KEY),
        references: references(reader.snapshot, &dictionary),
        coverage,
        covered_revision,
        findings,
    }
}

struct Reader<'a, 'd, 's> {
    snapshot: Snapshot<'d, 's>,
    dictionary: &'a Dictionary,
    in_file: bool,
}

impl Reader<'_, '_, '_> {
    fn value(&self, key: &str) -> Object {
        self.snapshot.value(self.dictionary, key).unwrap_or(Object::Null)
    }

    fn name(&self, key: &str) -> Option<String> {
        self.value(key).as_name().map(|name| String::from_utf8_lossy(name).into_owned())
    }

    fn text(&self, key: &str) -> Option<String> {
        self.value(key).as_string().map(|string| text::decode(&string.bytes))
    }

    /// Readers disagree about keys given twice, and some about keys written with `#xx`: either could show
    /// one reader another signature.
    fn keys(&self) -> Vec<Finding> {
        let show = |key: &[u8]| String::from_utf8_lossy(key).into_owned();
        let duplicate = self.dictionary.duplicate_key().map(|key| {
            Finding::error("signature-key-repeated").clause("ISO 32000-2 §7.3.7").with("key", show(key))
        });
        let escaped = self.dictionary.entries().iter().filter(|entry| entry.key_escaped).map(|entry| {
            Finding::error("signature-key-escaped").clause("ISO 32000-2 §7.3.5").with("key", show(&entry.key))
        });
        let kind = self.name("Type").filter(|kind| kind != "Sig" && kind != "DocTimeStamp");
        let kind =
            kind.map(|kind| Finding::warning("signature-type-unexpected").clause(CLAUSE).with("type", kind));
        duplicate.into_iter().chain(escaped).chain(kind).collect()
    }

    fn contents(&self, findings: &mut Vec<Finding>) -> (Vec<u8>, Option<Range<u64>>) {
        let mut error = |code: &str| findings.push(Finding::error(code).clause(CLAUSE));
        let Some(Entry { value, span, .. }) = self.dictionary.entry(b"Contents") else {
            error("contents-missing");
            return (Vec::new(), None);
        };
        let direct = !matches!(value, Object::Reference(_));
        if !direct {
            error("contents-indirect");
        }
        let Ok(Object::String(string)) = self.snapshot.resolve(value) else {
            error("contents-missing");
            return (Vec::new(), None);
        };
        if !self.in_file {
            error("contents-in-object-stream");
        }
        match string.form {
            StringForm::Hexadecimal => {}
            StringForm::Literal => error("contents-not-hexadecimal"),
            StringForm::IrregularHexadecimal => error("contents-irregular"),
        }
        if string.bytes.iter().all(|byte| *byte == 0) {
            error("contents-empty");
        }
        (string.bytes, (direct && self.in_file).then(|| span.clone()))
    }

    fn byte_range(&self, findings: &mut Vec<Finding>) -> Option<[u64; 4]> {
        let mut error = |code: &str| findings.push(Finding::error(code).clause(CLAUSE));
        let value = self.value("ByteRange");
        if value == Object::Null {
            error("byte-range-missing");
            return None;
        }
        let number = |value: &Object| u64::try_from(value.as_integer()?).ok();
        let numbers: Option<Vec<u64>> = value.as_array().and_then(|array| array.iter().map(number).collect());
        let range = numbers.and_then(|numbers| <[u64; 4]>::try_from(numbers).ok());
        if range.is_none() {
            error("byte-range-malformed");
        }
        range
    }

    fn time(&self, findings: &mut Vec<Finding>) -> Option<Time> {
        let text = self.text("M")?;
        let time = date::parse(&text);
        if time.is_none() {
            findings.push(
                Finding::warning("signing-time-unreadable").clause("ISO 32000-2 §7.9.4").with("value", text),
            );
        }
        time
    }

    fn certificates(&self) -> Vec<Vec<u8>> {
        let one = |object: &Object| match self.snapshot.resolve(object) {
            Ok(Object::String(string)) => Some(string.bytes),
            _ => None,
        };
        match self.value("Cert") {
            Object::Array(each) => each.iter().filter_map(one).collect(),
            other => one(&other).into_iter().collect(),
        }
    }
}

fn references(snapshot: Snapshot<'_, '_>, dictionary: &Dictionary) -> Vec<SignatureReference> {
    let Ok(Object::Array(references)) = snapshot.value(dictionary, "Reference") else { return Vec::new() };
    references.iter().filter_map(|reference| reference_of(snapshot, reference)).collect()
}

fn reference_of(snapshot: Snapshot<'_, '_>, reference: &Object) -> Option<SignatureReference> {
    let reference = snapshot.resolve(reference).ok()?;
    let reference = reference.as_dictionary()?;
    let parameters = snapshot.value(reference, "TransformParams").unwrap_or(Object::Null);
    let parameters = parameters.as_dictionary().cloned().unwrap_or_default();
    let method = snapshot.value(reference, "TransformMethod").ok()?;
    Some(match method.as_name()? {
        // ISO 32000-2, Table 257: /P is 2 unless given.
        b"DocMDP" => SignatureReference::DocMdp(
            snapshot.value(&parameters, "P").ok().and_then(|level| level.as_integer()).unwrap_or(2),
        ),
        b"FieldMDP" => SignatureReference::FieldMdp(lock(snapshot, &parameters)),
        other => SignatureReference::Other(String::from_utf8_lossy(other).into_owned()),
    })
}

/// A lock dictionary, or the parameters of FieldMDP. An unknown action is taken as the strictest.
pub(crate) fn lock(snapshot: Snapshot<'_, '_>, dictionary: &Dictionary) -> Lock {
    let names = match snapshot.value(dictionary, "Fields") {
        Ok(Object::Array(names)) => names
            .iter()
            .filter_map(|name| Some(text::decode(&snapshot.resolve(name).ok()?.as_string()?.bytes)))
            .collect(),
        _ => Vec::new(),
    };
    let action = snapshot.value(dictionary, "Action").unwrap_or(Object::Null);
    let fields = match action.as_name() {
        Some(b"Include") => LockedFields::Include(names),
        Some(b"Exclude") => LockedFields::Exclude(names),
        _ => LockedFields::All,
    };
    let permission = snapshot.value(dictionary, "P").ok().and_then(|level| level.as_integer());
    Lock { fields, permission }
}

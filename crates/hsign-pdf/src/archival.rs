//! What a document says of itself as PDF/A (ISO 19005), so that what is added doesn't break it.

use crate::document::Snapshot;
use crate::object::Object;

/// Decoded bytes of XMP metadata: ten times the largest we met.
const LONGEST_METADATA: u64 = 4 << 20;

impl Snapshot<'_, '_> {
    /// The part of PDF/A that the metadata name. Their own word is enough: nothing is judged by it.
    #[must_use]
    pub fn archival_part(&self) -> Option<u8> {
        let metadata = self.catalog().and_then(|catalog| self.value(&catalog, "Metadata"));
        let Ok(Object::Stream(stream)) = metadata else { return None };
        let xmp = self.stream_data(&stream, LONGEST_METADATA).ok()?;
        let xmp: String = String::from_utf8_lossy(&xmp).chars().filter(|c| !c.is_whitespace()).collect();
        let names = |part: &u8| {
            [
                format!("pdfaid:part>{part}<"),
                format!("pdfaid:part=\"{part}\""),
                format!("pdfaid:part='{part}'"),
            ]
            .iter()
            .any(|named| xmp.contains(named.as_str()))
        };
        (1..=4).find(names)
    }

    /// Whether the catalog names colours that all of the document is meant for.
    #[must_use]
    pub fn has_output_intent(&self) -> bool {
        let intents = self.catalog().and_then(|catalog| self.value(&catalog, "OutputIntents"));
        matches!(intents, Ok(Object::Array(intents)) if !intents.is_empty())
    }
}

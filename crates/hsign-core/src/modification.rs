//! What was changed in a document after a signature, change by change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What came after a signature within the same document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modifications {
    /// Number of revisions after the signed one.
    pub revisions: u32,
    /// Every change that was found, in the order of the revisions.
    pub changes: Vec<Change>,
}

impl Modifications {
    /// The gravest of the changes.
    #[must_use]
    pub fn verdict(&self) -> ModificationVerdict {
        self.changes.iter().map(|change| change.verdict).max().unwrap_or(ModificationVerdict::None)
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its kind.
    pub kind: ChangeKind,
    /// What the rules say of it, those included that the signature itself sets.
    pub verdict: ModificationVerdict,
    /// The revision that made it: 1 is the first after the signed one.
    pub revision: u32,
    /// Number of the page it shows on, counted from 1, as the signed revision counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Where on the page: left, bottom, right, top in user space units, rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<[i32; 4]>,
    /// Number of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<u32>,
    /// Values for the words, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

impl Change {
    /// Everything that its words may name: its values, page and object as text, and where it shows in millimetres
    /// (`left` and `bottom` of the page's corner, `width`, `height`; of user space units as PDF has them by default).
    #[must_use]
    pub fn words(&self) -> BTreeMap<String, String> {
        let mut values = self.values.clone();
        let mut add = |name: &str, value: Option<String>| {
            value.map(|value| values.insert(name.to_owned(), value));
        };
        add("page", self.page.map(|page| page.to_string()));
        add("object", self.object.map(|object| object.to_string()));
        if let Some([left, bottom, right, top]) = self.position {
            add("left", Some(millimetres(left)));
            add("bottom", Some(millimetres(bottom)));
            add("width", Some(millimetres(right.saturating_sub(left))));
            add("height", Some(millimetres(top.saturating_sub(bottom))));
        }
        values
    }
}

/// 72 units are an inch.
fn millimetres(units: i32) -> String {
    format!("{:.0}", f64::from(units) * 25.4 / 72.0)
}

/// What the rules say of changes after a signature, the gravest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModificationVerdict {
    /// Nothing was changed.
    None,
    /// What is usual after signing, and touches nothing that was signed.
    Permitted,
    /// No rule explains it, or it hides or replaces something that was signed.
    Suspicious,
    /// The signature itself rules it out (certification level or locked fields).
    Forbidden,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $code:literal,)*) => {
        /// Kinds of changes. The codes are stable, policies and reports name them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum ChangeKind {
            $($(#[$doc])* #[serde(rename = $code)] $kind,)*
        }

        impl ChangeKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Stable kebab-case name.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$kind => $code),* }
            }
        }
    };
}

kinds! {
    /// Another signature was made.
    SignatureAdded = "signature-added",
    /// Another signature was made that certifies the document.
    CertificationAdded = "certification-added",
    /// A document time stamp was added.
    DocumentTimeStampAdded = "document-time-stamp-added",
    /// A signature field without a signature was added.
    SignatureFieldAdded = "signature-field-added",
    /// Certificates, CRLs or OCSP responses were added to the document security store.
    ValidationDataAdded = "validation-data-added",
    /// A form field was filled or its value changed.
    FormFieldFilled = "form-field-filled",
    /// A field was set to be read only.
    FormFieldLocked = "form-field-made-read-only",
    /// Resources or settings of the form that change nothing that was filled.
    FormSettingsChanged = "form-settings-changed",
    /// What the file says of itself: title, dates, program.
    MetadataChanged = "metadata-changed",
    /// The PDF version or the extensions that the file names.
    DocumentVersionChanged = "document-version-changed",
    /// Structure without effect: an object nobody refers to was replaced or removed.
    UnusedObjectChanged = "unused-object-changed",
    /// An annotation was added.
    AnnotationAdded = "annotation-added",
    /// An annotation was changed.
    AnnotationChanged = "annotation-changed",
    /// An annotation was removed.
    AnnotationRemoved = "annotation-removed",
    /// An appearance was laid over signed text.
    SignedTextCovered = "signed-text-covered",
    /// An appearance was laid over a signed form field.
    SignedFieldCovered = "signed-field-covered",
    /// An appearance was laid over a signed annotation.
    SignedAnnotationCovered = "signed-annotation-covered",
    /// Something that shows was added, and what lies under it can't be told.
    OverlayUndetermined = "overlay-undetermined",
    /// A field looks different although its value is the same.
    AppearanceReplaced = "appearance-replaced",
    /// A form field that is no signature field was added.
    FormFieldAdded = "form-field-added",
    /// A form field was removed.
    FormFieldRemoved = "form-field-removed",
    /// A form field was changed in other ways than by filling it.
    FormFieldChanged = "form-field-changed",
    /// The form itself was changed.
    FormChanged = "form-changed",
    /// The XML form (XFA) was changed.
    XfaChanged = "xfa-changed",
    /// A signature was changed or removed.
    SignatureChanged = "signature-changed",
    /// The text or drawing of a page was changed.
    PageContentChanged = "page-content-changed",
    /// Something that pages use was changed: a font, an image, a pattern.
    PageResourceChanged = "page-resource-changed",
    /// The page's size, rotation or another entry was changed.
    PageChanged = "page-changed",
    /// A page was added.
    PageAdded = "page-added",
    /// A page was removed.
    PageRemoved = "page-removed",
    /// The order or the inherited properties of the pages were changed.
    PagesRearranged = "pages-rearranged",
    /// An action or script was added or changed.
    ActionChanged = "action-changed",
    /// What layers show was changed.
    OptionalContentChanged = "optional-content-changed",
    /// The document catalog was changed in another way.
    CatalogChanged = "catalog-changed",
    /// The trailer names another catalog, identity or encryption.
    TrailerChanged = "trailer-changed",
    /// The document security store was changed in other ways than by adding to it.
    ValidationDataChanged = "validation-data-changed",
    /// An object that signed content was waiting for was supplied.
    MissingObjectSupplied = "missing-object-supplied",
    /// A signed object was removed.
    ObjectRemoved = "object-removed",
    /// A signed object was changed, and no rule explains it.
    ObjectChanged = "object-changed",
    /// Bytes stand behind the end of the last revision.
    TrailingBytes = "trailing-bytes",
    /// The revisions can't be told apart or not be read completely.
    NotComparable = "not-comparable",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_change_decides() {
        let change = |verdict| Change {
            kind: ChangeKind::SignatureAdded,
            verdict,
            revision: 1,
            page: None,
            position: None,
            object: None,
            values: BTreeMap::new(),
        };
        let mut all = Modifications::default();
        assert_eq!(all.verdict(), ModificationVerdict::None);
        for verdict in [ModificationVerdict::Permitted, ModificationVerdict::Forbidden] {
            all.changes.push(change(verdict));
        }
        all.changes.push(change(ModificationVerdict::Suspicious));
        assert_eq!(all.verdict(), ModificationVerdict::Forbidden);
    }

    #[test]
    fn codes_are_kebab_case_and_their_own() {
        let codes: std::collections::BTreeSet<_> = ChangeKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), ChangeKind::ALL.len());
        let plain = |code: &&str| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(codes.iter().all(plain));
    }
}

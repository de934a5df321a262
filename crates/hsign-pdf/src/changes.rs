//! What was changed after a signature.
//!
//! Each later revision is compared with the signed one ([`comparison`]). Every object that it touches is explained by
//! a rule of the place where it is used, or told as a change that no rule explains. What shows is laid over the text,
//! fields and annotations of the signed page ([`text`]), and what the signature itself rules out is forbidden
//! ([`found`]).

mod annotations;
mod catalog;
mod comparison;
mod fonts;
mod form;
mod found;
pub(crate) mod geometry;
mod pages;
mod references;
mod text;
mod view;

use hsign_core::facts::{ChangeKind, Modifications};

use crate::document::Document;
use crate::error::{Error, Result};
use crate::signature::{SignatureDictionary, SignatureField};
use comparison::Comparison;
use found::{Details, Found, Permissions, change};
use pages::Pages;
use references::References;
use view::Shared;

/// The revisions of a document, ready to be compared.
pub struct LaterRevisions<'d, 's> {
    document: &'d Document<'s>,
    /// Why not, where an object is unreadable or there are too many: then nothing can be excluded.
    references: std::result::Result<References, String>,
    shared: Shared,
    pages: Pages,
}

impl<'d, 's> LaterRevisions<'d, 's> {
    /// Reads every object of the document once, if it has more than one revision.
    ///
    /// # Errors
    /// When the source fails.
    pub fn new(document: &'d Document<'s>) -> Result<Self> {
        let references = match References::collect(document) {
            Err(error @ Error::Source(_)) => return Err(error),
            Err(error) => Err(error.to_string()),
            Ok(references) => Ok(references),
        };
        Ok(Self { document, references, shared: Shared::default(), pages: Pages::default() })
    }

    /// What came after the revision that the signature covers, and what the signature permits of it.
    ///
    /// # Errors
    /// When the source fails.
    pub fn after(&self, field: &SignatureField, signature: &SignatureDictionary) -> Result<Modifications> {
        let last = self.document.revisions().len().saturating_sub(1);
        let signed = signature.covered_revision;
        let later = last.saturating_sub(signed.unwrap_or(signature.revision));
        let mut found = Found::default();
        match (signed, self.document.repairs().first()) {
            (_, Some(repair)) => found.add(not_comparable(reason_of(repair))),
            (None, None) => found.add(not_comparable("the signature covers no whole revision")),
            (Some(signed), None) => self.compare(signed, last, &mut found)?,
        }
        if signed.is_some() && self.document.has_trailing_bytes()? {
            found.revision = u32::try_from(later).unwrap_or(u32::MAX);
            found.add(change(ChangeKind::TrailingBytes));
        }
        let mut changes = found.changes;
        Permissions::of(field, signature).judge(&mut changes);
        Ok(Modifications { revisions: u32::try_from(later).unwrap_or(u32::MAX), changes })
    }

    fn compare(&self, signed: usize, last: usize, found: &mut Found) -> Result<()> {
        for revision in signed + 1..=last {
            found.revision = u32::try_from(revision - signed).unwrap_or(u32::MAX);
            match self.revision(signed, revision, found) {
                Err(error @ Error::Source(_)) => return Err(error),
                Err(error) => found.add(not_comparable(error)),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    fn revision(&self, signed: usize, revision: usize, found: &mut Found) -> Result<()> {
        let references = match &self.references {
            Ok(references) => references,
            Err(reason) => {
                found.add(not_comparable(reason));
                return Ok(());
            }
        };
        let Some(later) = self.document.revisions().get(revision) else { return Ok(()) };
        if later.end().is_none() {
            found.add(not_comparable("a revision without an end"));
        }
        self.shared.spend(later.entries().len())?;
        let comparison =
            Comparison::new(self.document, signed, revision, &self.shared, references, &self.pages)?;
        let again = comparison.watched(found);
        comparison.trailer(found)?;
        for (number, entry) in later.entries() {
            comparison.object(*number, *entry, found)?;
        }
        comparison.look_again(again, found)
    }
}

fn not_comparable(reason: impl ToString) -> hsign_core::facts::Change {
    change(ChangeKind::NotComparable).with("reason", reason)
}

fn reason_of(repair: &hsign_core::Finding) -> String {
    repair.values.get("reason").cloned().unwrap_or_else(|| repair.code.clone())
}

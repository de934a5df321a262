//! What came after a signature: only more signatures and validation data, or something else.
//!
//! Each later revision is compared with the signed one. An object that the signed revision doesn't have is
//! harmless as long as nothing that was signed leads to it; an object that it has may change only in the ways
//! listed in [`rules`], and only if it plays no second role. Whatever is left over means "not examined".

mod references;
mod rules;

use std::cell::RefCell;
use std::collections::BTreeMap;

use hsign_core::Budget;
use hsign_core::facts::{Change, ChangeKind, ModificationVerdict, Modifications};

use crate::document::Document;
use crate::error::{Error, Result};
use crate::object::Object;
use crate::signature::{SignatureDictionary, SignatureField};
use references::References;
use rules::{Comparison, Memory};

const MOST_COMPARED: u64 = 5_000_000;

/// The revisions of a document, ready to be compared.
pub struct LaterRevisions<'d, 's> {
    document: &'d Document<'s>,
    /// `None` where an object is unreadable or there are too many: then nothing can be excluded.
    references: Option<References>,
    /// Objects still to be compared: a thousand signatures, each followed by all the others.
    budget: RefCell<Budget>,
    memory: Memory,
}

impl<'d, 's> LaterRevisions<'d, 's> {
    /// Reads every object of the document once, if it has more than one revision.
    ///
    /// # Errors
    /// When the source fails.
    pub fn new(document: &'d Document<'s>) -> Result<Self> {
        let references = match References::collect(document) {
            Err(error @ Error::Source(_)) => return Err(error),
            other => other.ok(),
        };
        let budget = RefCell::new(Budget::new("compared objects", MOST_COMPARED));
        Ok(Self { document, references, budget, memory: Memory::default() })
    }

    /// What came after the revision that the signature covers.
    ///
    /// # Errors
    /// When the source fails.
    pub fn after(&self, _: &SignatureField, signature: &SignatureDictionary) -> Result<Modifications> {
        let last = self.document.revisions().len().saturating_sub(1);
        let signed = signature.covered_revision;
        let later = last.saturating_sub(signed.unwrap_or(signature.revision));
        let revisions = u32::try_from(later).unwrap_or(u32::MAX);
        let with = |kind, verdict| {
            let values = BTreeMap::new();
            let change = Change { kind, verdict, revision: 1, page: None, position: None, object: None, values };
            Modifications { revisions, changes: vec![change] }
        };
        let not_examined = with(ChangeKind::NotComparable, ModificationVerdict::Suspicious);
        let Some(signed) = signed else { return Ok(not_examined) };
        if !self.document.repairs().is_empty() || self.document.has_trailing_bytes()? {
            return Ok(not_examined);
        }
        if later == 0 {
            return Ok(Modifications::default());
        }
        for revision in signed + 1..=last {
            match self.only_signatures(signed, revision) {
                Ok(true) => {}
                Err(error @ Error::Source(_)) => return Err(error),
                Ok(false) | Err(_) => return Ok(not_examined),
            }
        }
        Ok(with(ChangeKind::SignatureAdded, ModificationVerdict::Permitted))
    }

    /// Whether every object of `revision` is explained.
    fn only_signatures(&self, signed: usize, revision: usize) -> Result<bool> {
        let (Some(references), Some(later)) = (&self.references, self.document.revisions().get(revision))
        else {
            return Ok(false);
        };
        self.budget.borrow_mut().spend(1 + later.entries().len() as u64)?;
        let (old, new) = (self.document.at(signed), self.document.at(revision));
        if later.end().is_none() || !same_trailer(old.trailer(), new.trailer()) {
            return Ok(false);
        }
        let comparison = Comparison::new(old, new, references, &self.memory)?;
        for (number, entry) in later.entries() {
            if !comparison.explains(*number, *entry)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// /Root, /Info and the first part of /ID stay, /Encrypt doesn't come.
fn same_trailer(old: &crate::Dictionary, new: &crate::Dictionary) -> bool {
    let first_id =
        |trailer: &crate::Dictionary| -> Option<Object> { trailer.get("ID")?.as_array()?.first().cloned() };
    ["Root", "Info", "Encrypt"].into_iter().all(|key| old.get(key) == new.get(key))
        && (first_id(old).is_none() || first_id(old) == first_id(new))
}

//! What can happen in an archive.

use hsign_core::{Octets, Time};
use serde::{Deserialize, Serialize};

use crate::document::{Document, RetentionEnd, is_name, is_word};
use crate::hex::Hex;

/// Keys, findings or stores that one event may list.
const MOST_LISTED: usize = 1 << 16;

/// Something that happened to the archive or to a document of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// From now on these are the stores; whose law reaches the data in them stands beside each.
    Stores {
        /// All stores, in their order.
        stores: Vec<StoreFacts>,
    },
    /// A document was taken; it waits for its bundle.
    Taken {
        /// All that is known of it.
        document: Document,
        /// Where its digests come from when the archive didn't compute them from the document.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<String>,
    },
    /// A document was not taken: somebody has to look at it.
    SetAside {
        /// The key that it would have had.
        key: String,
        /// Where it lies.
        location: String,
        /// Why, in a word of the archive: `verification-failed`, `unreadable`, ….
        reason: String,
        /// The codes of the findings about it.
        findings: Vec<String>,
    },
    /// Somebody has looked at a document that was set aside.
    SetAsideSettled {
        /// Its key.
        key: String,
        /// What came of it.
        how: String,
    },
    /// A bundle was made: its documents don't wait any more.
    Sealed {
        /// The bundle.
        bundle: String,
        /// How many documents it has.
        documents: u64,
    },
    /// A track of a bundle got a time stamp. The time stamp itself is in the bundle.
    Stamped {
        /// The bundle.
        bundle: String,
        /// The track.
        track: String,
        /// The number of the chain.
        chain: u32,
        /// The number in the chain.
        number: u32,
        /// genTime of the time stamp.
        gen_time: Time,
        /// Who made it, by the configuration's word.
        tsa: String,
    },
    /// A document that had no end of retention has got one.
    Retention {
        /// Its key.
        key: String,
        /// The day on which its clock started.
        start: hsign_core::Date,
        /// The day up to which it is kept.
        end: RetentionEnd,
    },
    /// A document can be read elsewhere now.
    Located {
        /// Its key.
        key: String,
        /// Every place, instead of those known before.
        locations: Vec<String>,
    },
    /// Nothing of the subject may be deleted until the hold is released.
    Held {
        /// The name of the hold.
        hold: String,
        /// What is held.
        subject: HoldSubject,
        /// Why.
        reason: String,
    },
    /// A hold is over.
    Released {
        /// Its name.
        hold: String,
        /// Why.
        reason: String,
    },
    /// Somebody wants documents deleted.
    DeletionPlanned {
        /// The name of the deletion.
        deletion: String,
        /// The keys of the documents.
        keys: Vec<String>,
        /// Why.
        reason: String,
        /// Nothing is deleted earlier.
        not_before: Time,
    },
    /// Somebody agreed.
    DeletionApproved {
        /// The deletion.
        deletion: String,
    },
    /// A document is gone. What it was is not repeated here.
    Deleted {
        /// The deletion.
        deletion: String,
        /// The bundle that proves it existed.
        bundle: String,
        /// Its place in the bundle.
        place: u64,
        /// What was erased: the locations of the document.
        locations: Vec<String>,
    },
    /// A deletion, or what is left of it, doesn't take place.
    DeletionCancelled {
        /// The deletion.
        deletion: String,
        /// Why.
        reason: String,
    },
    /// The institution signed what it deleted.
    DeletionCertified {
        /// The deletion.
        deletion: String,
        /// The signed statement: CMS with its content.
        certificate: Octets,
    },
    /// Something was found damaged.
    Damaged {
        /// The document's key, or the file of a bundle or of the trail as `bundles/ID/FILE`, `trail/FILE`.
        what: String,
        /// The store or the location.
        place: String,
    },
    /// Something damaged was put right.
    Repaired {
        /// As in `damaged`.
        what: String,
        /// The store or the location.
        place: String,
        /// The store or the location that had it whole.
        from: String,
    },
    /// The archive was restored from a store for practice.
    Drill {
        /// What came of it.
        drill: Drill,
    },
}

/// What a hold is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum HoldSubject {
    /// One document, by its key.
    Key(String),
    /// All documents whose keys begin so, those that come later too.
    KeyPrefix(String),
    /// All documents of a class, those that come later too.
    Class(String),
    /// Everything.
    Everything,
}

/// A store, as far as the law is interested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreFacts {
    /// Its name in the configuration.
    pub name: String,
    /// The country whose law reaches it: two letters (ISO 3166-1).
    pub country: String,
    /// Who runs it.
    pub operator: String,
    /// `repair`, `add`, `read` or `later`.
    pub access: String,
}

/// What a restore drill did and found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// The store that everything was restored from.
    pub store: String,
    /// How many segments of the trail were there, up to the one before this.
    pub segments: u64,
    /// How many bundles were there.
    pub bundles: u64,
    /// How many documents they have.
    pub documents: u64,
    /// For how many documents the evidence was verified.
    pub verified: u64,
    /// For how many it failed.
    pub failed: u64,
}

impl HoldSubject {
    /// Whether a document is among what is meant.
    #[must_use]
    pub fn covers(&self, key: &str, class: &str) -> bool {
        match self {
            Self::Key(held) => held == key,
            Self::KeyPrefix(prefix) => key.starts_with(prefix.as_str()),
            Self::Class(held) => held == class,
            Self::Everything => true,
        }
    }

    fn fits(&self) -> bool {
        match self {
            Self::Key(text) | Self::KeyPrefix(text) => is_name(text),
            Self::Class(class) => is_word(class),
            Self::Everything => true,
        }
    }
}

impl Event {
    /// What every event has to fulfil, written or read.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let fits = match self {
            Self::Stores { stores } => listed(stores, StoreFacts::fits),
            Self::Taken { document, origin } => {
                document.check().is_ok() && origin.as_deref().is_none_or(is_name)
            }
            Self::SetAside { key, location, reason, findings } => {
                names(&[key, location, reason]) && listed(findings, |code| is_word(code))
            }
            Self::SetAsideSettled { key, how } => names(&[key, how]),
            Self::Sealed { bundle, .. } => is_bundle(bundle),
            Self::Stamped { bundle, track, chain, number, tsa, .. } => {
                is_bundle(bundle) && is_word(track) && *chain > 0 && *number > 0 && is_name(tsa)
            }
            Self::Retention { key, end, .. } => is_name(key) && *end != RetentionEnd::Open,
            Self::Located { key, locations } => {
                is_name(key) && !locations.is_empty() && crate::document::are_locations(locations)
            }
            Self::Held { hold, subject, reason } => is_word(hold) && subject.fits() && is_name(reason),
            Self::Released { hold, reason } => is_word(hold) && is_name(reason),
            Self::DeletionPlanned { deletion, keys, reason, .. } => {
                is_word(deletion) && is_name(reason) && !keys.is_empty() && listed(keys, |key| is_name(key))
            }
            Self::DeletionApproved { deletion } => is_word(deletion),
            Self::Deleted { deletion, bundle, locations, .. } => {
                is_word(deletion) && is_bundle(bundle) && crate::document::are_locations(locations)
            }
            Self::DeletionCancelled { deletion, reason } => is_word(deletion) && is_name(reason),
            Self::DeletionCertified { deletion, certificate } => {
                is_word(deletion) && !certificate.0.is_empty()
            }
            Self::Damaged { what, place } => names(&[what, place]),
            Self::Repaired { what, place, from } => names(&[what, place, from]),
            Self::Drill { drill } => is_word(&drill.store),
        };
        if fits {
            Ok(())
        } else {
            Err("an event says something that can't be: an empty or overlong text, or no name")
        }
    }
}

impl StoreFacts {
    fn fits(&self) -> bool {
        let country = self.country.len() == 2 && self.country.bytes().all(|byte| byte.is_ascii_uppercase());
        let access = matches!(self.access.as_str(), "repair" | "add" | "read" | "later");
        is_word(&self.name) && country && access && is_name(&self.operator)
    }
}

fn names(texts: &[&String]) -> bool {
    texts.iter().all(|text| is_name(text))
}

fn listed<T>(items: &[T], fits: impl Fn(&T) -> bool) -> bool {
    items.len() <= MOST_LISTED && items.iter().all(fits)
}

fn is_bundle(id: &str) -> bool {
    id.len() == 64 && Hex::read(id).is_some()
}

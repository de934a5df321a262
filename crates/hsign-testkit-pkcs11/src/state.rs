//! What the module remembers between calls.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki_sys::{CK_OBJECT_HANDLE, CK_SESSION_HANDLE};

use crate::card::Inserted;
use crate::object::Object;
use crate::place::card_folder;

/// The one slot.
pub(crate) const SLOT: cryptoki_sys::CK_SLOT_ID = 1;

/// An initialised module.
pub(crate) struct State {
    pub(crate) card: Inserted,
    pub(crate) objects: Vec<Object>,
    pub(crate) sessions: BTreeMap<CK_SESSION_HANDLE, Session>,
    pub(crate) next_session: CK_SESSION_HANDLE,
    /// The user is logged in on the token: true for all sessions (PKCS#11 v2.20 §6.7.4).
    pub(crate) user: bool,
}

#[derive(Default)]
pub(crate) struct Session {
    pub(crate) search: Option<Vec<CK_OBJECT_HANDLE>>,
    pub(crate) signing: Option<Signing>,
}

pub(crate) struct Signing {
    /// The context-specific login was made.
    pub(crate) confirmed: bool,
}

impl State {
    pub(crate) fn load() -> Option<Self> {
        let card = Inserted::read(&card_folder()?).ok()?;
        let objects = Object::all(&card)?;
        Some(Self { card, objects, sessions: BTreeMap::new(), next_session: 1, user: false })
    }

    pub(crate) fn object(&self, handle: CK_OBJECT_HANDLE) -> Option<&Object> {
        self.objects.iter().find(|object| object.handle == handle)
    }
}

static STATE: Mutex<Option<State>> = Mutex::new(None);

pub(crate) fn lock() -> MutexGuard<'static, Option<State>> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

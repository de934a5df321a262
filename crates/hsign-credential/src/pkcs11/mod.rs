//! PKCS#11 tokens: HPKI cards, HSMs, SoftHSM.
//!
//! What HPKI middleware asks for (JAHIS 24-002 §5.2): `C_Initialize(NULL)`, no concurrent calls, `CKM_RSA_PKCS`
//! over a DigestInfo of our own, a context-specific login before each signature, and nothing but 21 functions.

mod credential;
pub(crate) mod discovery;
mod failure;
pub(crate) mod look;
mod mechanism;
pub(crate) mod module;
mod objects;
mod open;
mod pin;
mod raw;
mod token;

pub use discovery::{ModuleKind, usual_modules};
pub(crate) use open::open;
pub use pin::{PinRetention, PinTries};

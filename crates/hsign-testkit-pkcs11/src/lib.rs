//! Development only: a PKCS#11 module that behaves as the HPKI card guideline says.
//!
//! SoftHSM2 forgives everything that real HPKI middleware doesn't. This module doesn't forgive
//! (JAHIS 24-002 §5.2, as far as it is known to us): exactly 21 functions are in its list and the
//! other pointers are NULL; `C_Initialize` takes NULL only; `CKM_RSA_PKCS` is the only mechanism; the
//! signature key asks for a context-specific login before every `C_Sign`; wrong PINs are counted on
//! the "card" and lock it; two calls at once are an error. Certificates are readable without a PIN.
//!
//! A module file is a copy of this crate's dynamic library under a name of the guideline
//! (`HpkiSigP11_…`, `HpkiAuthP11_…`); the folder with its card lies beside it: see [`Card::install`].
//!
//! `unsafe` is allowed here, since a C interface can't be written without it. Every entry point has the
//! contract of PKCS#11 v2.20 §11: pointers are NULL or valid for the length beside them.

mod card;
mod entry;
mod function_list;
mod guard;
mod install;
mod object;
mod place;
mod state;

pub use card::{Card, CardError, Kind};
pub use function_list::C_GetFunctionList;
pub use install::module_file;

//! The two calls that the `cryptoki` crate can't make, straight through the module's function list.
//!
//! - `C_Initialize(NULL)`: HPKI middleware accepts nothing else, `cryptoki` always passes a pointer.
//! - `C_Sign` by itself: a key with CKA_ALWAYS_AUTHENTICATE needs a login between `C_SignInit` and `C_Sign`
//!   (PKCS#11 v2.20 §11.11), where `cryptoki` offers only both at once, or the multi-part functions that HPKI
//!   middleware doesn't have.
//!
//! This is the only place with `unsafe` code in this crate. The list is read the v2 way (`C_GetFunctionList`),
//! which every version of PKCS#11 requires; nothing is assumed about entries that are NULL.
#![allow(unsafe_code)]

use std::path::Path;
use std::ptr;

use cryptoki::session::Session;
use cryptoki_sys::{CK_C_Initialize, CK_C_Sign, CK_RV, CK_ULONG, CKR_OK};

use crate::Error;

/// Room for the signature of a 16384-bit RSA key, in bytes.
const LONGEST_SIGNATURE: usize = 2048;

/// A PKCS#11 return value that isn't `CKR_OK`, or `None` where the module has no such function.
pub(super) type Failure = Option<CK_RV>;

/// A loaded module.
pub(super) struct RawModule {
    initialize: CK_C_Initialize,
    sign: CK_C_Sign,
    // Keeps the code behind the pointers in memory.
    _library: cryptoki_sys::Pkcs11,
}

impl RawModule {
    pub(super) fn load(path: &Path) -> Result<Self, Error> {
        let failed = |reason: String| Error::Module { path: path.display().to_string(), reason };
        // SAFETY: loading runs the library's initialisers; the user or the system's administrator chose it.
        let library =
            unsafe { cryptoki_sys::Pkcs11::new(path) }.map_err(|error| failed(error.to_string()))?;
        if library.C_GetFunctionList.is_err() {
            return Err(failed("not a PKCS#11 module: it has no C_GetFunctionList".to_owned()));
        }
        let mut list = ptr::null_mut();
        // SAFETY: the symbol exists (checked above; the method panics otherwise) and `list` may be written.
        let result = unsafe { library.C_GetFunctionList(&raw mut list) };
        if result != CKR_OK || list.is_null() {
            return Err(failed(format!("C_GetFunctionList failed: {result:#x}")));
        }
        // SAFETY: PKCS#11 v2.20 §11.4: the list is valid as long as the library is loaded. Copied field by
        // field, without a reference, because it may be packed.
        let (initialize, sign) = unsafe { ((*list).C_Initialize, (*list).C_Sign) };
        Ok(Self { initialize, sign, _library: library })
    }

    /// `C_Initialize(NULL)`.
    pub(super) fn initialize_with_null(&self) -> Result<(), Failure> {
        let initialize = self.initialize.ok_or(None)?;
        // SAFETY: NULL is a legal argument (PKCS#11 v2.20 §11.4).
        check(unsafe { initialize(ptr::null_mut()) })
    }

    /// `C_Sign`, in one call with enough room: asking for the length first would be a second use.
    pub(super) fn sign(&self, session: &Session, data: &[u8]) -> Result<Vec<u8>, Failure> {
        let sign = self.sign.ok_or(None)?;
        let mut signature = vec![0; LONGEST_SIGNATURE];
        let length = |length: usize| CK_ULONG::try_from(length).map_err(|_| None);
        let (data_length, mut room) = (length(data.len())?, length(signature.len())?);
        // SAFETY: both buffers are valid for the lengths given; `data` is only read (the C type has no const).
        check(unsafe {
            sign(
                session.handle(),
                data.as_ptr().cast_mut(),
                data_length,
                signature.as_mut_ptr(),
                &raw mut room,
            )
        })?;
        signature.truncate(usize::try_from(room).map_err(|_| None)?);
        Ok(signature)
    }
}

fn check(result: CK_RV) -> Result<(), Failure> {
    if result == CKR_OK { Ok(()) } else { Err(Some(result)) }
}

//! The entry points, by the sections of PKCS#11 v2.20 §11.

pub(crate) mod information;
pub(crate) mod login;
pub(crate) mod objects;
pub(crate) mod session;
pub(crate) mod sign;

use cryptoki_sys::*;

use crate::guard::Running;
use crate::state::{self, Session, State};

/// Runs one call against the initialised module; two at once are refused.
fn with_state(call: impl FnOnce(&mut State) -> Result<(), CK_RV>) -> CK_RV {
    let Some(_running) = Running::enter() else { return CKR_GENERAL_ERROR };
    let mut state = state::lock();
    let Some(state) = state.as_mut() else { return CKR_CRYPTOKI_NOT_INITIALIZED };
    call(state).err().unwrap_or(CKR_OK)
}

/// As [`with_state`], for a session; a card taken out ends all sessions.
fn with_session(
    handle: CK_SESSION_HANDLE,
    call: impl FnOnce(&mut State, &mut Session) -> Result<(), CK_RV>,
) -> CK_RV {
    with_state(|state| {
        if !state.card.present() {
            state.sessions.clear();
            state.user = false;
            return Err(CKR_DEVICE_REMOVED);
        }
        let mut session = state.sessions.remove(&handle).ok_or(CKR_SESSION_HANDLE_INVALID)?;
        let result = call(state, &mut session);
        state.sessions.insert(handle, session);
        result
    })
}

/// Writes through an out pointer.
///
/// # Safety
/// `pointer` is NULL or may be written through.
unsafe fn put<T>(pointer: *mut T, value: T) -> Result<(), CK_RV> {
    if pointer.is_null() {
        return Err(CKR_ARGUMENTS_BAD);
    }
    // SAFETY: not NULL, and valid by the caller's contract.
    unsafe { pointer.write(value) };
    Ok(())
}

/// The length convention of PKCS#11 v2.20 §11.2: NULL asks for the length, too little room is an error.
///
/// # Safety
/// `out` is NULL or has room for `*length` items; `length` is NULL or valid.
unsafe fn put_all<T: Copy>(out: *mut T, length: *mut CK_ULONG, items: &[T]) -> Result<(), CK_RV> {
    if length.is_null() {
        return Err(CKR_ARGUMENTS_BAD);
    }
    // SAFETY: not NULL, and valid by the caller's contract.
    let room = unsafe { length.read() };
    let needed = ulong(items.len());
    // SAFETY: as above.
    unsafe { length.write(needed) };
    if out.is_null() {
        return Ok(());
    }
    if room < needed {
        return Err(CKR_BUFFER_TOO_SMALL);
    }
    // SAFETY: the caller has given room for at least `needed` items.
    unsafe { std::ptr::copy_nonoverlapping(items.as_ptr(), out, items.len()) };
    Ok(())
}

/// Borrows an in buffer.
///
/// # Safety
/// `pointer` is NULL or valid for `length` bytes while the call lasts.
unsafe fn bytes<'a>(pointer: *const u8, length: CK_ULONG) -> Result<&'a [u8], CK_RV> {
    let length = usize::try_from(length).map_err(|_| CKR_ARGUMENTS_BAD)?;
    if pointer.is_null() {
        return if length == 0 { Ok(&[]) } else { Err(CKR_ARGUMENTS_BAD) };
    }
    // SAFETY: not NULL, and valid by the caller's contract.
    Ok(unsafe { std::slice::from_raw_parts(pointer, length) })
}

/// A count as the C type has it.
#[allow(
    clippy::cast_possible_truncation,
    reason = "CK_ULONG is 32 bits wide on Windows; the counts here are tiny"
)]
fn ulong(count: usize) -> CK_ULONG {
    count as CK_ULONG
}

/// Text padded with blanks, without a terminating NUL (PKCS#11 v2.20 §9.1).
fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [b' '; N];
    for (place, byte) in field.iter_mut().zip(text.bytes()) {
        *place = byte;
    }
    field
}

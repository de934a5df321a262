//! PINs. The card counts wrong ones and a right one resets the count.

use cryptoki_sys::*;

use super::{bytes, with_session};
use crate::card::Inserted;

pub(crate) unsafe extern "C" fn login(
    session: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin: *mut CK_UTF8CHAR,
    length: CK_ULONG,
) -> CK_RV {
    with_session(session, |state, session| {
        if user == CKU_USER && state.user {
            return Err(CKR_USER_ALREADY_LOGGED_IN);
        }
        if user == CKU_CONTEXT_SPECIFIC && session.signing.is_none() {
            return Err(CKR_OPERATION_NOT_INITIALIZED);
        }
        if user != CKU_USER && user != CKU_CONTEXT_SPECIFIC {
            return Err(CKR_USER_TYPE_INVALID);
        }
        // SAFETY: the caller's contract.
        check(&state.card, unsafe { bytes(pin, length) }?)?;
        match (user, &mut session.signing) {
            (CKU_CONTEXT_SPECIFIC, Some(signing)) => signing.confirmed = true,
            _ => state.user = true,
        }
        Ok(())
    })
}

fn check(card: &Inserted, pin: &[u8]) -> Result<(), CK_RV> {
    let left = card.tries_left();
    if left == 0 {
        return Err(CKR_PIN_LOCKED);
    }
    if !(4..=16).contains(&pin.len()) {
        return Err(CKR_PIN_LEN_RANGE);
    }
    let right = pin == card.pin.as_bytes();
    let now_left = if right { card.tries_at_most() } else { left - 1 };
    card.set_tries_left(now_left).map_err(|_| CKR_DEVICE_ERROR)?;
    match (right, now_left) {
        (true, _) => Ok(()),
        (false, 0) => Err(CKR_PIN_LOCKED),
        (false, _) => Err(CKR_PIN_INCORRECT),
    }
}

pub(crate) unsafe extern "C" fn logout(session: CK_SESSION_HANDLE) -> CK_RV {
    with_session(session, |state, session| {
        if !state.user {
            return Err(CKR_USER_NOT_LOGGED_IN);
        }
        state.user = false;
        session.signing = None;
        Ok(())
    })
}

//! Sessions.

use std::ffi::c_void;

use cryptoki_sys::*;

use super::information::inserted;
use super::{put, with_session, with_state};
use crate::state::{SLOT, Session};

pub(crate) unsafe extern "C" fn open_session(
    slot: CK_SLOT_ID,
    flags: CK_FLAGS,
    _application: *mut c_void,
    _notify: CK_NOTIFY,
    session: *mut CK_SESSION_HANDLE,
) -> CK_RV {
    with_state(|state| {
        inserted(state, slot)?;
        if flags & CKF_SERIAL_SESSION == 0 {
            return Err(CKR_SESSION_PARALLEL_NOT_SUPPORTED);
        }
        if flags & CKF_RW_SESSION != 0 {
            return Err(CKR_TOKEN_WRITE_PROTECTED);
        }
        let handle = state.next_session;
        // SAFETY: the caller's contract.
        unsafe { put(session, handle) }?;
        state.next_session += 1;
        state.sessions.insert(handle, Session::default());
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn close_session(session: CK_SESSION_HANDLE) -> CK_RV {
    with_state(|state| {
        state.sessions.remove(&session).ok_or(CKR_SESSION_HANDLE_INVALID)?;
        // PKCS#11 v2.20 §11.6: closing the last session logs out.
        state.user &= !state.sessions.is_empty();
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn close_all_sessions(slot: CK_SLOT_ID) -> CK_RV {
    with_state(|state| {
        inserted(state, slot)?;
        state.sessions.clear();
        state.user = false;
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn get_session_info(
    session: CK_SESSION_HANDLE,
    info: *mut CK_SESSION_INFO,
) -> CK_RV {
    with_session(session, |state, _| {
        let value = CK_SESSION_INFO {
            slotID: SLOT,
            state: if state.user { CKS_RO_USER_FUNCTIONS } else { CKS_RO_PUBLIC_SESSION },
            flags: CKF_SERIAL_SESSION,
            ulDeviceError: 0,
        };
        // SAFETY: the caller's contract.
        unsafe { put(info, value) }
    })
}

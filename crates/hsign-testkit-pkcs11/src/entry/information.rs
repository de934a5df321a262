//! General purpose, slot and token information.

use std::ffi::c_void;

use cryptoki_sys::*;

use super::{padded, put, put_all, with_state};
use crate::card::{Inserted, Kind};
use crate::guard::Running;
use crate::state::{self, SLOT, State};

const VERSION: CK_VERSION = CK_VERSION { major: 3, minor: 0 };

pub(crate) unsafe extern "C" fn initialize(arguments: *mut c_void) -> CK_RV {
    let Some(_running) = Running::enter() else { return CKR_GENERAL_ERROR };
    // The guideline: only NULL.
    if !arguments.is_null() {
        return CKR_ARGUMENTS_BAD;
    }
    let mut state = state::lock();
    if state.is_some() {
        return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    }
    *state = State::load();
    if state.is_some() { CKR_OK } else { CKR_GENERAL_ERROR }
}

pub(crate) unsafe extern "C" fn finalize(reserved: *mut c_void) -> CK_RV {
    let Some(_running) = Running::enter() else { return CKR_GENERAL_ERROR };
    if !reserved.is_null() {
        return CKR_ARGUMENTS_BAD;
    }
    match state::lock().take() {
        Some(_) => CKR_OK,
        None => CKR_CRYPTOKI_NOT_INITIALIZED,
    }
}

pub(crate) unsafe extern "C" fn get_info(info: *mut CK_INFO) -> CK_RV {
    with_state(|state| {
        let value = CK_INFO {
            cryptokiVersion: CK_VERSION { major: 2, minor: 20 },
            manufacturerID: padded("hsign testkit"),
            flags: 0,
            libraryDescription: padded(&state.card.library_description),
            libraryVersion: VERSION,
        };
        // SAFETY: the caller's contract.
        unsafe { put(info, value) }
    })
}

pub(crate) unsafe extern "C" fn get_slot_list(
    token_present: CK_BBOOL,
    slots: *mut CK_SLOT_ID,
    count: *mut CK_ULONG,
) -> CK_RV {
    with_state(|state| {
        let listed: &[CK_SLOT_ID] =
            if token_present == CK_TRUE && !state.card.present() { &[] } else { &[SLOT] };
        // SAFETY: the caller's contract.
        unsafe { put_all(slots, count, listed) }
    })
}

pub(crate) unsafe extern "C" fn get_slot_info(slot: CK_SLOT_ID, info: *mut CK_SLOT_INFO) -> CK_RV {
    with_state(|state| {
        known(slot)?;
        let present = if state.card.present() { CKF_TOKEN_PRESENT } else { 0 };
        let value = CK_SLOT_INFO {
            slotDescription: padded("hsign testkit card reader"),
            manufacturerID: padded("hsign testkit"),
            flags: CKF_REMOVABLE_DEVICE | CKF_HW_SLOT | present,
            hardwareVersion: VERSION,
            firmwareVersion: VERSION,
        };
        // SAFETY: the caller's contract.
        unsafe { put(info, value) }
    })
}

pub(crate) unsafe extern "C" fn get_token_info(slot: CK_SLOT_ID, info: *mut CK_TOKEN_INFO) -> CK_RV {
    with_state(|state| {
        inserted(state, slot)?;
        let mut value = CK_TOKEN_INFO {
            label: padded(&state.card.label),
            manufacturerID: padded("hsign testkit"),
            model: padded("ISO 7816-15:2016"),
            serialNumber: padded("0000000000000001"),
            flags: CKF_TOKEN_INITIALIZED
                | CKF_WRITE_PROTECTED
                | CKF_LOGIN_REQUIRED
                | CKF_USER_PIN_INITIALIZED
                | pin_flags(&state.card),
            ulMaxPinLen: 16,
            ulMinPinLen: 4,
            hardwareVersion: VERSION,
            firmwareVersion: VERSION,
            utcTime: [b'0'; 16],
            ..CK_TOKEN_INFO::default()
        };
        value.ulTotalPublicMemory = CK_UNAVAILABLE_INFORMATION;
        value.ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION;
        value.ulTotalPrivateMemory = CK_UNAVAILABLE_INFORMATION;
        value.ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION;
        // SAFETY: the caller's contract.
        unsafe { put(info, value) }
    })
}

/// `CKF_USER_PIN_*`: low after a wrong try, then the last one, then locked.
fn pin_flags(card: &Inserted) -> CK_FLAGS {
    match card.tries_left() {
        0 => CKF_USER_PIN_LOCKED,
        1 => CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_COUNT_LOW,
        left if left < card.tries_at_most() => CKF_USER_PIN_COUNT_LOW,
        _ => 0,
    }
}

pub(crate) unsafe extern "C" fn get_mechanism_list(
    slot: CK_SLOT_ID,
    mechanisms: *mut CK_MECHANISM_TYPE,
    count: *mut CK_ULONG,
) -> CK_RV {
    with_state(|state| {
        inserted(state, slot)?;
        // SAFETY: the caller's contract.
        unsafe { put_all(mechanisms, count, &[CKM_RSA_PKCS]) }
    })
}

pub(crate) unsafe extern "C" fn get_mechanism_info(
    slot: CK_SLOT_ID,
    mechanism: CK_MECHANISM_TYPE,
    info: *mut CK_MECHANISM_INFO,
) -> CK_RV {
    with_state(|state| {
        inserted(state, slot)?;
        if mechanism != CKM_RSA_PKCS {
            return Err(CKR_MECHANISM_INVALID);
        }
        let decrypt = if state.card.kind == Kind::Authentication { CKF_DECRYPT } else { 0 };
        let value =
            CK_MECHANISM_INFO { ulMinKeySize: 2048, ulMaxKeySize: 4096, flags: CKF_HW | CKF_SIGN | decrypt };
        // SAFETY: the caller's contract.
        unsafe { put(info, value) }
    })
}

fn known(slot: CK_SLOT_ID) -> Result<(), CK_RV> {
    if slot == SLOT { Ok(()) } else { Err(CKR_SLOT_ID_INVALID) }
}

/// The slot is ours and a card lies in it.
pub(super) fn inserted(state: &State, slot: CK_SLOT_ID) -> Result<(), CK_RV> {
    known(slot)?;
    if state.card.present() { Ok(()) } else { Err(CKR_TOKEN_NOT_PRESENT) }
}

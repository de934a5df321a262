//! Signing: `CKM_RSA_PKCS` over a DigestInfo that the application built.

use cryptoki_sys::*;
use openssl::rsa::Padding;

use super::{bytes, put_all, with_session};
use crate::card::{Inserted, Kind};
use crate::state::Signing;

pub(crate) unsafe extern "C" fn sign_init(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    with_session(session, |state, session| {
        if session.signing.is_some() {
            return Err(CKR_OPERATION_ACTIVE);
        }
        if mechanism.is_null() {
            return Err(CKR_ARGUMENTS_BAD);
        }
        // SAFETY: not NULL, and valid by the caller's contract.
        if unsafe { mechanism.read() }.mechanism != CKM_RSA_PKCS {
            return Err(CKR_MECHANISM_INVALID);
        }
        if !state.user {
            return Err(CKR_USER_NOT_LOGGED_IN);
        }
        if !state.object(key).is_some_and(|object| object.key) {
            return Err(CKR_KEY_HANDLE_INVALID);
        }
        session.signing = Some(Signing { confirmed: state.card.kind == Kind::Authentication });
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn sign(
    session: CK_SESSION_HANDLE,
    data: *mut u8,
    data_length: CK_ULONG,
    signature: *mut u8,
    signature_length: *mut CK_ULONG,
) -> CK_RV {
    with_session(session, |state, session| {
        let signing = session.signing.take().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
        // CKA_ALWAYS_AUTHENTICATE: the operation ends here without the second login.
        if !signing.confirmed {
            return Err(CKR_USER_NOT_LOGGED_IN);
        }
        // SAFETY: the caller's contract.
        let value = rsa_pkcs(&state.card, unsafe { bytes(data, data_length) }?)?;
        // SAFETY: the caller's contract.
        let result = unsafe { put_all(signature, signature_length, &value) };
        // Asking for the length, or too little room, leaves the operation active (§11.2).
        if signature.is_null() || result == Err(CKR_BUFFER_TOO_SMALL) {
            session.signing = Some(signing);
        }
        result
    })
}

fn rsa_pkcs(card: &Inserted, data: &[u8]) -> Result<Vec<u8>, CK_RV> {
    let rsa = card.key.rsa().map_err(|_| CKR_DEVICE_ERROR)?;
    let size = usize::try_from(rsa.size()).map_err(|_| CKR_DEVICE_ERROR)?;
    if data.len() + 11 > size {
        return Err(CKR_DATA_LEN_RANGE);
    }
    let mut value = vec![0; size];
    let written = rsa.private_encrypt(data, &mut value, Padding::PKCS1).map_err(|_| CKR_DEVICE_ERROR)?;
    value.truncate(written);
    Ok(value)
}

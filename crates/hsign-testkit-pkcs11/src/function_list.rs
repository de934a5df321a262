//! The function list: 21 entries, every other pointer NULL.

use cryptoki_sys::*;

use crate::entry::{information as i, login as l, objects as o, session as s, sign as g};

/// A list that may be handed out as a pointer.
struct Shared(CK_FUNCTION_LIST);

// SAFETY: the list is never written after it was made.
unsafe impl Sync for Shared {}

static LIST: Shared = Shared(CK_FUNCTION_LIST {
    version: CK_VERSION { major: 2, minor: 20 },
    C_Initialize: Some(i::initialize),
    C_Finalize: Some(i::finalize),
    C_GetInfo: Some(i::get_info),
    C_GetFunctionList: Some(C_GetFunctionList),
    C_GetSlotList: Some(i::get_slot_list),
    C_GetSlotInfo: Some(i::get_slot_info),
    C_GetTokenInfo: Some(i::get_token_info),
    C_GetMechanismList: Some(i::get_mechanism_list),
    C_GetMechanismInfo: Some(i::get_mechanism_info),
    C_OpenSession: Some(s::open_session),
    C_CloseSession: Some(s::close_session),
    C_CloseAllSessions: Some(s::close_all_sessions),
    C_GetSessionInfo: Some(s::get_session_info),
    C_Login: Some(l::login),
    C_Logout: Some(l::logout),
    C_GetAttributeValue: Some(o::get_attribute_value),
    C_FindObjectsInit: Some(o::find_objects_init),
    C_FindObjects: Some(o::find_objects),
    C_FindObjectsFinal: Some(o::find_objects_final),
    C_SignInit: Some(g::sign_init),
    C_Sign: Some(g::sign),
    C_InitToken: None,
    C_InitPIN: None,
    C_SetPIN: None,
    C_GetOperationState: None,
    C_SetOperationState: None,
    C_CreateObject: None,
    C_CopyObject: None,
    C_DestroyObject: None,
    C_GetObjectSize: None,
    C_SetAttributeValue: None,
    C_EncryptInit: None,
    C_Encrypt: None,
    C_EncryptUpdate: None,
    C_EncryptFinal: None,
    C_DecryptInit: None,
    C_Decrypt: None,
    C_DecryptUpdate: None,
    C_DecryptFinal: None,
    C_DigestInit: None,
    C_Digest: None,
    C_DigestUpdate: None,
    C_DigestKey: None,
    C_DigestFinal: None,
    C_SignUpdate: None,
    C_SignFinal: None,
    C_SignRecoverInit: None,
    C_SignRecover: None,
    C_VerifyInit: None,
    C_Verify: None,
    C_VerifyUpdate: None,
    C_VerifyFinal: None,
    C_VerifyRecoverInit: None,
    C_VerifyRecover: None,
    C_DigestEncryptUpdate: None,
    C_DecryptDigestUpdate: None,
    C_SignEncryptUpdate: None,
    C_DecryptVerifyUpdate: None,
    C_GenerateKey: None,
    C_GenerateKeyPair: None,
    C_WrapKey: None,
    C_UnwrapKey: None,
    C_DeriveKey: None,
    C_SeedRandom: None,
    C_GenerateRandom: None,
    C_GetFunctionStatus: None,
    C_CancelFunction: None,
    C_WaitForSlotEvent: None,
});

/// The one exported symbol (PKCS#11 v2.20 §11.4).
///
/// # Safety
/// `list` is NULL or may be written through.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn C_GetFunctionList(list: *mut CK_FUNCTION_LIST_PTR) -> CK_RV {
    if list.is_null() {
        return CKR_ARGUMENTS_BAD;
    }
    // SAFETY: not NULL, and valid by the caller's contract. Nobody writes through the list.
    unsafe { list.write((&raw const LIST.0).cast_mut()) };
    CKR_OK
}

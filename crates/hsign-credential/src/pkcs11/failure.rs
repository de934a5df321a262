//! What a PKCS#11 failure means for the user.

use cryptoki::error::{Error as CryptokiError, RvError};

use crate::Error;

/// A failed call that has nothing to do with PINs.
pub(super) fn failed(error: CryptokiError) -> Error {
    match error {
        CryptokiError::Pkcs11(code, function) => failed_with(code, &format!("C_{function:?}")),
        CryptokiError::NullFunctionPointer => {
            Error::Token { function: "a function".to_owned(), code: "the module doesn't have it".to_owned() }
        }
        other => Error::Token { function: "the module".to_owned(), code: other.to_string() },
    }
}

pub(super) fn failed_with(code: RvError, function: &str) -> Error {
    if is_removal(code) {
        return Error::TokenRemoved;
    }
    Error::Token { function: function.to_owned(), code: format!("{code:?}") }
}

/// Session handles die with the token.
pub(super) fn is_removal(code: RvError) -> bool {
    matches!(
        code,
        RvError::DeviceRemoved
            | RvError::TokenNotPresent
            | RvError::TokenNotRecognized
            | RvError::SessionHandleInvalid
            | RvError::SessionClosed
            | RvError::SlotIdInvalid
    )
}

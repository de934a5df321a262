//! Finding objects and reading their attributes.

use cryptoki_sys::*;

use super::{bytes, put_all, with_session};
use crate::object::Answer;

pub(crate) unsafe extern "C" fn find_objects_init(
    session: CK_SESSION_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    with_session(session, |state, session| {
        if session.search.is_some() {
            return Err(CKR_OPERATION_ACTIVE);
        }
        // SAFETY: the caller's contract.
        let wanted = unsafe { read_template(template, count) }?;
        let user = state.user;
        let visible = state.objects.iter().filter(|object| user || !object.private);
        let mut found: Vec<_> =
            visible.filter(|object| object.matches(&wanted)).map(|object| object.handle).collect();
        // Handed out from the end.
        found.reverse();
        session.search = Some(found);
        Ok(())
    })
}

/// # Safety
/// `template` is NULL or valid for `count` attributes, each with a value NULL or valid for its length.
unsafe fn read_template(
    template: *const CK_ATTRIBUTE,
    count: CK_ULONG,
) -> Result<Vec<(CK_ATTRIBUTE_TYPE, Vec<u8>)>, CK_RV> {
    let count = usize::try_from(count).map_err(|_| CKR_ARGUMENTS_BAD)?;
    if template.is_null() && count > 0 {
        return Err(CKR_ARGUMENTS_BAD);
    }
    (0..count)
        .map(|index| {
            // SAFETY: the template holds `count` attributes; `read` copies without assuming alignment of a reference.
            let attribute = unsafe { template.add(index).read() };
            // SAFETY: the value is valid for its length.
            let value = unsafe { bytes(attribute.pValue.cast::<u8>(), attribute.ulValueLen) }?;
            Ok((attribute.type_, value.to_vec()))
        })
        .collect()
}

pub(crate) unsafe extern "C" fn find_objects(
    session: CK_SESSION_HANDLE,
    objects: *mut CK_OBJECT_HANDLE,
    at_most: CK_ULONG,
    count: *mut CK_ULONG,
) -> CK_RV {
    with_session(session, |_, session| {
        let found = session.search.as_mut().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
        if objects.is_null() || count.is_null() {
            return Err(CKR_ARGUMENTS_BAD);
        }
        let take = found.len().min(usize::try_from(at_most).unwrap_or(usize::MAX));
        let mut handed: Vec<_> = found.split_off(found.len() - take);
        handed.reverse();
        // SAFETY: both are valid; the room is what the caller said.
        unsafe {
            count.write(at_most);
            put_all(objects, count, &handed)
        }
    })
}

pub(crate) unsafe extern "C" fn find_objects_final(session: CK_SESSION_HANDLE) -> CK_RV {
    with_session(session, |_, session| session.search.take().map(|_| ()).ok_or(CKR_OPERATION_NOT_INITIALIZED))
}

pub(crate) unsafe extern "C" fn get_attribute_value(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    with_session(session, |state, _| {
        let object = state.object(object).filter(|object| state.user || !object.private);
        let object = object.ok_or(CKR_OBJECT_HANDLE_INVALID)?;
        let count = usize::try_from(count).map_err(|_| CKR_ARGUMENTS_BAD)?;
        if template.is_null() {
            return Err(CKR_ARGUMENTS_BAD);
        }
        let mut result = Ok(());
        for index in 0..count {
            // SAFETY: the template holds `count` attributes.
            let place = unsafe { template.add(index) };
            // SAFETY: as above.
            let mut attribute = unsafe { place.read() };
            match object.answer(attribute.type_) {
                Answer::Value(value) => {
                    let room = &raw mut attribute.ulValueLen;
                    // SAFETY: the value pointer is NULL or has the room that the caller said.
                    let written = unsafe { put_all(attribute.pValue.cast::<u8>(), room, value) };
                    if written.is_err() {
                        attribute.ulValueLen = CK_UNAVAILABLE_INFORMATION;
                        result = written;
                    }
                }
                Answer::Sensitive => {
                    attribute.ulValueLen = CK_UNAVAILABLE_INFORMATION;
                    result = Err(CKR_ATTRIBUTE_SENSITIVE);
                }
                Answer::Unknown => {
                    attribute.ulValueLen = CK_UNAVAILABLE_INFORMATION;
                    result = Err(CKR_ATTRIBUTE_TYPE_INVALID);
                }
            }
            // SAFETY: as above.
            unsafe { place.write(attribute) };
        }
        result
    })
}

//! Where the card of this copy of the module lies: `NAME.card/` beside `NAME.so`, so that two copies
//! in one process have two cards. Where a library can't ask for its own place, an environment variable
//! names the folder.

use std::path::PathBuf;

/// Names the card's folder where the module can't find out its own place.
const VARIABLE: &str = "HSIGN_TESTKIT_CARD";

pub(crate) fn card_folder() -> Option<PathBuf> {
    let beside = module_path().map(|path| path.with_extension("card")).filter(|folder| folder.is_dir());
    beside.or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from))
}

#[cfg(unix)]
fn module_path() -> Option<PathBuf> {
    use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
    use std::os::unix::ffi::OsStrExt;

    #[repr(C)]
    struct DlInfo {
        file_name: *const c_char,
        base: *mut c_void,
        symbol_name: *const c_char,
        symbol: *mut c_void,
    }
    unsafe extern "C" {
        fn dladdr(address: *const c_void, info: *mut DlInfo) -> c_int;
    }

    let mut info = DlInfo {
        file_name: std::ptr::null(),
        base: std::ptr::null_mut(),
        symbol_name: std::ptr::null(),
        symbol: std::ptr::null_mut(),
    };
    let here = module_path as fn() -> Option<PathBuf> as *const c_void;
    // SAFETY: `here` is an address inside this library and `info` is a Dl_info as dladdr(3) lays it out.
    if unsafe { dladdr(here, &raw mut info) } == 0 || info.file_name.is_null() {
        return None;
    }
    // SAFETY: dladdr succeeded; the name is a NUL-terminated string that lives as long as the library.
    let name = unsafe { CStr::from_ptr(info.file_name) };
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}

#[cfg(not(unix))]
fn module_path() -> Option<PathBuf> {
    None
}

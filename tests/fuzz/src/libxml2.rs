//! The functions of libxml2 that make a canonical form.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;

use hsign_xml::{CanonicalForm, CanonicalizationMethod};

const NO_ERROR_OUTPUT: c_int = 32 | 64;
const NO_NETWORK: c_int = 2048;

// The file that comes with xmllint; the name without version would need libxml2's headers.
#[link(name = "libxml2.so.2", kind = "dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    fn xmlReadMemory(
        text: *const c_char,
        size: c_int,
        url: *const c_char,
        encoding: *const c_char,
        options: c_int,
    ) -> *mut c_void;
    fn xmlFreeDoc(document: *mut c_void);
    fn xmlC14NDocDumpMemory(
        document: *mut c_void,
        nodes: *mut c_void,
        mode: c_int,
        inclusive_prefixes: *mut *mut c_char,
        comments: c_int,
        result: *mut *mut u8,
    ) -> c_int;
    fn xmlXPathNewContext(document: *mut c_void) -> *mut c_void;
    fn xmlXPathFreeContext(context: *mut c_void);
    fn xmlXPathEvalExpression(expression: *const c_char, context: *mut c_void) -> *mut XPathObject;
    fn xmlXPathFreeObject(object: *mut XPathObject);
    static xmlFree: unsafe extern "C" fn(*mut c_void);
}

/// The head of xmlXPathObject.
#[repr(C)]
struct XPathObject {
    kind: c_int,
    nodes: *mut c_void,
}

pub struct Document(*mut c_void);

impl Document {
    /// Reads UTF-8, whatever the declaration says.
    pub fn read(text: &str) -> Option<Self> {
        let size = c_int::try_from(text.len()).ok()?;
        let options = NO_ERROR_OUTPUT | NO_NETWORK;
        // SAFETY: the text outlives the call, which copies it.
        let document =
            unsafe { xmlReadMemory(text.as_ptr().cast(), size, ptr::null(), c"UTF-8".as_ptr(), options) };
        (!document.is_null()).then_some(Self(document))
    }

    /// The form of the whole document.
    pub fn canonical(&self, method: &CanonicalizationMethod) -> Vec<u8> {
        self.form_of(ptr::null_mut(), method)
    }

    /// The form of the nodes that an XPath expression gives.
    pub fn canonical_part(&self, expression: &str, method: &CanonicalizationMethod) -> Vec<u8> {
        let expression = CString::new(expression).unwrap();
        // SAFETY: the document lives; context and object are made here and freed once.
        unsafe {
            let context = xmlXPathNewContext(self.0);
            let object = xmlXPathEvalExpression(expression.as_ptr(), context);
            assert!(!object.is_null(), "an expression of ours");
            let octets =
                if (*object).nodes.is_null() { Vec::new() } else { self.form_of((*object).nodes, method) };
            xmlXPathFreeObject(object);
            xmlXPathFreeContext(context);
            octets
        }
    }

    fn form_of(&self, nodes: *mut c_void, method: &CanonicalizationMethod) -> Vec<u8> {
        let mode = match method.form {
            CanonicalForm::Inclusive10 => 0,
            CanonicalForm::Exclusive => 1,
            CanonicalForm::Inclusive11 => 2,
        };
        let mut result: *mut u8 = ptr::null_mut();
        // SAFETY: the document lives; the result is a buffer of the length returned, which we free after copying.
        unsafe {
            let comments = c_int::from(method.comments);
            let length = xmlC14NDocDumpMemory(self.0, nodes, mode, ptr::null_mut(), comments, &mut result);
            let octets = match usize::try_from(length) {
                Ok(length) if !result.is_null() => std::slice::from_raw_parts(result, length).to_vec(),
                _ => Vec::new(),
            };
            if !result.is_null() {
                xmlFree(result.cast());
            }
            octets
        }
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        // SAFETY: made by xmlReadMemory, freed once.
        unsafe { xmlFreeDoc(self.0) };
    }
}

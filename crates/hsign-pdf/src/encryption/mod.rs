//! Encrypted documents: the standard security handler with passwords (ISO 32000-2, 7.6), revisions 2 to 6.
//!
//! Objects are opened as they are read and closed as they are written. What a signature's /Contents holds is never
//! encrypted, and neither are cross-reference streams nor the encryption dictionary itself.

mod key;
mod primitives;

pub use key::Access;
use key::Entries;
use primitives::{aes_close, aes_open, md5, rc4, sha256};

use crate::error::{Error, Result};
use crate::object::{Dictionary, Object, ObjectId, PdfString, StringForm};
use crate::signature::looks_like_signature;

/// How strings or streams are closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// Not at all.
    Identity,
    Rc4,
    /// A key for each object.
    AesV2,
    /// The file's key.
    AesV3,
}

/// An opened encryption.
pub(crate) struct Encryption {
    key: Vec<u8>,
    access: Access,
    permissions: i32,
    strings: Method,
    streams: Method,
    filters: Vec<(Vec<u8>, Method)>,
    encrypt_metadata: bool,
    /// The encryption dictionary, where it is an object of its own.
    object: Option<ObjectId>,
}

impl Encryption {
    /// Opens it with the password; the empty one is tried as well, since most encrypted files have it.
    pub(crate) fn open(
        dictionary: &Dictionary,
        object: Option<ObjectId>,
        file_id: Vec<u8>,
        password: Option<&[u8]>,
    ) -> Result<Self> {
        if !dictionary.get("Filter").is_some_and(|filter| filter.is_name("Standard")) {
            return Err(Error::EncryptionMethod("a security handler other than the standard one"));
        }
        let integer = |key: &str| dictionary.get(key).and_then(Object::as_integer);
        let version = integer("V").unwrap_or(0);
        let filters = filters(dictionary);
        let of = |key: &str| match dictionary.get(key).and_then(Object::as_name) {
            None | Some(b"Identity") => Some(Method::Identity),
            Some(name) => filters.iter().find(|(known, _)| known == name).map(|(_, method)| *method),
        };
        let (strings, streams) = match version {
            1 | 2 => (Some(Method::Rc4), Some(Method::Rc4)),
            4 | 5 => (of("StrF"), of("StmF")),
            _ => return Err(Error::EncryptionMethod("an unknown version of the standard handler")),
        };
        let (Some(strings), Some(streams)) = (strings, streams) else {
            return Err(Error::EncryptionMethod("an unknown crypt filter"));
        };
        let bits = match version {
            1 => 40,
            4 => 128,
            _ => integer("Length").unwrap_or(40),
        };
        let length = usize::try_from(bits / 8).unwrap_or(0).clamp(5, 16);
        let unreadable = Error::EncryptionMethod("an encryption dictionary that can't be read");
        let entries = Entries::of(dictionary, file_id, length).ok_or(unreadable)?;
        if !(2..=6).contains(&entries.revision) {
            return Err(Error::EncryptionMethod("an unknown revision of the standard handler"));
        }
        let passwords = password.into_iter().chain([&b""[..]]);
        let (key, access) =
            passwords.filter_map(|password| entries.key(password)).next().ok_or(Error::Encrypted)?;
        Ok(Self {
            key,
            access,
            permissions: entries.permissions,
            strings,
            streams,
            filters,
            encrypt_metadata: entries.encrypt_metadata,
            object,
        })
    }

    pub(crate) fn access(&self) -> Access {
        self.access
    }

    /// Whether signatures may be added: the owner may always, a user where annotations and fields, or fields alone,
    /// may be filled in (ISO 32000-2, Table 22: bits 6 and 9), or contents changed (bit 4).
    pub(crate) fn may_be_signed(&self) -> bool {
        const ALLOWING: i32 = 1 << 3 | 1 << 5 | 1 << 8;
        self.access == Access::Owner || self.permissions & ALLOWING != 0
    }

    /// Opens every string of an object that stands directly in the file.
    pub(crate) fn open_strings(&self, object: &mut Object, id: ObjectId) -> Result<()> {
        if self.object == Some(id) || self.strings == Method::Identity || is_cross_reference(object) {
            return Ok(());
        }
        let key = self.object_key(id, self.strings);
        each_string(object, &mut |string| {
            let what = "a string that can't be decrypted";
            string.bytes =
                self.strings.open(&key, &string.bytes).ok_or(Error::Object { object: id.number, what })?;
            Ok(())
        })
    }

    /// The object as it is to be written.
    pub(crate) fn close_strings(&self, object: &Object, id: ObjectId) -> Object {
        let mut object = object.clone();
        let key = self.object_key(id, self.strings);
        let mut number = 0_u32;
        let closed = each_string(&mut object, &mut |string| {
            number += 1;
            string.bytes = self.close(self.strings, &key, id, number, &string.bytes);
            string.form = StringForm::Hexadecimal;
            Ok(())
        });
        debug_assert!(closed.is_ok());
        object
    }

    /// A stream's data, opened.
    pub(crate) fn open_stream(
        &self,
        dictionary: &Dictionary,
        id: ObjectId,
        data: Vec<u8>,
    ) -> Result<Vec<u8>> {
        let method = self.stream_method(dictionary);
        if method == Method::Identity {
            return Ok(data);
        }
        let what = "a stream that can't be decrypted";
        method.open(&self.object_key(id, method), &data).ok_or(Error::Object { object: id.number, what })
    }

    /// A stream's data as it is to be written.
    pub(crate) fn close_stream(&self, dictionary: &Dictionary, id: ObjectId, data: &[u8]) -> Vec<u8> {
        let method = self.stream_method(dictionary);
        self.close(method, &self.object_key(id, method), id, 0, data)
    }

    fn stream_method(&self, dictionary: &Dictionary) -> Method {
        let is = |kind: &str| dictionary.get("Type").is_some_and(|found| found.is_name(kind));
        if is("XRef") || (is("Metadata") && !self.encrypt_metadata) {
            return Method::Identity;
        }
        self.named_filter(dictionary).unwrap_or(self.streams)
    }

    /// ISO 32000-2, 7.4.10: a stream may name its own crypt filter.
    fn named_filter(&self, dictionary: &Dictionary) -> Option<Method> {
        let (filters, parameters) = (dictionary.get("Filter")?, dictionary.get("DecodeParms"));
        let index = match filters {
            Object::Array(filters) => filters.iter().position(|filter| filter.is_name("Crypt"))?,
            filter => filter.is_name("Crypt").then_some(0)?,
        };
        let parameters = match parameters {
            Some(Object::Array(each)) => each.get(index).and_then(Object::as_dictionary),
            other => other.and_then(Object::as_dictionary),
        };
        let name = parameters.and_then(|parameters| parameters.get("Name")).and_then(Object::as_name);
        let known =
            |name: &[u8]| self.filters.iter().find(|(known, _)| known == name).map(|(_, method)| *method);
        Some(name.and_then(known).unwrap_or(Method::Identity))
    }

    /// Algorithm 1.
    fn object_key(&self, id: ObjectId, method: Method) -> Vec<u8> {
        if matches!(method, Method::AesV3 | Method::Identity) {
            return self.key.clone();
        }
        let number = id.number.to_le_bytes();
        let salt: &[u8] = if method == Method::AesV2 { b"sAlT" } else { &[] };
        let mut key =
            md5(&[&self.key, number.get(..3).unwrap_or_default(), &id.generation.to_le_bytes(), salt]);
        key.truncate((self.key.len() + 5).min(16));
        key
    }

    /// The initialisation vector comes from key, place and content: as good as random to whoever lacks the key, and the
    /// same request gives the same file.
    fn close(&self, method: Method, key: &[u8], id: ObjectId, place: u32, plain: &[u8]) -> Vec<u8> {
        let digest = sha256(&[
            &self.key,
            &id.number.to_le_bytes(),
            &id.generation.to_le_bytes(),
            &place.to_le_bytes(),
            plain,
        ]);
        let mut iv = [0; 16];
        iv.iter_mut().zip(digest).for_each(|(byte, value)| *byte = value);
        match method {
            Method::Identity => Some(plain.to_vec()),
            Method::Rc4 => Some(rc4(key, plain)),
            Method::AesV2 | Method::AesV3 => aes_close(key, iv, plain),
        }
        // A key of another length than the method's was refused when the file was opened.
        .unwrap_or_default()
    }
}

impl Method {
    fn open(self, key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Identity => Some(bytes.to_vec()),
            Self::Rc4 => Some(rc4(key, bytes)),
            Self::AesV2 | Self::AesV3 => aes_open(key, bytes),
        }
    }
}

/// /CF: the crypt filters by name.
fn filters(dictionary: &Dictionary) -> Vec<(Vec<u8>, Method)> {
    let Some(Object::Dictionary(filters)) = dictionary.get("CF") else { return Vec::new() };
    let method = |filter: &Object| {
        Some(match filter.as_dictionary()?.get("CFM")?.as_name()? {
            b"None" => Method::Identity,
            b"V2" => Method::Rc4,
            b"AESV2" => Method::AesV2,
            b"AESV3" => Method::AesV3,
            _ => return None,
        })
    };
    let entries = filters.entries().iter();
    entries.filter_map(|entry| Some((entry.key.clone(), method(&entry.value)?))).collect()
}

fn is_cross_reference(object: &Object) -> bool {
    let kind = object.as_dictionary().and_then(|dictionary| dictionary.get("Type"));
    matches!(object, Object::Stream(_)) && kind.is_some_and(|kind| kind.is_name("XRef"))
}

/// Every string but a signature's /Contents.
fn each_string(object: &mut Object, change: &mut dyn FnMut(&mut PdfString) -> Result<()>) -> Result<()> {
    match object {
        Object::String(string) => change(string),
        Object::Array(elements) => elements.iter_mut().try_for_each(|element| each_string(element, change)),
        Object::Dictionary(dictionary) => each_value(dictionary, change),
        Object::Stream(stream) => each_value(&mut stream.dictionary, change),
        _ => Ok(()),
    }
}

fn each_value(
    dictionary: &mut Dictionary,
    change: &mut dyn FnMut(&mut PdfString) -> Result<()>,
) -> Result<()> {
    let is_signature = looks_like_signature(dictionary);
    for entry in dictionary.entries_mut() {
        if !(is_signature && entry.key == b"Contents") {
            each_string(&mut entry.value, change)?;
        }
    }
    Ok(())
}

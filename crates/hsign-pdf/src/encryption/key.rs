//! From a password to the file's key (ISO 32000-2, 7.6.4).

use super::primitives::{cbc_decrypt, cbc_encrypt, md5, rc4, sha256, sha384, sha512};
use crate::object::Dictionary;
use crate::object::Object;

/// What the password is filled up with.
const PADDING: [u8; 32] = [
    0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08, 0x2e,
    0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a,
];

/// Whose password opened the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The owner's: nothing is forbidden.
    Owner,
    /// A user's: /P tells what is permitted.
    User,
}

/// The entries of the encryption dictionary that lead to the key.
pub(super) struct Entries {
    pub(super) revision: i64,
    /// Bytes of the key, revisions 2 to 4.
    pub(super) key_length: usize,
    pub(super) owner: Vec<u8>,
    pub(super) user: Vec<u8>,
    owner_key: Vec<u8>,
    user_key: Vec<u8>,
    pub(super) permissions: i32,
    pub(super) encrypt_metadata: bool,
    file_id: Vec<u8>,
}

impl Entries {
    pub(super) fn of(dictionary: &Dictionary, file_id: Vec<u8>, key_length: usize) -> Option<Self> {
        let bytes =
            |key: &str| dictionary.get(key).and_then(Object::as_string).map(|text| text.bytes.clone());
        let integer = |key: &str| dictionary.get(key).and_then(Object::as_integer);
        // Some writers give /P as an unsigned number.
        #[allow(clippy::cast_possible_truncation, reason = "the low 32 bits are the flags")]
        let permissions = integer("P")? as i32;
        Some(Self {
            revision: integer("R")?,
            key_length,
            owner: bytes("O")?,
            user: bytes("U")?,
            owner_key: bytes("OE").unwrap_or_default(),
            user_key: bytes("UE").unwrap_or_default(),
            permissions,
            encrypt_metadata: dictionary.get("EncryptMetadata") != Some(&Object::Boolean(false)),
            file_id,
        })
    }

    /// The key that the password gives, if it is one of the two.
    pub(super) fn key(&self, password: &[u8]) -> Option<(Vec<u8>, Access)> {
        if self.revision >= 5 {
            return self.long_key(password);
        }
        let owner = self.user_password_by(password).and_then(|user| self.user_access(&user));
        owner
            .map(|key| (key, Access::Owner))
            .or_else(|| self.user_access(&padded(password)).map(|key| (key, Access::User)))
    }

    /// Algorithm 2, then 4 to 6: the key, if the padded user password is right.
    fn user_access(&self, padded: &[u8]) -> Option<Vec<u8>> {
        let key = self.short_key(padded);
        let (expected, length) = if self.revision == 2 {
            (rc4(&key, &PADDING), 32)
        } else {
            (rounds(&key, &md5(&[&PADDING, &self.file_id]), 0..20), 16)
        };
        (self.user.get(..length)? == expected.get(..length)?).then_some(key)
    }

    /// Algorithm 2.
    fn short_key(&self, padded: &[u8]) -> Vec<u8> {
        let marker: &[u8] = if self.revision >= 4 && !self.encrypt_metadata { &[0xff; 4] } else { &[] };
        let owner = self.owner.get(..32).unwrap_or(&self.owner);
        let mut key = md5(&[padded, owner, &self.permissions.to_le_bytes(), &self.file_id, marker]);
        key.truncate(self.key_length);
        if self.revision >= 3 {
            for _ in 0..50 {
                key = md5(&[&key]);
                key.truncate(self.key_length);
            }
        }
        key
    }

    /// Algorithm 7: the padded user password that the owner's password opens.
    fn user_password_by(&self, password: &[u8]) -> Option<Vec<u8>> {
        let mut key = md5(&[&padded(password)]);
        if self.revision >= 3 {
            for _ in 0..50 {
                key = md5(&[&key]);
            }
        }
        key.truncate(self.key_length);
        let closed = self.owner.get(..32)?;
        Some(if self.revision == 2 { rc4(&key, closed) } else { rounds(&key, closed, (0..20).rev()) })
    }

    /// Algorithm 2.A, for keys of 256 bits.
    fn long_key(&self, password: &[u8]) -> Option<(Vec<u8>, Access)> {
        let password = password.get(..127).unwrap_or(password);
        let (owner, user) = (self.owner.get(..48)?, self.user.get(..48)?);
        for (entry, key, beside, access) in
            [(owner, &self.owner_key, user, Access::Owner), (user, &self.user_key, &[][..], Access::User)]
        {
            let (hash, salts) = entry.split_at_checked(32)?;
            let (validation, key_salt) = salts.split_at_checked(8)?;
            if self.hash(password, validation, beside)? == hash {
                let closed = key.get(..32)?;
                return Some((
                    cbc_decrypt(&self.hash(password, key_salt, beside)?, [0; 16], closed)?,
                    access,
                ));
            }
        }
        None
    }

    /// Revision 5: SHA-256. Revision 6: algorithm 2.B.
    fn hash(&self, password: &[u8], salt: &[u8], beside: &[u8]) -> Option<Vec<u8>> {
        let mut key = sha256(&[password, salt, beside]);
        if self.revision == 5 {
            return Some(key);
        }
        let mut round = 0_u32;
        loop {
            let once = [password, &key, beside].concat();
            let (cipher_key, rest) = key.split_first_chunk::<16>()?;
            let (iv, _) = rest.split_first_chunk::<16>()?;
            let mixed = cbc_encrypt(cipher_key, *iv, &once.repeat(64))?;
            let rest = mixed.get(..16)?.iter().map(|byte| u32::from(*byte)).sum::<u32>() % 3;
            key = match rest {
                0 => sha256(&[&mixed]),
                1 => sha384(&mixed),
                _ => sha512(&mixed),
            };
            round += 1;
            if round >= 64 && u32::from(*mixed.last()?) <= round - 32 {
                key.truncate(32);
                return Some(key);
            }
        }
    }
}

fn padded(password: &[u8]) -> Vec<u8> {
    password.iter().chain(&PADDING).take(32).copied().collect()
}

/// RC4 again and again, each time with every byte of the key changed by the number of the round.
fn rounds(key: &[u8], bytes: &[u8], numbers: impl Iterator<Item = u8>) -> Vec<u8> {
    numbers.fold(bytes.to_vec(), |bytes, number| {
        let key: Vec<u8> = key.iter().map(|byte| byte ^ number).collect();
        rc4(&key, &bytes)
    })
}

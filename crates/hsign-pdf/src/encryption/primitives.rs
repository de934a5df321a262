//! The ciphers of the standard security handler. Nothing here protects anything of ours: they only open, and add to,
//! what others have closed; MD5 and RC4 are there because old files ask for them.

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256};
use md5::Md5;
use sha2::{Digest, Sha256, Sha384, Sha512};

const BLOCK: usize = 16;

pub(super) fn md5(parts: &[&[u8]]) -> Vec<u8> {
    let mut state = Md5::new();
    parts.iter().for_each(|part| state.update(part));
    state.finalize().to_vec()
}

pub(super) fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    let mut state = Sha256::new();
    parts.iter().for_each(|part| state.update(part));
    state.finalize().to_vec()
}

pub(super) fn sha384(bytes: &[u8]) -> Vec<u8> {
    Sha384::digest(bytes).to_vec()
}

pub(super) fn sha512(bytes: &[u8]) -> Vec<u8> {
    Sha512::digest(bytes).to_vec()
}

/// RC4, the same in both directions.
pub(super) fn rc4(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut state: [u8; 256] = std::array::from_fn(|index| u8::try_from(index).unwrap_or(0));
    let at = |state: &[u8; 256], index: u8| state.get(usize::from(index)).copied().unwrap_or(0);
    let mut j = 0_u8;
    for i in 0..=255_u8 {
        let letter = key.get(usize::from(i) % key.len().max(1)).copied().unwrap_or(0);
        j = j.wrapping_add(at(&state, i)).wrapping_add(letter);
        state.swap(usize::from(i), usize::from(j));
    }
    let (mut i, mut j) = (0_u8, 0_u8);
    let mut next = || {
        i = i.wrapping_add(1);
        j = j.wrapping_add(at(&state, i));
        state.swap(usize::from(i), usize::from(j));
        at(&state, at(&state, i).wrapping_add(at(&state, j)))
    };
    bytes.iter().map(|byte| byte ^ next()).collect()
}

/// AES with a key of 16 or 32 bytes.
enum Aes {
    Short(Aes128),
    Long(Aes256),
}

impl Aes {
    fn new(key: &[u8]) -> Option<Self> {
        Aes128::new_from_slice(key)
            .map(Self::Short)
            .or_else(|_| Aes256::new_from_slice(key).map(Self::Long))
            .ok()
    }

    fn encrypt(&self, block: [u8; BLOCK]) -> [u8; BLOCK] {
        let mut block = Array::from(block);
        match self {
            Self::Short(cipher) => cipher.encrypt_block(&mut block),
            Self::Long(cipher) => cipher.encrypt_block(&mut block),
        }
        block.into()
    }

    fn decrypt(&self, block: [u8; BLOCK]) -> [u8; BLOCK] {
        let mut block = Array::from(block);
        match self {
            Self::Short(cipher) => cipher.decrypt_block(&mut block),
            Self::Long(cipher) => cipher.decrypt_block(&mut block),
        }
        block.into()
    }
}

fn xor(a: [u8; BLOCK], b: [u8; BLOCK]) -> [u8; BLOCK] {
    let mut mixed = a;
    mixed.iter_mut().zip(b).for_each(|(byte, other)| *byte ^= other);
    mixed
}

/// CBC over whole blocks; a cut last block is left out.
pub(super) fn cbc_decrypt(key: &[u8], iv: [u8; BLOCK], bytes: &[u8]) -> Option<Vec<u8>> {
    let cipher = Aes::new(key)?;
    let mut previous = iv;
    let mut plain = Vec::with_capacity(bytes.len());
    for block in bytes.as_chunks::<BLOCK>().0 {
        plain.extend(xor(cipher.decrypt(*block), previous));
        previous = *block;
    }
    Some(plain)
}

/// CBC over whole blocks.
pub(super) fn cbc_encrypt(key: &[u8], iv: [u8; BLOCK], bytes: &[u8]) -> Option<Vec<u8>> {
    let cipher = Aes::new(key)?;
    let mut previous = iv;
    let mut closed = Vec::with_capacity(bytes.len());
    for block in bytes.as_chunks::<BLOCK>().0 {
        previous = cipher.encrypt(xor(*block, previous));
        closed.extend(previous);
    }
    Some(closed)
}

/// The first block is the initialisation vector; the last byte tells how many to take off (ISO 32000-2, 7.6.3).
pub(super) fn aes_open(key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let (iv, rest) = bytes.split_first_chunk::<BLOCK>()?;
    let mut plain = cbc_decrypt(key, *iv, rest)?;
    // Writers that leave the padding out, or damage it, lose nothing else.
    if let Some(count) = plain.last().copied().map(usize::from).filter(|count| (1..=BLOCK).contains(count)) {
        plain.truncate(plain.len().saturating_sub(count));
    }
    Some(plain)
}

pub(super) fn aes_close(key: &[u8], iv: [u8; BLOCK], bytes: &[u8]) -> Option<Vec<u8>> {
    let count = BLOCK - bytes.len() % BLOCK;
    let mut padded = bytes.to_vec();
    padded.extend(std::iter::repeat_n(u8::try_from(count).unwrap_or(0), count));
    let closed = cbc_encrypt(key, iv, &padded)?;
    Some([&iv[..], &closed].concat())
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        hsign_core::hex(bytes)
    }

    #[test]
    fn known_answers() {
        assert_eq!(hex(&md5(&[b"a", b"bc"])), "900150983cd24fb0d6963f7d28e17f72", "RFC 1321 A.5");
        assert_eq!(hex(&rc4(b"Key", b"Plaintext")), "bbf316e8d940af0ad3");
        // FIPS 197, C.1.
        let key: Vec<u8> = (0..16).collect();
        let plain: Vec<u8> = (0..16).map(|n| n * 0x11).collect();
        let closed = cbc_encrypt(&key, [0; 16], &plain).unwrap();
        assert_eq!(hex(&closed), "69c4e0d86a7b0430d8cdb78070b4c55a");
        assert_eq!(cbc_decrypt(&key, [0; 16], &closed).unwrap(), plain);
    }

    #[test]
    fn what_is_closed_is_opened_again() {
        for length in [0, 1, 15, 16, 17, 100] {
            let plain = vec![7; length];
            let closed = aes_close(&[1; 32], [9; 16], &plain).unwrap();
            assert_eq!(closed.len() % 16, 0);
            assert_eq!(aes_open(&[1; 32], &closed).unwrap(), plain);
        }
        assert!(aes_open(&[1; 32], b"short").is_none());
    }
}

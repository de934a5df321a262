//! ATSHashIndex (EN 319 122-1): which certificates, revocation data and unsigned attributes an archive time stamp covers.

use std::collections::HashMap;

use hsign_asn1::{Reader, Rules, Tag, encode, normalise_to_der, octet_string};
use hsign_cms::{Attribute, SignerInfo};
use hsign_core::{DigestAlgorithm, Finding};
use hsign_tsp::Token;
use hsign_x509::{digest_algorithm_from_der, digest_algorithm_to_der};

use crate::Error;
use crate::oid::{HASH_INDEX, HASH_INDEX_V2, HASH_INDEX_V3};
use crate::unsigned::Spot;

/// An index as a token carries it.
#[derive(Clone, Debug)]
pub(crate) struct HashIndex {
    pub(crate) version: Version,
    pub(crate) algorithm: DigestAlgorithm,
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) revocation: Vec<Vec<u8>>,
    pub(crate) unsigned: Vec<Vec<u8>>,
    /// The attribute's value as it arrived: part of the imprint.
    pub(crate) bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// One hash for a whole attribute.
    One,
    Two,
    /// One hash for each value of an attribute, with the attribute's type before it.
    Three,
}

/// The one index of a token.
pub(crate) fn of(token: &Token) -> Result<HashIndex, Finding> {
    let signer = token.signed_data().signers().first().ok_or_else(missing)?;
    let mut found = Vec::new();
    for (oid, version) in
        [(HASH_INDEX_V3, Version::Three), (HASH_INDEX_V2, Version::Two), (HASH_INDEX, Version::One)]
    {
        found.extend(signer.unsigned_attributes().values(oid).map(|value| (version, value)));
    }
    match found.as_slice() {
        [] => Err(missing()),
        [(version, value)] => read(*version, value)
            .ok_or_else(|| Finding::error("archive-timestamp-index-unreadable").clause("EN 319 122-1")),
        _ => Err(Finding::error("archive-timestamp-index-several").clause("EN 319 122-1")),
    }
}

fn missing() -> Finding {
    Finding::error("archive-timestamp-index-missing").clause("EN 319 122-1")
}

/// SEQUENCE { hashIndAlgorithm, certificatesHashIndex, crlsHashIndex, unsignedAttrValuesHashIndex }; the first version
/// may leave the algorithm out, which is SHA-256 then.
fn read(version: Version, value: &[u8]) -> Option<HashIndex> {
    let mut fields = Reader::new(value, Rules::Ber).expect(Tag::SEQUENCE).ok()?.reader().ok()?;
    let mut lists = Vec::new();
    while let Some(field) = fields.next().ok()? {
        lists.push(field);
    }
    let algorithm = match (lists.len(), version) {
        (4, _) => digest_algorithm_from_der(&lists.remove(0)).ok()?.1?,
        (3, Version::One) => DigestAlgorithm::Sha256,
        _ => return None,
    };
    let mut hashes = Vec::new();
    for list in lists {
        let mut found = Vec::new();
        let mut elements = (list.tag == Tag::SEQUENCE).then(|| list.reader().ok())??;
        while let Some(hash) = elements.optional(Tag::OCTET_STRING).ok()? {
            found.push(octet_string(&hash).ok()?.into_owned());
        }
        elements.finish().ok()?;
        hashes.push(found);
    }
    let mut hashes = hashes.into_iter();
    Some(HashIndex {
        version,
        algorithm,
        certificates: hashes.next()?,
        revocation: hashes.next()?,
        unsigned: hashes.next()?,
        bytes: value.to_vec(),
    })
}

/// What a new time stamp of this signer would cover, as the value of an ats-hash-index-v3.
pub(crate) fn write(
    algorithm: DigestAlgorithm,
    certificates: &[Vec<u8>],
    revocation: &[Vec<u8>],
    signer: &SignerInfo,
) -> Result<Vec<u8>, Error> {
    let mut lists = vec![digest_algorithm_to_der(algorithm)];
    for choices in [certificates, revocation] {
        let hashes: Result<Vec<_>, Error> = choices.iter().map(|choice| hash(algorithm, &[choice])).collect();
        lists.push(list(&hashes?));
    }
    let mut hashes = Vec::new();
    for attribute in signer.unsigned_attributes().all() {
        for value in &attribute.values {
            hashes.push(hash(algorithm, &[&attribute.type_bytes, value])?);
        }
    }
    lists.push(list(&hashes));
    let lists: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
    Ok(encode::sequence(&lists))
}

fn list(hashes: &[Vec<u8>]) -> Vec<u8> {
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| encode::octet_string(hash)).collect();
    encode::sequence(&hashes.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn hash(algorithm: DigestAlgorithm, parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
    let mut hasher = hsign_crypto::Hasher::new(algorithm)?;
    for part in parts {
        hasher.update(part)?;
    }
    Ok(hasher.finish()?.value.as_slice().to_vec())
}

/// The hashes under which elements can be found.
pub(crate) fn of_choices(algorithm: DigestAlgorithm, choices: &[Vec<u8>]) -> HashMap<Vec<u8>, usize> {
    let hashes = choices.iter().enumerate();
    hashes.filter_map(|(index, choice)| Some((hash(algorithm, &[choice]).ok()?, index))).collect()
}

/// The same for the values of unsigned attributes.
pub(crate) fn of_unsigned(
    algorithm: DigestAlgorithm,
    version: Version,
    attributes: &[Attribute],
) -> HashMap<Vec<u8>, Vec<Spot>> {
    let mut found: HashMap<Vec<u8>, Vec<Spot>> = HashMap::new();
    for (position, attribute) in attributes.iter().enumerate() {
        let mut spots = Vec::new();
        for (value, bytes) in attribute.values.iter().enumerate() {
            let spot = Spot { attribute: position, value };
            spots.push(spot);
            let mut forms = vec![bytes.clone()];
            // Where BER stands there, some writers hash what DER would be.
            forms.extend(normalise_to_der(bytes).ok().filter(|der| der != bytes));
            for form in forms {
                if let Ok(hash) = hash(algorithm, &[&attribute.type_bytes, &form]) {
                    found.entry(hash).or_default().push(spot);
                }
            }
        }
        if version != Version::Three
            && let Ok(hash) = hash(algorithm, &[&attribute.bytes])
        {
            found.insert(hash, spots);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_version_may_leave_out_its_algorithm() {
        let empty = encode::sequence(&[]);
        let three = encode::sequence(&[&list(&[vec![1; 32]]), &empty, &empty]);
        let index = read(Version::One, &three).unwrap();
        assert_eq!(index.algorithm, DigestAlgorithm::Sha256);
        assert_eq!(index.certificates, [vec![1; 32]]);
        assert!(read(Version::Three, &three).is_none());
        let algorithm = digest_algorithm_to_der(DigestAlgorithm::Sha512);
        let four = encode::sequence(&[&algorithm, &empty, &empty, &list(&[vec![2; 64]])]);
        let index = read(Version::Three, &four).unwrap();
        assert_eq!((index.algorithm, index.unsigned.len()), (DigestAlgorithm::Sha512, 1));
        assert!(read(Version::Three, &encode::sequence(&[&algorithm, &empty, &four, &empty])).is_none());
    }
}

use std::borrow::Cow;

use super::key_value::key_value;
use super::{NAMESPACE, NAMESPACE_11, base64_decode, digest_algorithm_from_uri};
use crate::{Error, Found, Ids, Node};
use hsign_core::Digest;

const MOST_ITEMS: usize = 1_000;

/// ds:KeyInfo: hints to the key, told and never trusted.
#[derive(Clone, Debug)]
pub struct KeyInfo<'d> {
    /// The element.
    pub node: Node<'d>,
    /// Its Id attribute.
    pub id: Option<String>,
    /// X509Certificate, as found.
    pub certificates: Vec<Vec<u8>>,
    /// X509CRL, as found.
    pub crls: Vec<Vec<u8>>,
    /// X509IssuerSerial.
    pub issuer_serials: Vec<IssuerSerial>,
    /// X509SKI.
    pub subject_key_identifiers: Vec<Vec<u8>>,
    /// X509SubjectName, as written.
    pub subject_names: Vec<String>,
    /// X509Digest of XMLDSig 1.1, where the function is known.
    pub certificate_digests: Vec<Digest>,
    /// KeyName.
    pub key_names: Vec<String>,
    /// KeyValue and DEREncodedKeyValue as SubjectPublicKeyInfo, where the kind of key is known.
    pub public_keys: Vec<Vec<u8>>,
    /// URI and Type of each RetrievalMethod. Nothing is fetched for them.
    pub retrieval_methods: Vec<(String, Option<String>)>,
}

/// A certificate by issuer and serial number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerSerial {
    /// X509IssuerName, as written (RFC 4514 and its variants).
    pub issuer: String,
    /// X509SerialNumber as the contents of an INTEGER.
    pub serial: Vec<u8>,
}

impl<'d> KeyInfo<'d> {
    /// Reads a ds:KeyInfo element; what it has beyond the fields here is left aside.
    ///
    /// # Errors
    /// When a certificate or CRL isn't Base64, or there are too many items.
    pub fn read(node: Node<'d>) -> Result<Self, Error> {
        let mut info = Self {
            node,
            id: node.attribute("", "Id").map(Cow::into_owned),
            certificates: Vec::new(),
            crls: Vec::new(),
            issuer_serials: Vec::new(),
            subject_key_identifiers: Vec::new(),
            subject_names: Vec::new(),
            certificate_digests: Vec::new(),
            key_names: Vec::new(),
            public_keys: Vec::new(),
            retrieval_methods: Vec::new(),
        };
        for child in node.elements() {
            match child.name() {
                (NAMESPACE, "X509Data") => info.x509_data(child)?,
                (NAMESPACE, "KeyName") => info.key_names.push(child.text().into_owned()),
                (NAMESPACE, "KeyValue") => {
                    info.public_keys.extend(child.elements().next().and_then(key_value))
                }
                (NAMESPACE_11, "DEREncodedKeyValue") => {
                    info.public_keys.extend(base64_decode(&child.text()).ok())
                }
                (NAMESPACE, "RetrievalMethod") => info.retrieval_method(child),
                _ => {}
            }
            info.within_limits()?;
        }
        Ok(info)
    }

    /// Adds what RetrievalMethods without transforms give that lead to certificates or a key value in the same document.
    ///
    /// # Errors
    /// As [`KeyInfo::read`].
    pub fn with_retrieved(mut self, ids: &Ids<'d>) -> Result<Self, Error> {
        for (uri, kind) in self.retrieval_methods.clone() {
            let (Some(id), Some(kind)) = (uri.strip_prefix('#'), kind) else { continue };
            let Found::Element(node) = ids.find(id) else { continue };
            let (namespace, local) = node.name();
            if kind != format!("{namespace}{local}") {
                continue;
            }
            if node.is(NAMESPACE, "X509Data") {
                self.x509_data(node)?;
            } else {
                self.public_keys.extend(key_value(node));
            }
            self.within_limits()?;
        }
        Ok(self)
    }

    fn retrieval_method(&mut self, node: Node<'_>) {
        // Transforms could make anything of anything: such a method is told without its Type, so nobody follows it.
        let plain = node.child(NAMESPACE, "Transforms").is_none();
        let kind = node.attribute("", "Type").filter(|_| plain);
        let uri = node.attribute("", "URI").unwrap_or_default();
        self.retrieval_methods.push((uri.into_owned(), kind.map(Cow::into_owned)));
    }

    fn x509_data(&mut self, data: Node<'_>) -> Result<(), Error> {
        for child in data.elements() {
            match child.name() {
                (NAMESPACE, "X509Certificate") => self.certificates.push(base64_decode(&child.text())?),
                (NAMESPACE, "X509CRL") => self.crls.push(base64_decode(&child.text())?),
                (NAMESPACE, "X509SKI") => self.subject_key_identifiers.push(base64_decode(&child.text())?),
                (NAMESPACE, "X509SubjectName") => self.subject_names.push(child.simple_text()),
                (NAMESPACE, "X509IssuerSerial") => self.issuer_serials.extend(issuer_serial(child)),
                (NAMESPACE_11, "X509Digest") => {
                    let method =
                        child.attribute("", "Algorithm").and_then(|uri| digest_algorithm_from_uri(&uri));
                    let value = base64_decode(&child.text())?;
                    self.certificate_digests.extend(method.map(|algorithm| Digest::new(algorithm, value)));
                }
                _ => {}
            }
            self.within_limits()?;
        }
        Ok(())
    }

    fn within_limits(&self) -> Result<(), Error> {
        let items = self.certificates.len()
            + self.crls.len()
            + self.issuer_serials.len()
            + self.subject_key_identifiers.len()
            + self.subject_names.len()
            + self.certificate_digests.len()
            + self.key_names.len()
            + self.public_keys.len()
            + self.retrieval_methods.len();
        let limit = MOST_ITEMS as u64;
        if items > MOST_ITEMS {
            return Err(hsign_core::BudgetExhausted { purpose: "items of a ds:KeyInfo", limit }.into());
        }
        Ok(())
    }
}

impl IssuerSerial {
    /// Reads X509IssuerName and X509SerialNumber below `node`; `None` when they aren't there or the number isn't one.
    #[must_use]
    pub fn read(node: Node<'_>) -> Option<Self> {
        issuer_serial(node)
    }
}

fn issuer_serial(node: Node<'_>) -> Option<IssuerSerial> {
    let issuer = node.child(NAMESPACE, "X509IssuerName")?.simple_text();
    let serial = integer(&node.child(NAMESPACE, "X509SerialNumber")?.simple_text())?;
    Some(IssuerSerial { issuer, serial })
}

/// A decimal number as the contents of a DER INTEGER; negative serial numbers don't occur.
fn integer(decimal: &str) -> Option<Vec<u8>> {
    const LONGEST: usize = 120;
    let digits = decimal.strip_prefix('+').unwrap_or(decimal);
    if digits.is_empty() || digits.len() > LONGEST {
        return None;
    }
    let mut bytes: Vec<u8> = vec![0];
    for digit in digits.chars() {
        let mut carry = digit.to_digit(10)?;
        for byte in bytes.iter_mut().rev() {
            let sum = u32::from(*byte) * 10 + carry;
            let [.., low] = sum.to_be_bytes();
            *byte = low;
            carry = sum >> 8;
        }
        if let Ok(carry @ 1..) = u8::try_from(carry) {
            bytes.insert(0, carry);
        }
    }
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    let mut contents = bytes.split_off(first);
    if contents.first().is_some_and(|byte| *byte & 0x80 != 0) {
        contents.insert(0, 0);
    }
    Some(contents)
}

#[cfg(test)]
mod tests {
    use super::integer;

    #[test]
    fn serial_numbers_become_integers() {
        assert_eq!(integer("0"), Some(vec![0]));
        assert_eq!(integer("127"), Some(vec![127]));
        assert_eq!(integer("128"), Some(vec![0, 128]));
        assert_eq!(integer("00256"), Some(vec![1, 0]));
        assert_eq!(integer("18446744073709551616"), Some(vec![1, 0, 0, 0, 0, 0, 0, 0, 0]));
        for wrong in ["", "-1", "1a", "０", &"9".repeat(121)] {
            assert_eq!(integer(wrong), None, "{wrong}");
        }
    }
}

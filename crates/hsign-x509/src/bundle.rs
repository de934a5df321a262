//! Files with several objects: PEM, PKCS#7 and plain DER.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsign_asn1::{Reader, Rules, Tag, oid, single};

use crate::error::Within as _;
use crate::{Certificate, Crl, Error};

/// Mozilla's root store has about 150 certificates, a whole CRL archive some thousands.
const LIMIT: usize = 10_000;

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

/// Certificates of a file: DER (one or several in a row), PEM, or PKCS#7 certs-only (DER or PEM), in
/// order of appearance. Other PEM blocks are stepped over.
///
/// # Errors
/// When there is none, or one can't be read.
pub fn certificates_from_bytes(bytes: &[u8]) -> Result<Vec<Certificate>, Error> {
    const WHAT: &str = "certificate";
    let mut certificates = Vec::new();
    for (label, der) in blocks(bytes)? {
        match label.as_str() {
            "" => plain(&der, &mut certificates)?,
            "CERTIFICATE" | "X509 CERTIFICATE" => certificates.push(Certificate::from_der(&der)?),
            "PKCS7" | "CMS" => pkcs7(&der, &mut certificates)?,
            _ => {}
        }
        if certificates.len() > LIMIT {
            return Err(Error::TooMany { limit: LIMIT });
        }
    }
    if certificates.is_empty() { Err(Error::Nothing(WHAT)) } else { Ok(certificates) }
}

/// CRLs of a file: one in DER, or PEM blocks.
///
/// # Errors
/// When there is none, or one can't be read.
pub fn crls_from_bytes(bytes: &[u8]) -> Result<Vec<Crl>, Error> {
    let crls: Vec<Crl> = blocks(bytes)?
        .iter()
        .filter(|(label, _)| matches!(label.as_str(), "" | "X509 CRL" | "CRL"))
        .map(|(_, der)| Crl::from_der(der))
        .collect::<Result<_, _>>()?;
    if crls.is_empty() { Err(Error::Nothing("CRL")) } else { Ok(crls) }
}

/// DER without armour: a PKCS#7, or certificates in a row.
fn plain(der: &[u8], certificates: &mut Vec<Certificate>) -> Result<(), Error> {
    if is_content_info(der) {
        return pkcs7(der, certificates);
    }
    let mut elements = Reader::new(der, Rules::Ber);
    while !elements.is_empty() {
        let element = elements.expect(Tag::SEQUENCE).within("certificate")?;
        certificates.push(Certificate::from_der(element.bytes)?);
        if certificates.len() > LIMIT {
            return Err(Error::TooMany { limit: LIMIT });
        }
    }
    Ok(())
}

/// A ContentInfo starts with an OID where a certificate starts with a SEQUENCE.
fn is_content_info(der: &[u8]) -> bool {
    let first = Reader::new(der, Rules::Ber).any().and_then(|outer| outer.reader());
    first.is_ok_and(|first| first.peek_tag() == Some(Tag::OID))
}

/// Certificates of a SignedData (RFC 5652 §5.1); attribute certificates are stepped over.
fn pkcs7(der: &[u8], certificates: &mut Vec<Certificate>) -> Result<(), Error> {
    const WHAT: &str = "PKCS#7";
    let mut content_info =
        single(der, Tag::SEQUENCE, Rules::Ber).and_then(|outer| outer.reader()).within(WHAT)?;
    let content_type = content_info.expect(Tag::OID).and_then(|element| oid(&element)).within(WHAT)?;
    if content_type != SIGNED_DATA {
        return Err(Error::Nothing("certificate"));
    }
    let wrapper = content_info.expect(Tag::context(0, true)).within(WHAT)?;
    let mut fields = wrapper.only(Tag::SEQUENCE).and_then(|signed| signed.reader()).within(WHAT)?;
    fields.expect(Tag::INTEGER).within(WHAT)?;
    fields.expect(Tag::SET).within(WHAT)?;
    fields.expect(Tag::SEQUENCE).within(WHAT)?;
    let Some(set) = fields.optional(Tag::context(0, true)).within(WHAT)? else { return Ok(()) };
    let mut members = set.reader().within(WHAT)?;
    while let Some(member) = members.next().within(WHAT)? {
        if member.tag == Tag::SEQUENCE {
            certificates.push(Certificate::from_der(member.bytes)?);
        }
        if certificates.len() > LIMIT {
            return Err(Error::TooMany { limit: LIMIT });
        }
    }
    Ok(())
}

/// PEM blocks with their labels; without armour the whole input under an empty label, decoded if it is
/// bare Base64.
fn blocks(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Error> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains("-----BEGIN ") => pem(text),
        Ok(text) if text.trim_start().starts_with("MI") => Ok(vec![(String::new(), base64(text)?)]),
        _ => Ok(vec![(String::new(), bytes.to_vec())]),
    }
}

fn pem(text: &str) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) = after.split_once("-----").ok_or(Error::Pem("a BEGIN line has no end"))?;
        let end = format!("-----END {label}-----");
        let (body, after) = after.split_once(&end).ok_or(Error::Pem("a block has no END line"))?;
        // Keys and the like are none of our business, encrypted ones aren't even Base64 throughout.
        if !label.ends_with("PRIVATE KEY") {
            blocks.push((label.to_owned(), base64(body)?));
        }
        if blocks.len() > LIMIT {
            return Err(Error::TooMany { limit: LIMIT });
        }
        rest = after;
    }
    Ok(blocks)
}

fn base64(text: &str) -> Result<Vec<u8>, Error> {
    let digits: String = text.split_whitespace().collect();
    STANDARD.decode(digits).map_err(|_| Error::Pem("not Base64"))
}

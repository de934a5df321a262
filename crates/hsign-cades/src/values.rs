//! Validation data as unsigned attributes: certificate-values and revocation-values (EN 319 122-1; RFC 5126 §6.3.3,
//! §6.3.4), and those of long-term-validation.

use hsign_asn1::{Reader, Rules, Tag, Tlv, encode};
use hsign_cms::{attributes, ocsp_choice, revocation_data};
use hsign_core::facts::EvidenceFacts;
use hsign_tsp::Token;

use crate::Error;
use crate::oid::{CERTIFICATE_VALUES, LONG_TERM_VALIDATION, REVOCATION_VALUES};

/// id-pkix-ocsp-basic (RFC 6960 §4.2.1).
const OCSP_BASIC: &str = "1.3.6.1.5.5.7.48.1.1";
/// id-ri-ocsp-response (RFC 5940 §2.1).
const OCSP_RESPONSE: &str = hsign_cms::oid::OCSP_RESPONSE;

/// What an attribute of this type holds; `None` where its value can't be read.
pub(crate) fn read(oid: &str, value: &[u8]) -> Option<EvidenceFacts> {
    let mut fields = Reader::new(value, Rules::Ber).expect(Tag::SEQUENCE).ok()?.reader().ok()?;
    let mut found = EvidenceFacts::default();
    match oid {
        CERTIFICATE_VALUES => {
            while let Some(certificate) = fields.next().ok()? {
                found.certificates.push(certificate.bytes.into());
            }
        }
        REVOCATION_VALUES => {
            while let Some(list) = fields.next().ok()? {
                revocation_list(&list, &mut found)?;
            }
        }
        LONG_TERM_VALIDATION => {
            let (_, certificates, revocation) = long_term(value)?;
            for element in certificates {
                found.certificates.push(element.into());
            }
            for element in revocation {
                choice(&element, &mut found)?;
            }
        }
        _ => return None,
    }
    Some(found)
}

/// What a token's own unsigned attributes hold: that is where data for it go that may stand nowhere else.
pub(crate) fn of_token(token: &[u8]) -> EvidenceFacts {
    let mut found = EvidenceFacts::default();
    let Ok(token) = Token::parse(token) else { return found };
    let Some(signer) = token.signed_data().signers().first() else { return found };
    for oid in [CERTIFICATE_VALUES, REVOCATION_VALUES] {
        let values = signer.unsigned_attributes().values(oid);
        values.filter_map(|value| read(oid, value)).for_each(|values| found.extend(&values));
    }
    found
}

fn revocation_list(list: &Tlv<'_>, found: &mut EvidenceFacts) -> Option<()> {
    let mut fields = list.reader().ok()?;
    if list.tag == Tag::context(2, true) {
        return other_revocation(fields, found);
    }
    let mut elements = fields.expect(Tag::SEQUENCE).ok()?.reader().ok()?;
    while let Some(element) = elements.next().ok()? {
        match list.tag.number {
            0 => found.crls.push(element.bytes.into()),
            1 => found.ocsp_responses.push(element.bytes.into()),
            _ => {}
        }
    }
    Some(())
}

/// OtherRevVals: whole OCSP responses under id-ri-ocsp-response; anything else stays unread.
fn other_revocation(fields: Reader<'_>, found: &mut EvidenceFacts) -> Option<()> {
    let mut fields = fields.clone();
    if fields.peek_tag() == Some(Tag::SEQUENCE) {
        // The module's tags are explicit to some, implicit to others.
        fields = fields.any().ok()?.reader().ok()?;
    }
    let kind = hsign_asn1::oid_to_string(fields.expect(Tag::OID).ok()?.contents).ok()?;
    while let Some(values) = fields.next().ok()?.filter(|_| kind == OCSP_RESPONSE) {
        found.ocsp_responses.push(values.bytes.into());
    }
    Some(())
}

fn choice(element: &[u8], found: &mut EvidenceFacts) -> Option<()> {
    let data = revocation_data(element).ok()?;
    if data == element {
        found.crls.push(data.into());
    } else {
        found.ocsp_responses.push(data.into());
    }
    Some(())
}

/// The time stamp of a long-term-validation attribute, its certificates and its revocation data.
type LongTerm = (Option<Vec<u8>>, Vec<Vec<u8>>, Vec<Vec<u8>>);

/// LongTermValidation ::= SEQUENCE { poeDate GeneralizedTime, poeValue [0] timeStamp or [1] evidenceRecord OPTIONAL,
/// extraCertificates [0] OPTIONAL, extraRevocation [1] OPTIONAL }: the two uses of the tags are told apart by what is
/// inside.
pub(crate) fn long_term(value: &[u8]) -> Option<LongTerm> {
    let mut fields = Reader::new(value, Rules::Ber).expect(Tag::SEQUENCE).ok()?.reader().ok()?;
    fields.expect(Tag::GENERALIZED_TIME).ok()?;
    let mut found: LongTerm = (None, Vec::new(), Vec::new());
    while let Some(field) = fields.next().ok()? {
        let mut inside = field.reader().ok()?;
        while let Some(element) = inside.next().ok()? {
            let is_token = Token::parse(element.bytes).is_ok();
            match field.tag.number {
                0 if is_token => found.0 = Some(element.bytes.to_vec()),
                0 => found.1.push(element.bytes.to_vec()),
                1 => found.2.push(element.bytes.to_vec()),
                _ => {}
            }
        }
    }
    Some(found)
}

/// The two attributes for what is new; none where nothing is.
pub(crate) fn attributes(evidence: &EvidenceFacts) -> Result<Vec<Vec<u8>>, Error> {
    let mut found = Vec::new();
    if !evidence.certificates.is_empty() {
        let list: Vec<&[u8]> = evidence.certificates.iter().map(|one| one.as_slice()).collect();
        found.push(attributes::attribute(CERTIFICATE_VALUES, &encode::sequence(&list))?);
    }
    let crls: Vec<&[u8]> = evidence.crls.iter().map(|one| one.as_slice()).collect();
    let basic: Vec<Vec<u8>> =
        evidence.ocsp_responses.iter().map(|one| basic_response(one.as_slice())).collect();
    let basic: Vec<&[u8]> = basic.iter().map(Vec::as_slice).collect();
    if !crls.is_empty() || !basic.is_empty() {
        let list = |number, list: &[&[u8]]| match list {
            [] => Vec::new(),
            list => encode::explicit(number, &encode::sequence(list)),
        };
        let value = encode::sequence(&[&list(0, &crls), &list(1, &basic)]);
        found.push(attributes::attribute(REVOCATION_VALUES, &value)?);
    }
    Ok(found)
}

/// The elements for `crls` of a SignedData.
pub(crate) fn revocation_choices(evidence: &EvidenceFacts) -> Result<Vec<Vec<u8>>, Error> {
    let mut found: Vec<Vec<u8>> = evidence.crls.iter().map(|one| one.as_slice().to_vec()).collect();
    for response in &evidence.ocsp_responses {
        found.push(ocsp_choice(&whole_response(response.as_slice())?)?);
    }
    Ok(found)
}

/// The BasicOCSPResponse inside an OCSPResponse, or what is one already.
pub(crate) fn basic_response(response: &[u8]) -> Vec<u8> {
    inside(response).unwrap_or_else(|| response.to_vec())
}

fn inside(response: &[u8]) -> Option<Vec<u8>> {
    let mut fields = Reader::new(response, Rules::Ber).expect(Tag::SEQUENCE).ok()?.reader().ok()?;
    fields.expect(Tag::ENUMERATED).ok()?;
    let bytes = fields.expect(Tag::context(0, true)).ok()?.only(Tag::SEQUENCE).ok()?;
    let mut fields = bytes.reader().ok()?;
    fields.expect(Tag::OID).ok()?;
    Some(hsign_asn1::octet_string(&fields.expect(Tag::OCTET_STRING).ok()?).ok()?.into_owned())
}

/// An OCSPResponse (RFC 6960 §4.2.1), put around a BasicOCSPResponse that came alone.
fn whole_response(response: &[u8]) -> Result<Vec<u8>, Error> {
    if inside(response).is_some() {
        return Ok(response.to_vec());
    }
    let oid = encode::oid(OCSP_BASIC).map_err(hsign_cms::Error::from)?;
    let bytes = encode::sequence(&[&oid, &encode::octet_string(response)]);
    Ok(encode::sequence(&[&encode::enumerated(0), &encode::explicit(0, &bytes)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(attribute: &[u8]) -> Vec<u8> {
        let mut fields = Reader::new(attribute, Rules::Der).expect(Tag::SEQUENCE).unwrap().reader().unwrap();
        fields.expect(Tag::OID).unwrap();
        fields.expect(Tag::SET).unwrap().contents.to_vec()
    }

    #[test]
    fn what_is_written_is_read() {
        let basic = encode::sequence(&[&encode::null()]);
        let evidence = EvidenceFacts {
            certificates: vec![encode::sequence(&[&encode::integer(1)]).into()],
            crls: vec![encode::sequence(&[&encode::integer(2)]).into()],
            ocsp_responses: vec![whole_response(&basic).unwrap().into()],
        };
        let attributes = attributes(&evidence).unwrap();
        let certificates = read(CERTIFICATE_VALUES, &value_of(&attributes[0])).unwrap();
        assert_eq!(certificates.certificates, evidence.certificates);
        let revocation = read(REVOCATION_VALUES, &value_of(&attributes[1])).unwrap();
        assert_eq!(revocation.crls, evidence.crls);
        assert_eq!(revocation.ocsp_responses[0].as_slice(), basic);
        let choices = revocation_choices(&revocation).unwrap();
        let mut again = EvidenceFacts::default();
        choices.iter().for_each(|element| choice(element, &mut again).unwrap());
        assert_eq!((again.crls, again.ocsp_responses), (evidence.crls, evidence.ocsp_responses));
    }
}

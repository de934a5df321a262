use hsign_asn1::{BitString, Reader, Rules, Tag, bit_string, integer_u64, string};

use crate::Error;

/// PKIFailureInfo bits that RFC 3161 §2.4.2 allows.
const FAILURES: [(usize, &str); 8] = [
    (0, "badAlg"),
    (2, "badRequest"),
    (5, "badDataFormat"),
    (14, "timeNotAvailable"),
    (15, "unacceptedPolicy"),
    (16, "unacceptedExtension"),
    (17, "addInfoNotAvailable"),
    (25, "systemFailure"),
];

/// TimeStampResp (RFC 3161 §2.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampResponse {
    /// PKIStatus: 0 granted, 1 granted with modifications, anything else a refusal.
    pub status: u64,
    /// statusString, as many lines as were sent.
    pub status_text: Vec<String>,
    /// PKIFailureInfo in the clause's words.
    pub failure: Option<String>,
    /// The token's octets as they arrived.
    pub token: Option<Vec<u8>>,
}

impl TimestampResponse {
    /// Reads a response, DER or BER.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut fields = Reader::new(bytes, Rules::Ber).expect(Tag::SEQUENCE)?.reader()?;
        let mut information = fields.expect(Tag::SEQUENCE)?.reader()?;
        let status = integer_u64(information.expect(Tag::INTEGER)?.contents)?;
        let mut status_text = Vec::new();
        if let Some(lines) = information.optional(Tag::SEQUENCE)? {
            let mut lines = lines.reader()?;
            while let Some(line) = lines.next()? {
                status_text.push(string(&line)?);
            }
        }
        let failure = match information.optional(Tag::BIT_STRING)? {
            Some(bits) => Some(words(&bit_string(&bits)?)),
            None => None,
        };
        information.finish()?;
        let token = fields.optional(Tag::SEQUENCE)?.map(|token| token.bytes.to_vec());
        fields.finish()?;
        Ok(Self { status, status_text, failure, token })
    }

    /// The token of a granted request.
    ///
    /// # Errors
    /// When it was refused, with the authority's own words, or when the token is missing.
    pub fn granted(&self) -> Result<&[u8], Error> {
        match self.status {
            0 | 1 => self.token.as_deref().ok_or(Error::NoToken),
            _ => Err(Error::Refused(self.explanation())),
        }
    }

    fn explanation(&self) -> String {
        let status = match self.status {
            2 => "rejection".to_owned(),
            3 => "waiting".to_owned(),
            4 => "revocationWarning".to_owned(),
            5 => "revocationNotification".to_owned(),
            other => format!("status {other}"),
        };
        let words = self.failure.iter().chain(&self.status_text).cloned();
        std::iter::once(status).chain(words).collect::<Vec<_>>().join(", ")
    }
}

fn words(bits: &BitString<'_>) -> String {
    let name = |bit| {
        FAILURES
            .iter()
            .find(|(known, _)| *known == bit)
            .map_or_else(|| format!("bit {bit}"), |(_, word)| (*word).to_owned())
    };
    (0..bits.length().min(64)).filter(|bit| bits.bit(*bit)).map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hsign_asn1::encode;

    #[test]
    fn rfc3161_2_4_2_a_refusal_says_why() {
        let status = encode::sequence(&[
            &encode::integer(2),
            &encode::sequence(&[&encode::utf8("no such policy here")]),
            &encode::tlv(0x03, &[0, 0x80, 0x01]),
        ]);
        let response = TimestampResponse::parse(&encode::sequence(&[&status])).unwrap();
        let error = response.granted().unwrap_err().to_string();
        assert!(error.ends_with("rejection, badAlg, unacceptedPolicy, no such policy here"), "{error}");
    }

    #[test]
    fn rfc3161_2_4_2_a_token_beside_a_refusal_does_not_count() {
        let response = encode::sequence(&[
            &encode::sequence(&[&encode::integer(2)]),
            &encode::sequence(&[&encode::oid(hsign_cms::oid::SIGNED_DATA).unwrap()]),
        ]);
        let response = TimestampResponse::parse(&response).unwrap();
        assert!(response.token.is_some());
        assert!(matches!(response.granted(), Err(Error::Refused(_))));
    }

    #[test]
    fn granted_without_token_is_the_authority_s_failure() {
        let response = encode::sequence(&[&encode::sequence(&[&encode::integer(0)])]);
        let response = TimestampResponse::parse(&response).unwrap();
        assert!(matches!(response.granted(), Err(Error::NoToken)));
    }
}

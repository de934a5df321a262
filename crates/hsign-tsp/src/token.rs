use hsign_asn1::{Reader, Rules, Tag, der_violations};
use hsign_cms::SignedData;

use crate::{Error, TST_INFO, TimestampResponse, TstInfo};

/// A TimeStampToken (RFC 3161 §2.4.2) and the octets it came from.
#[derive(Clone, Debug)]
pub struct Token {
    bytes: Vec<u8>,
    info: TstInfo,
    signed_data: SignedData,
}

impl Token {
    /// Reads the token at the start of `bytes`, DER or BER; of a whole response its token. What follows it
    /// (zeros in a PDF) is left alone.
    ///
    /// # Errors
    /// When there is no token, or the response is a refusal.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let outer = Reader::new(bytes, Rules::Ber).expect(Tag::SEQUENCE)?;
        if outer.reader()?.peek_tag() == Some(Tag::SEQUENCE) {
            return Self::read(TimestampResponse::parse(outer.bytes)?.granted()?);
        }
        Self::read(outer.bytes)
    }

    fn read(bytes: &[u8]) -> Result<Self, Error> {
        let signed_data = SignedData::parse(bytes)?;
        if signed_data.content_type() != TST_INFO {
            return Err(Error::NotToken(signed_data.content_type().to_owned()));
        }
        let info = TstInfo::parse(signed_data.content().ok_or(Error::NoContent)?)?;
        Ok(Self { bytes: bytes.to_vec(), info, signed_data })
    }

    /// The token alone, as it arrived.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The first place where its encoding is BER and not DER (X.690 §10, §11): offset, and what it is in a word. Implicitly
    /// tagged sets, the certificates say, are looked at as sequences. `None`: it is DER.
    #[must_use]
    pub fn departure_from_der(&self) -> Option<(usize, &'static str)> {
        match der_violations(&self.bytes) {
            Ok(violations) => violations.first().map(|(offset, violation)| (*offset, violation.name())),
            Err(error) => Some((error.offset, "unreadable")),
        }
    }

    /// What the authority states.
    #[must_use]
    pub fn info(&self) -> &TstInfo {
        &self.info
    }

    /// The CMS around it.
    #[must_use]
    pub fn signed_data(&self) -> &SignedData {
        &self.signed_data
    }
}

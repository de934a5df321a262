use hsign_asn1::{Reader, Rules, Tag, Tlv, boolean, integer_u64, octet_string, oid_to_string, single, time};
use hsign_core::{Digest, DigestAlgorithm, GenTime};

use crate::Error;

/// TSTInfo (RFC 3161 §2.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TstInfo {
    /// version; 1 is the only one there is.
    pub version: u64,
    /// policy, dotted.
    pub policy: String,
    /// hashAlgorithm of the messageImprint, dotted.
    pub imprint_algorithm: String,
    /// hashedMessage of the messageImprint.
    pub hashed_message: Vec<u8>,
    /// Contents of the serialNumber INTEGER.
    pub serial: Vec<u8>,
    /// genTime, with its fraction of a second.
    pub gen_time: GenTime,
    /// accuracy in microseconds.
    pub accuracy_microseconds: Option<u64>,
    /// ordering.
    pub ordering: bool,
    /// Contents of the nonce INTEGER, which may be negative.
    pub nonce: Option<Vec<u8>>,
    /// tsa: a GeneralName, DER, a hint at best.
    pub tsa: Option<Vec<u8>>,
    /// Extensions marked critical, dotted.
    pub critical_extensions: Vec<String>,
}

impl TstInfo {
    /// Reads a TSTInfo, DER or BER.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut fields = single(bytes, Tag::SEQUENCE, Rules::Ber)?.reader()?;
        let version = integer_u64(fields.expect(Tag::INTEGER)?.contents)?;
        let policy = oid_to_string(fields.expect(Tag::OID)?.contents)?;
        let mut imprint = fields.expect(Tag::SEQUENCE)?.reader()?;
        let imprint_algorithm =
            oid_to_string(imprint.expect(Tag::SEQUENCE)?.reader()?.expect(Tag::OID)?.contents)?;
        let hashed_message = octet_string(&imprint.expect(Tag::OCTET_STRING)?)?.into_owned();
        imprint.finish()?;
        let serial = fields.expect(Tag::INTEGER)?.contents.to_vec();
        let gen_time = GenTime(time(&fields.expect(Tag::GENERALIZED_TIME)?)?);
        let accuracy_microseconds =
            fields.optional(Tag::SEQUENCE)?.map(|accuracy| microseconds(&accuracy)).transpose()?;
        let ordering = fields.optional(Tag::BOOLEAN)?.map(|flag| boolean(&flag)).transpose()?;
        let nonce = fields.optional(Tag::INTEGER)?.map(|nonce| nonce.contents.to_vec());
        let tsa = match fields.optional(Tag::context(0, true))? {
            Some(explicit) => explicit.reader()?.next()?.map(|name| name.bytes.to_vec()),
            None => None,
        };
        let critical_extensions = match fields.optional(Tag::context(1, true))? {
            Some(list) => critical(list.reader()?)?,
            None => Vec::new(),
        };
        fields.finish()?;
        Ok(Self {
            version,
            policy,
            imprint_algorithm,
            hashed_message,
            serial,
            gen_time,
            accuracy_microseconds,
            ordering: ordering.unwrap_or(false),
            nonce,
            tsa,
            critical_extensions,
        })
    }

    /// messageImprint; `None` when its hash function is unknown to us.
    #[must_use]
    pub fn imprint(&self) -> Option<Digest> {
        let algorithm = DigestAlgorithm::from_oid(&self.imprint_algorithm)?;
        Some(Digest::new(algorithm, self.hashed_message.as_slice()))
    }
}

/// Accuracy ::= SEQUENCE { seconds OPTIONAL, millis [0] OPTIONAL, micros [1] OPTIONAL }.
fn microseconds(accuracy: &Tlv<'_>) -> Result<u64, Error> {
    let mut fields = accuracy.reader()?;
    let units = [(Tag::INTEGER, 1_000_000), (Tag::context(0, false), 1_000), (Tag::context(1, false), 1)];
    let mut total: u64 = 0;
    for (tag, factor) in units {
        if let Some(amount) = fields.optional(tag)? {
            total = total.saturating_add(integer_u64(amount.contents)?.saturating_mul(factor));
        }
    }
    fields.finish()?;
    Ok(total)
}

fn critical(mut extensions: Reader<'_>) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    while let Some(extension) = extensions.next()? {
        let mut fields = extension.reader()?;
        let oid = oid_to_string(fields.expect(Tag::OID)?.contents)?;
        if let Some(flag) = fields.optional(Tag::BOOLEAN)?
            && boolean(&flag)?
        {
            found.push(oid);
        }
    }
    Ok(found)
}

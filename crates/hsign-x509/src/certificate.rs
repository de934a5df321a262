use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use hsign_asn1::{Reader, Rules, Tag, Tlv, bit_string, integer_u64, time_with_form};
use hsign_core::{Finding, PublicKeyKind, SignatureAlgorithm, Time};

use crate::error::Within as _;
use crate::extension::{self, Extension, extension_oid as id};
use crate::{
    AccessDescription, AuthorityKeyIdentifier, BasicConstraints, DistributionPoint, Error, ExtendedKeyUsage,
    GeneralName, HealthcareActor, KeyUsage, Name, NameConstraints, PolicyConstraints, PolicyInformation,
    PolicyMapping, algorithm, hc_role, name, oddity, public_key,
};

/// An X.509 certificate (RFC 5280 §4.1) with its original bytes. Clones share them; equality is that of
/// the bytes.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    sha256: [u8; 32],
    tbs: Range<usize>,
    serial: Range<usize>,
    public_key_info: Range<usize>,
    version: u8,
    signature_algorithm: SignatureAlgorithm,
    signature_value: Vec<u8>,
    subject: Name,
    issuer: Name,
    not_before: Time,
    not_after: Time,
    public_key_kind: PublicKeyKind,
    public_key_bits: Vec<u8>,
    extensions: Vec<Extension>,
    oddities: Vec<Finding>,
}

const WHAT: &str = "certificate";

impl Certificate {
    /// Reads one certificate. Encodings outside DER are read where their meaning is beyond doubt, and
    /// listed in [`Certificate::oddities`].
    ///
    /// # Errors
    /// When the bytes aren't exactly one certificate of version 1 to 3.
    pub fn from_der(bytes: &[u8]) -> Result<Self, Error> {
        read(bytes).map(|inner| Self(Arc::new(inner)))
    }

    /// Original bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Original bytes of TBSCertificate: what the issuer signed.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        self.0.slice(&self.0.tbs)
    }

    /// How the issuer signed.
    #[must_use]
    pub fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.0.signature_algorithm
    }

    /// The issuer's signature value.
    #[must_use]
    pub fn signature_value(&self) -> &[u8] {
        &self.0.signature_value
    }

    /// SHA-256 of the original bytes.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.0.sha256
    }

    /// SHA-256 in lower-case hexadecimal.
    #[must_use]
    pub fn sha256_hex(&self) -> String {
        hexadecimal(&self.0.sha256)
    }

    /// Contents octets of the serial number as encoded.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.0.slice(&self.0.serial)
    }

    /// Serial number in lower-case hexadecimal, as encoded.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        hexadecimal(self.serial())
    }

    /// 1, 2 or 3.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.0.version
    }

    /// Whose key it is.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// Who says so.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// Start of validity, inclusive.
    #[must_use]
    pub fn not_before(&self) -> Time {
        self.0.not_before
    }

    /// End of validity, inclusive.
    #[must_use]
    pub fn not_after(&self) -> Time {
        self.0.not_after
    }

    /// Original bytes of SubjectPublicKeyInfo.
    #[must_use]
    pub fn public_key_info(&self) -> &[u8] {
        self.0.slice(&self.0.public_key_info)
    }

    /// Kind and size of the key.
    #[must_use]
    pub fn public_key_kind(&self) -> &PublicKeyKind {
        &self.0.public_key_kind
    }

    /// Octets of subjectPublicKey, as key hashes are made over (RFC 6960 §4.1.1).
    #[must_use]
    pub fn public_key_bits(&self) -> &[u8] {
        &self.0.public_key_bits
    }

    /// Whether subject and issuer are the same name (RFC 5280 §3.2: self-issued).
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject().matches(self.issuer())
    }

    /// What a strict reader would have refused or RFC 5280 forbids. Those of severity error
    /// (`certificate-algorithm-mismatch`, `certificate-extensions-need-v3`) make the certificate
    /// unfit for a path.
    #[must_use]
    pub fn oddities(&self) -> Vec<Finding> {
        self.0.oddities.clone()
    }

    /// All extensions in encoded order.
    #[must_use]
    pub fn extensions(&self) -> &[Extension] {
        &self.0.extensions
    }

    /// The first extension with this dotted OID.
    #[must_use]
    pub fn extension(&self, oid: &str) -> Option<&Extension> {
        self.extensions().iter().find(|extension| extension.oid == oid)
    }

    /// OID of an extension that is there more than once.
    #[must_use]
    pub fn repeated_extension(&self) -> Option<&str> {
        extension::repeated(self.extensions())
    }

    /// Decodes the extension if it is there, exactly once.
    fn decode<T>(
        &self,
        oid: &str,
        read: impl FnOnce(&Extension) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        extension::find(self.extensions(), oid)?.map(read).transpose()
    }

    /// What the key may be used for.
    ///
    /// # Errors
    /// When the extension can't be decoded or is repeated; so for all getters of extensions.
    pub fn key_usage(&self) -> Result<Option<KeyUsage>, Error> {
        self.decode(id::KEY_USAGE, extension::key_usage)
    }

    /// Purposes of the key.
    ///
    /// # Errors
    /// See [`Certificate::key_usage`].
    pub fn extended_key_usage(&self) -> Result<Option<ExtendedKeyUsage>, Error> {
        self.decode(id::EXTENDED_KEY_USAGE, extension::extended_key_usage)
    }

    /// Whether the subject is a CA.
    ///
    /// # Errors
    /// See [`Certificate::key_usage`].
    pub fn basic_constraints(&self) -> Result<Option<BasicConstraints>, Error> {
        self.decode(id::BASIC_CONSTRAINTS, extension::basic_constraints)
    }

    /// Identifier of the subject's key.
    ///
    /// # Errors
    /// See [`Certificate::key_usage`].
    pub fn subject_key_identifier(&self) -> Result<Option<Vec<u8>>, Error> {
        self.decode(id::SUBJECT_KEY_IDENTIFIER, extension::subject_key_identifier)
    }

    /// Identifier of the issuer's key.
    ///
    /// # Errors
    /// See [`Certificate::key_usage`].
    pub fn authority_key_identifier(&self) -> Result<Option<AuthorityKeyIdentifier>, Error> {
        self.decode(id::AUTHORITY_KEY_IDENTIFIER, extension::authority_key_identifier)
    }

    /// Policies it was issued under.
    ///
    /// # Errors
    /// See [`Certificate::key_usage`].
    pub fn certificate_policies(&self) -> Result<Option<Vec<PolicyInformation>>, Error> {
        self.decode(id::CERTIFICATE_POLICIES, extension::certificate_policies)
    }

    /// Policies of the subject's domain that count as policies of the issuer's.
    ///
    /// # Errors
    /// See [`Certificate::key_usage`].
    pub fn policy_mappings(&self) -> Result<Option<Vec<PolicyMapping>>, Error> {
        self.decode(id::POLICY_MAPPINGS, extension::policy_mappings)
    }

    /// Demands on policies further down the path.
    ///
    /// # Errors
    /// See [`Certificate::key_usage`].
    pub fn policy_constraints(&self) -> Result<Option<PolicyConstraints>, Error> {
        self.decode(id::POLICY_CONSTRAINTS, extension::policy_constraints)
    }

    /// After how many certificates anyPolicy no longer counts.
    ///
    /// # Errors
    /// See [`Certificate::key_usage`].
    pub fn inhibit_any_policy(&self) -> Result<Option<u64>, Error> {
        self.decode(id::INHIBIT_ANY_POLICY, extension::skip_certificates)
    }

    /// Name spaces of the certificates below.
    ///
    /// # Errors
    /// See [`Certificate::key_usage`].
    pub fn name_constraints(&self) -> Result<Option<NameConstraints>, Error> {
        self.decode(id::NAME_CONSTRAINTS, extension::name_constraints)
    }

    /// Further names of the subject.
    ///
    /// # Errors
    /// See [`Certificate::key_usage`].
    pub fn subject_alternative_names(&self) -> Result<Option<Vec<GeneralName>>, Error> {
        self.decode(id::SUBJECT_ALTERNATIVE_NAME, |extension| {
            extension.decode("subjectAltName", Tag::SEQUENCE, GeneralName::list)
        })
    }

    /// Where CRLs are.
    ///
    /// # Errors
    /// See [`Certificate::key_usage`].
    pub fn crl_distribution_points(&self) -> Result<Option<Vec<DistributionPoint>>, Error> {
        self.decode(id::CRL_DISTRIBUTION_POINTS, extension::distribution_points)
    }

    /// Where delta CRLs are.
    ///
    /// # Errors
    /// See [`Certificate::key_usage`].
    pub fn freshest_crl(&self) -> Result<Option<Vec<DistributionPoint>>, Error> {
        self.decode(id::FRESHEST_CRL, extension::distribution_points)
    }

    /// Where the issuer's certificate and OCSP responder are.
    ///
    /// # Errors
    /// See [`Certificate::key_usage`].
    pub fn authority_information_access(&self) -> Result<Option<Vec<AccessDescription>>, Error> {
        self.decode(id::AUTHORITY_INFORMATION_ACCESS, extension::access_descriptions)
    }

    /// Whether a responder's certificate needs no revocation check (RFC 6960 §4.2.2.2.1).
    #[must_use]
    pub fn has_ocsp_nocheck(&self) -> bool {
        self.extension(id::OCSP_NOCHECK).is_some()
    }

    /// hcRole's actors in encoded order; none if the certificate has no such attribute.
    ///
    /// # Errors
    /// See [`Certificate::key_usage`].
    pub fn health_care_actors(&self) -> Result<Vec<HealthcareActor>, Error> {
        let actors = self.decode(id::SUBJECT_DIRECTORY_ATTRIBUTES, hc_role::health_care_actors)?;
        Ok(actors.unwrap_or_default())
    }
}

impl Inner {
    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.der.get(range.clone()).unwrap_or_default()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.der() == other.der()
    }
}

impl Eq for Certificate {}

impl Hash for Certificate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.sha256.hash(state);
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate(sha256 {})", self.sha256_hex())
    }
}

fn read(bytes: &[u8]) -> Result<Inner, Error> {
    let outer = hsign_asn1::single(bytes, Tag::SEQUENCE, Rules::Ber).within(WHAT)?;
    let mut parts = outer.reader().within(WHAT)?;
    let tbs = parts.expect(Tag::SEQUENCE).within(WHAT)?;
    let outer_algorithm = parts.expect(Tag::SEQUENCE).within(WHAT)?;
    let signature = parts.expect(Tag::BIT_STRING).within(WHAT)?;
    parts.finish().within(WHAT)?;
    let signature_bits = bit_string(&signature).within(WHAT)?;
    if signature_bits.unused != 0 {
        return Err(signature.bad("a signature value has whole octets")).within(WHAT);
    }
    let mut fields = tbs.reader().within(WHAT)?;
    let mut oddities = Vec::new();
    let version = version(&mut fields, &mut oddities)?;
    let serial = fields.expect(Tag::INTEGER).within(WHAT)?;
    let inner_algorithm = fields.expect(Tag::SEQUENCE).within(WHAT)?;
    let issuer_element = fields.expect(Tag::SEQUENCE).within(WHAT)?;
    let validity = fields.expect(Tag::SEQUENCE).within(WHAT)?;
    let subject_element = fields.expect(Tag::SEQUENCE).within(WHAT)?;
    let spki = fields.expect(Tag::SEQUENCE).within("public key")?;
    // Unique identifiers (RFC 5280 §4.1.2.8) are read over.
    fields.optional(Tag::context(1, false)).within(WHAT)?;
    fields.optional(Tag::context(2, false)).within(WHAT)?;
    let extensions = extensions(&mut fields, version, &mut oddities)?;
    fields.finish().within(WHAT)?;

    let (not_before, not_after) = times(&validity, &mut oddities).within("validity")?;
    let (public_key_kind, public_key_bits) = public_key::read(&spki).within("public key")?;
    let signature_algorithm = algorithm::signature_algorithm_from_der(&outer_algorithm, None)?;
    if outer_algorithm.bytes != inner_algorithm.bytes {
        oddities.push(Finding::error("certificate-algorithm-mismatch").clause("RFC 5280 §4.1.1.2"));
    }
    if let Some(finding) = serial_oddity(&serial)? {
        oddities.push(finding);
    }
    if name::has_universal_string(&issuer_element) || name::has_universal_string(&subject_element) {
        oddities.push(Finding::info("name-string-type-discouraged").clause("RFC 5280 §4.1.2.4"));
    }
    oddities.extend(oddity::encoding(bytes, &extensions));
    Ok(Inner {
        sha256: hsign_crypto::sha256(bytes),
        tbs: range(&tbs),
        serial: serial.contents_offset()..serial.contents_offset().saturating_add(serial.contents.len()),
        public_key_info: range(&spki),
        version,
        signature_algorithm,
        signature_value: signature_bits.octets.into_owned(),
        subject: Name::from_tlv(&subject_element).within("subject")?,
        issuer: Name::from_tlv(&issuer_element).within("issuer")?,
        not_before,
        not_after,
        public_key_kind,
        public_key_bits,
        extensions,
        oddities,
        der: bytes.to_vec(),
    })
}

fn range(element: &Tlv<'_>) -> Range<usize> {
    element.offset()..element.offset().saturating_add(element.bytes.len())
}

/// Version `[0]` EXPLICIT DEFAULT v1 (RFC 5280 §4.1.2.1).
fn version(fields: &mut Reader<'_>, oddities: &mut Vec<Finding>) -> Result<u8, Error> {
    let Some(field) = fields.optional(Tag::context(0, true)).within(WHAT)? else { return Ok(1) };
    let number = field.only(Tag::INTEGER).and_then(|number| integer_u64(number.contents)).within(WHAT)?;
    match number {
        0 => {
            oddities.push(oddity::not_der("default-written", field.offset()));
            Ok(1)
        }
        1 => Ok(2),
        2 => Ok(3),
        version => Err(Error::Version { what: WHAT, version }),
    }
}

fn extensions(
    fields: &mut Reader<'_>,
    version: u8,
    oddities: &mut Vec<Finding>,
) -> Result<Vec<Extension>, Error> {
    const WHAT: &str = "extensions";
    let Some(field) = fields.optional(Tag::context(3, true)).within(WHAT)? else { return Ok(Vec::new()) };
    let (extensions, default_written) =
        field.only(Tag::SEQUENCE).and_then(|list| extension::read_list(&list)).within(WHAT)?;
    if default_written {
        oddities.push(oddity::not_der("default-written", field.offset()));
    }
    if extensions.is_empty() {
        oddities.push(Finding::warning("extensions-empty").clause("RFC 5280 §4.1.2.9"));
    }
    if version != 3 {
        oddities.push(
            Finding::error("certificate-extensions-need-v3")
                .clause("RFC 5280 §4.1.2.1")
                .with("version", version),
        );
    }
    Ok(extensions)
}

fn times(validity: &Tlv<'_>, oddities: &mut Vec<Finding>) -> Result<(Time, Time), hsign_asn1::Error> {
    let mut fields = validity.reader()?;
    let (not_before, before_form) = time_with_form(&fields.any()?)?;
    let (not_after, after_form) = time_with_form(&fields.any()?)?;
    fields.finish()?;
    oddities.extend(oddity::time("notBefore", not_before, before_form));
    oddities.extend(oddity::time("notAfter", not_after, after_form));
    Ok((not_before, not_after))
}

/// Serial numbers are positive and at most 20 octets long (RFC 5280 §4.1.2.2).
fn serial_oddity(serial: &Tlv<'_>) -> Result<Option<Finding>, Error> {
    let first =
        *serial.contents.first().ok_or_else(|| serial.bad("empty INTEGER")).within("serial number")?;
    let problem = if first & 0x80 != 0 {
        "negative"
    } else if serial.contents.iter().all(|octet| *octet == 0) {
        "zero"
    } else if hsign_asn1::unsigned_bytes(serial.contents).within("serial number")?.len() > 20 {
        "too-long"
    } else {
        return Ok(None);
    };
    let finding = Finding::warning("serial-number-not-conforming").clause("RFC 5280 §4.1.2.2");
    Ok(Some(finding.with("problem", problem)))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|octet| format!("{octet:02x}")).collect()
}

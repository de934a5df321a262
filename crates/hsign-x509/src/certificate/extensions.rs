//! Getters of a certificate's extensions.

use hsign_asn1::Tag;

use crate::extension::{self, Extension, extension_oid as id};
use crate::{
    AccessDescription, AuthorityKeyIdentifier, BasicConstraints, Certificate, DistributionPoint, Error,
    ExtendedKeyUsage, GeneralName, HealthcareActor, KeyUsage, NameConstraints, PolicyConstraints,
    PolicyInformation, PolicyMapping, hc_role,
};

impl Certificate {
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

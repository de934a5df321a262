//! Extensions of every certificate of the corpora, decoded beside the `x509-cert` crate.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fmt::Debug;

use der::{Decode as _, Encode as _};
use hsign_corpora::{Comparison, Corpus};
use hsign_x509::{Certificate, Error, Name};
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies,
    CrlDistributionPoints, ExtendedKeyUsage, InhibitAnyPolicy, KeyUsage, NameConstraints, PolicyConstraints,
    PolicyMappings, SubjectAltName, SubjectKeyIdentifier,
};

/// One extension in both readings, brought to a common form.
struct Readings<'c> {
    ours: &'c Certificate,
    theirs: &'c CertificateInner<Raw>,
    differing: Vec<String>,
    /// How many extensions both decoded.
    compared: usize,
}

impl<'c> Readings<'c> {
    fn compare<T, O, V>(
        &mut self,
        what: &str,
        ours: Result<Option<O>, Error>,
        our_value: impl Fn(O) -> V,
        their_value: impl Fn(T) -> V,
    ) where
        T: der::Decode<'c, Error = der::Error> + der::oid::AssociatedOid,
        V: PartialEq + Debug,
    {
        let theirs = self.theirs.tbs_certificate().get_extension::<T>();
        match (ours, theirs) {
            (Ok(Some(ours)), Ok(Some((_, theirs)))) => {
                self.compared += 1;
                let (ours, theirs) = (our_value(ours), their_value(theirs));
                if ours != theirs {
                    self.differing.push(format!("{what}: {ours:?}, x509-cert {theirs:?}"));
                }
            }
            (Ok(None), Ok(None)) | (Err(_), Err(_)) => {}
            // Either reader may be the stricter one; what counts is that nothing decodable goes missing.
            (Ok(None), other) => {
                self.differing.push(format!("{what}: absent, x509-cert {:?}", other.is_ok()))
            }
            (Ok(Some(_)), Ok(None)) => self.differing.push(format!("{what}: x509-cert sees none")),
            (Ok(Some(_)), Err(_)) => {}
            (Err(error), Ok(_)) => self.differing.push(format!("{what}: {error}")),
        }
    }

    fn all(mut self) -> (usize, Vec<String>) {
        let ours = self.ours;
        self.compare::<KeyUsage, _, _>(
            "keyUsage",
            ours.key_usage(),
            |usage| {
                (
                    usage.digital_signature(),
                    usage.content_commitment(),
                    usage.key_cert_sign(),
                    usage.crl_sign(),
                )
            },
            |usage| {
                (usage.digital_signature(), usage.non_repudiation(), usage.key_cert_sign(), usage.crl_sign())
            },
        );
        self.compare::<BasicConstraints, _, _>(
            "basicConstraints",
            ours.basic_constraints(),
            |constraints| (constraints.ca, constraints.path_length),
            |constraints| (constraints.ca, constraints.path_len_constraint.map(u64::from)),
        );
        self.compare::<ExtendedKeyUsage, _, _>(
            "extKeyUsage",
            ours.extended_key_usage(),
            |usage| usage.purposes,
            |usage| usage.0.iter().map(ToString::to_string).collect(),
        );
        self.compare::<SubjectKeyIdentifier, _, _>(
            "subjectKeyIdentifier",
            ours.subject_key_identifier(),
            |identifier| identifier,
            |identifier| identifier.0.as_bytes().to_vec(),
        );
        self.compare::<AuthorityKeyIdentifier, _, _>(
            "authorityKeyIdentifier",
            ours.authority_key_identifier(),
            |identifier| {
                (identifier.key_identifier, identifier.issuer.map(|names| names.len()), identifier.serial)
            },
            |identifier| {
                (
                    identifier.key_identifier.map(|octets| octets.as_bytes().to_vec()),
                    identifier.authority_cert_issuer.map(|names| names.len()),
                    identifier.authority_cert_serial_number.map(|serial| serial.as_bytes().to_vec()),
                )
            },
        );
        self.compare::<SubjectAltName, _, _>(
            "subjectAltName",
            ours.subject_alternative_names(),
            |names| names.len(),
            |names| names.0.len(),
        );
        self.compare::<CrlDistributionPoints, _, _>(
            "cRLDistributionPoints",
            ours.crl_distribution_points(),
            |points| {
                points.iter().map(|point| (point.name.is_some(), point.crl_issuer.len())).collect::<Vec<_>>()
            },
            |points| {
                let issuers = |names: &Option<Vec<_>>| names.as_ref().map_or(0, Vec::len);
                points.0.iter().map(|p| (p.distribution_point.is_some(), issuers(&p.crl_issuer))).collect()
            },
        );
        self.compare::<AuthorityInfoAccessSyntax, _, _>(
            "authorityInfoAccess",
            ours.authority_information_access(),
            |access| access.into_iter().map(|description| description.method).collect::<Vec<_>>(),
            |access| access.0.iter().map(|description| description.access_method.to_string()).collect(),
        );
        self.policies()
    }

    fn policies(mut self) -> (usize, Vec<String>) {
        let ours = self.ours;
        self.compare::<CertificatePolicies, _, _>(
            "certificatePolicies",
            ours.certificate_policies(),
            |policies| {
                policies
                    .into_iter()
                    .map(|policy| (policy.policy, policy.qualifiers.len()))
                    .collect::<Vec<_>>()
            },
            |policies| {
                let qualifiers = |list: &Option<Vec<_>>| list.as_ref().map_or(0, Vec::len);
                let list = policies.0.iter();
                list.map(|policy| {
                    (policy.policy_identifier.to_string(), qualifiers(&policy.policy_qualifiers))
                })
                .collect()
            },
        );
        self.compare::<PolicyMappings, _, _>(
            "policyMappings",
            ours.policy_mappings(),
            |pairs| {
                pairs.into_iter().map(|pair| (pair.issuer_domain, pair.subject_domain)).collect::<Vec<_>>()
            },
            |pairs| {
                let list = pairs.0.iter();
                list.map(|pair| {
                    (pair.issuer_domain_policy.to_string(), pair.subject_domain_policy.to_string())
                })
                .collect()
            },
        );
        self.compare::<PolicyConstraints, _, _>(
            "policyConstraints",
            ours.policy_constraints(),
            |constraints| (constraints.require_explicit_policy, constraints.inhibit_policy_mapping),
            |constraints| {
                (
                    constraints.require_explicit_policy.map(u64::from),
                    constraints.inhibit_policy_mapping.map(u64::from),
                )
            },
        );
        self.compare::<InhibitAnyPolicy, _, _>(
            "inhibitAnyPolicy",
            ours.inhibit_any_policy(),
            |count| count,
            |count| count.0.into(),
        );
        self.compare::<NameConstraints, _, _>(
            "nameConstraints",
            ours.name_constraints(),
            |constraints| (constraints.permitted.len(), constraints.excluded.len()),
            |constraints| {
                let count = |list: Option<Vec<_>>| list.map_or(0, |list| list.len());
                (count(constraints.permitted_subtrees), count(constraints.excluded_subtrees))
            },
        );
        (self.compared, self.differing)
    }
}

/// RFC 4514 text isn't compared: the two libraries know different short names. The attributes are.
fn same_attributes(ours: &Name, theirs: &x509_cert::name::Name) -> bool {
    let theirs: Vec<(String, Vec<u8>)> = theirs
        .iter_rdn()
        .flat_map(|rdn| {
            rdn.iter().map(|attribute| (attribute.oid.to_string(), attribute.value.to_der().unwrap()))
        })
        .collect();
    let ours: Vec<(String, Vec<u8>)> =
        ours.name_attributes().into_iter().map(|attribute| (attribute.oid, attribute.value)).collect();
    ours == theirs
}

/// Certificates of a corpus by SHA-256, wherever they stand: files in DER or PEM, texts inside JSON.
fn certificates(corpus: &Corpus) -> BTreeMap<String, Certificate> {
    let mut found = BTreeMap::new();
    for bytes in corpus.files().values() {
        let text = String::from_utf8_lossy(bytes).replace("\\n", "\n");
        let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1).filter_map(|after| {
            let (body, _) = after.split_once("-----END")?;
            openssl::base64::decode_block(&body.split_whitespace().collect::<String>()).ok()
        });
        for der in blocks.chain([bytes.clone()]) {
            if let Ok(certificate) = Certificate::from_der(&der) {
                found.insert(certificate.sha256_hex(), certificate);
            }
        }
    }
    found
}

fn compare(set: &str) {
    let Some(corpus) = Corpus::open(set) else { return };
    let mut comparison = Comparison::new(&format!("{set}-extensions"));
    let (mut cases, mut compared) = (0, 0);
    for (case, ours) in certificates(&corpus) {
        // What the stricter reader refuses as a whole can't be compared.
        let Ok(theirs) = CertificateInner::<Raw>::from_der(ours.der()) else { continue };
        let readings = Readings { ours: &ours, theirs: &theirs, differing: Vec::new(), compared: 0 };
        let (count, mut differing) = readings.all();
        cases += 1;
        compared += count;
        if !same_attributes(ours.subject(), theirs.tbs_certificate().subject()) {
            differing.push("subject".to_owned());
        }
        match differing.as_slice() {
            [] => comparison.agree(&case),
            differing => comparison.differ(&case, differing.join("; ")),
        }
    }
    assert!(compared >= cases, "{set}: only {compared} extensions of {cases} certificates compared");
    comparison.finish();
}

#[test]
fn conformance_pkits_extensions() {
    compare("pkits");
}

#[test]
fn conformance_x509_limbo_extensions() {
    compare("x509-limbo");
}

#[test]
fn conformance_boringssl_pki_extensions() {
    compare("boringssl-pki");
}

//! Certificates and revocation data of a file, as DER with made-up keys, by the file's own identifiers.

use std::collections::BTreeMap;

use hsign_core::{Octets, Time, facts::EvidenceFacts};
use hsign_pki::TrustRegistry;
use openssl::sha::sha256;
use roxmltree::Node;

use crate::synthetic::{
    CertificateSpec, CrlEntry, CrlSpec, Extension, Key, OcspSpec, OcspStatus, der, hex, sha256_digest,
};
use crate::xml::{Element, algorithm_of, child, items, says, seconds_of, text_of};

/// OID of the extension that says that revocation is never checked.
const SHORT_TERM: &str = "0.4.0.194121.2.1";

pub struct Material<'a> {
    certificates: BTreeMap<&'a str, Element<'a>>,
    pub certificate_der: BTreeMap<&'a str, Vec<u8>>,
    /// An OCSP response that answers for several certificates becomes one for each.
    pub revocation_der: BTreeMap<&'a str, Vec<(Kind, Vec<u8>)>>,
    /// Certificates of OCSP responders as the authorities would have issued them that they answer for.
    delegated: BTreeMap<&'a str, Vec<Vec<u8>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Crl,
    Ocsp,
}

impl<'a> Material<'a> {
    pub fn read(root: Element<'a>) -> Self {
        let by_id = |list, name| {
            items(root, list, name).into_iter().map(|node| (node.attribute("Id").unwrap(), node)).collect()
        };
        let certificates: BTreeMap<&str, Element<'_>> = by_id("UsedCertificates", "Certificate");
        let mut material = Self {
            certificates,
            certificate_der: BTreeMap::new(),
            revocation_der: BTreeMap::new(),
            delegated: BTreeMap::new(),
        };
        material.certificate_der =
            material.certificates.iter().map(|(id, node)| (*id, material.certificate(*node))).collect();
        let revocation: BTreeMap<&str, Element<'_>> = by_id("UsedRevocations", "Revocation");
        material.revocation_der =
            revocation.iter().map(|(id, node)| (*id, material.revocation(id, *node))).collect();
        for (id, node) in revocation {
            for (certificate, _) in material.about(id) {
                if let Some(der) = material.delegate(node, certificate) {
                    material.delegated.entry(signed_by(node).unwrap()).or_default().push(der);
                }
            }
        }
        material
    }

    /// Everything of the file; what a time stamp covers is told apart by its digest.
    pub fn evidence(&self) -> EvidenceFacts {
        let of = |wanted: Kind| {
            let all = self.revocation_der.values().flatten();
            all.filter(|(kind, _)| *kind == wanted).map(|(_, der)| Octets(der.clone())).collect()
        };
        EvidenceFacts {
            certificates: self.certificate_der.values().cloned().map(Octets).collect(),
            crls: of(Kind::Crl),
            ocsp_responses: of(Kind::Ocsp),
        }
    }

    /// What the file marks as trusted, for signers and time-stamp authorities alike, with its dates.
    pub fn trust(&self) -> TrustRegistry {
        let mut text = String::new();
        for (id, node) in &self.certificates {
            let Some(trusted) = child(*node, "Trusted").filter(|one| one.text() == Some("true")) else {
                continue;
            };
            for head in ["[[anchor]]\nkind = \"certification-business\"", "[[service]]\nkind = \"tsa\""] {
                let pin = hex(&sha256(&self.certificate_der[id]));
                text += &format!("{head}\nsubject = \"{id}\"\ncertificate = \"{id}\"\nsha256 = \"{pin}\"\n");
                for (name, key) in [("startDate", "from"), ("sunsetDate", "to")] {
                    if let Some(date) = trusted.attribute(name) {
                        text += &format!("{key} = \"{}\"\n", date.parse::<Time>().unwrap());
                    }
                }
            }
        }
        TrustRegistry::parse_toml(&text, &|id| self.certificate_der.get(id).cloned()).unwrap()
    }

    pub fn key(&self, id: &str) -> Key {
        let Some(node) = self.certificates.get(id) else { return Key::rsa(id, 2048) };
        let name = text_of(*node, "EntityKey").unwrap_or(id);
        let size = text_of(*node, "PublicKeySize").and_then(|size| size.parse().ok()).unwrap_or(2048);
        match text_of(*node, "PublicKeyEncryptionAlgo") {
            Some("ECDSA") => Key::ec(name, curve(size), size),
            Some("DSA") => Key::dsa(name, size),
            _ => Key::rsa(name, size),
        }
    }

    pub fn subject(&self, id: &str) -> String {
        self.certificates.get(id).map(|node| name(*node, "SubjectDistinguishedName")).unwrap_or_default()
    }

    pub fn issuer(&self, id: &str) -> String {
        let Some(node) = self.certificates.get(id) else { return String::new() };
        match signed_by(*node).filter(|issuer| self.certificates.contains_key(issuer)) {
            Some(issuer) => self.subject(issuer),
            None => name(*node, "IssuerDistinguishedName"),
        }
    }

    pub fn serial(&self, id: &str) -> u64 {
        let number = self.certificates.get(id).and_then(|node| text_of(*node, "SerialNumber")).unwrap_or(id);
        u64::from_be_bytes(sha256(number.as_bytes())[..8].try_into().unwrap()) >> 1
    }

    fn issuer_key(&self, id: &str) -> Key {
        let node = self.certificates[id];
        match signed_by(node) {
            Some(issuer) => self.key(issuer),
            None if says(node, "SelfSigned") => self.key(id),
            None => Key::rsa(&format!("whoever issued {id}"), 2048),
        }
    }

    fn certificate(&self, node: Element<'a>) -> Vec<u8> {
        let id = node.attribute("Id").unwrap();
        let extensions = child(node, "CertificateExtensions").map(extensions).unwrap_or_default();
        self.certificate_by(node, (self.issuer(id), self.issuer_key(id)), extensions)
    }

    fn certificate_by(
        &self,
        node: Element<'a>,
        (issuer, issuer_key): (String, Key),
        extensions: Vec<Extension>,
    ) -> Vec<u8> {
        let id = node.attribute("Id").unwrap();
        CertificateSpec {
            serial: self.serial(id),
            subject: &self.subject(id),
            issuer: &issuer,
            not_before: seconds_of(node, "NotBefore").unwrap(),
            not_after: seconds_of(node, "NotAfter").unwrap(),
            key: &self.key(id),
            issuer_key: &issuer_key,
            algorithm: algorithm_of(node),
            extensions,
            broken: signed_by(node).is_some() && !intact(node),
        }
        .der()
    }

    fn revocation(&self, id: &str, node: Element<'a>) -> Vec<(Kind, Vec<u8>)> {
        let about = self.about(id);
        if text_of(node, "Type") == Some("CRL") {
            return vec![(Kind::Crl, self.crl(node, &about))];
        }
        about
            .iter()
            .map(|(certificate, answer)| (Kind::Ocsp, self.ocsp(node, certificate, *answer)))
            .collect()
    }

    /// The certificates that the data speak about, each with what they say.
    fn about(&self, id: &str) -> Vec<(&'a str, Element<'a>)> {
        self.certificates
            .iter()
            .flat_map(|(certificate, node)| {
                let answers = items(*node, "Revocations", "CertificateRevocation");
                answers.into_iter().map(move |answer| (*certificate, answer))
            })
            .filter(|(_, answer)| answer.attribute("Revocation") == Some(id))
            .collect()
    }

    /// There, any responder will do whose chain ends in trust. RFC 6960 §4.2.2.2 wants the authority itself, its
    /// delegate, or a responder configured by hand; so that the other rules can be compared, such a responder's
    /// certificate is issued by the very authority it answers for.
    fn delegate(&self, node: Element<'a>, certificate: &str) -> Option<Vec<u8>> {
        let signer = signed_by(node)?;
        let authority = self.certificates.get(certificate).and_then(|node| signed_by(*node))?;
        let own = self.certificates.get(signer)?;
        let trusted = items(node, "CertificateChain", "ChainItem").into_iter().any(|item| {
            let id = item.attribute("Certificate").unwrap();
            self.certificates.get(id).is_some_and(|node| says(*node, "Trusted"))
        });
        if text_of(node, "Type") != Some("OCSP") || signer == authority || !trusted {
            return None;
        }
        let mut extensions = child(*own, "CertificateExtensions").map(extensions).unwrap_or_default();
        extensions.retain(|extension| !matches!(extension, Extension::ExtendedKeyUsage(..)));
        extensions.push(Extension::ExtendedKeyUsage(vec!["1.3.6.1.5.5.7.3.9"], false));
        let issuer = (self.subject(authority), self.key(authority));
        Some(self.certificate_by(*own, issuer, extensions))
    }

    fn crl(&self, node: Element<'a>, about: &[(&str, Element<'_>)]) -> Vec<u8> {
        let signer = signed_by(node).unwrap();
        let revoked = about.iter().filter(|(_, answer)| status(*answer) == "REVOKED");
        CrlSpec {
            issuer: &self.subject(signer),
            key: &self.key(signer),
            algorithm: algorithm_of(node),
            this_update: seconds_of(node, "ThisUpdate").unwrap(),
            next_update: seconds_of(node, "NextUpdate"),
            expired_kept_since: seconds_of(node, "ExpiredCertsOnCRL"),
            entries: revoked
                .map(|(certificate, answer)| CrlEntry {
                    serial: self.serial(certificate),
                    at: revoked_at(*answer),
                    reason: reason(*answer),
                })
                .collect(),
            broken: !intact(node),
        }
        .der()
    }

    fn ocsp(&self, node: Element<'a>, certificate: &str, answer: Element<'_>) -> Vec<u8> {
        let signer = signed_by(node).unwrap();
        let hash = says(node, "CertHashExtensionPresent").then(|| {
            let hash = sha256(&self.certificate_der[certificate]);
            if says(node, "CertHashExtensionMatch") { hash } else { sha256(&hash) }
        });
        let status = match status(answer) {
            "GOOD" => OcspStatus::Good,
            "REVOKED" => OcspStatus::Revoked { at: revoked_at(answer), reason: reason(answer) },
            _ => OcspStatus::Unknown,
        };
        OcspSpec {
            issuer: &self.issuer(certificate),
            issuer_key: &self.issuer_key(certificate),
            serial: self.serial(certificate),
            status,
            this_update: seconds_of(node, "ThisUpdate").unwrap(),
            next_update: seconds_of(node, "NextUpdate"),
            produced_at: seconds_of(node, "ProductionDate").unwrap(),
            archive_cutoff: seconds_of(node, "ArchiveCutOff"),
            certificate_hash: hash,
            responder: &self.key(signer),
            certificates: vec![
                self.delegate(node, certificate).unwrap_or_else(|| self.certificate_der[signer].clone()),
            ],
            algorithm: algorithm_of(node),
            broken: !intact(node),
        }
        .der()
    }

    pub fn digests(&self, id: &str) -> Vec<hsign_core::Digest> {
        let certificate = self.certificate_der.get(id).into_iter();
        let revocation = self.revocation_der.get(id).into_iter().flatten().map(|(_, der)| der);
        let delegated = self.delegated.get(id).into_iter().flatten();
        certificate.chain(delegated).chain(revocation).map(|der| sha256_digest(der)).collect()
    }
}

fn name(node: Element<'_>, which: &str) -> String {
    let forms: Vec<Element<'_>> = node.children().filter(|child| child.tag_name().name() == which).collect();
    let form = forms.iter().find(|form| form.attribute("Format") == Some("RFC2253")).or(forms.first());
    form.and_then(|form| form.text()).unwrap_or("").to_owned()
}

pub fn signed_by<'a>(node: Element<'a>) -> Option<&'a str> {
    child(node, "SigningCertificate").and_then(|one| one.attribute("Certificate"))
}

pub fn intact(node: Element<'_>) -> bool {
    node.children().filter(|child| child.tag_name().name() == "BasicSignature").all(|child| {
        child.children().all(|one| one.tag_name().name() != "SignatureIntact" || one.text() == Some("true"))
    })
}

fn status<'a>(answer: Element<'a>) -> &'a str {
    answer
        .children()
        .find(|child| child.tag_name().name() == "Status")
        .and_then(|child| child.text())
        .unwrap_or("")
}

fn revoked_at(answer: Element<'_>) -> i64 {
    seconds_of(answer, "RevocationDate").unwrap()
}

/// RFC 5280 §5.3.1.
fn reason(answer: Element<'_>) -> u8 {
    let text = answer.children().find(|child| child.tag_name().name() == "Reason");
    match text.and_then(|one| one.text()).unwrap_or("unspecified") {
        "unspecified" => 0,
        "keyCompromise" => 1,
        "cACompromise" => 2,
        "affiliationChanged" => 3,
        "superseded" => 4,
        "cessationOfOperation" => 5,
        "certificateHold" => 6,
        other => panic!("{other}"),
    }
}

fn extensions(node: Element<'_>) -> Vec<Extension> {
    let mut found = Vec::new();
    for extension in node.children().filter(Node::is_element) {
        match extension.tag_name().name() {
            "BasicConstraints" if extension.attribute("CA") == Some("true") => found.push(Extension::Ca),
            "KeyUsages" => {
                found.push(Extension::KeyUsage(extension.children().filter_map(usage_bit).collect()))
            }
            "ExtendedKeyUsages" => found.extend(extended_usage(extension)),
            "IdPkixOcspNoCheck" if extension.attribute("present") == Some("true") => {
                found.push(Extension::OcspNoCheck);
            }
            "CertificatePolicies" => {
                let policies = extension.children().filter_map(|one| one.text());
                let policies: Vec<String> =
                    policies.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect();
                if !policies.is_empty() {
                    found.push(Extension::Policies(policies));
                }
            }
            "ValAssuredShortTermCertificate" => {
                found.push(Extension::Other { id: SHORT_TERM, critical: false, value: der::null() });
            }
            _ => {}
        }
    }
    found
}

/// RFC 5280 §4.2.1.3.
fn usage_bit(node: Element<'_>) -> Option<u8> {
    let names = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "crlSign",
    ];
    let text = node.text()?.trim();
    names.iter().position(|name| *name == text).map(|bit| bit as u8)
}

/// The files don't keep whether it was critical; a time-stamp authority's has to be (RFC 3161 §2.3).
fn extended_usage(node: Element<'_>) -> Option<Extension> {
    let known = [
        "1.3.6.1.5.5.7.3.1",
        "1.3.6.1.5.5.7.3.2",
        "1.3.6.1.5.5.7.3.3",
        "1.3.6.1.5.5.7.3.4",
        "1.3.6.1.5.5.7.3.8",
        "1.3.6.1.5.5.7.3.9",
    ];
    let texts: Vec<&str> = node.children().filter_map(|one| one.text()).map(str::trim).collect();
    let purposes: Vec<&str> = known.into_iter().filter(|purpose| texts.contains(purpose)).collect();
    let stamping = purposes == ["1.3.6.1.5.5.7.3.8"];
    (!purposes.is_empty()).then_some(Extension::ExtendedKeyUsage(purposes, stamping))
}

fn curve(size: u32) -> &'static str {
    match size {
        384 => "1.3.132.0.34",
        521 => "1.3.132.0.35",
        _ => "1.2.840.10045.3.1.7",
    }
}

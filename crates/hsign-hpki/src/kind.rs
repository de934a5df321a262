use hsign_x509::{Certificate, Name};

/// Policies of HPKI signature certificates (level 3, identity and qualification checked in person).
///
/// Seen in the signature CAs' own certificates; a production certificate of a person has not been seen.
pub const HPKI_SIGNATURE_POLICIES: &[&str] = &["1.2.392.100495.1.5.1.1.3.1"];

// jhpki(1) ca(5) cp(1), below it purpose, level, version.
const HPKI_POLICY_ARC: &str = "1.2.392.100495.1.5.1.";
const PURPOSE_SIGNATURE: &str = "1";
const LEVEL_TEST: &str = "0";

/// What a certificate is for, by its policies and key usage alone: names prove nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CertificateKind {
    /// An HPKI certificate for signing.
    HpkiSignature,
    /// An HPKI test card: same CAs as the real ones, nobody's identity was checked.
    HpkiTestCard,
    /// An HPKI certificate for logging in.
    HpkiAuthentication,
    /// The public's certificate on the My Number card, for signing.
    Jpki,
    /// The one for logging in.
    JpkiAuthentication,
    /// Anything else.
    Other,
}

impl CertificateKind {
    /// Whether its key is for logging in rather than for signing.
    #[must_use]
    pub fn is_for_authentication(self) -> bool {
        matches!(self, Self::HpkiAuthentication | Self::JpkiAuthentication)
    }
}

/// Tells the kind of a certificate. Unreadable extensions count as absent: no kind that may sign
/// follows from something missing. A CA is nobody who signs documents, whatever else its certificate says.
#[must_use]
pub fn certificate_kind(certificate: &Certificate) -> CertificateKind {
    let may_be_ca = certificate.basic_constraints().map_or(true, |found| found.is_some_and(|found| found.ca));
    if may_be_ca {
        return CertificateKind::Other;
    }
    let policies: Vec<String> = certificate
        .certificate_policies()
        .ok()
        .flatten()
        .map(|policies| policies.into_iter().map(|policy| policy.policy).collect())
        .unwrap_or_default();
    let non_repudiation =
        certificate.key_usage().ok().flatten().is_some_and(|usage| usage.content_commitment());
    kind_of(&policies, non_repudiation, jpki_unit(certificate.issuer()))
}

/// Which of JPKI's CAs the issuer's name claims to be. All its CA generations share one name.
fn jpki_unit(issuer: &Name) -> Option<JpkiUnit> {
    const ORGANISATION: &str = "2.5.4.10";
    const UNIT: &str = "2.5.4.11";
    let attributes = issuer.attributes();
    let has = |oid: &str, value: &str| attributes.iter().any(|(o, v)| o == oid && v == value);
    if !has(ORGANISATION, "JPKI") {
        None
    } else if has(UNIT, "JPKI for digital signature") {
        Some(JpkiUnit::Signature)
    } else if has(UNIT, "JPKI for user authentication") {
        Some(JpkiUnit::Authentication)
    } else {
        None
    }
}

#[derive(Clone, Copy)]
enum JpkiUnit {
    Signature,
    Authentication,
}

fn kind_of(policies: &[String], non_repudiation: bool, jpki: Option<JpkiUnit>) -> CertificateKind {
    let hpki: Vec<(&str, &str)> = policies
        .iter()
        .filter_map(|oid| oid.strip_prefix(HPKI_POLICY_ARC)?.split_once('.'))
        .map(|(purpose, rest)| (purpose, rest.split('.').next().unwrap_or_default()))
        .collect();
    if hpki.is_empty() {
        return match jpki {
            Some(JpkiUnit::Signature) => CertificateKind::Jpki,
            Some(JpkiUnit::Authentication) => CertificateKind::JpkiAuthentication,
            None => CertificateKind::Other,
        };
    }
    // HPKI gives a signing key the one usage nonRepudiation; a key without it can only log in.
    if hpki.iter().any(|(purpose, _)| *purpose != PURPOSE_SIGNATURE) || !non_repudiation {
        CertificateKind::HpkiAuthentication
    } else if hpki.iter().any(|(_, level)| *level == LEVEL_TEST) {
        CertificateKind::HpkiTestCard
    } else if policies.iter().any(|oid| HPKI_SIGNATURE_POLICIES.contains(&oid.as_str())) {
        CertificateKind::HpkiSignature
    } else {
        CertificateKind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(policies: &[&str], non_repudiation: bool) -> CertificateKind {
        let policies: Vec<_> = policies.iter().map(|oid| (*oid).to_owned()).collect();
        kind_of(&policies, non_repudiation, None)
    }

    #[test]
    fn purpose_and_level_of_the_policy_decide() {
        assert_eq!(kind(&["1.2.392.100495.1.5.1.1.3.1"], true), CertificateKind::HpkiSignature);
        assert_eq!(kind(&["1.2.392.100495.1.5.1.1.0.1"], true), CertificateKind::HpkiTestCard);
        assert_eq!(kind(&["1.2.392.100495.1.5.1.2.3.1"], false), CertificateKind::HpkiAuthentication);
        assert_eq!(kind(&["1.2.392.100495.1.5.1.3.3.1"], true), CertificateKind::HpkiAuthentication);
        assert_eq!(kind(&[], true), CertificateKind::Other);
        assert_eq!(kind(&["1.2.3"], true), CertificateKind::Other);
    }

    #[test]
    fn a_key_without_non_repudiation_is_no_signing_key() {
        assert_eq!(kind(&["1.2.392.100495.1.5.1.1.3.1"], false), CertificateKind::HpkiAuthentication);
    }

    #[test]
    fn a_test_policy_beside_a_real_one_is_a_test_card() {
        let both = ["1.2.392.100495.1.5.1.1.3.1", "1.2.392.100495.1.5.1.1.0.1"];
        assert_eq!(kind(&both, true), CertificateKind::HpkiTestCard);
    }

    #[test]
    fn an_unknown_level_or_version_is_not_taken_for_the_known_one() {
        for oid in ["1.2.392.100495.1.5.1.1.2.1", "1.2.392.100495.1.5.1.1.3.2", "1.2.392.100495.1.5.1.1.30.1"]
        {
            assert_eq!(kind(&[oid], true), CertificateKind::Other, "{oid}");
        }
    }

    #[test]
    fn jpki_certificates_are_told_by_their_issuer_when_no_hpki_policy_is_there() {
        assert_eq!(kind_of(&[], true, Some(JpkiUnit::Signature)), CertificateKind::Jpki);
        assert_eq!(kind_of(&[], false, Some(JpkiUnit::Authentication)), CertificateKind::JpkiAuthentication);
        assert!(CertificateKind::JpkiAuthentication.is_for_authentication());
    }
}

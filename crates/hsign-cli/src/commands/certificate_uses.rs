//! What a certificate may be used for, in the words of its own extensions (RFC 5280 §4.2.1.3, §4.2.1.9, §4.2.1.12).

use hsign::hpki::{CertificateKind, certificate_kind};
use hsign::pki::{OCSP_SIGNING, TIME_STAMPING};
use hsign::x509::Certificate;

use crate::language::Language;

/// id-kp-clientAuth.
const CLIENT_AUTHENTICATION: &str = "1.3.6.1.5.5.7.3.2";

/// A use, as JSON names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Use(&'static str);

const WORDS: [(&str, &str, &str); 7] = [
    ("sign-documents", "signing documents", "文書への署名"),
    ("issue-certificates", "issuing certificates", "証明書の発行"),
    ("issue-crls", "issuing revocation lists", "失効リストの発行"),
    ("time-stamps", "time stamps", "タイムスタンプ"),
    ("ocsp", "OCSP responses", "OCSP応答"),
    ("log-in", "logging in", "ログイン（認証）"),
    ("encryption", "receiving encrypted data", "暗号化データの受信"),
];

impl Use {
    pub(super) fn name(self) -> &'static str {
        self.0
    }

    pub(super) fn words(self, language: Language) -> &'static str {
        let found = WORDS.iter().find(|(name, ..)| *name == self.0);
        found.map_or(
            self.0,
            |(_, english, japanese)| if language == Language::Ja { japanese } else { english },
        )
    }
}

/// What its extensions allow, before any question of trust, dates or policy.
pub(super) fn uses(certificate: &Certificate) -> Vec<Use> {
    let usage = certificate.key_usage().ok().flatten();
    let purposes = certificate.extended_key_usage().ok().flatten().map(|usage| usage.purposes);
    let has_purpose =
        |oid: &str| purposes.as_ref().is_some_and(|purposes| purposes.iter().any(|purpose| purpose == oid));
    let is_ca = certificate.basic_constraints().ok().flatten().is_some_and(|constraints| constraints.ca);
    let log_in = matches!(
        certificate_kind(certificate),
        CertificateKind::HpkiAuthentication | CertificateKind::JpkiAuthentication
    );
    let allowed = [
        ("sign-documents", !is_ca && hsign::credential::suitability(certificate).is_ok()),
        ("issue-certificates", is_ca && usage.is_none_or(|usage| usage.key_cert_sign())),
        ("issue-crls", usage.map_or(is_ca, |usage| usage.crl_sign())),
        ("time-stamps", has_purpose(TIME_STAMPING)),
        ("ocsp", has_purpose(OCSP_SIGNING)),
        ("log-in", log_in || has_purpose(CLIENT_AUTHENTICATION)),
        ("encryption", usage.is_some_and(|usage| usage.names().contains(&"keyEncipherment"))),
    ];
    allowed.into_iter().filter(|(_, allowed)| *allowed).map(|(name, _)| Use(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_use_has_words_in_both_languages() {
        for (name, english, japanese) in WORDS {
            assert_eq!(Use(name).words(Language::En), english);
            assert_eq!(Use(name).words(Language::Ja), japanese);
        }
    }
}

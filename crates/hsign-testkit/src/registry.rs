//! The trust registry file of the test PKI.

use std::fmt::Write as _;

use crate::clock::{DAY, Seconds, YEAR};
use crate::der::rfc3339;
use crate::pki::{Ca, Pki, oid};

/// TOML with the HPKI's and the TSA's certificates; their paths are relative to the file's folder.
pub(crate) fn toml(pki: &Pki, now: Seconds) -> String {
    let entries: [(&str, &str, Ca, &[&str]); 4] = [
        ("anchor", "hpki-root", Ca::HpkiRoot, &[oid::SIGNATURE_POLICY]),
        ("anchor", "hpki-signature-ca", Ca::HpkiSignature, &[oid::SIGNATURE_POLICY]),
        ("anchor", "hpki-authentication-ca", Ca::HpkiAuthentication, &[oid::AUTHENTICATION_POLICY]),
        ("service", "tsa", Ca::TsaRoot, &[oid::TSA_POLICY]),
    ];
    let mut out = String::from("# A throw-away test PKI: none of these is anybody's real authority.\n");
    for (table, kind, ca, policies) in entries {
        let authority = pki.authority(ca);
        let pin = openssl::sha::sha256(authority.certificate_der());
        let pin: String = pin.iter().map(|octet| format!("{octet:02x}")).collect();
        let policies: Vec<_> = policies.iter().map(|policy| format!("\"{policy}\"")).collect();
        let accreditation = if kind == "tsa" { "accreditation = \"mic\"\n" } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "\n[[{table}]]\nkind = \"{kind}\"\nsubject = \"{}\"\nsha256 = \"{pin}\"\ncertificate = \"ca/{}.pem\"\n\
             {accreditation}from = \"{}\"\nto = \"{}\"\npolicies = [{}]\nsource = \"hsign-testkit\"\n\
             source_date = \"{}\"\nconfidence = \"certain\"\n",
            authority.subject(),
            ca.name(),
            rfc3339(now - 8 * YEAR),
            rfc3339(now + 20 * YEAR),
            policies.join(", "),
            rfc3339(now.div_euclid(DAY) * DAY).split('T').next().unwrap_or_default(),
        );
    }
    out
}

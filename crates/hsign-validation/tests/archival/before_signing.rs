//! The checks before signing, with lists that say since when.

use hsign_validation::{Permission, signer_checks};
use hsign_x509::Certificate;

use crate::archive::Archive;

#[test]
fn rfc5280_5_3_1_who_is_revoked_or_suspended_by_now_is_refused() {
    const KEY_COMPROMISE: u8 = 1;
    const HOLD: u8 = 6;
    for (reason, code) in
        [(KEY_COMPROMISE, "signing-with-revoked-certificate"), (HOLD, "signing-with-suspended-certificate")]
    {
        for (since, refused) in [(20, true), (21, false)] {
            let mut archive = Archive::new();
            let crls =
                [archive.crl("root", 19, 30, &[]), archive.crl("ca", 19, 30, &[("signer", since, reason)])];
            archive.given(&crls);
            let [signer, ca] = ["signer", "ca"].map(|name| Certificate::from_der(archive.der(name)).unwrap());
            let verdict = archive.under(20, |_, context| signer_checks(&signer, &[ca], false, &[], context));
            let told = verdict.findings().iter().any(|finding| finding.code == code);
            assert_eq!(told, refused, "{code} {since} {:?}", verdict.findings());
            assert_eq!(verdict.permission() == Permission::Refused, refused, "{code} {since}");
        }
    }
}

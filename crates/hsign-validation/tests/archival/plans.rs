//! Plans suppose that revocation data can be had as long as certificates are valid, whoever makes them by then.

use hsign_core::DigestAlgorithm::Sha256;
use hsign_validation::Indication;

use crate::archive::{Archive, YEAR, time};

/// Signed and sealed; the only data on the authority come from a responder that ends years before it.
fn with_responder_of_a_year() -> Archive {
    let mut archive = Archive::new();
    archive.unit("tsa 1", -10, 10 * YEAR).issue("responder", "tsa root", -5, YEAR, Sha256);
    archive.sign(Sha256).embed_certificates(&["ca", "responder"]);
    let crls = ["root", "ca"].map(|issuer| archive.crl(issuer, 9, 30, &[]));
    archive.embed(&crls).stamp_signature("tsa 1", 10);
    let answer = archive.ocsp("tsa 1", "responder", 11, 30);
    archive.embed_ocsp(answer).stamp_document("tsa 1", 12);
    archive
}

#[test]
fn a_responder_that_ends_early_shortens_no_plan() {
    let mut archive = with_responder_of_a_year();
    let plan = archive.plan_at(20, &[5 * YEAR, 20 * YEAR]);
    assert_eq!(plan.renew_by, Some(time(10 * YEAR)));
    assert_eq!(plan.lasts_until, plan.renew_by);
    let [within, after] = &plan.outlook[..] else { panic!("two answers") };
    assert_eq!(within.unrenewed.indication, Indication::TotalPassed, "{within:?}");
    assert_eq!(within.renewed.indication, Indication::TotalPassed, "{within:?}");
    assert_ne!(after.unrenewed.indication, Indication::TotalPassed, "{after:?}");
    assert_eq!(after.renewed.indication, Indication::TotalPassed, "{after:?}");
}

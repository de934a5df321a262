//! certval's answer about one path.

use ::certval::{
    CertificationPath, CertificationPathResults, CertificationPathSettings, Error, PDVCertificate,
    PDVTrustAnchorChoice, PathValidationStatus, PkiEnvironment, TimeOfInterest,
    enforce_trust_anchor_constraints, validate_path_rfc5280,
};
use der::Encode as _;
use hsign_asn1::{Rules, Tag};
use hsign_core::ports::{SignatureValidity, SignatureVerifier as _};
use hsign_crypto::OpensslVerifier;
use hsign_x509::{Certificate, signature_algorithm_from_der};

use crate::Settings;

/// Whether certval accepts the path (target first, anchor last), and its word if not.
pub fn certval(path: &[Certificate], settings: &Settings) -> Result<(), String> {
    let [target, between @ .., anchor] = path else { return Err("no path".to_owned()) };
    let read = |certificate: &Certificate| {
        PDVCertificate::try_from(certificate.der()).map_err(|error| format!("unreadable: {error}"))
    };
    let anchor =
        PDVTrustAnchorChoice::try_from(anchor.der()).map_err(|error| format!("unreadable: {error}"))?;
    let between = between.iter().rev().map(read).collect::<Result<Vec<_>, _>>()?;
    // Left to the caller, although the setting is there.
    let theirs =
        enforce_trust_anchor_constraints(&theirs(settings), &anchor).map_err(|error| error.to_string())?;
    let path = CertificationPath::new(anchor, between, read(target)?);
    let mut results = CertificationPathResults::new();
    validate_path_rfc5280(&environment(), &theirs, &path, &mut results).map_err(|error| error.to_string())
}

/// Nothing of certval's own cryptography: signatures are checked by OpenSSL, as ours are.
fn environment() -> PkiEnvironment {
    let mut environment = PkiEnvironment::new();
    environment.add_verify_signature_message_callback(
        |_: &PkiEnvironment,
         message: &[u8],
         value: &der::asn1::BitString,
         algorithm: &spki::AlgorithmIdentifierOwned,
         key: &spki::SubjectPublicKeyInfoOwned| {
            let refused = || Error::PathValidation(PathValidationStatus::SignatureVerificationFailure);
            let algorithm = algorithm.to_der().map_err(|_| refused())?;
            let algorithm =
                hsign_asn1::single(&algorithm, Tag::SEQUENCE, Rules::Ber).map_err(|_| refused())?;
            let algorithm = signature_algorithm_from_der(&algorithm, None).map_err(|_| refused())?;
            let key = key.to_der().map_err(|_| refused())?;
            match OpensslVerifier::new().verify(&algorithm, &key, message, value.raw_bytes()) {
                SignatureValidity::Valid => Ok(()),
                _ => Err(refused()),
            }
        },
    );
    environment
}

fn theirs(settings: &Settings) -> CertificationPathSettings {
    let mut theirs = CertificationPathSettings::new();
    let time = u64::try_from(settings.time).expect("after 1970");
    theirs.set_time_of_interest(TimeOfInterest::from_unix_secs(time).expect("a time"));
    theirs.set_require_ta_store(false);
    theirs.set_check_revocation_status(false);
    theirs.set_enforce_trust_anchor_constraints(settings.anchor_counts);
    theirs.set_enforce_trust_anchor_validity(settings.anchor_counts);
    theirs.set_initial_policy_set(settings.policies.clone());
    theirs.set_initial_explicit_policy_indicator(settings.explicit_policy);
    theirs.set_initial_policy_mapping_inhibit_indicator(settings.inhibit_mapping);
    theirs.set_initial_inhibit_any_policy_indicator(settings.inhibit_any);
    theirs
}

use hsign::Time;
use hsign::credential::{Options, open};
use hsign_core::{DigestAlgorithm, SecretReference};
use hsign_testkit::Person;

use crate::Session;

/// Signs the letter of the desk with somebody's key, asking nobody: what `hsign sign` refuses may still come from
/// elsewhere and has to be judged.
///
/// # Panics
/// When it can't be done.
pub fn sign_unrefused(session: &Session, person: Person, out: &str) {
    let files = session.testbed().person(person);
    let secrets: SecretReference =
        format!("file:{}", session.testbed().passphrase_path().display()).parse().unwrap();
    let specification = format!("pkcs12:{}", files.pkcs12_path().display()).parse().unwrap();
    let signer = open(&specification, &secrets, &Options::default()).unwrap();
    let letter = session.read("letter.pdf");
    let now = Time::from_unix_seconds(session.testbed().clock().now()).unwrap();
    let reserve = hsign_pades::contents_size(signer.certificate(), signer.chain(), 0);
    let request =
        hsign_pades::Request { signing_time: Some(now), contents_size: reserve, ..Default::default() };
    let prepared = hsign_pades::prepare(&letter, &request).unwrap();
    let content = prepared.content_digest(DigestAlgorithm::Sha256).unwrap();
    let to_be_signed = hsign_cades::baseline_b(&content, signer.certificate(), &Default::default()).unwrap();
    let algorithm = signer.algorithm(DigestAlgorithm::Sha256);
    let value = signer.sign(&algorithm, &to_be_signed.signed_attributes).unwrap();
    let cms = hsign_cades::assemble(&hsign_cades::Signed {
        to_be_signed: &to_be_signed,
        algorithm: &algorithm,
        value: &value,
        signer_certificate: signer.certificate(),
        certificates: signer.chain(),
        content: None,
    });
    let update = prepared.embed(&cms.unwrap()).unwrap();
    session.write(out, [letter, update].concat());
}

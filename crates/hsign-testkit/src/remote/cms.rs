//! A detached CMS with the signed attributes of CAdES, as a service makes it that is only told a digest.

use crate::Error;
use crate::Person;
use crate::clock::Seconds;
use crate::der::{self, tag};
use crate::keys::{self, Hash};
use crate::pki::Pki;
use crate::pki::certificate::retag;

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const DATA: &str = "1.2.840.113549.1.7.1";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";

/// Over content with this SHA-256.
pub(super) fn detached(
    pki: &Pki,
    person: Person,
    hash: &[u8],
    now: Seconds,
    bad_signature: bool,
) -> Result<Vec<u8>, Error> {
    let identity = pki.person(person);
    let certificate = identity.certificate_der();
    let attribute = |oid: &str, value: &[u8]| der::sequence(&[&der::oid(oid), &der::set(&[value])]);
    let identifier = der::sequence(&[&der::octet_string(&Hash::Sha256.of(certificate)?)]);
    let attributes = der::set_of(vec![
        attribute(CONTENT_TYPE, &der::oid(DATA)),
        attribute(MESSAGE_DIGEST, &der::octet_string(hash)),
        attribute(SIGNING_TIME, &der::time(now)),
        attribute(SIGNING_CERTIFICATE_V2, &der::sequence(&[&der::sequence(&[&identifier])])),
    ]);
    let mut value = keys::sign(identity.private_key(), Hash::Sha256, &attributes)?;
    if let (true, Some(last)) = (bad_signature, value.last_mut()) {
        *last ^= 1;
    }
    let issuer = pki.authority(person.issuer()).subject.der();
    let signer = der::sequence(&[
        &der::integer(1),
        &der::sequence(&[&issuer, &der::integer(person.serial())]),
        &Hash::Sha256.algorithm_identifier(),
        &retag(&attributes, tag::constructed(0)),
        &keys::signature_algorithm(identity.private_key(), Hash::Sha256),
        &der::octet_string(&value),
    ]);
    let mut certificates = vec![certificate.to_vec()];
    certificates.extend(identity.chain_der().iter().cloned());
    certificates.sort();
    let signed_data = der::sequence(&[
        &der::integer(1),
        &der::set(&[&Hash::Sha256.algorithm_identifier()]),
        &der::sequence(&[&der::oid(DATA)]),
        &der::tlv(tag::constructed(0), &certificates.concat()),
        &der::set(&[&signer]),
    ]);
    Ok(der::sequence(&[&der::oid(SIGNED_DATA), &der::explicit(0, &signed_data)]))
}

//! Which certificate KeyInfo means (XMLDSig §4.5). A hint, unless KeyInfo itself is signed.

use hsign_core::facts::SignerIdentifier;
use hsign_x509::Certificate;
use hsign_xml::dsig::KeyInfo;

/// Among which the signer's is looked for: a path, not a store.
const MOST_CERTIFICATES: usize = 100;

/// What KeyInfo says about the signer.
#[derive(Default)]
pub(crate) struct KeyInfoSigner {
    pub(crate) identifier: SignerIdentifier,
    /// The certificate that it means, where it holds one.
    pub(crate) certificate: Option<Certificate>,
}

/// Reads the hints; the certificates are those of [`KeyInfo::certificates`].
pub(crate) fn read(key_info: &KeyInfo<'_>) -> KeyInfoSigner {
    let certificates: Vec<Certificate> = key_info
        .certificates
        .iter()
        .take(MOST_CERTIFICATES)
        .filter_map(|der| Certificate::from_der(der).ok())
        .collect();
    let public_key = key_info.public_keys.first();
    let serial = key_info.issuer_serials.first().map(|by| by.serial.as_slice());
    let chosen = choose(&certificates, serial, public_key.map(Vec::as_slice)).cloned();
    let key_identifier = key_info.subject_key_identifiers.first();
    let identifier = SignerIdentifier {
        issuer: chosen.as_ref().map(|certificate| certificate.issuer().der().into()),
        serial: chosen.as_ref().map(|certificate| certificate.serial().into()),
        subject_key_identifier: key_identifier.filter(|_| chosen.is_none()).map(|key| key.as_slice().into()),
        public_key: public_key.filter(|_| chosen.is_none()).map(|key| key.as_slice().into()),
    };
    KeyInfoSigner { identifier, certificate: chosen }
}

/// The certificate of that key or serial number; else one that issued none of the others.
fn choose<'c>(
    certificates: &'c [Certificate],
    serial: Option<&[u8]>,
    public_key: Option<&[u8]>,
) -> Option<&'c Certificate> {
    let of_key = || {
        let wanted = public_key?;
        certificates.iter().find(|certificate| certificate.public_key_info() == wanted)
    };
    let of_serial = || {
        let wanted = serial?;
        certificates.iter().find(|certificate| certificate.serial() == wanted)
    };
    let issued_another = |candidate: &Certificate| {
        certificates.iter().any(|other| other != candidate && other.issuer().matches(candidate.subject()))
    };
    let end_entity = || certificates.iter().find(|candidate| !issued_another(candidate));
    of_key().or_else(of_serial).or_else(end_entity).or_else(|| certificates.first())
}

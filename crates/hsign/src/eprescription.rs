//! The electronic prescription (電子処方箋): its CSV, and what of it was really signed.

use hsign_core::{Digest, Source};
use hsign_hpki::DocumentClasses;
use hsign_validation::{DocumentVerdict, Integrity};

use hsign_xades::eprescription::signed_csv;

use crate::{Error, Form, Settings, ToSign};

pub use hsign_xades::eprescription::{
    Converted, Csv, CsvEncoding, CsvError, ReferenceVariant, Side, SignedCsv,
};

/// A CSV in UTF-8 without byte order mark; only for whoever asks for it, and what was done is told.
///
/// # Errors
/// When the bytes aren't text in that encoding: nothing is ever replaced.
pub fn convert(bytes: &[u8], from: CsvEncoding) -> Result<Converted, Error> {
    Ok(hsign_xades::eprescription::convert(bytes, from).map_err(hsign_xades::Error::from)?)
}

/// A CSV that a signature of a judged document covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Id of the signature.
    pub signature: String,
    /// The CSV; `None` where the signature's digests or value don't hold, so that nothing can be said to be signed.
    pub csv: Option<SignedCsv>,
}

/// What the signatures of an electronic prescription cover, taken from the octets under their references. `source` has to
/// be the document that was judged: its digest is compared.
///
/// # Errors
/// When it can't be read, is another document than the judged one, or isn't what the verdict says.
pub fn export_signed(source: &dyn Source, verdict: &DocumentVerdict) -> Result<Vec<Exported>, Error> {
    let document = hsign_core::read_all(source)?;
    let is_judged =
        |judged: &Digest| hsign_crypto::digest(judged.algorithm, &document).is_ok_and(|own| own == *judged);
    if verdict.digests().is_empty() || !verdict.digests().iter().all(is_judged) {
        return Err(hsign_xades::Error::DataChanged("the document".to_owned()).into());
    }
    let of_profile = verdict
        .signatures()
        .iter()
        .filter(|signature| signature.profile().is_some_and(|profile| profile == "eprescription"));
    of_profile
        .map(|signature| {
            let valid = signature.integrity() == Integrity::Valid;
            let csv = valid.then(|| signed_csv(&document, signature.id())).transpose()?;
            Ok(Exported { signature: signature.id().to_owned(), csv })
        })
        .collect()
}

/// The settings by which the signer of a side is checked before signing: the side is a class of document, and asks for its
/// own professions. `None` where nothing changes.
pub(crate) fn settings_of_side(what: &ToSign<'_>, settings: &Settings) -> Option<Settings> {
    if !matches!(what.form, Form::Eprescription(_)) || settings.document_class.is_some() {
        return None;
    }
    let side = if what.beside.is_empty() { Side::Prescription } else { Side::Dispensing };
    let document_class = DocumentClasses::builtin().find(side.document_class()).cloned();
    Some(Settings { document_class, ..settings.clone() })
}

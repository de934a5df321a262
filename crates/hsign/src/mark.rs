//! The visible mark of a signature, saying nothing that the signature doesn't say.

use hsign_appearance::{Font, Mark, Seal};
use hsign_core::Time;
use hsign_hpki::{ProfessionTable, roles_of};
use hsign_pdf::Place;
use hsign_report::{Language, shown, word};
use hsign_x509::Certificate;

use crate::{Error, Metadata};

/// A mark to be shown. Its words come from the certificate and from what is signed, so that there is no text to
/// give.
#[derive(Clone, Debug)]
pub struct MarkRequest {
    /// Where.
    pub place: Place,
    /// The font of the text.
    pub font: Option<Font>,
    /// The seal's image.
    pub seal: Option<Seal>,
    /// What is written, a line each; what the signature doesn't say is left out.
    pub items: Vec<MarkItem>,
    /// Language of the labels.
    pub language: Language,
}

/// One line of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkItem {
    /// The signer's common name in the certificate.
    Name,
    /// The professions that the certificate's hcRole names and the table knows.
    Profession,
    /// The claimed signing time, in Japan's time zone.
    Time,
    /// /Reason.
    Reason,
    /// /Location.
    Location,
}

impl MarkItem {
    fn label(self) -> &'static str {
        match self {
            Self::Name => "mark.name",
            Self::Profession => "mark.profession",
            Self::Time => "mark.time",
            Self::Reason => "mark.reason",
            Self::Location => "mark.location",
        }
    }
}

/// The mark for this signature.
pub(crate) fn mark(
    request: &MarkRequest,
    certificate: &Certificate,
    professions: &ProfessionTable,
    metadata: &Metadata,
    signing_time: Time,
) -> Result<Mark, Error> {
    let says = |item: MarkItem| match item {
        MarkItem::Name => certificate.subject().common_name(),
        MarkItem::Profession => profession(certificate, professions, request.language),
        MarkItem::Time => Some(shown(signing_time)),
        MarkItem::Reason => metadata.reason.clone(),
        MarkItem::Location => metadata.location.clone(),
    };
    let line = |item: &MarkItem| {
        let text = says(*item)?;
        Some(format!("{} {}", word(item.label(), request.language), hsign_report::printable(&text)))
    };
    let lines: Vec<String> = request.items.iter().filter_map(line).collect();
    let text = match (&request.font, lines.as_slice()) {
        (_, []) => None,
        (Some(font), lines) => Some((font.clone(), lines)),
        (None, _) => return Err(Error::MarkWithoutFont),
    };
    Ok(Mark::new(text, request.seal.clone())?)
}

fn profession(certificate: &Certificate, table: &ProfessionTable, language: Language) -> Option<String> {
    let roles = roles_of(certificate, table).filter(|roles| !roles.is_empty())?;
    let name = |role: &&hsign_hpki::Profession| match language {
        Language::Ja => format!("{} ({})", role.ja, role.text),
        Language::En => role.text.clone(),
    };
    Some(roles.iter().map(name).collect::<Vec<_>>().join(", "))
}

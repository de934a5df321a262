//! The Japanese electronic prescription: the documents of its two sides with their signatures, as the known samples show
//! them. The specification of the record conditions and of the signature has not been read; where the samples are silent,
//! nothing is claimed.

mod compose;
mod convert;
mod csv;
mod export;
mod make;
mod place;
mod profile;
mod side;
mod structure;
mod whole;

pub use compose::Unsigned;
pub use convert::{Converted, CsvEncoding, convert};
pub use csv::{Csv, CsvError};
pub use export::{SignedCsv, signed_csv};
pub use make::{ElementNeeds, ReferenceVariant, element_needs, finished, prepare};
pub(crate) use profile::{PROFILE, describe, has_place};
pub use side::Side;
pub(crate) use whole::{check as check_whole, unsigned_objects};

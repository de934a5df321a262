use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hsign::eprescription::{CsvEncoding, ReferenceVariant};

/// What `--format eprescription` may be told.
#[derive(Args, Debug)]
pub(crate) struct EprescriptionOptions {
    /// The signed prescription that a dispensing answers: embedded byte for byte, and covered by the signature
    #[arg(long, value_name = "FILE")]
    pub(crate) prescription: Option<PathBuf>,
    /// Convert the CSV to UTF-8 before signing, from Shift_JIS unless said otherwise; without it the CSV is taken as it is
    #[arg(long, value_enum, value_name = "ENCODING", num_args = 0..=1, require_equals = true,
          default_missing_value = "shift-jis")]
    pub(crate) convert: Option<EncodingArg>,
    /// How the signature refers to the data: without transforms as the service does, or with exclusive C14N
    #[arg(long, value_enum, value_name = "VARIANT")]
    pub(crate) reference: Option<ReferenceArg>,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EncodingArg {
    /// Shift_JIS with the extensions of Windows (CP932)
    ShiftJis,
    /// EUC-JP
    EucJp,
    /// UTF-16, little endian without a byte order mark
    #[value(name = "utf-16")]
    Utf16,
    /// UTF-8: only a byte order mark is taken off
    #[value(name = "utf-8")]
    Utf8,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReferenceArg {
    /// No transforms: Canonical XML 1.0 with what is inherited
    Plain,
    /// Exclusive C14N
    ExcC14n,
}

impl EncodingArg {
    pub(crate) fn encoding(self) -> CsvEncoding {
        match self {
            Self::ShiftJis => CsvEncoding::ShiftJis,
            Self::EucJp => CsvEncoding::EucJp,
            Self::Utf16 => CsvEncoding::Utf16,
            Self::Utf8 => CsvEncoding::Utf8,
        }
    }
}

impl EprescriptionOptions {
    pub(crate) fn variant(&self) -> ReferenceVariant {
        match self.reference {
            None | Some(ReferenceArg::Plain) => ReferenceVariant::WithoutTransforms,
            Some(ReferenceArg::ExcC14n) => ReferenceVariant::ExclusiveC14n,
        }
    }

    /// The first option given, for the other formats.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let given = [
            ("--prescription", self.prescription.is_some()),
            ("--convert", self.convert.is_some()),
            ("--reference", self.reference.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(option, _)| option)
    }
}

//! The CSV of an electronic prescription: records of comma-separated fields, the first field of each a number that names
//! its kind. Checked is what the known samples show; the specification of the record conditions has not been read.

use hsign_core::{ErrorKind, Finding};

use super::Side;

/// Longest CSV taken. The known ones have about a kilobyte.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Kinds of records have one to three digits in the samples.
const MAX_KIND_DIGITS: usize = 3;

/// Why bytes aren't the CSV of a side. Lines count from 1; nothing of the contents is repeated, since it is about a patient.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CsvError {
    /// Nothing there.
    #[error("the CSV is empty")]
    Empty,
    /// More than any prescription has.
    #[error("the CSV has {0} bytes, more than {MAX_BYTES}")]
    TooLong(usize),
    /// A byte order mark, in UTF-8 or UTF-16.
    #[error("the CSV begins with a byte order mark ({0})")]
    ByteOrderMark(&'static str),
    /// Not UTF-8.
    #[error("line {line} of the CSV is not UTF-8")]
    NotUtf8 {
        /// Where.
        line: usize,
    },
    /// A control character other than the line end.
    #[error("line {line} of the CSV holds the control character U+{character:04X}")]
    ControlCharacter {
        /// Where.
        line: usize,
        /// Its code.
        character: u32,
    },
    /// Some lines end in CR LF and others in LF.
    #[error("line {line} of the CSV ends in another way than those before it")]
    MixedLineEnds {
        /// Where.
        line: usize,
    },
    /// The first record is of another kind.
    #[error("the first field of line 1 is not {expected}")]
    FirstRecord {
        /// What it should be.
        expected: &'static str,
    },
    /// An empty line.
    #[error("line {line} of the CSV is empty")]
    EmptyLine {
        /// Where.
        line: usize,
    },
    /// Field 1 of a record is no number.
    #[error("field 1 of line {line} is not the number of a record")]
    RecordNumber {
        /// Where.
        line: usize,
    },
    /// Only the first record.
    #[error("the CSV has no record after {0}")]
    NoRecords(&'static str),
    /// Converting was asked from an encoding that the bytes are not in.
    #[error("line {line} of the CSV is not {encoding}")]
    NotInEncoding {
        /// The encoding.
        encoding: &'static str,
        /// Where.
        line: usize,
    },
}

impl CsvError {
    /// Whose failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Unreadable
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Empty => Finding::error("eprescription-csv-empty"),
            Self::TooLong(bytes) => {
                Finding::error("eprescription-csv-too-long").with("bytes", bytes).with("limit", MAX_BYTES)
            }
            Self::ByteOrderMark(encoding) => {
                Finding::error("eprescription-csv-byte-order-mark").with("encoding", encoding)
            }
            Self::NotUtf8 { line } => Finding::error("eprescription-csv-not-utf8").with("line", line),
            Self::ControlCharacter { line, character } => {
                Finding::error("eprescription-csv-control-character")
                    .with("line", line)
                    .with("character", format!("U+{character:04X}"))
            }
            Self::MixedLineEnds { line } => Finding::error("eprescription-csv-line-ends").with("line", line),
            Self::FirstRecord { expected } => {
                Finding::error("eprescription-csv-first-record").with("line", 1).with("expected", expected)
            }
            Self::EmptyLine { line } => Finding::error("eprescription-csv-empty-line").with("line", line),
            Self::RecordNumber { line } => {
                Finding::error("eprescription-csv-record-number").with("line", line).with("field", 1)
            }
            Self::NoRecords(first) => Finding::error("eprescription-csv-no-records").with("first", first),
            Self::NotInEncoding { encoding, line } => Finding::error("eprescription-csv-not-in-encoding")
                .with("encoding", encoding)
                .with("line", line),
        }
    }
}

/// A CSV in the shape of its side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Csv<'b> {
    side: Side,
    text: &'b str,
}

impl<'b> Csv<'b> {
    /// Checks the shape: UTF-8 without byte order mark, first record `SJ1` or `CJ1`, numbered records, one kind of line end.
    /// Lines may end in LF, as in the samples, or in CR LF; either way the bytes are signed as they are.
    ///
    /// # Errors
    /// The first thing that doesn't fit, with its line.
    pub fn check(bytes: &'b [u8], side: Side) -> Result<Self, CsvError> {
        if bytes.is_empty() {
            return Err(CsvError::Empty);
        }
        if bytes.len() > MAX_BYTES {
            return Err(CsvError::TooLong(bytes.len()));
        }
        if let Some(encoding) = byte_order_mark(bytes) {
            return Err(CsvError::ByteOrderMark(encoding));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| CsvError::NotUtf8 { line: line_at(bytes, error.valid_up_to()) })?;
        let csv = Self { side, text };
        csv.check_lines()?;
        Ok(csv)
    }

    fn check_lines(&self) -> Result<(), CsvError> {
        let mut with_return = None;
        let lines = self.text.strip_suffix('\n').unwrap_or(self.text).split('\n');
        let last = lines.clone().count();
        for (line, text) in (1..).zip(lines) {
            let stripped = text.strip_suffix('\r');
            let ends = line < last || self.text.ends_with('\n');
            if ends && *with_return.get_or_insert(stripped.is_some()) != stripped.is_some() {
                return Err(CsvError::MixedLineEnds { line });
            }
            check_line(stripped.unwrap_or(text), line, self.side)?;
        }
        if last < 2 {
            return Err(CsvError::NoRecords(self.side.first_record()));
        }
        Ok(())
    }

    /// The side it belongs to.
    #[must_use]
    pub fn side(&self) -> Side {
        self.side
    }

    /// Its bytes, as they were given.
    #[must_use]
    pub fn as_bytes(&self) -> &'b [u8] {
        self.text.as_bytes()
    }

    /// Field `number` (the record's own number is field 1) of the first record of that kind.
    pub(crate) fn field(&self, kind: &str, number: usize) -> Option<&'b str> {
        let mut records = self.text.lines().map(|line| line.split(','));
        records.find(|record| record.clone().next() == Some(kind))?.nth(number.checked_sub(1)?)
    }
}

fn check_line(text: &str, line: usize, side: Side) -> Result<(), CsvError> {
    if let Some(character) = text.chars().find(|c| c.is_control() && *c != '\t') {
        return Err(CsvError::ControlCharacter { line, character: character.into() });
    }
    if text.is_empty() {
        return Err(CsvError::EmptyLine { line });
    }
    let first = text.split(',').next().unwrap_or_default();
    if line == 1 {
        let expected = side.first_record();
        return if first == expected { Ok(()) } else { Err(CsvError::FirstRecord { expected }) };
    }
    let numbered = (1..=MAX_KIND_DIGITS).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_digit());
    if numbered { Ok(()) } else { Err(CsvError::RecordNumber { line }) }
}

pub(super) fn byte_order_mark(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => Some("UTF-8"),
        [0xff, 0xfe, ..] => Some("UTF-16LE"),
        [0xfe, 0xff, ..] => Some("UTF-16BE"),
        _ => None,
    }
}

/// The line in which a byte stands.
pub(super) fn line_at(bytes: &[u8], position: usize) -> usize {
    bytes.iter().take(position).filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(bytes: &[u8]) -> CsvError {
        Csv::check(bytes, Side::Prescription).unwrap_err()
    }

    #[test]
    fn lines_end_in_lf_or_in_cr_lf_with_or_without_one_at_the_end() {
        for text in ["SJ1\n1,a\n", "SJ1\n1,a", "SJ1\r\n1,a\r\n", "SJ1\r\n1,a", "SJ1,\n1,名\n201,1\n"] {
            let csv = Csv::check(text.as_bytes(), Side::Prescription).unwrap();
            assert_eq!(csv.as_bytes(), text.as_bytes());
        }
    }

    #[test]
    fn what_doesnt_fit_is_told_with_its_line() {
        assert_eq!(error(b""), CsvError::Empty);
        assert_eq!(error(b"\xef\xbb\xbfSJ1\n1,a\n"), CsvError::ByteOrderMark("UTF-8"));
        assert_eq!(error(b"SJ1\n1,\x83\x65\n"), CsvError::NotUtf8 { line: 2 });
        assert_eq!(error(b"CJ1\n1,a\n"), CsvError::FirstRecord { expected: "SJ1" });
        assert_eq!(error(b"SJ1\n"), CsvError::NoRecords("SJ1"));
        assert_eq!(error(b"SJ1\n1,a\n\n2,b\n"), CsvError::EmptyLine { line: 3 });
        assert_eq!(error(b"SJ1\n1,a\nx,b\n"), CsvError::RecordNumber { line: 3 });
        assert_eq!(error(b"SJ1\n1000,a\n"), CsvError::RecordNumber { line: 2 });
        assert_eq!(error(b"SJ1\r\n1,a\n"), CsvError::MixedLineEnds { line: 2 });
        assert_eq!(error(b"SJ1\n1,a\rb\n"), CsvError::ControlCharacter { line: 2, character: 13 });
        assert_eq!(error(b"SJ1\n1,\0\n"), CsvError::ControlCharacter { line: 2, character: 0 });
    }

    #[test]
    fn fields_count_from_the_records_number() {
        let csv = Csv::check(b"CJ1,\n7,ab-cd,\n7,second\n", Side::Dispensing).unwrap();
        assert_eq!(csv.field("7", 2), Some("ab-cd"));
        assert_eq!(csv.field("8", 2), None);
    }
}

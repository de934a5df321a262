//! Conversion of a CSV to UTF-8, only on request and never silently.

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};
use hsign_core::{Finding, hex};

use super::csv::{CsvError, byte_order_mark, line_at};

/// What a CSV may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvEncoding {
    /// Shift_JIS with the extensions of Windows (windows-31j, CP932).
    ShiftJis,
    /// EUC-JP.
    EucJp,
    /// UTF-16, little endian unless a byte order mark says otherwise.
    Utf16,
    /// UTF-8, with a byte order mark or without.
    Utf8,
}

/// A CSV after its conversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// UTF-8 without byte order mark.
    pub csv: Vec<u8>,
    /// What was done, to be shown: from which encoding, and the SHA-256 before and after.
    pub finding: Option<Finding>,
}

/// To UTF-8 without byte order mark. A byte order mark decides over `from`; line ends and everything else stay. What is
/// UTF-8 already, without mark, stays as it is, without a finding.
///
/// # Errors
/// When the bytes aren't text in that encoding: nothing is ever replaced.
pub fn convert(bytes: &[u8], from: CsvEncoding) -> Result<Converted, CsvError> {
    let marked = byte_order_mark(bytes);
    let encoding = match marked {
        Some("UTF-8") => UTF_8,
        Some("UTF-16LE") => UTF_16LE,
        Some(_) => UTF_16BE,
        None => from.encoding(),
    };
    let text = encoding
        .decode_without_bom_handling_and_without_replacement(without_mark(bytes, marked))
        .ok_or_else(|| CsvError::NotInEncoding {
            encoding: encoding.name(),
            line: bad_line(bytes, encoding),
        })?;
    let csv = text.into_owned().into_bytes();
    let finding = (csv != bytes).then(|| {
        Finding::warning("eprescription-csv-converted")
            .with("from", encoding.name())
            .with("before", hex(&hsign_crypto::sha256(bytes)))
            .with("after", hex(&hsign_crypto::sha256(&csv)))
    });
    Ok(Converted { csv, finding })
}

impl CsvEncoding {
    fn encoding(self) -> &'static Encoding {
        match self {
            Self::ShiftJis => SHIFT_JIS,
            Self::EucJp => EUC_JP,
            Self::Utf16 => UTF_16LE,
            Self::Utf8 => UTF_8,
        }
    }
}

fn without_mark<'b>(bytes: &'b [u8], marked: Option<&str>) -> &'b [u8] {
    let length = match marked {
        Some("UTF-8") => 3,
        Some(_) => 2,
        None => 0,
    };
    bytes.get(length..).unwrap_or_default()
}

/// Line feeds are single bytes in the encodings without byte order marks, so lines can be tried one by one.
fn bad_line(bytes: &[u8], encoding: &'static Encoding) -> usize {
    if encoding == UTF_16LE || encoding == UTF_16BE {
        return 1;
    }
    let mut position = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if encoding.decode_without_bom_handling_and_without_replacement(line).is_none() {
            return line_at(bytes, position);
        }
        position += line.len();
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shift_jis_with_the_extensions_of_windows_is_read() {
        let converted = convert(b"SJ1\r\n1,\x97\x59\x87\x40\xfb\xfc\r\n", CsvEncoding::ShiftJis).unwrap();
        assert_eq!(String::from_utf8(converted.csv).unwrap(), "SJ1\r\n1,雄①髙\r\n");
        let finding = converted.finding.unwrap();
        assert_eq!(finding.code, "eprescription-csv-converted");
        assert_eq!(finding.values["from"], "Shift_JIS");
    }

    #[test]
    fn a_byte_order_mark_decides() {
        let converted = convert("\u{feff}SJ1\n1,名\n".as_bytes(), CsvEncoding::ShiftJis).unwrap();
        assert_eq!(converted.csv, "SJ1\n1,名\n".as_bytes());
        assert!(converted.finding.is_some());
        let utf16: Vec<u8> = "\u{feff}SJ1\n1,名\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(convert(&utf16, CsvEncoding::ShiftJis).unwrap().csv, "SJ1\n1,名\n".as_bytes());
    }

    #[test]
    fn nothing_is_replaced() {
        let error = convert(b"SJ1\n1,\xff\xff\n", CsvEncoding::ShiftJis).unwrap_err();
        assert_eq!(error, CsvError::NotInEncoding { encoding: "Shift_JIS", line: 2 });
    }

    #[test]
    fn utf_8_stays_as_it_is() {
        let text = "SJ1\n1,名\n".as_bytes();
        assert_eq!(
            convert(text, CsvEncoding::Utf8).unwrap(),
            Converted { csv: text.to_vec(), finding: None }
        );
    }
}

//! From bytes to text, in the encodings that Japanese sites have.
//!
//! Shift_JIS and EUC-JP are read as Windows code page 932 and its sister, as the WHATWG defines them: 0x5C is the
//! backslash (not the yen sign), 0x7E the tilde, and 0x8160 the full-width tilde U+FF5E. Other software reads some of
//! these as JIS X 0208 says (0x8160 as the wave dash U+301C). The canonical form is UTF-8, so such a character gives
//! other octets there: [`Text::is_read_differently`] tells whether a document has one.

use std::borrow::Cow;

use encoding_rs::{EUC_JP, Encoding as Table, ISO_8859_2, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

use crate::Error;

/// An encoding that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Encoding {
    Ascii,
    Utf8,
    Utf16Be,
    Utf16Le,
    Latin1,
    Latin2,
    ShiftJis,
    EucJp,
}

impl Encoding {
    /// The label that a declaration would use.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Ascii => "US-ASCII",
            Self::Utf8 => "UTF-8",
            Self::Utf16Be => "UTF-16BE",
            Self::Utf16Le => "UTF-16LE",
            Self::Latin1 => "ISO-8859-1",
            Self::Latin2 => "ISO-8859-2",
            Self::ShiftJis => "Shift_JIS",
            Self::EucJp => "EUC-JP",
        }
    }

    /// What a declaration's label means; "UTF-16" alone leaves the byte order open and is not found here.
    fn from_label(label: &str) -> Option<Self> {
        let lower = label.to_ascii_lowercase();
        match lower.as_str() {
            "us-ascii" | "ascii" => Some(Self::Ascii),
            "iso-8859-1" | "latin1" | "iso_8859-1" => Some(Self::Latin1),
            "utf-16be" => Some(Self::Utf16Be),
            "utf-16le" => Some(Self::Utf16Le),
            "utf-16" => None,
            "cp932" => Some(Self::ShiftJis),
            _ => match Table::for_label(label.as_bytes())? {
                table if table == UTF_8 => Some(Self::Utf8),
                table if table == ISO_8859_2 => Some(Self::Latin2),
                table if table == SHIFT_JIS => Some(Self::ShiftJis),
                table if table == EUC_JP => Some(Self::EucJp),
                _ => None,
            },
        }
    }

    fn is_utf16(self) -> bool {
        matches!(self, Self::Utf16Be | Self::Utf16Le)
    }
}

/// A document's text and how it was encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text<'b> {
    text: Cow<'b, str>,
    encoding: Encoding,
}

impl<'b> Text<'b> {
    /// The text; a byte order mark is its first character.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How it was encoded.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Whether it has a character that others read differently from the same bytes: one of those for which Windows
    /// code page 932 departs from JIS X 0208. Never in Unicode encodings.
    #[must_use]
    pub fn is_read_differently(&self) -> bool {
        const DEPARTING: [char; 7] =
            ['\u{FF5E}', '\u{2225}', '\u{FF0D}', '\u{FFE0}', '\u{FFE1}', '\u{FFE2}', '\u{2015}'];
        matches!(self.encoding, Encoding::ShiftJis | Encoding::EucJp) && self.text.contains(DEPARTING)
    }

    /// The position in `bytes`, from which it was decoded, of a position in the text; `None` outside the text and
    /// inside a character.
    #[must_use]
    pub fn position_in(&self, bytes: &[u8], position: usize) -> Option<usize> {
        let before = self.text.get(..position)?;
        Some(match self.encoding {
            Encoding::Ascii | Encoding::Utf8 => position,
            Encoding::Utf16Be | Encoding::Utf16Le => before.encode_utf16().count() * 2,
            Encoding::Latin1 | Encoding::Latin2 => before.chars().count(),
            Encoding::ShiftJis => walk(bytes, before, shift_jis_length)?,
            Encoding::EucJp => walk(bytes, before, euc_jp_length)?,
        })
    }

    /// `text` in the document's encoding.
    ///
    /// # Errors
    /// When the encoding lacks one of its characters.
    pub fn encode<'t>(&self, text: &'t str) -> Result<Cow<'t, [u8]>, Error> {
        let refused = || Error::NotEncodable { encoding: self.encoding.label() };
        let table = match self.encoding {
            Encoding::Utf8 => return Ok(Cow::Borrowed(text.as_bytes())),
            Encoding::Utf16Be => return Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            Encoding::Utf16Le => return Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Encoding::Ascii if text.is_ascii() => return Ok(Cow::Borrowed(text.as_bytes())),
            Encoding::Ascii => return Err(refused()),
            Encoding::Latin1 => {
                let bytes: Result<Vec<u8>, _> = text.chars().map(|c| u8::try_from(u32::from(c))).collect();
                return bytes.map(Cow::Owned).map_err(|_| refused());
            }
            Encoding::Latin2 => ISO_8859_2,
            Encoding::ShiftJis => SHIFT_JIS,
            Encoding::EucJp => EUC_JP,
        };
        let (bytes, _, replaced) = table.encode(text);
        if replaced { Err(refused()) } else { Ok(bytes) }
    }
}

/// Bytes that the characters of `before` take.
fn walk(bytes: &[u8], before: &str, length: fn(u8) -> usize) -> Option<usize> {
    before.chars().try_fold(0, |position, _| Some(position + length(*bytes.get(position)?)))
}

fn shift_jis_length(lead: u8) -> usize {
    if matches!(lead, 0x81..=0x9F | 0xE0..=0xFC) { 2 } else { 1 }
}

fn euc_jp_length(lead: u8) -> usize {
    match lead {
        0x8F => 3,
        0x8E | 0xA1..=0xFE => 2,
        _ => 1,
    }
}

/// Decodes a document by its byte order mark and XML declaration (XML 1.0 §4.3.3, appendix F).
///
/// # Errors
/// When the two contradict each other, the encoding isn't one of [`Encoding`], or the bytes aren't in it.
pub fn decode(bytes: &[u8]) -> Result<Text<'_>, Error> {
    let by_bytes = of_first_bytes(bytes);
    let declared = declared_label(bytes, by_bytes.filter(|encoding| encoding.is_utf16()));
    let encoding = agreed(by_bytes, declared)?;
    let wrong = || Error::NotInEncoding { encoding: encoding.label().to_owned() };
    let text = match encoding {
        Encoding::Utf8 => Cow::Borrowed(std::str::from_utf8(bytes).map_err(|_| wrong())?),
        Encoding::Ascii if !bytes.is_ascii() => return Err(wrong()),
        Encoding::Ascii => Cow::Borrowed(std::str::from_utf8(bytes).map_err(|_| wrong())?),
        Encoding::Latin1 => encoding_rs::mem::decode_latin1(bytes),
        Encoding::Utf16Be => by_table(UTF_16BE, bytes).ok_or_else(wrong)?,
        Encoding::Utf16Le => by_table(UTF_16LE, bytes).ok_or_else(wrong)?,
        Encoding::Latin2 => by_table(ISO_8859_2, bytes).ok_or_else(wrong)?,
        Encoding::ShiftJis => by_table(SHIFT_JIS, bytes).ok_or_else(wrong)?,
        Encoding::EucJp => by_table(EUC_JP, bytes).ok_or_else(wrong)?,
    };
    Ok(Text { text, encoding })
}

fn by_table<'b>(table: &'static Table, bytes: &'b [u8]) -> Option<Cow<'b, str>> {
    table.decode_without_bom_handling_and_without_replacement(bytes)
}

/// What a byte order mark, or the pattern of `<` and `?` in UTF-16, says.
fn of_first_bytes(bytes: &[u8]) -> Option<Encoding> {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => Some(Encoding::Utf8),
        [0xFE, 0xFF, ..] | [0, b'<', 0, _, ..] => Some(Encoding::Utf16Be),
        [0xFF, 0xFE, ..] | [b'<', 0, _, 0, ..] => Some(Encoding::Utf16Le),
        _ => None,
    }
}

fn agreed(by_bytes: Option<Encoding>, declared: Option<String>) -> Result<Encoding, Error> {
    let Some(label) = declared else { return Ok(by_bytes.unwrap_or(Encoding::Utf8)) };
    let is_utf16 = label.eq_ignore_ascii_case("utf-16");
    let meant =
        if is_utf16 { by_bytes.filter(|found| found.is_utf16()) } else { Encoding::from_label(&label) };
    match (by_bytes, meant) {
        (None, None) if is_utf16 => {
            Err(Error::ContradictoryEncoding { actual: "not UTF-16", declared: label })
        }
        (None, None) => Err(Error::UnsupportedEncoding(label)),
        (None, Some(meant)) if meant.is_utf16() => {
            Err(Error::ContradictoryEncoding { actual: "not UTF-16", declared: label })
        }
        (None, Some(meant)) => Ok(meant),
        (Some(found), Some(meant)) if found == meant => Ok(found),
        (Some(found), _) => Err(Error::ContradictoryEncoding { actual: found.label(), declared: label }),
    }
}

/// The encoding that the XML declaration names.
fn declared_label(bytes: &[u8], utf16: Option<Encoding>) -> Option<String> {
    const LONGEST: usize = 400;
    let start = bytes.get(..bytes.len().min(LONGEST))?;
    let ascii: Vec<u8> = match utf16 {
        Some(Encoding::Utf16Be) => start.chunks_exact(2).filter_map(|pair| pair.get(1).copied()).collect(),
        Some(_) => start.chunks_exact(2).filter_map(|pair| pair.first().copied()).collect(),
        None => start.to_vec(),
    };
    let ascii: String =
        ascii.into_iter().map(|byte| if byte.is_ascii() { char::from(byte) } else { '\u{80}' }).collect();
    let declaration = ascii.trim_start_matches('\u{80}').strip_prefix("<?xml")?;
    let declaration = declaration.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split_once(quote).map(|(label, _)| label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(label: &str, content: &str) -> String {
        format!("<?xml version=\"1.0\" encoding='{label}'?>\n<a>{content}</a>")
    }

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let content = "髙橋ｱｲｳ①表";
        for (label, table) in [("Shift_JIS", SHIFT_JIS), ("windows-31j", SHIFT_JIS), ("EUC-JP", EUC_JP)] {
            let text = declared(label, content);
            let bytes = table.encode(&text).0.into_owned();
            assert_eq!(decode(&bytes).unwrap().as_str(), text, "{label}");
        }
        let text = declared("UTF-16", content);
        let marked = format!("\u{FEFF}{text}");
        assert_eq!(decode(&utf16(&marked, u16::to_le_bytes)).unwrap().as_str(), marked);
        assert_eq!(decode(&utf16(&marked, u16::to_be_bytes)).unwrap().as_str(), marked);
        assert_eq!(decode(&utf16(&text, u16::to_be_bytes)).unwrap().encoding(), Encoding::Utf16Be);
    }

    #[test]
    fn xml_1_0_4_3_3_contradictions_are_refused() {
        let contradictory = |bytes: &[u8]| matches!(decode(bytes), Err(Error::ContradictoryEncoding { .. }));
        assert!(contradictory(format!("\u{FEFF}{}", declared("Shift_JIS", "")).as_bytes()));
        assert!(contradictory(declared("UTF-16", "").as_bytes()));
        assert!(contradictory(declared("utf-16le", "").as_bytes()));
        assert!(contradictory(&utf16(&format!("\u{FEFF}{}", declared("UTF-8", "")), u16::to_le_bytes)));
        assert_eq!(
            decode(declared("ISO-2022-JP", "").as_bytes()),
            Err(Error::UnsupportedEncoding("ISO-2022-JP".to_owned()))
        );
    }

    #[test]
    fn bytes_that_are_not_in_the_declared_encoding_are_refused() {
        let shift_jis = SHIFT_JIS.encode(&declared("UTF-8", "表示")).0.into_owned();
        assert!(matches!(decode(&shift_jis), Err(Error::NotInEncoding { .. })));
        let utf8 = declared("US-ASCII", "é");
        assert!(matches!(decode(utf8.as_bytes()), Err(Error::NotInEncoding { .. })));
        let cut = [declared("EUC-JP", "").as_bytes(), &[0x8F]].concat();
        assert!(matches!(decode(&cut), Err(Error::NotInEncoding { .. })));
    }

    #[test]
    fn characters_that_others_read_differently_are_told() {
        let of = |content: &str| {
            let bytes = SHIFT_JIS.encode(&declared("Shift_JIS", content)).0.into_owned();
            decode(&bytes).unwrap().is_read_differently()
        };
        assert!(of("10～20"));
        assert!(!of("表示\\~"));
        assert!(!decode(declared("UTF-8", "10～20").as_bytes()).unwrap().is_read_differently());
    }

    #[test]
    fn positions_lead_back_to_the_bytes() {
        let content = "ｱ表𠮷<b/>";
        for (label, bytes) in [
            ("UTF-8", declared("UTF-8", content).into_bytes()),
            ("UTF-16", utf16(&format!("\u{FEFF}{}", declared("UTF-16", content)), u16::to_le_bytes)),
            ("Shift_JIS", SHIFT_JIS.encode(&declared("Shift_JIS", "ｱ表<b/>")).0.into_owned()),
            ("EUC-JP", EUC_JP.encode(&declared("EUC-JP", "ｱ表<b/>")).0.into_owned()),
        ] {
            let text = decode(&bytes).unwrap();
            let position = text.as_str().find("<b/>").unwrap();
            let found = text.position_in(&bytes, position).unwrap();
            let expected = text.encode("<b/>").unwrap();
            assert!(bytes[found..].starts_with(&expected), "{label}");
        }
    }
}

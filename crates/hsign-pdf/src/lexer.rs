//! Characters and tokens (ISO 32000-2, 7.2 and 7.3), over a piece of the file that may end too early.

/// Why a token or object could not be taken from the piece at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The piece ended; a longer one may do.
    Incomplete,
    /// Not an object, at this byte of the piece.
    Bad(usize, &'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Integer(i64),
    Real(Vec<u8>),
    Name { bytes: Vec<u8>, escaped: bool },
    Literal(Vec<u8>),
    Hexadecimal { bytes: Vec<u8>, regular: bool },
    ArrayOpen,
    ArrayClose,
    DictionaryOpen,
    DictionaryClose,
    Keyword(Vec<u8>),
    End,
}

pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

pub(crate) fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Octets of pairs of digits without anything between them: the form of /Contents, which is long and read often.
fn regular_hexadecimal(digits: &[u8]) -> Option<Vec<u8>> {
    // Without a way out of the loop many bytes are looked at at a time.
    let is_digit = |byte: u8| byte.is_ascii_digit() | matches!(byte | 0x20, b'a'..=b'f');
    let (pairs, rest) = digits.as_chunks();
    if !rest.is_empty() || !digits.iter().fold(true, |all, byte| all & is_digit(*byte)) {
        return None;
    }
    // Letters have bit 6, and their last four bits count from 1.
    let value = |digit: u8| (digit & 0x0F) + (digit >> 6) * 9;
    Some(pairs.iter().map(|[high, low]: &[u8; 2]| value(*high) << 4 | value(*low)).collect())
}

/// Longest name or number read; Acrobat's limit for names is 127 bytes.
const LONGEST_WORD: usize = 4096;

#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    bytes: &'a [u8],
    pub(crate) position: usize,
    /// Whether the file ends where the piece ends.
    at_end: bool,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(bytes: &'a [u8], at_end: bool) -> Self {
        Self { bytes, position: 0, at_end }
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    pub(crate) fn at_end(&self) -> bool {
        self.at_end
    }

    pub(crate) fn bad<T>(&self, what: &'static str) -> Result<T, Stop> {
        Err(Stop::Bad(self.position, what))
    }

    fn ended<T>(&self, what: &'static str) -> Result<T, Stop> {
        if self.at_end { self.bad(what) } else { Err(Stop::Incomplete) }
    }

    pub(crate) fn skip_space(&mut self) -> Result<(), Stop> {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|byte| byte != b'\r' && byte != b'\n') {
                    self.position += 1;
                }
            } else if is_space(byte) {
                self.position += 1;
            } else {
                return Ok(());
            }
        }
        if self.at_end { Ok(()) } else { Err(Stop::Incomplete) }
    }

    pub(crate) fn next(&mut self) -> Result<Token, Stop> {
        self.skip_space()?;
        let Some(first) = self.peek() else { return Ok(Token::End) };
        match first {
            b'[' => self.one(Token::ArrayOpen),
            b']' => self.one(Token::ArrayClose),
            b'/' => self.name(),
            b'(' => self.literal(),
            b'<' | b'>' => self.angle(first),
            b')' | b'{' | b'}' => self.bad("unexpected delimiter"),
            _ => self.word(),
        }
    }

    fn one(&mut self, token: Token) -> Result<Token, Stop> {
        self.position += 1;
        Ok(token)
    }

    fn regular(&mut self) -> Result<&'a [u8], Stop> {
        let rest = self.rest();
        let length = rest.iter().position(|byte| is_space(*byte) || is_delimiter(*byte));
        let length = match length {
            Some(length) => length,
            None if self.at_end => rest.len(),
            None if rest.len() > LONGEST_WORD => return self.bad("word too long"),
            None => return Err(Stop::Incomplete),
        };
        if length > LONGEST_WORD {
            return self.bad("word too long");
        }
        self.position += length;
        Ok(rest.get(..length).unwrap_or_default())
    }

    fn name(&mut self) -> Result<Token, Stop> {
        self.position += 1;
        let raw = self.regular()?;
        if !raw.contains(&b'#') {
            return Ok(Token::Name { bytes: raw.to_vec(), escaped: false });
        }
        let mut bytes = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let [first, tail @ ..] = rest {
            let escape = match tail {
                [high, low, after @ ..] if *first == b'#' => {
                    hex_digit(*high).zip(hex_digit(*low)).map(|(high, low)| (high * 16 + low, after))
                }
                _ => None,
            };
            let (byte, after) = escape.unwrap_or((*first, tail));
            bytes.push(byte);
            rest = after;
        }
        Ok(Token::Name { escaped: bytes != raw, bytes })
    }

    fn angle(&mut self, first: u8) -> Result<Token, Stop> {
        match (first, self.bytes.get(self.position + 1)) {
            (_, None) => self.ended("unexpected end after an angle bracket"),
            (b'<', Some(b'<')) => {
                self.position += 2;
                Ok(Token::DictionaryOpen)
            }
            (b'>', Some(b'>')) => {
                self.position += 2;
                Ok(Token::DictionaryClose)
            }
            (b'<', _) => self.hexadecimal(),
            _ => self.bad("unexpected closing angle bracket"),
        }
    }

    fn hexadecimal(&mut self) -> Result<Token, Stop> {
        let rest = self.rest().get(1..).unwrap_or_default();
        let Some(length) = memchr::memchr(b'>', rest) else {
            return self.ended("unterminated hexadecimal string");
        };
        let raw = rest.get(..length).unwrap_or_default();
        if let Some(bytes) = regular_hexadecimal(raw) {
            self.position += length + 2;
            return Ok(Token::Hexadecimal { bytes, regular: true });
        }
        let mut bytes = Vec::with_capacity(length / 2);
        let mut high = None;
        let mut digits = 0;
        for digit in raw.iter().filter_map(|byte| hex_digit(*byte)) {
            digits += 1;
            match high.take() {
                Some(high) => bytes.push(high * 16 + digit),
                None => high = Some(digit),
            }
        }
        // ISO 32000-2, 7.3.4.3: a missing last digit counts as 0.
        bytes.extend(high.map(|high: u8| high * 16));
        self.position += length + 2;
        Ok(Token::Hexadecimal { bytes, regular: digits == length && length % 2 == 0 })
    }

    fn literal(&mut self) -> Result<Token, Stop> {
        let mut bytes = Vec::new();
        let mut at = self.position + 1;
        let mut depth = 1_u32;
        loop {
            let Some(byte) = self.bytes.get(at).copied() else {
                return self.ended("unterminated string");
            };
            at += 1;
            match byte {
                b'(' => depth += 1,
                b')' if depth == 1 => break,
                b')' => depth -= 1,
                b'\\' => {
                    let Some(used) = self.escape(at, &mut bytes) else {
                        return self.ended("unterminated string");
                    };
                    at += used;
                    continue;
                }
                b'\r' => {
                    // An end of line counts as one line feed.
                    at += usize::from(self.bytes.get(at) == Some(&b'\n'));
                    bytes.push(b'\n');
                    continue;
                }
                _ => {}
            }
            bytes.push(byte);
        }
        self.position = at;
        Ok(Token::Literal(bytes))
    }

    /// What follows a backslash at `at`; gives the number of bytes used.
    fn escape(&self, at: usize, bytes: &mut Vec<u8>) -> Option<usize> {
        let byte = *self.bytes.get(at)?;
        let simple = match byte {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'\n' => return Some(1),
            b'\r' => return Some(1 + usize::from(*self.bytes.get(at + 1)? == b'\n')),
            b'0'..=b'7' => return self.octal(at, bytes),
            other => other,
        };
        bytes.push(simple);
        Some(1)
    }

    fn octal(&self, at: usize, bytes: &mut Vec<u8>) -> Option<usize> {
        let mut value = 0_u8;
        let mut used = 0;
        while used < 3 {
            match *self.bytes.get(at + used)? {
                digit @ b'0'..=b'7' => value = value.wrapping_mul(8).wrapping_add(digit - b'0'),
                _ => break,
            }
            used += 1;
        }
        bytes.push(value);
        Some(used)
    }

    fn word(&mut self) -> Result<Token, Stop> {
        let word = self.regular()?;
        let numeric = matches!(word.first(), Some(b'0'..=b'9' | b'+' | b'-' | b'.'))
            && word.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.'));
        if !numeric {
            return Ok(Token::Keyword(word.to_vec()));
        }
        let integer = std::str::from_utf8(word).ok().and_then(|text| text.parse().ok());
        Ok(integer.map_or_else(|| Token::Real(word.to_vec()), Token::Integer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hexadecimal(text: &[u8]) -> (Vec<u8>, bool) {
        match Lexer::new(text, true).next() {
            Ok(Token::Hexadecimal { bytes, regular }) => (bytes, regular),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn iso_32000_2_7_3_4_3_hexadecimal_strings() {
        let all: String = (0..=255_u8).map(|octet| format!("{octet:02x}{octet:02X}")).collect();
        let octets: Vec<u8> = (0..=255).flat_map(|octet| [octet, octet]).collect();
        assert_eq!(hexadecimal(format!("<{all}>").as_bytes()), (octets, true));
        for other in (0..=255_u8).filter(|byte| !byte.is_ascii_hexdigit() && *byte != b'>') {
            assert_eq!(hexadecimal(&[b'<', b'1', other, b'>']), (vec![0x10], false), "{other}");
        }
        assert_eq!(hexadecimal(b"<>"), (vec![], true));
        assert_eq!(hexadecimal(b"<90 1f\nA3>"), (vec![0x90, 0x1f, 0xa3], false));
        assert_eq!(hexadecimal(b"<901fa>"), (vec![0x90, 0x1f, 0xa0], false));
        assert_eq!(hexadecimal(b"<90 1>"), (vec![0x90, 0x10], false));
        assert_eq!(hexadecimal(b"<901g>"), (vec![0x90, 0x10], false));
    }
}

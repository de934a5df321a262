//! The operators of a page's content (ISO 32000-2, 7.8.2), one after the other.

use hsign_core::Budget;

use crate::error::{Error, Result};
use crate::lexer::{Lexer, Token, is_space};
use crate::object::Object;
use crate::parser::Parser;

/// A page's content streams, decoded.
pub(crate) const LARGEST_CONTENT: u64 = 32 << 20;
/// Form XObjects in form XObjects.
pub(crate) const DEEPEST: u32 = 12;
/// Graphics states saved.
pub(crate) const MOST_STATES: usize = 512;
/// Operands kept of one operator.
const MOST_OPERANDS: usize = 64;

/// Where in the content the next operator begins.
pub(crate) struct Operators<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Operators<'b> {
    pub(crate) fn of(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next operator, and in `operands` what stands before it; `None` at the end. Inline images are passed over.
    pub(crate) fn next(
        &mut self,
        operands: &mut Vec<Object>,
        budget: &mut Budget,
    ) -> Result<Option<Vec<u8>>> {
        let broken = |_| Error::Structure("page content that can't be read");
        operands.clear();
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let mut lexer = Lexer::new(rest, true);
            lexer.skip_space().map_err(broken)?;
            let start = lexer.position;
            match lexer.next().map_err(broken)? {
                Token::End => return Ok(None),
                Token::Keyword(word) if !matches!(word.as_slice(), b"true" | b"false" | b"null") => {
                    self.at += lexer.position;
                    budget.spend(1)?;
                    if word != b"BI" {
                        return Ok(Some(word));
                    }
                    self.at = after_inline_image(self.bytes, self.at)?;
                    operands.clear();
                }
                _ => {
                    let rest = rest.get(start..).unwrap_or_default();
                    let mut parser = Parser::new(rest, 0, true);
                    let operand = parser.object().map_err(broken)?;
                    self.at += start + usize::try_from(parser.position()).unwrap_or(usize::MAX);
                    if operands.len() < MOST_OPERANDS {
                        operands.push(operand);
                    }
                }
            }
        }
    }
}

/// The position after `EI`: behind `ID` and the data, between white space (ISO 32000-2, 8.9.7).
fn after_inline_image(bytes: &[u8], from: usize) -> Result<usize> {
    let broken = Error::Structure("an inline image without an end");
    let word = |at: usize, word: &[u8]| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at)).is_none_or(|byte| is_space(*byte));
        let after = bytes.get(at + 2).is_none_or(|byte| is_space(*byte));
        before && after && bytes.get(at..at + 2) == Some(word)
    };
    let last = bytes.len().saturating_sub(1);
    let Some(data) = (from..last).find(|at| word(*at, b"ID")) else { return Err(broken) };
    let end = (data + 3..last).find(|at| word(*at, b"EI") && looks_like_content(bytes, *at + 2));
    end.map(|at| at + 2).ok_or(broken)
}

/// What follows the end of an image is printable; image data seldom is.
fn looks_like_content(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().take(12).all(|byte| matches!(byte, 9 | 10 | 13 | 32..=126))
}

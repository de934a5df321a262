use hsign_core::{ErrorKind, Finding};

/// Why a mark can't be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The file is no TrueType or OpenType font, or a damaged one.
    #[error("not a usable font: {0}")]
    Font(String),
    /// The font's maker doesn't allow it to be embedded (OpenType `OS/2`, fsType).
    #[error("the font may not be embedded in documents")]
    FontNotEmbeddable,
    /// The font has no picture of a character.
    #[error("the font has no glyph for {character:?} (U+{:04X})", u32::from(*character))]
    Glyph {
        /// The character.
        character: char,
    },
    /// The file is no PNG or JPEG, or one of a kind that isn't drawn.
    #[error("not a usable image: {0}")]
    Image(String),
    /// Neither text nor image.
    #[error("a mark needs text or an image")]
    Empty,
}

impl Error {
    /// Whom the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Font(reason) => Finding::error("mark-font-unusable").with("reason", reason),
            Self::FontNotEmbeddable => Finding::error("mark-font-not-embeddable"),
            Self::Glyph { character } => Finding::error("mark-glyph-missing")
                .with("character", character)
                .with("code_point", format!("U+{:04X}", u32::from(*character))),
            Self::Image(reason) => Finding::error("mark-image-unusable").with("reason", reason),
            Self::Empty => Finding::error("mark-empty"),
        }
    }
}

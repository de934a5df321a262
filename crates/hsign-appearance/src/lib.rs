//! The visible mark of a signature: a seal image (判子), and text with the part of a font that it needs.
//!
//! [`Mark`] draws; it decides nothing about what is said. Whoever makes the lines takes them from what the
//! signature itself says, so that the picture never claims more than the signature proves.

mod error;
mod font;
mod layout;
mod mark;
mod number;
mod seal;

pub use error::Error;
pub use font::Font;
pub use mark::Mark;
pub use seal::Seal;

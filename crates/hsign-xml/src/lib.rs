//! XML without DTD: trees with positions, canonical forms, references and transforms of XML signatures.
//!
//! [`decode`] turns bytes into text, [`Document::parse`] text into a tree whose nodes know where they stand,
//! [`canonicalize`] parts of a tree into octets, and [`dsig`] reads XML signatures. [`splice`] sets new elements into
//! a document without changing another byte.
//!
//! ```
//! use hsign_xml::{CanonicalizationMethod, Document, Limits, NodeSet, canonical_octets, decode};
//!
//! # fn main() -> Result<(), hsign_xml::Error> {
//! let text = decode(b"<?xml version='1.0'?><a xmlns='urn:a'><b  c = '1'/></a>")?;
//! let document = Document::parse(text.as_str(), &Limits::default())?;
//! let element = document.root().child("urn:a", "b").unwrap_or(document.root());
//! let octets = canonical_octets(&NodeSet::subtree(element), &CanonicalizationMethod::EXCLUSIVE);
//! assert_eq!(octets, br#"<b xmlns="urn:a" c="1"></b>"#);
//! # Ok(())
//! # }
//! ```
//!
//! The parser is our own, strict and iterative: the trees at hand accept what isn't well-formed (a namespace declared
//! twice, `&#xD800;`), keep no prefixes, or let a carriage return before a reference through, and each of these changes
//! a canonical form.

mod canonical;
mod characters;
mod decode;
pub mod dsig;
mod error;
mod ids;
mod tree;
mod value;
mod write;

pub use canonical::{CanonicalForm, CanonicalizationMethod, NodeSet, canonical_octets, canonicalize};
pub use decode::{Encoding, Text, decode};
pub use error::Error;
pub use ids::{Found, IdAttribute, Ids};
pub use tree::{Attribute, Document, Kind, Limits, Node, XML_NAMESPACE};
pub use write::{Edit, Element, escape_attribute, escape_text, splice};

//! XML Signature (XMLDSig, second edition, and what 1.1 adds to keys and algorithms): reading, references, transforms.
//!
//! Only a fixed list of transforms is carried out; anything else is named and leaves the reference unresolved. What a
//! reference covers is given back as nodes of the document, so that a caller can ask whether that is what it uses: a
//! signature over another element of the same name ("wrapping") has a good digest and covers nothing of interest.

mod algorithms;
mod base64;
mod facts;
mod key_info;
mod key_value;
mod path;
mod process;
mod reference;
mod resolver;
mod signature;
mod transform;
mod unresolved;

pub use self::base64::base64_decode;
pub use algorithms::{
    digest_algorithm_from_uri, digest_algorithm_uri, signature_algorithm_uri, signature_value_from_xml,
    signature_value_to_xml,
};
pub use facts::{SignedObjectFacts, method_finding, signed_object, signed_octets};
pub use key_info::{IssuerSerial, KeyInfo};
pub use process::{Context, What};
pub use reference::{Manifest, Reference, Resolved};
pub use resolver::{NoExternal, NotAtHand, Resolver};
pub use signature::{Signature, SignatureMethod};
pub use transform::{Filter, Transform};
pub use unresolved::Unresolved;

/// Namespace of XMLDSig's elements.
pub const NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Namespace of the elements that XMLDSig 1.1 added.
pub const NAMESPACE_11: &str = "http://www.w3.org/2009/xmldsig11#";
/// Type of a reference to a ds:Manifest.
pub const TYPE_MANIFEST: &str = "http://www.w3.org/2000/09/xmldsig#Manifest";
/// Type of a reference to a ds:Object.
pub const TYPE_OBJECT: &str = "http://www.w3.org/2000/09/xmldsig#Object";

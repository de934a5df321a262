//! ASiC containers: writing, and reading the facts of what is signed inside.
//!
//! A container is a ZIP file with the signed files, and with signatures, manifests, time stamps and evidence records in
//! META-INF (EN 319 162-1, which we haven't read: what is here follows its published schema and the containers of other
//! tools). [`read_facts`] says what is there and judges nothing.

mod container;
mod digest_uri;
mod draft;
mod error;
mod facts;
mod kind;
mod manifest;
mod objects;
mod pieces;
mod roles;
mod uri;
mod zip;

pub use draft::{DataObject, Draft, PreparedCades, extract};
pub use error::Error;
pub use facts::read_facts;
pub use kind::ContainerType;
pub use objects::{ObjectVisitor, read_object, visit_objects};
pub use pieces::Pieces;

/// Whether the bytes are a ZIP file that says it is a container, or has signatures, stamps or records where containers
/// have them.
#[must_use]
pub fn is_container(source: &dyn hsign_core::Source) -> bool {
    zip::has_magic(source) && facts::looks_like_one(source)
}

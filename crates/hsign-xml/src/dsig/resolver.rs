use hsign_core::{Digest, DigestAlgorithm};

/// Data that a reference names and the caller doesn't have, or doesn't give out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAtHand;

/// Gets what stands outside the document: detached files, entries of a container. Nothing is fetched from here.
pub trait Resolver {
    /// Hands the octets of `uri` (`None`: the reference has no URI) over, piece by piece.
    ///
    /// # Errors
    /// When there are none.
    fn read(&self, uri: Option<&str>, sink: &mut dyn FnMut(&[u8])) -> Result<(), NotAtHand>;

    /// The digest of these octets where it is known without reading them.
    fn digest(&self, _uri: Option<&str>, _algorithm: DigestAlgorithm) -> Option<Digest> {
        None
    }
}

/// Has nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoExternal;

impl Resolver for NoExternal {
    fn read(&self, _uri: Option<&str>, _sink: &mut dyn FnMut(&[u8])) -> Result<(), NotAtHand> {
        Err(NotAtHand)
    }
}

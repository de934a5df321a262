//! Digests of what was signed, each computed once and in constant memory.

use std::cell::RefCell;
use std::rc::Rc;

use hsign_cms::Layout;
use hsign_core::{Digest, DigestAlgorithm, Source, read_range, read_windows};
use hsign_crypto::Hasher;

use crate::Error;

/// Digests that are known already; shared by whoever reads the same content again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) attached: Rc<RefCell<Vec<Digest>>>,
    pub(crate) beside: Rc<RefCell<Vec<Digest>>>,
}

/// The content of a CMS: inside it, beside it, both or neither.
pub(crate) struct Contents<'a> {
    /// The CMS, if it has content.
    attached: Option<(&'a dyn Source, &'a Layout)>,
    beside: Option<&'a dyn Source>,
    known: Known,
    failure: RefCell<Option<Error>>,
}

impl<'a> Contents<'a> {
    pub(crate) fn new(
        cms: &'a dyn Source,
        layout: &'a Layout,
        beside: Option<&'a dyn Source>,
        known: Known,
    ) -> Self {
        let attached = layout.content.map(|_| (cms, layout));
        Self { attached, beside, known, failure: RefCell::new(None) }
    }

    /// Whether there is anything to hash.
    pub(crate) fn is_at_hand(&self) -> bool {
        self.attached.is_some() || self.beside.is_some()
    }

    /// The digest of what was signed: the content inside where there is some. A source that can't be read is an error
    /// in the end ([`Self::finish`]).
    pub(crate) fn digest(&self, algorithm: DigestAlgorithm) -> Option<Digest> {
        let result = match (self.attached, self.beside) {
            (Some(_), _) => self.of_attached(algorithm),
            (None, Some(_)) => self.of_beside(algorithm),
            (None, None) => return None,
        };
        self.keep(result)
    }

    /// Whether content that was given is the same as the content inside; nothing to tell unless there are both.
    pub(crate) fn agree(&self) -> Option<bool> {
        self.attached.and(self.beside)?;
        // Under a function that is known for the content inside.
        let known = self.known.attached.borrow().iter().map(|digest| digest.algorithm).max();
        let algorithm = known.unwrap_or(DigestAlgorithm::Sha256).max(DigestAlgorithm::Sha256);
        let attached = self.keep(self.of_attached(algorithm))?;
        let beside = self.keep(self.of_beside(algorithm))?;
        Some(attached == beside)
    }

    /// Gives the content to `sink` in pieces; says whether there is any.
    pub(crate) fn read(&self, sink: &mut dyn FnMut(&[u8])) -> Result<bool, Error> {
        match (self.attached, self.beside) {
            (Some((cms, layout)), _) => Ok(layout.content_octets(cms, sink)?),
            (None, Some(source)) => read_through(source, sink).map(|()| true),
            (None, None) => Ok(false),
        }
    }

    /// Whether something could not be read.
    pub(crate) fn finish(self) -> Result<(), Error> {
        self.failure.into_inner().map_or(Ok(()), Err)
    }

    fn keep(&self, result: Result<Digest, Error>) -> Option<Digest> {
        match result {
            Ok(digest) => Some(digest),
            // A function that isn't offered leaves the reference open, as an unknown one does.
            Err(Error::Digest(_)) => None,
            Err(error) => {
                self.failure.borrow_mut().get_or_insert(error);
                None
            }
        }
    }

    fn of_attached(&self, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        once(&self.known.attached, algorithm, |sink| self.read(sink).map(|_| ()))
    }

    fn of_beside(&self, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        let Some(source) = self.beside else { return Err(Error::NoContent) };
        once(&self.known.beside, algorithm, |sink| read_through(source, sink))
    }
}

fn once(
    known: &RefCell<Vec<Digest>>,
    algorithm: DigestAlgorithm,
    read: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(), Error>,
) -> Result<Digest, Error> {
    if let Some(known) = known.borrow().iter().find(|known| known.algorithm == algorithm) {
        return Ok(known.clone());
    }
    let mut hasher = Hasher::new(algorithm)?;
    let mut failed = Ok(());
    read(&mut |part| {
        if failed.is_ok() {
            failed = hasher.update(part);
        }
    })?;
    failed?;
    let digest = hasher.finish()?;
    known.borrow_mut().push(digest.clone());
    Ok(digest)
}

pub(crate) fn read_through(source: &dyn Source, sink: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
    read_windows(source, 0..source.length(), |window| {
        sink(window);
        Ok(())
    })
}

/// A part of the document.
pub(crate) fn bytes_at(source: &dyn Source, place: &hsign_asn1::Place) -> Result<Vec<u8>, Error> {
    let length = place.end.saturating_sub(place.start);
    Ok(read_range(source, place.start, length)?)
}

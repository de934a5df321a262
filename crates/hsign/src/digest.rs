//! Digests of whole sources: one pass, constant memory.

use hsign_core::{Digest, DigestAlgorithm, Source, read_windows};
use hsign_crypto::{Hasher, HasherAside};

use crate::Error;

/// So much the thread is given at once: it takes the buffer and gives back another, so that nothing is copied.
const WINDOW: u64 = 256 << 10;

pub(crate) fn digest_of(source: &dyn Source, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
    let mut hasher = Hasher::new(algorithm)?;
    read_windows(source, 0..source.length(), |window| hasher.update(window).map_err(Error::from))?;
    Ok(hasher.finish()?)
}

/// The digest computed twice in one pass, each apart from the other: one to be signed, one to check what was signed.
pub(crate) fn digest_twice(
    source: &dyn Source,
    algorithm: DigestAlgorithm,
) -> Result<(Digest, Digest), Error> {
    let (mut here, aside) = (Hasher::new(algorithm)?, HasherAside::new(algorithm)?);
    let mut window = Vec::new();
    let mut offset = 0;
    while offset < source.length() {
        window.resize(usize::try_from(WINDOW.min(source.length() - offset)).unwrap_or(0), 0);
        source.read_exact_at(offset, &mut window)?;
        offset += window.len() as u64;
        here.update(&window)?;
        window = aside.update(window);
    }
    Ok((here.finish()?, aside.finish()?))
}

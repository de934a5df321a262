//! Digests of whole sources: one pass, constant memory.

use hsign_core::{Digest, DigestAlgorithm, Source};
use hsign_crypto::{Hasher, HasherAside};

use crate::Error;

const WINDOW: u64 = 256 * 1024;

pub(crate) fn digest_of(source: &dyn Source, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
    let mut hasher = Hasher::new(algorithm)?;
    read_through(source, |bytes| Ok(hasher.update(bytes)?))?;
    Ok(hasher.finish()?)
}

/// The digest computed twice in one pass, each apart from the other: one to be signed, one to check what was signed.
pub(crate) fn digest_twice(
    source: &dyn Source,
    algorithm: DigestAlgorithm,
) -> Result<(Digest, Digest), Error> {
    let (mut here, aside) = (Hasher::new(algorithm)?, HasherAside::new(algorithm)?);
    read_windows(source, |window| {
        here.update(window)?;
        *window = aside.update(std::mem::take(window));
        Ok(())
    })?;
    Ok((here.finish()?, aside.finish()?))
}

/// In the order of the algorithms.
pub(crate) fn digests_of(source: &dyn Source, algorithms: &[DigestAlgorithm]) -> Result<Vec<Digest>, Error> {
    let hashers: Result<Vec<Hasher>, _> =
        algorithms.iter().map(|algorithm| Hasher::new(*algorithm)).collect();
    let mut hashers = hashers?;
    read_through(source, |bytes| Ok(hashers.iter_mut().try_for_each(|hasher| hasher.update(bytes))?))?;
    let digests: Result<Vec<Digest>, _> = hashers.into_iter().map(Hasher::finish).collect();
    Ok(digests?)
}

pub(crate) fn read_through(
    source: &dyn Source,
    mut take: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    read_windows(source, |window| take(window))
}

/// The same for whoever keeps a window and gives another buffer for the next.
fn read_windows(
    source: &dyn Source,
    mut take: impl FnMut(&mut Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut offset = 0;
    let mut window = Vec::new();
    while offset < source.length() {
        let length = WINDOW.min(source.length() - offset);
        window.resize(usize::try_from(length).unwrap_or(0), 0);
        source.read_exact_at(offset, &mut window)?;
        take(&mut window)?;
        offset += length;
    }
    Ok(())
}

//! One pass over a CMS of any size: its parts, the digests of its content, and its own.

use hsign_asn1::SourceReader;
use hsign_cms::{ContentSink, Layout, SignedData};
use hsign_core::{Digest, DigestAlgorithm, Source};
use hsign_crypto::{Hasher, HasherAside};

use crate::Error;

/// From here on the digest of the whole is computed beside that of the content: the two cover almost the same octets,
/// and neither can be had from the other.
const LARGE: u64 = 1 << 20;

pub(crate) struct Read {
    pub(crate) signed_data: SignedData,
    pub(crate) layout: Layout,
    /// Of the content inside, under the functions that the SignedData lists.
    pub(crate) content: Vec<Digest>,
    /// SHA-256 of the source.
    pub(crate) whole: Digest,
}

pub(crate) fn read(source: &dyn Source) -> Result<Read, Error> {
    let whole = Hasher::new(DigestAlgorithm::Sha256)?;
    if source.length() < LARGE {
        return inline(source, whole);
    }
    let Ok(aside) = HasherAside::new(DigestAlgorithm::Sha256) else { return inline(source, whole) };
    let reader = SourceReader::retiring(source, |window| aside.update(window));
    let (signed_data, layout, content) = content(reader)?;
    Ok(Read { signed_data, layout, content, whole: aside.finish()? })
}

fn inline(source: &dyn Source, mut whole: Hasher) -> Result<Read, Error> {
    let mut failed = Ok(());
    let reader = SourceReader::retiring(source, |window| {
        if failed.is_ok() {
            failed = whole.update(&window);
        }
        window
    });
    let (signed_data, layout, content) = content(reader)?;
    failed?;
    Ok(Read { signed_data, layout, content, whole: whole.finish()? })
}

fn content(reader: SourceReader<'_>) -> Result<(SignedData, Layout, Vec<Digest>), Error> {
    let mut hashers = Hashers { hashers: Vec::new(), failed: None };
    let (signed_data, layout) = SignedData::stream(reader, &mut hashers)?;
    if let Some(failed) = hashers.failed {
        return Err(failed.into());
    }
    let digests: Result<Vec<_>, _> = hashers.hashers.into_iter().map(Hasher::finish).collect();
    Ok((signed_data, layout, digests?))
}

/// Hashes the content under every function that is listed and offered.
struct Hashers {
    hashers: Vec<Hasher>,
    failed: Option<hsign_crypto::Error>,
}

impl ContentSink for Hashers {
    fn begin(&mut self, algorithms: &[DigestAlgorithm]) {
        self.hashers = algorithms.iter().filter_map(|algorithm| Hasher::new(*algorithm).ok()).collect();
    }

    fn octets(&mut self, part: &[u8]) {
        let updated = self.hashers.iter_mut().try_for_each(|hasher| hasher.update(part));
        if let Err(error) = updated {
            self.failed.get_or_insert(error);
        }
    }
}

//! One pass over a CMS of any size: its parts, the digests of its content, and its own.

use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use hsign_asn1::SourceReader;
use hsign_cms::{ContentSink, Layout, SignedData};
use hsign_core::{Digest, DigestAlgorithm, Source};
use hsign_crypto::Hasher;

use crate::Error;

/// From here on the digest of the whole is computed beside that of the content: the two cover almost the same octets,
/// and neither can be had from the other.
const LARGE: u64 = 1 << 20;
/// Windows on their way to the second thread.
const WINDOWS: usize = 4;

pub(crate) struct Read {
    pub(crate) signed_data: SignedData,
    pub(crate) layout: Layout,
    /// Of the content inside, under the functions that the SignedData lists.
    pub(crate) content: Vec<Digest>,
    /// SHA-256 of the source.
    pub(crate) whole: Digest,
}

pub(crate) fn read(source: &dyn Source) -> Result<Read, Error> {
    let mut whole = Hasher::new(DigestAlgorithm::Sha256)?;
    if source.length() < LARGE {
        return inline(source, whole);
    }
    let (windows, coming) = sync_channel(WINDOWS);
    let (back, buffers) = channel();
    thread::scope(|scope| {
        let other = thread::Builder::new().spawn_scoped(scope, move || {
            while let Ok(window) = Receiver::<Vec<u8>>::recv(&coming) {
                whole.update(&window)?;
                // Whoever waits for nothing more has what he needs.
                let _ = back.send(window);
            }
            whole.finish()
        });
        let Ok(other) = other else { return inline(source, Hasher::new(DigestAlgorithm::Sha256)?) };
        let reader = SourceReader::retiring(source, |window| hand_over(window, &windows, &buffers));
        let read = content(reader);
        drop(windows);
        let whole = other.join().map_err(|_| Error::Thread)?;
        let (signed_data, layout, content) = read?;
        Ok(Read { signed_data, layout, content, whole: whole? })
    })
}

/// Gives a window away, and takes back one that is done with.
fn hand_over(window: Vec<u8>, windows: &SyncSender<Vec<u8>>, buffers: &Receiver<Vec<u8>>) -> Vec<u8> {
    if !window.is_empty() {
        let _ = windows.send(window);
    }
    buffers.try_recv().unwrap_or_default()
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

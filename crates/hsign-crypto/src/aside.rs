use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use hsign_core::{Digest, DigestAlgorithm};

use crate::{Error, Hasher};

/// Windows on their way to the thread.
const WINDOWS: usize = 4;

/// A digest that a thread of its own computes from the windows it is given, while the giver does something else with
/// the same bytes.
pub struct HasherAside {
    algorithm: DigestAlgorithm,
    windows: SyncSender<Vec<u8>>,
    done_with: Receiver<Vec<u8>>,
    thread: JoinHandle<Result<Digest, Error>>,
}

impl HasherAside {
    /// Over nothing yet.
    ///
    /// # Errors
    /// When OpenSSL doesn't offer the function, or there is no thread to be had.
    pub fn new(algorithm: DigestAlgorithm) -> Result<Self, Error> {
        let mut hasher = Hasher::new(algorithm)?;
        let (windows, coming) = sync_channel::<Vec<u8>>(WINDOWS);
        let (back, done_with) = channel();
        let work = move || {
            while let Ok(window) = coming.recv() {
                hasher.update(&window)?;
                // Whoever wants no buffers back has what he needs.
                let _ = back.send(window);
            }
            hasher.finish()
        };
        let thread = thread::Builder::new().spawn(work);
        let thread = thread.map_err(|error| Error::Digest { algorithm, message: error.to_string() })?;
        Ok(Self { algorithm, windows, done_with, thread })
    }

    /// Adds bytes; gives a buffer that is no longer needed, or a new one. Waits while many are on their way.
    pub fn update(&self, window: Vec<u8>) -> Vec<u8> {
        if !window.is_empty() {
            // A thread that ended has its reason, which the end tells.
            let _ = self.windows.send(window);
        }
        self.done_with.try_recv().unwrap_or_default()
    }

    /// The digest of all bytes added.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn finish(self) -> Result<Digest, Error> {
        let Self { algorithm, windows, thread, .. } = self;
        drop(windows);
        let ended = |_| Error::Digest { algorithm, message: "its thread ended".to_owned() };
        thread.join().map_err(ended)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest;

    #[test]
    fn it_is_the_digest_of_all_windows_in_order() {
        let aside = HasherAside::new(DigestAlgorithm::Sha256).unwrap();
        let mut all = Vec::new();
        let mut buffer = Vec::new();
        for number in 0..100_u8 {
            buffer.clear();
            buffer.resize(usize::from(number) * 100, number);
            all.extend_from_slice(&buffer);
            buffer = aside.update(buffer);
        }
        assert_eq!(aside.finish().unwrap(), digest(DigestAlgorithm::Sha256, &all).unwrap());
    }
}

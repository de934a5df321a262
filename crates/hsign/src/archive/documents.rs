//! Documents where their owner keeps them: opened, read once, never moved or changed.

use std::io;
use std::path::{Path, PathBuf};

use hsign_archive::{Document, DocumentProblem, Seen, compare};
use hsign_archive_store::Bucket;
use hsign_core::{DigestAlgorithm, Finding, Source, read_all};
use hsign_crypto::Hashed;

use crate::Error;
use crate::file::FileSource;

const BUCKET: &str = "s3://";

/// Where documents may lie: paths, and buckets.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    buckets: Vec<Bucket>,
}

impl Places {
    pub(super) fn new(buckets: Vec<Bucket>) -> Self {
        Self { buckets }
    }

    /// The bucket with the longest prefix that a location has.
    fn bucket(&self, location: &str) -> Result<&Bucket, Error> {
        let holds = |bucket: &&Bucket| {
            location.strip_prefix(bucket.address()).is_some_and(|rest| rest.starts_with('/'))
        };
        let found = self.buckets.iter().filter(holds).max_by_key(|bucket| bucket.address().len());
        let unknown = || Finding::error("archive-bucket-unknown").with("location", location);
        found.ok_or_else(|| Error::ArchiveRefused(unknown()))
    }

    /// A document that was opened: in memory where it is small enough, so that whatever looks at it next reads nothing.
    pub(super) fn open(&self, location: &str, read_at_once: u64) -> Result<Box<dyn Source>, Error> {
        let path = path_of(location);
        let failed = |source: io::Error| Error::File { path: path.clone(), source };
        let source: Box<dyn Source> = if is_in_a_bucket(location) {
            match self.bucket(location)?.source(location) {
                Err(hsign_archive_store::Error::Io(source)) => return Err(failed(source)),
                opened => Box::new(opened?),
            }
        } else {
            Box::new(FileSource::open(&path).map_err(failed)?)
        };
        if source.length() > read_at_once {
            return Ok(source);
        }
        Ok(Box::new(read_all(source.as_ref()).map_err(failed)?))
    }

    /// Takes a document away.
    pub(super) fn erase_object(&self, location: &str) -> Result<(), Error> {
        Ok(self.bucket(location)?.erase(location)?)
    }
}

/// Whether it is no path.
pub(super) fn is_in_a_bucket(location: &str) -> bool {
    location.starts_with(BUCKET)
}

/// A location that holds whatever folder the next command is started in.
pub(super) fn absolute(location: &str) -> Result<String, Error> {
    if is_in_a_bucket(location) {
        return Ok(location.to_owned());
    }
    let path = path_of(location);
    let absolute = std::path::absolute(&path).map_err(|source| Error::File { path, source })?;
    match absolute.into_os_string().into_string() {
        Ok(text) => Ok(text),
        Err(path) => Err(Error::ArchiveRefused(
            hsign_core::Finding::error("archive-path-not-text").with("path", Path::new(&path).display()),
        )),
    }
}

pub(super) fn path_of(location: &str) -> PathBuf {
    PathBuf::from(location.strip_prefix("file:").unwrap_or(location))
}

impl Places {
    /// What is really there, held against what the archive knows: the first of its places that has it whole, or what is
    /// wrong at each. Reads every octet.
    pub(super) fn look(&self, document: &Document, algorithms: &[DigestAlgorithm]) -> Result<Looked, Error> {
        let mut problems = Vec::new();
        let mut read = 0;
        let mut found = None;
        for location in document.locations() {
            let seen = match self.seen(location, algorithms) {
                Ok(seen) => seen,
                Err(Error::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => Seen::Missing,
                Err(Error::File { source, .. } | Error::Read(source)) if is_of_the_medium(&source) => {
                    Seen::Missing
                }
                Err(error) => return Err(error),
            };
            if let Seen::Read { size, .. } = &seen {
                read += size;
            }
            match compare(document, &seen) {
                Ok(()) => found = found.or(Some((location.clone(), seen))),
                Err(problem) => problems.push((location.clone(), problem)),
            }
        }
        Ok(Looked { found, problems, read })
    }

    /// Reads a document under all its functions: a place that has it as it was taken, and the octets that were read.
    ///
    /// # Errors
    /// Refused where no place has it so.
    pub(super) fn undamaged(&self, document: &Document) -> Result<(String, u64), Error> {
        let algorithms: Vec<DigestAlgorithm> = document.algorithms().collect();
        let looked = self.look(document, &algorithms)?;
        let damaged = || Finding::error("archive-proof-of-damaged").with("key", document.key());
        let (location, _) = looked.found.ok_or_else(|| Error::ArchiveRefused(damaged()))?;
        Ok((location, looked.read))
    }

    fn seen(&self, location: &str, algorithms: &[DigestAlgorithm]) -> Result<Seen, Error> {
        let source = self.open(location, 0)?;
        let digests = Hashed::over(source.as_ref(), algorithms, 0)?.finish::<Error>()?;
        Ok(Seen::Read { size: source.length(), digests })
    }
}

/// What was met at the places of a document.
pub(super) struct Looked {
    /// A place that has it whole, and the digests.
    pub(super) found: Option<(String, Seen)>,
    /// The places that don't.
    pub(super) problems: Vec<(String, DocumentProblem)>,
    /// Octets that were read.
    pub(super) read: u64,
}

/// A sector that can't be read, a file cut short under us: the document is damaged, and the rest can go on.
fn is_of_the_medium(error: &io::Error) -> bool {
    const INPUT_OUTPUT_ERROR: i32 = 5;
    error.kind() == io::ErrorKind::UnexpectedEof || error.raw_os_error() == Some(INPUT_OUTPUT_ERROR)
}

//! Digest manifests: digests that another engine computed where the documents lie, taken over after a sample of them was
//! computed again.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use hsign_archive::{Document, Event, RetentionTable};
use hsign_core::{Digest, DigestAlgorithm, Finding, hex};
use rayon::prelude::*;

use super::checking::sample;
use super::examine::end_of;
use super::{Archive, Environment, Line, Retention, Summary, documents};
use crate::Error;

/// Lines that are taken together.
const TOGETHER: usize = 1024;

/// What [`Archive::import_digests`] takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRequest {
    /// CSV with a first line of names: `key`, `location`, `size`, `class`, one of `retention_start` (a day, or `open`) and
    /// `keep_until`, and a column for each digest, `sha256`, `sha512`, in hexadecimal.
    pub manifest: PathBuf,
    /// So many documents, chosen by chance, are read and compared before anything is taken.
    pub sample: u32,
}

impl Archive {
    /// Takes documents by the digests in a manifest. They aren't verified, so that only classes are taken whose only time
    /// stamp may be the archive's; the trail says of each where its digests come from. One document of the sample that
    /// is otherwise than the manifest says refuses all of it.
    ///
    /// # Errors
    /// When the manifest can't be read, lacks a digest that the archive's tracks need, names another class, or its
    /// sample doesn't hold; when a store or the index fails.
    pub fn import_digests(
        &self,
        request: &ImportRequest,
        environment: &Environment<'_>,
    ) -> Result<Summary, Error> {
        let table = self.config.retention_table()?;
        let mut count = 0;
        self.lines(&request.manifest, &table, environment, &mut |_| {
            count += 1;
            Ok(())
        })?;
        let chosen = sample(count, request.sample as usize, environment)?;
        self.check_sample(&request.manifest, &table, &chosen, environment)?;
        let origin = format!("manifest sha256:{}", sha256_of(&request.manifest)?);
        let mut summary = Summary::default();
        let mut index = self.index(environment)?;
        self.record_stores(&mut index, environment)?;
        let mut some = Vec::with_capacity(TOGETHER);
        let mut take = |some: &mut Vec<Document>| -> Result<(), Error> {
            self.take_over(&mut index, some, &origin, environment, &mut summary)?;
            some.clear();
            Ok(())
        };
        self.lines(&request.manifest, &table, environment, &mut |document| {
            some.push(document);
            if some.len() == TOGETHER { take(&mut some) } else { Ok(()) }
        })?;
        take(&mut some)?;
        summary.objects = count as u64;
        Ok(summary)
    }

    fn check_sample(
        &self,
        manifest: &Path,
        table: &RetentionTable,
        chosen: &BTreeSet<usize>,
        environment: &Environment<'_>,
    ) -> Result<(), Error> {
        let (mut number, mut documents) = (0, Vec::new());
        self.lines(manifest, table, environment, &mut |document| {
            if chosen.contains(&number) {
                documents.push(document);
            }
            number += 1;
            Ok(())
        })?;
        let look = |document: &Document| {
            let algorithms: Vec<_> = document.algorithms().collect();
            Ok((document.key().to_owned(), self.places.look(document, &algorithms)?.found.is_some()))
        };
        let looked: Vec<(String, bool)> = self
            .pool(environment)?
            .install(|| documents.par_iter().map(look).collect::<Result<_, Error>>())?;
        match looked.iter().find(|(_, holds)| !holds) {
            Some((key, _)) => {
                Err(Error::ArchiveRefused(Finding::error("archive-manifest-wrong").with("key", key)))
            }
            None => Ok(()),
        }
    }

    fn take_over(
        &self,
        index: &mut hsign_archive_store::Index,
        some: &[Document],
        origin: &str,
        environment: &Environment<'_>,
        summary: &mut Summary,
    ) -> Result<(), Error> {
        let keys: Vec<&str> = some.iter().map(Document::key).collect();
        let mut lines = Vec::new();
        self.record(index, environment, &mut |index| {
            lines.clear();
            let rows = self.rows(index, &keys)?;
            let mut seen = BTreeSet::new();
            let mut events = Vec::new();
            for document in some {
                let key = document.key().to_owned();
                let there = rows.iter().find(|row| row.key == key);
                let same = |digest: &Digest| document.digest(digest.algorithm).as_ref() == Some(digest);
                match there.map(|row| row.digest.as_ref().is_some_and(same)) {
                    Some(true) => lines.push(Line::Known { key }),
                    Some(false) => lines.push(taken_key(key)),
                    None if !seen.insert(key.clone()) => lines.push(taken_key(key)),
                    None => {
                        let (size, indication) = (document.size(), String::new());
                        lines.push(Line::Taken { key, size, indication });
                        let origin = Some(origin.to_owned());
                        events.push(Event::Taken { document: document.clone(), origin });
                    }
                }
            }
            Ok(events)
        })?;
        for line in &lines {
            summary.failed += u64::from(matches!(line, Line::Failed { .. }));
            environment.tell(line);
        }
        Ok(())
    }

    /// Each line of the manifest as a document; nothing is kept.
    fn lines(
        &self,
        manifest: &Path,
        table: &RetentionTable,
        environment: &Environment<'_>,
        each: &mut dyn FnMut(Document) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let tracks = self.bundle_tracks(environment);
        let failed = |source| Error::File { path: manifest.to_owned(), source };
        let mut reader = csv::Reader::from_reader(File::open(manifest).map_err(failed)?);
        let wrong = |line: u64, reason: &str| {
            let finding = Finding::error("archive-manifest-line").with("line", line).with("reason", reason);
            Error::ArchiveRefused(finding)
        };
        let names = reader.headers().map_err(|error| wrong(1, &error.to_string()))?.clone();
        for (line, record) in (2_u64..).zip(reader.records()) {
            let record = record.map_err(|error| wrong(line, &error.to_string()))?;
            let field = |name: &str| {
                let place = names.iter().position(|one| one.trim() == name)?;
                record.get(place).map(str::trim).filter(|text| !text.is_empty())
            };
            let needed = |name: &str| field(name).ok_or_else(|| wrong(line, &format!("no {name}")));
            let class = needed("class")?;
            if !self.config.policy.evidence_record_alone.contains(class) {
                let finding = Finding::error("archive-stamp-alone").with("class", class);
                return Err(Error::ArchiveRefused(finding));
            }
            let day = |text: &str| text.parse().map_err(|_| wrong(line, "not a day"));
            let retention = match (field("retention_start"), field("keep_until")) {
                (Some("open"), None) => Retention::Open,
                (Some(start), None) => Retention::Start(day(start)?),
                (None, Some(end)) => Retention::Until(day(end)?),
                _ => return Err(wrong(line, "retention_start or keep_until")),
            };
            let mut digests = Vec::new();
            for algorithm in DigestAlgorithm::ALL {
                let name = algorithm.name().to_ascii_lowercase().replace("sha-", "sha");
                if let Some(text) = field(&name) {
                    let value = bytes_of(text).ok_or_else(|| wrong(line, "not a digest"))?;
                    digests.push(Digest::new(algorithm, value));
                }
            }
            let lacks =
                tracks.iter().find(|track| !digests.iter().any(|digest| digest.algorithm == track.algorithm));
            if let Some(track) = lacks {
                return Err(wrong(line, &format!("no {} digest", track.algorithm)));
            }
            let size = needed("size")?.parse().map_err(|_| wrong(line, "size"))?;
            let end = end_of(retention, class, table)?;
            let location = documents::absolute(needed("location")?)?;
            let key = field("key").unwrap_or(&location).to_owned();
            each(Document::new(&key, size, &digests, class, end)?.at(&location)?)?;
        }
        Ok(())
    }
}

fn taken_key(key: String) -> Line {
    Line::Failed { findings: vec![Finding::error("archive-key-taken").with("key", &key)], what: key }
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

fn sha256_of(path: &Path) -> Result<String, Error> {
    let source = crate::file::FileSource::open(path);
    let source = source.map_err(|source| Error::File { path: path.to_owned(), source })?;
    Ok(hex(crate::digest::digest_of(&source, DigestAlgorithm::Sha256)?.value.as_slice()))
}

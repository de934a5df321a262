//! Time-stamp tokens over files, and document time stamps in them.

use std::ops::Range;
use std::path::Path;

use hsign::file::{Existing, FileSource, put_source_in_place};
use hsign_core::{DigestAlgorithm, Source};
use serde_json::{Value, json};

use crate::Failure;
use crate::workbench::{Workbench, file, now};

impl Workbench {
    pub(crate) fn stamp_file(&self, content: &Path, output: &Path) -> Result<Value, Failure> {
        let source = FileSource::open(content)?;
        let token = hsign::timestamp(&source, &self.timestamper, DigestAlgorithm::Sha256, None, &now)?;
        put_source_in_place(output, &token, None, Existing::Replace)?;
        Ok(json!({ "work": source.length(), "size": token.len() }))
    }

    /// Put beside the files of these numbers.
    pub(crate) fn stamp_files(&self, folder: &Path, numbers: Range<usize>) -> Result<Value, Failure> {
        let count = numbers.len();
        for number in numbers {
            let content = file(folder, number);
            self.stamp_file(&content, &content.with_extension("tst"))?;
        }
        Ok(json!({ "work": count }))
    }

    pub(crate) fn stamp_pdf(&self, source: &dyn Source) -> Result<Value, Failure> {
        let algorithm = DigestAlgorithm::Sha256;
        let update = hsign::timestamp_pdf(source, &self.timestamper, algorithm, None, &now)?;
        Ok(json!({ "work": source.length() + update.len() as u64 }))
    }
}

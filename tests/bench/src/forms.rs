//! Signatures of every form over any files.

use std::path::{Path, PathBuf};

use hsign::file::{Existing, FileSource, put_source_in_place};
use hsign::{
    ContainerSignature, ContainerType, Content, Form, Metadata, Output, SignRequest, Stamps, ToSign,
};
use hsign_core::ports::NoNetwork;
use hsign_core::{DigestAlgorithm, Source as _};
use serde_json::{Value, json};

use crate::Failure;
use crate::limit::{Limit, Recorder};
use crate::workbench::{Workbench, level_of, now, passed};

impl Workbench {
    /// Files in, one file in place.
    pub(crate) fn sign_as(
        &self,
        form: &str,
        level: &str,
        output: &Path,
        inputs: &[&Path],
    ) -> Result<Value, Failure> {
        let request = SignRequest {
            level: Some(level_of(level)?),
            stamps: Stamps::default(),
            digest: DigestAlgorithm::Sha256,
            key: self.credential.protection(),
            metadata: Metadata::default(),
            statement: Default::default(),
            allow_pending: false,
        };
        let opened: Result<Vec<_>, Failure> = inputs
            .iter()
            .map(|path| {
                let name = path.file_name().and_then(|name| name.to_str()).ok_or("a file without a name")?;
                Ok((name, FileSource::open(path)?))
            })
            .collect();
        let opened = opened?;
        let files: Vec<Content<'_>> = opened.iter().map(|(name, source)| Content { name, source }).collect();
        let what = ToSign::new(&files, form_of(form)?);
        let (signer, timestamper) = (self.credential.as_ref(), Some(&self.timestamper as _));
        let signed = hsign::sign(&what, signer, timestamper, &request, &self.settings, &NoNetwork, &now)?;
        let indication = passed(&signed.verdict)?;
        let Output::Whole(whole) = signed.output else { return Err("an update of a PDF file".into()) };
        put_source_in_place(output, whole.as_ref(), None, Existing::Replace)?;
        let work: u64 = opened.iter().map(|(_, source)| source.length()).sum();
        Ok(json!({ "work": work, "indication": indication }))
    }

    /// One pass over what was signed and the verifications that its judgement asks for, each once.
    pub(crate) fn limit_of_file<'d>(&self, files: &'d Files) -> Result<Limit<'d>, Failure> {
        let (recorder, beside) = (Recorder::default(), files.beside());
        self.ask_for_verifications(&files.document, &beside, &recorder)?;
        Limit::of_verification(files.content.as_ref().unwrap_or(&files.document), recorder)
    }

    /// The same for making it and putting it in place, with so many round trips to the time-stamp authority.
    pub(crate) fn limit_of_signing_file<'d>(
        &self,
        files: &'d Files,
        round_trips: usize,
    ) -> Result<Limit<'d>, Failure> {
        let mut limit = self.to_sign_as_well(self.limit_of_file(files)?, round_trips)?;
        limit.puts_in_place(&files.document, files.path.with_extension("copy"));
        Ok(limit)
    }
}

/// A document, and what it signs where that is another file.
pub(crate) struct Files {
    path: PathBuf,
    document: Vec<u8>,
    content: Option<Vec<u8>>,
}

impl Files {
    pub(crate) fn open(document: &Path, content: Option<&Path>) -> Result<Self, Failure> {
        let path = document.to_owned();
        let content = content.map(std::fs::read).transpose()?;
        Ok(Self { document: std::fs::read(document)?, path, content })
    }

    fn beside(&self) -> Vec<Content<'_>> {
        self.content.iter().map(|source| Content { name: "content", source }).collect()
    }
}

fn form_of(name: &str) -> Result<Form, Failure> {
    Ok(match name {
        "cades-detached" => Form::CadesDetached,
        "cades-enveloping" => Form::CadesEnveloping,
        "xades-enveloped" => Form::XadesEnveloped,
        "asic-e-cades" => Form::Asic(ContainerType::AsicE, ContainerSignature::Cades),
        "asic-e-xades" => Form::Asic(ContainerType::AsicE, ContainerSignature::Xades),
        other => return Err(format!("no form {other}").into()),
    })
}

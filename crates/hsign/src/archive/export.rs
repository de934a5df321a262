//! Handing out the proof of one document: one file that opens offline, years later, in other people's software.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use hsign_archive::{Bundle, Document, Recorder};
use hsign_asic::{ContainerType, DataObject, Draft};
use hsign_core::facts::EvidenceFacts;
use hsign_core::{Finding, hex};
use hsign_report::{DocumentReport, Language, Outcome, VerifyReport, html};
use hsign_tsp::Token;
use zip::write::SimpleFileOptions;

use super::checking::known_digests;
use super::lookup::{document_at, place_of};
use super::tokens::judge_token;
use super::{Archive, Environment, Line, Summary, documents};
use crate::file::{Existing, put_in_place, put_source_in_place};
use crate::{Error, verify_with};

/// What [`Archive::export`] writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRequest {
    /// The document.
    pub key: String,
    /// The file.
    pub out: PathBuf,
    /// Only the document's digests instead of the document: for whoever must not see it. The file is then a plain ZIP.
    pub without_document: bool,
    /// Language of the report inside.
    pub language: Language,
    /// Whether a file that is there is replaced.
    pub force: bool,
}

/// The record of a track, its last token with everything inside that its validation needs.
struct Proof {
    track: String,
    record: Vec<u8>,
    evidence: EvidenceFacts,
}

impl Archive {
    /// Writes an ASiC-E container (EN 319 162-1) with the document, an evidence record for each track, in whose tokens
    /// are the certificates and revocation data, and a report for people. The document is held against the archive
    /// before, and the container verified after.
    ///
    /// # Errors
    /// When the document isn't there as it was taken, has no time stamp yet, or the file can't be written.
    pub fn export(&self, request: &ExportRequest, environment: &Environment<'_>) -> Result<Summary, Error> {
        let mut index = self.index(environment)?;
        self.catch_up(&mut index, environment)?;
        let row = self.row(&mut index, &request.key)?;
        let (id, place) = place_of(&row)?;
        let bundle = self.whole(&id)?;
        let document = document_at(&row, &bundle, place)?;
        let proofs = self.proofs(&bundle, place, environment)?;
        if proofs.is_empty() {
            return Err(Error::ArchiveRefused(Finding::error("archive-not-stamped").with("bundle", &id)));
        }
        match request.without_document {
            true => self.write_digests(request, &bundle, &document, &proofs, environment)?,
            false => self.write_container(request, &document, &proofs, environment)?,
        }
        let tracks = proofs.into_iter().map(|proof| proof.track).collect();
        let path = request.out.display().to_string();
        environment.tell(&Line::Exported { key: request.key.clone(), path, tracks });
        Ok(Summary { objects: 1, batches: 1, ..Summary::default() })
    }

    fn proofs(
        &self,
        bundle: &Bundle,
        place: usize,
        environment: &Environment<'_>,
    ) -> Result<Vec<Proof>, Error> {
        let mut proofs = Vec::new();
        for track in bundle.tracks() {
            let Some(last) = bundle.last_step(&track.name) else { continue };
            let read = Token::parse(last.token())?;
            let enriched = match read.info().imprint() {
                Some(imprint) => judge_token(last.token(), &imprint, environment)?.enriched,
                None => last.token().to_vec(),
            };
            let mut evidence = EvidenceFacts::default();
            for step in bundle.steps(&track.name) {
                evidence.extend(
                    &Token::parse(step.before().unwrap_or_else(|| step.token()))?.signed_data().evidence(),
                );
            }
            evidence.extend(&Token::parse(&enriched)?.signed_data().evidence());
            let recorder = Recorder::with_last(bundle, &track.name, Some(&enriched))?;
            proofs.push(Proof { record: recorder.record(place)?, track: track.name, evidence });
        }
        Ok(proofs)
    }

    fn write_container(
        &self,
        request: &ExportRequest,
        document: &Document,
        proofs: &[Proof],
        environment: &Environment<'_>,
    ) -> Result<(), Error> {
        let algorithms: Vec<_> = document.algorithms().collect();
        let (location, _) = self.places.undamaged(document)?;
        let source = self.places.open(&location, self.config.policy.read_at_once)?;
        let name = name_in_container(&location);
        let object = DataObject { name: &name, source: source.as_ref(), media_type: media_type(&name) };
        let mut draft = Draft::create(&[object], ContainerType::AsicE, environment.now(), &algorithms)?;
        for proof in proofs {
            draft.add_evidence_record(&proof.record)?;
        }
        let verified =
            verify_with(&draft, &[], environment.settings, environment.fetcher, time(environment))?;
        let failed = |record: &hsign_validation::EvidenceRecordVerdict| {
            record.indication() == hsign_validation::Indication::TotalFailed
        };
        let records = verified.verdict.evidence_records();
        if records.len() != proofs.len() || records.iter().any(failed) {
            return Err(Error::SelfCheck(verified.verdict.findings().to_vec()));
        }
        let report = html(
            &VerifyReport {
                validation_time: time(environment),
                policy: &environment.settings.policy,
                trust_sha256: environment.settings.trust.sha256(),
                documents: vec![DocumentReport {
                    path: name.clone(),
                    outcome: Outcome::Judged(&verified.verdict),
                }],
            },
            request.language,
        );
        draft.add_note("report.html", report.into_bytes())?;
        let written = put_source_in_place(&request.out, &draft, None, existing(request));
        written.map_err(|source| Error::File { path: request.out.clone(), source })
    }

    /// The digests, the records, and what is in their tokens once more as files.
    fn write_digests(
        &self,
        request: &ExportRequest,
        bundle: &Bundle,
        document: &Document,
        proofs: &[Proof],
        environment: &Environment<'_>,
    ) -> Result<(), Error> {
        let failed = |error: zip::result::ZipError| Error::Read(std::io::Error::other(error));
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let mut put = |name: &str, bytes: &[u8]| -> Result<(), Error> {
            archive.start_file(name, SimpleFileOptions::default()).map_err(failed)?;
            Ok(archive.write_all(bytes)?)
        };
        let place = bundle.position(document.key()).unwrap_or_default();
        let mut verdicts = Vec::new();
        for proof in proofs {
            put(&format!("evidence-record-{}.ers", proof.track), &proof.record)?;
            let digests = known_digests(bundle, &proof.track, place, document);
            let verdict = super::checking::verdict_of(&proof.record, digests, environment)?;
            verdicts.push(serde_json::json!({
                "track": proof.track,
                "indication": verdict.indication(),
                "sub_indication": verdict.sub_indication(),
                "proven_since": bundle.proven_since(&proof.track),
            }));
            let lists = [
                ("certificates", "cer", &proof.evidence.certificates),
                ("crls", "crl", &proof.evidence.crls),
                ("ocsp", "ors", &proof.evidence.ocsp_responses),
            ];
            for (folder, ending, pieces) in lists {
                let mut seen = std::collections::BTreeSet::new();
                for piece in pieces {
                    let sha256 = hex(&hsign_crypto::sha256(piece.as_slice()));
                    if seen.insert(sha256.clone()) {
                        put(&format!("{folder}-{}/{sha256}.{ending}", proof.track), piece.as_slice())?;
                    }
                }
            }
        }
        let digests: std::collections::BTreeMap<_, _> = document
            .algorithms()
            .filter_map(|algorithm| Some((algorithm, document.digest(algorithm)?.hex())))
            .collect();
        let told = serde_json::json!({
            "schema": "hsign.archive-proof/1",
            "size": document.size(),
            "digests": digests,
            "verified_at": environment.now(),
            "policy": environment.settings.policy.name(),
            "records": verdicts,
        });
        let told = serde_json::to_vec_pretty(&told).map_err(|error| Error::Read(error.into()))?;
        put("document.json", &told)?;
        put("README.txt", README)?;
        let bytes = archive.finish().map_err(failed)?.into_inner();
        let written = put_in_place(&request.out, None, &bytes, existing(request));
        written.map_err(|source| Error::File { path: request.out.clone(), source })
    }
}

const README: &[u8] = include_bytes!("proof.txt");

fn existing(request: &ExportRequest) -> Existing {
    if request.force { Existing::Replace } else { Existing::Keep }
}

fn time(environment: &Environment<'_>) -> hsign_core::ValidationTime {
    hsign_core::ValidationTime(environment.now())
}

/// The file's own name; a container's own names are not for documents.
fn name_in_container(location: &str) -> String {
    let path = documents::path_of(location);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("document");
    let plain: String =
        name.chars().map(|c| if c.is_control() || c == '\\' || c == '/' { '_' } else { c }).collect();
    if plain == "mimetype" || plain.is_empty() { "document".to_owned() } else { plain }
}

fn media_type(name: &str) -> Option<&'static str> {
    let ending = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
    Some(match ending.as_str() {
        "pdf" => "application/pdf",
        "xml" => "text/xml",
        "txt" => "text/plain",
        "p7s" | "p7m" => "application/pkcs7-signature",
        _ => return None,
    })
}

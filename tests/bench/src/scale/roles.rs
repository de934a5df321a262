//! The archive's own work: it is made, its time stamps are renewed, its evidence is judged.

use std::path::Path;

use hsign::archive::{RenewRequest, Summary, VerifyRequest};
use hsign::crypto::SystemRandom;
use hsign_core::ports::Randomness as _;
use serde_json::json;

use crate::world::{STAMPED, STORES, TRACKS, at, leaves, moment, no_secrets, settings};
use crate::{Answer, Failure, documents, planting};

/// An archive with one batch, whose time stamps' ends are those of all that are planted later.
pub(crate) fn make(folder: &Path, home: &Path, index: &str, leaves: u64) -> Answer {
    std::fs::create_dir_all(home)?;
    std::fs::write(home.join("leaves"), leaves.to_string())?;
    let served: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("served.json"))?)?;
    let url = served.pointer("/tsa/0").and_then(|url| url.as_str()).ok_or("no authorities")?;
    let index = if index == "postgres" {
        served.get("postgres").and_then(|url| url.as_str()).ok_or("PostgreSQL is not installed")?
    } else {
        index
    };
    let text = configuration(index, url);
    let settings = settings(folder, STAMPED)?;
    let time = hsign::Time::from_unix_seconds(STAMPED)?;
    let environment = hsign::archive::Environment {
        settings: &settings,
        fetcher: &hsign_core::ports::NoNetwork,
        authorities: &Nobody,
        clock: &move || time,
        randomness: &SystemRandom,
        checkpoints: std::sync::Arc::new(()),
        actor: "scale",
        threads: 1,
        tell: &|_| {},
    };
    hsign::archive::init(home, &text, no_secrets(), &environment)?;
    planting::plant_first(home)?;
    // What was stamped elsewhere is looked at by the archive itself.
    let (status, _) = at((folder, home), STAMPED, 1, |archive, environment| archive.status(environment))?;
    Ok(json!({ "work": status.batches }))
}

struct Nobody;

impl hsign::archive::Authorities for Nobody {
    fn ask(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, hsign_core::ports::PortError> {
        Err(hsign_core::ports::PortError::new(hsign_core::ErrorKind::Remote, "nobody is asked yet"))
    }
}

/// Whatever is due.
pub(crate) fn renew(folder: &Path, home: &Path, when: &str, threads: usize) -> Answer {
    let request = RenewRequest::default();
    let ((summary, trips), stamped) = at((folder, home), moment(when)?, threads, |archive, environment| {
        let summary = archive.renew(&request, environment)?;
        Ok((summary, archive.round_trips()))
    })?;
    let summary = whole(summary)?;
    Ok(json!({ "work": stamped, "requests": summary.tsa_requests, "round_trips": trips }))
}

/// The evidence of so many documents, each judged from its record by the engine.
pub(crate) fn verify(folder: &Path, home: &Path, count: u64, batches: u64) -> Answer {
    let leaves = leaves(home)?;
    let mut chosen = Vec::new();
    for _ in 0..count {
        let mut random = [0; 16];
        SystemRandom.fill(&mut random)?;
        let [batch, leaf] = [random.first_chunk::<8>(), random.last_chunk::<8>()]
            .map(|octets| octets.map_or(0, |octets| u64::from_le_bytes(*octets)));
        chosen.push(documents::key(batch % batches.max(1), leaf % leaves.max(1)));
    }
    let request = VerifyRequest { keys: chosen, ..VerifyRequest::default() };
    let (summary, _) = at((folder, home), moment("afterwards")?, 1, |archive, environment| {
        archive.verify(&request, environment)
    })?;
    Ok(json!({ "work": whole(summary)?.objects }))
}

/// Work of which a part failed is none.
fn whole(summary: Summary) -> Result<Summary, Failure> {
    match summary {
        Summary { failed: 0, set_aside: 0, stopped: None, .. } => Ok(summary),
        other => Err(format!("not all could be done: {other:?}").into()),
    }
}

/// Two lines of evidence, each with an authority of its own.
fn configuration(index: &str, url: &str) -> String {
    let stores = STORES.map(|name| {
        format!(
            "[[store]]\nname = \"{name}\"\nurl = \"stores/{name}\"\naccess = \"repair\"\ncountry = \"JP\"\n\
             operator = \"the clinic\"\n"
        )
    });
    let tracks = TRACKS.map(|track| {
        format!(
            "[[track]]\nname = \"{track}\"\nalgorithm = \"sha256\"\nnext = \"sha512\"\ntsa = [\"{track}\"]\n\
             [[tsa]]\nname = \"{track}\"\nurl = \"{url}\"\nburst = 100000\nper_second = 100000.0\n"
        )
    });
    format!(
        "format = \"hsign.archive-config/1\"\nindex = \"{index}\"\nkeep_documents_in_bundles_only = true\n{}{}\
         [policy]\nevidence_record_alone = [\"chart\"]\n",
        stores.concat(),
        tracks.concat()
    )
}

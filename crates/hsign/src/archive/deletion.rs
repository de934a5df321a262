//! Deletion, lawfully: planned with a reason, approved by somebody else, carried out after a while on every copy, and
//! certified by the institution's signature. Neighbours keep a digest, so that their evidence stands.

use std::collections::BTreeMap;

use hsign_archive::{Bundle, Candidate, Deletion, DeletionPolicy, Event, Hold, Lifecycle, Obstacle};
use hsign_archive_store::{DeletionRow, DocumentRow, DocumentState, Index};
use hsign_core::facts::{Level, SignedMetadata};
use hsign_core::ports::Signer;
use hsign_core::{DigestAlgorithm, Finding};
use hsign_credential::KeyProtection;
use serde_json::json;

use super::lookup::{document_at, place_of, unknown};
use super::{Archive, DeletionState, Environment, Line, Summary, documents};
use crate::{Content, Error, Form, Metadata, SignRequest, Stamps, ToSign, sign};

/// Documents that are asked for at once.
const PAGE: usize = 1024;

impl Archive {
    /// Plans that documents are deleted. Refused where it couldn't be carried out as things are: what has to be kept, or
    /// is held, isn't planned for.
    ///
    /// # Errors
    /// When a name is taken, a document isn't there or something stands before its deletion, or a store or the index
    /// fails. Nothing is planned then.
    pub fn plan_deletion(
        &self,
        name: &str,
        keys: &[String],
        reason: &str,
        environment: &Environment<'_>,
    ) -> Result<Summary, Error> {
        let mut index = self.index(environment)?;
        let not_before = environment.now().plus_seconds(self.config.policy.deletion_wait.as_seconds());
        self.record(&mut index, environment, &mut |index| {
            let lifecycle = lifecycle(index, None)?;
            lifecycle.check_free(name)?;
            for some in keys.chunks(PAGE) {
                let asked: Vec<&str> = some.iter().map(String::as_str).collect();
                let rows = self.rows(index, &asked)?;
                for key in some {
                    let row = rows.iter().find(|row| row.key == *key).ok_or_else(|| unknown(key))?;
                    let stays =
                        row.replaced_by.as_deref().filter(|later| !keys.iter().any(|key| key == later));
                    let obstacles = lifecycle.to_planning(&candidate(row, stays), environment.now());
                    refuse(key, &obstacles)?;
                }
            }
            let (deletion, reason) = (name.to_owned(), reason.to_owned());
            Ok(vec![Event::DeletionPlanned { deletion, keys: keys.to_vec(), reason, not_before }])
        })?;
        environment.tell(&Line::Deletion {
            deletion: name.to_owned(),
            state: DeletionState::Planned,
            documents: keys.len() as u64,
            not_before: Some(not_before),
        });
        Ok(Summary { objects: keys.len() as u64, ..Summary::default() })
    }

    /// Agrees to a deletion that was planned: with `four_eyes` another person has to than the planner.
    ///
    /// # Errors
    /// When there is no such deletion, it is cancelled or approved, the planner approves, or a store or the index fails.
    pub fn approve_deletion(&self, name: &str, environment: &Environment<'_>) -> Result<Summary, Error> {
        let mut index = self.index(environment)?;
        let mut row = None;
        self.record(&mut index, environment, &mut |index| {
            let found = open_deletion(index, name)?;
            if found.approved.is_some() {
                return Err(refusal("archive-deletion-approved", name));
            }
            if self.config.policy.four_eyes && found.planned.0 == environment.actor {
                return Err(refusal("archive-deletion-by-planner", name));
            }
            row = Some(found);
            Ok(vec![Event::DeletionApproved { deletion: name.to_owned() }])
        })?;
        tell(row.as_ref(), DeletionState::Approved, environment);
        Ok(Summary::default())
    }

    /// The deletion, or what is left of it, doesn't take place.
    ///
    /// # Errors
    /// When there is no such deletion or it is cancelled, or a store or the index fails.
    pub fn cancel_deletion(
        &self,
        name: &str,
        reason: &str,
        environment: &Environment<'_>,
    ) -> Result<Summary, Error> {
        let mut index = self.index(environment)?;
        let mut row = None;
        self.record(&mut index, environment, &mut |index| {
            row = Some(open_deletion(index, name)?);
            let (deletion, reason) = (name.to_owned(), reason.to_owned());
            Ok(vec![Event::DeletionCancelled { deletion, reason }])
        })?;
        tell(row.as_ref(), DeletionState::Cancelled, environment);
        Ok(Summary::default())
    }

    /// Carries a deletion out, document by document, each looked at again at this moment; then signs what was deleted.
    /// What was cut off is gone on with.
    ///
    /// # Errors
    /// When there is no such deletion, or it isn't approved or its time hasn't come; when a file can't be erased, the
    /// certificate can't be signed, or a store or the index fails. What is gone by then is recorded.
    pub fn run_deletion(
        &self,
        name: &str,
        signer: &dyn Signer,
        key: &KeyProtection,
        environment: &Environment<'_>,
    ) -> Result<Summary, Error> {
        let mut index = self.index(environment)?;
        self.catch_up(&mut index, environment)?;
        let row = open_deletion(&mut index, name)?;
        let mut summary = Summary::default();
        let mut after: Option<String> = None;
        loop {
            let page = index.deletion_documents(name, after.as_deref(), PAGE)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            let open: Vec<&str> =
                page.iter().filter(|(_, done)| !done).map(|(key, _)| key.as_str()).collect();
            for (bundle, keys) in self.by_bundle(&mut index, &open)? {
                let bundle = self.whole(&bundle)?;
                index.keep_rows(&bundle, &keys)?;
                for key in keys {
                    self.erase(&mut index, &row, &bundle, key, environment)?;
                    summary.objects += 1;
                }
            }
        }
        let row = index.deletions()?.into_iter().find(|row| row.name == name);
        if let Some(row) = row.filter(|row| !row.certified) {
            self.certify(&mut index, &row, signer, key, environment)?;
            tell(Some(&row), DeletionState::Done, environment);
        }
        Ok(summary)
    }

    /// Documents of a deletion by their bundles, so that each of these is read once.
    fn by_bundle<'k>(
        &self,
        index: &mut Index,
        keys: &[&'k str],
    ) -> Result<BTreeMap<String, Vec<&'k str>>, Error> {
        let rows = self.rows(index, keys)?;
        let mut bundles: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for key in keys {
            let row = rows.iter().find(|row| row.key == *key).ok_or_else(|| unknown(key))?;
            bundles.entry(place_of(row)?.0).or_default().push(key);
        }
        Ok(bundles)
    }

    fn erase(
        &self,
        index: &mut Index,
        deletion: &DeletionRow,
        bundle: &Bundle,
        key: &str,
        environment: &Environment<'_>,
    ) -> Result<(), Error> {
        let row = index.sealed_documents(bundle, &[key])?.pop().ok_or_else(|| unknown(key))?;
        let lifecycle = lifecycle(index, Some((deletion, key)))?;
        let later = row.replaced_by.as_deref().map(|later| self.rows(index, &[later])).transpose()?;
        let later = later.and_then(|mut rows| rows.pop());
        let goes = |later: &DocumentRow| {
            matches!(later.state, DocumentState::Deleted { .. }) || later.deletions.contains(&deletion.name)
        };
        let stays = later.filter(|later| !goes(later)).map(|later| later.key);
        let obstacles = lifecycle.obstacles(
            &candidate(&row, stays.as_deref()),
            &deletion.name,
            self.deletion_policy(),
            environment.now(),
        );
        refuse(key, &obstacles)?;
        let (_, place) = place_of(&row)?;
        let locations = document_at(&row, bundle, place)?.locations().to_vec();
        environment.reached("delete-before-erase");
        for location in &locations {
            if documents::is_in_a_bucket(location) {
                self.places.erase_object(location)?;
            } else {
                erase_file(location)?;
            }
        }
        environment.reached("delete-after-erase");
        let place = place as u64;
        self.record(index, environment, &mut |index| {
            if index.deleted_places(bundle.id())?.contains(&place) {
                return Ok(Vec::new());
            }
            let (deletion, bundle) = (deletion.name.clone(), bundle.id().to_owned());
            Ok(vec![Event::Deleted { deletion, bundle, place, locations: locations.clone() }])
        })?;
        environment.reached("delete-after-record");
        environment.tell(&Line::Deleted { key: key.to_owned(), deletion: deletion.name.clone() });
        Ok(())
    }

    /// The institution's statement, signed: which documents, when, why, who planned and approved, and where they were.
    fn certify(
        &self,
        index: &mut Index,
        row: &DeletionRow,
        signer: &dyn Signer,
        key: &KeyProtection,
        environment: &Environment<'_>,
    ) -> Result<(), Error> {
        let (mut keys, mut after): (Vec<String>, Option<String>) = (Vec::new(), None);
        loop {
            let page = index.deletion_documents(&row.name, after.as_deref(), PAGE)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            keys.extend(page.into_iter().filter(|(_, done)| *done).map(|(key, _)| key));
        }
        let stores: Vec<&str> = self.config.stores.iter().map(|store| store.terms.name.as_str()).collect();
        let statement = json!({
            "schema": "hsign.archive-deletion/1",
            "deletion": row.name,
            "reason": row.reason,
            "planned": { "by": row.planned.0, "at": row.planned.1 },
            "approved": row.approved.as_ref().map(|(by, at)| json!({ "by": by, "at": at })),
            "completed_at": environment.now(),
            "documents": keys,
            "evidence_stays_in": stores,
        });
        let statement = serde_json::to_vec_pretty(&statement).map_err(|error| Error::Read(error.into()))?;
        let file = Content { name: "deletion.json", source: &statement };
        let request = SignRequest {
            level: Some(Level::BB),
            stamps: Stamps::default(),
            digest: DigestAlgorithm::Sha256,
            key: key.clone(),
            metadata: Metadata::default(),
            statement: SignedMetadata::default(),
            allow_pending: false,
        };
        let clock = || environment.now();
        let files = [file];
        let signed = sign(
            &ToSign::new(&files, Form::CadesEnveloping),
            signer,
            None,
            &request,
            environment.settings,
            environment.fetcher,
            &clock,
        )?;
        let certificate = signed.output.over(&statement)?;
        environment.reached("delete-before-certificate");
        self.record(index, environment, &mut |index| {
            let certified = index.deletions()?.iter().any(|other| other.name == row.name && other.certified);
            let (deletion, certificate) = (row.name.clone(), certificate.clone().into());
            let event = Event::DeletionCertified { deletion, certificate };
            Ok(if certified { Vec::new() } else { vec![event] })
        })
    }

    fn deletion_policy(&self) -> DeletionPolicy {
        let policy = &self.config.policy;
        DeletionPolicy { four_eyes: policy.four_eyes, wait: policy.deletion_wait.as_seconds() }
    }
}

/// Holds and deletions as the index has them; with the keys of one deletion as far as they matter here.
fn lifecycle(index: &mut Index, about: Option<(&DeletionRow, &str)>) -> Result<Lifecycle, Error> {
    let holds = index.holds()?.into_iter().filter(|row| row.released.is_none());
    let holds =
        holds.map(|row| (row.name, Hold { subject: row.subject, reason: row.reason, since: row.since }));
    let holds: BTreeMap<String, Hold> = holds.collect();
    let deletion = |row: DeletionRow| {
        let key = about.filter(|(deletion, _)| deletion.name == row.name).map(|(_, key)| key.to_owned());
        let deletion = Deletion {
            keys: key.into_iter().collect(),
            reason: row.reason,
            planned_by: row.planned.0,
            planned: row.planned.1,
            not_before: row.not_before,
            approved_by: row.approved.map(|(by, _)| by),
            deleted: row.done,
            cancelled: row.cancelled.is_some(),
            certified: row.certified,
        };
        (row.name, deletion)
    };
    Ok(Lifecycle::of(holds, index.deletions()?.into_iter().map(deletion).collect()))
}

fn candidate<'a>(row: &'a DocumentRow, later_version: Option<&'a str>) -> Candidate<'a> {
    Candidate {
        key: &row.key,
        class: &row.class,
        retention: row.kept_until(),
        sealed: !matches!(row.state, DocumentState::Waiting(_)),
        deleted: matches!(row.state, DocumentState::Deleted { .. }),
        later_version,
    }
}

fn refuse(key: &str, obstacles: &[Obstacle]) -> Result<(), Error> {
    let Some(first) = obstacles.first() else { return Ok(()) };
    let finding = Finding::error("archive-deletion-refused").with("key", key).with("obstacle", first.word());
    let detail = match first {
        Obstacle::RetentionRuns { end } => Some(end.to_string()),
        Obstacle::Held { hold } => Some(hold.clone()),
        Obstacle::LaterVersion { key } => Some(key.clone()),
        Obstacle::Waiting { until } => Some(until.to_string()),
        _ => None,
    };
    Err(Error::ArchiveRefused(match detail {
        Some(detail) => finding.with("detail", detail),
        None => finding,
    }))
}

fn open_deletion(index: &mut Index, name: &str) -> Result<DeletionRow, Error> {
    let row = index.deletions()?.into_iter().find(|row| row.name == name);
    let row = row.ok_or_else(|| refusal("archive-no-such-deletion", name))?;
    if row.cancelled.is_some() { Err(refusal("archive-deletion-cancelled", name)) } else { Ok(row) }
}

fn refusal(code: &str, name: &str) -> Error {
    Error::ArchiveRefused(Finding::error(code).with("deletion", name))
}

fn tell(row: Option<&DeletionRow>, state: DeletionState, environment: &Environment<'_>) {
    let Some(row) = row else { return };
    let (deletion, documents) = (row.name.clone(), row.documents);
    environment.tell(&Line::Deletion { deletion, state, documents, not_before: Some(row.not_before) });
}

/// The file, and what a repair kept of it.
fn erase_file(location: &str) -> Result<(), Error> {
    let path = documents::path_of(location);
    let mut damaged = path.clone().into_os_string();
    damaged.push(".damaged");
    for path in [path, damaged.into()] {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::File { path, source: error });
            }
            _ => {
                if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
                    crate::file::sync_folder(folder)
                        .map_err(|source| Error::File { path: folder.to_owned(), source })?;
                }
            }
        }
    }
    Ok(())
}

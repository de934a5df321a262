//! The restore drill: one store alone, an index made anew from it, and evidence verified on that. What comes of it stands
//! in the trail, so that the drill proves itself.

use std::sync::{Arc, Mutex};

use hsign_archive::{Drill, Event};
use hsign_archive_store::{Access, Copies, Index, Member};
use hsign_core::{Finding, hex};

use super::checking::{known_digests, sample, verdict_of, was_left_out};
use super::planning::bundles;
use super::verification::{recorders, verified};
use super::{Archive, Environment, Standing, Summary};
use crate::Error;

impl Archive {
    /// Restores from the store of this name, and verifies the evidence of so many documents of each bundle, chosen by
    /// chance. Nothing of the archive is changed but the trail, which tells what came of it.
    ///
    /// # Errors
    /// When there is no such store, it fails, or its trail is damaged.
    pub fn drill(&self, store: &str, count: u32, environment: &Environment<'_>) -> Result<Summary, Error> {
        let alone = self.alone(store)?;
        let mut random = [0; 8];
        environment.randomness.fill(&mut random)?;
        let folder = self.home.join(format!(".drill-{}", hex(&random)));
        let failed = |source| Error::File { path: folder.clone(), source };
        std::fs::create_dir(&folder).map_err(failed)?;
        let done = alone.restored(&folder, count, environment);
        std::fs::remove_dir_all(&folder).map_err(failed)?;
        let (drill, mut summary) = done?;
        let drill = Drill { store: store.to_owned(), ..drill };
        let mut index = self.index(environment)?;
        self.record(&mut index, environment, &mut |_| Ok(vec![Event::Drill { drill: drill.clone() }]))?;
        if summary.failed > 0 {
            summary.standing = Standing::Overdue;
        }
        Ok(summary)
    }

    /// The archive as if it had this store only. Nothing is written to it.
    fn alone(&self, store: &str) -> Result<Self, Error> {
        let unknown = || Finding::error("archive-no-such-store").with("store", store);
        let member = self.copies.members().iter().find(|member| member.name == store);
        let member = member.ok_or_else(|| Error::ArchiveRefused(unknown()))?;
        let member = Member { access: Access::Add, ..member.clone() };
        Ok(Self {
            home: self.home.clone(),
            config: self.config.clone(),
            copies: Copies::new(vec![member])?,
            places: self.places.clone(),
            secrets: Arc::clone(&self.secrets),
            ends: Mutex::default(),
            trips: Arc::default(),
        })
    }

    fn restored(
        &self,
        folder: &std::path::Path,
        count: u32,
        environment: &Environment<'_>,
    ) -> Result<(Drill, Summary), Error> {
        let mut index = Index::sqlite(&folder.join("index.db"))?;
        let mut summary = self.fill(&mut index, environment)?;
        let mut drill = Drill {
            store: String::new(),
            segments: index.head()?.segment,
            bundles: summary.batches,
            documents: summary.objects,
            verified: 0,
            failed: summary.failed,
        };
        for state in bundles(&mut index)? {
            let Some(bundle) = self.copies.read(&state.id)?.bundle else {
                drill.failed += 1;
                continue;
            };
            let deleted = index.deleted_places(&state.id)?;
            let recorders = recorders(&bundle)?;
            for place in sample(bundle.documents().len(), count as usize, environment)? {
                let Some(document) = bundle.documents().get(place) else { continue };
                if deleted.contains(&(place as u64)) {
                    continue;
                }
                for (track, recorder) in &recorders {
                    if was_left_out(&bundle, track, place) {
                        continue;
                    }
                    let digests = known_digests(&bundle, track, place, document);
                    let verdict = verdict_of(&recorder.record(place)?, digests, environment)?;
                    let holds = verdict.indication() == hsign_validation::Indication::TotalPassed;
                    drill.verified += u64::from(holds);
                    drill.failed += u64::from(!holds);
                    environment.tell(&verified(&bundle, document.key(), track, &verdict));
                }
            }
        }
        summary.failed = drill.failed;
        Ok((drill, summary))
    }
}

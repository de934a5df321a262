//! Batches that are there already: sealed and stamped as the archive does it, but with documents that nobody took.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hsign::archive::{Authorities as _, HttpAuthorities};
use hsign_archive::{
    Batch, Bundle, BundleFile, Event, LastStamp, NewUnit, Sealed, Segment, Step, UnitKind, Work, seal,
};
use hsign_archive_store::{Access, AtHand, Committed, Copies, Covered, Folder, Index, Member, Put, Store};
use hsign_core::Digest;
use hsign_testkit::DAY;
use hsign_tsp::{TimestampRequest, TimestampResponse};
use serde_json::json;

use crate::stores::{Numbers, Virtual};
use crate::world::{RENEWAL, STAMPED, STORES, TRACKS, leaves, no_secrets, tracks};
use crate::{Answer, Failure, documents};

/// Readings that are written down together.
const TOGETHER: usize = 256;
const LEASE: Duration = Duration::from_secs(600);

struct Planter {
    copies: Copies,
    index: Index,
    authorities: HttpAuthorities,
    leaves: u64,
    name: String,
    /// Until when the time stamps of the tracks hold, by what the archive itself found of the first batch.
    ends: BTreeMap<String, LastStamp>,
    stamps: u64,
}

/// The first batch: its time stamps are something that another worker left.
pub(crate) fn plant_first(home: &Path) -> Result<(), Failure> {
    let mut planter = Planter::open(home)?;
    let Sealed { bundle, .. } = planter.sealed(0)?;
    planter.append(&[&bundle])?;
    let bundle = planter.bundle(0, true)?;
    let events = stamped(&bundle).collect();
    planter.append_events(events, &[])?;
    planter.write_down(&[bundle.id().to_owned()])
}

/// Batches of these numbers; one of every so many isn't stamped.
pub(crate) fn plant(home: &Path, numbers: Range<u64>, every: u64) -> Answer {
    let mut planter = Planter::open(home)?;
    let first = planter.index.bundles(None, 1)?.pop().ok_or("no first batch")?;
    let ends = first.tracks.into_iter().filter_map(|track| Some((track.name, track.last?)));
    planter.ends = ends.collect();
    let count = numbers.end - numbers.start;
    // As many as fit into the memory that one whole batch takes.
    let together = usize::try_from((65_536 / planter.leaves).clamp(1, 64))?;
    let numbers: Vec<u64> = numbers.collect();
    let mut read = Vec::new();
    for some in numbers.chunks(together) {
        let made = some.iter().map(|number| planter.bundle(*number, number % every != 0));
        let made: Vec<Bundle> = made.collect::<Result<_, _>>()?;
        planter.append(&made.iter().collect::<Vec<_>>())?;
        read.extend(made.iter().map(|bundle| bundle.id().to_owned()));
        if read.len() >= TOGETHER {
            planter.write_down(&std::mem::take(&mut read))?;
        }
    }
    planter.write_down(&read)?;
    Ok(json!({ "work": count, "stamps": planter.stamps, "round_trips": planter.index.round_trips() }))
}

impl Planter {
    fn open(home: &Path) -> Result<Self, Failure> {
        let config = hsign::archive::ArchiveConfig::read(home)?;
        let leaves = leaves(home)?;
        let numbers = Arc::new(Numbers::read(&home.join("numbers"))?);
        let member = |name: &str| -> Result<Member, Failure> {
            let folder: Arc<dyn Store> = Arc::new(Folder::open(&home.join("stores").join(name))?);
            let store = Arc::new(Virtual::over(folder, leaves, &tracks(), &numbers));
            Ok(Member { name: name.to_owned(), access: Access::Repair, store })
        };
        let copies = Copies::new(STORES.into_iter().map(member).collect::<Result<_, _>>()?)?;
        let mut index = match config.index.starts_with("postgres") {
            true => Index::postgres(&config.index, None)?,
            false => Index::sqlite(&home.join(&config.index))?,
        };
        index.keep_documents_in_bundles_only()?;
        let authorities = HttpAuthorities::new(&config, &no_secrets())?;
        let name = format!("planter {}", std::process::id());
        Ok(Self { copies, index, authorities, leaves, name, ends: BTreeMap::new(), stamps: 0 })
    }

    fn sealed(&self, number: u64) -> Result<Sealed, Failure> {
        let documents = documents::of_batch(number, self.leaves)?;
        let key = documents::batch_key(documents.first().ok_or("no documents")?, &tracks())?;
        Ok(seal(&Batch { key, documents })?)
    }

    /// A bundle that is in the stores.
    fn bundle(&mut self, number: u64, is_stamped: bool) -> Result<Bundle, Failure> {
        let Sealed { mut bundle, files } = self.sealed(number)?;
        self.put(bundle.id(), &files)?;
        for track in TRACKS.into_iter().filter(|_| is_stamped) {
            let root = bundle.root(track).ok_or("no root")?;
            let token = self.token(track, root)?;
            let step = bundle.first_step(track, &token)?;
            self.put(bundle.id(), step.files())?;
            bundle.add(&step)?;
        }
        Ok(bundle)
    }

    fn put(&self, bundle: &str, files: &[BundleFile]) -> Result<(), Failure> {
        match self.copies.put(bundle, files)? {
            Put::Taken => Err("another file is there".into()),
            Put::Created | Put::Same => Ok(()),
        }
    }

    fn token(&mut self, track: &str, imprint: Digest) -> Result<Vec<u8>, Failure> {
        let request = TimestampRequest { imprint, nonce: None, policy: None, certificate_requested: true };
        let answer = self.authorities.ask(track, &request.to_der()?)?;
        self.stamps += 1;
        Ok(TimestampResponse::parse(&answer)?.granted()?.to_vec())
    }

    /// Says in the trail, and in the index, what was put into the stores.
    fn append(&mut self, bundles: &[&Bundle]) -> Result<(), Failure> {
        let sealed =
            |bundle: &&Bundle| Event::Sealed { bundle: bundle.id().to_owned(), documents: bundle.count() };
        let events = bundles.iter().map(sealed).chain(bundles.iter().flat_map(|bundle| stamped(bundle)));
        self.append_events(events.collect(), bundles)
    }

    fn append_events(&mut self, events: Vec<Event>, bundles: &[&Bundle]) -> Result<(), Failure> {
        let now = hsign::Time::from_unix_seconds(STAMPED)?;
        loop {
            let mut head = self.index.head()?;
            while let Some(segment) = self.copies.segment_after(head)? {
                self.index.apply(&segment)?;
                head = segment.head();
            }
            let segment = Segment::next(head, now, &self.name, events.clone())?;
            if self.copies.append_trail(&segment)? == Put::Taken {
                continue;
            }
            let unknown = |step: &Step| LastStamp { certificate_end: step.gen_time(), signature_end: None };
            let ends = |step: &Step| self.ends.get(step.track()).cloned().unwrap_or_else(|| unknown(step));
            self.index.apply_with(&segment, &AtHand { bundles, ..AtHand::default() }, &ends)?;
            return Ok(());
        }
    }

    /// That each bundle was found whole in each store, the day before it is renewed: as if it had been read then.
    fn write_down(&mut self, bundles: &[String]) -> Result<(), Failure> {
        let Some(first) = bundles.first() else { return Ok(()) };
        let (store, round) = (STORES.concat(), self.name.clone());
        let work = Work::Scrub { bundle: first.clone(), store, slice: 0, round };
        self.index.offer(&[NewUnit { work, priority: 0 }])?;
        let claim = self.index.claim(&self.name, LEASE, &[UnitKind::Scrub])?.ok_or("nothing to claim")?;
        let at = hsign::Time::from_unix_seconds(RENEWAL - DAY)?;
        let whole = |store: &str| Covered { store: store.to_owned(), slice: 0, slices: 1, at, bad: 0 };
        let covered = bundles.iter().flat_map(|id| STORES.map(|store| (id.clone(), whole(store))));
        let committed = Committed { steps: Vec::new(), covered: covered.collect() };
        if self.index.commit(&claim, &committed)? { Ok(()) } else { Err("the lease was lost".into()) }
    }
}

/// What the trail tells of the first time stamps of a bundle.
fn stamped(bundle: &Bundle) -> impl Iterator<Item = Event> + '_ {
    TRACKS.into_iter().filter_map(|track| {
        let step = bundle.last_step(track)?;
        let (chain, number) = step.place();
        let (bundle, track, tsa) = (bundle.id().to_owned(), track.to_owned(), track.to_owned());
        Some(Event::Stamped { bundle, track, chain, number, gen_time: step.gen_time(), tsa })
    })
}

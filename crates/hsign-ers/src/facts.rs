use hsign_core::facts::{
    ArchiveTimestampChain, ArchiveTimestampFacts, Covered, EvidenceFacts, EvidenceRecordFacts, ShownObject,
    TimestampFacts, TimestampKind,
};
use hsign_core::{Digest, DigestAlgorithm, Finding, Octets};

use crate::object::ProtectedObject;
use crate::record::{ArchiveTimestamp, Chain, Record};
use crate::renewal::{Form, Wanted, initial, of_timestamp, of_tree};
use crate::tree;

/// What a record says about these objects: the trees folded, each token beside the root it should stamp.
#[must_use]
pub fn facts(record: &Record, id: &str, objects: &[ProtectedObject]) -> EvidenceRecordFacts {
    let mut findings = findings(record);
    let mut chains = Vec::with_capacity(record.chains().len());
    for (index, chain) in record.chains().iter().enumerate() {
        let reading = Reading { record, id, objects, index };
        chains.push(reading.chain(chain, &mut findings));
    }
    EvidenceRecordFacts {
        id: id.to_owned(),
        covers: objects.iter().map(|object| object.covered.clone()).collect(),
        chains,
        evidence: EvidenceFacts::default(),
        findings,
    }
}

fn findings(record: &Record) -> Vec<Finding> {
    let mut findings = Vec::new();
    if record.is_encrypted() {
        // Which octets were hashed depends on a decryption that isn't done here.
        findings.push(Finding::error("evidence-record-encrypted").clause("RFC 4998 §6"));
    }
    if record.has_crypto_infos() {
        findings.push(Finding::info("evidence-record-crypto-infos").clause("RFC 4998 §3.1"));
    }
    for (oid, algorithm) in record.digest_algorithms() {
        if algorithm.is_none() {
            findings.push(Finding::warning("digest-algorithm-unknown").with("oid", oid));
        }
    }
    findings
}

/// One chain of a record being read.
struct Reading<'a> {
    record: &'a Record,
    id: &'a str,
    objects: &'a [ProtectedObject],
    /// The chain's number.
    index: usize,
}

impl Reading<'_> {
    fn chain(&self, chain: &Chain, findings: &mut Vec<Finding>) -> ArchiveTimestampChain {
        let algorithm = chain.digest_algorithm();
        let mut timestamps = Vec::with_capacity(chain.timestamps().len());
        for (position, timestamp) in chain.timestamps().iter().enumerate() {
            let id = self.name(self.index, position);
            if timestamp.digest_algorithm() != algorithm {
                let mixed = Finding::error("evidence-record-chain-mixes-digests").clause("RFC 4998 §5.1");
                findings.push(mixed.with("timestamp", &id));
            }
            let wanted = algorithm.map_or_else(Vec::new, |algorithm| self.wanted(chain, position, algorithm));
            let mut read = archive_timestamp(timestamp, &id, algorithm, wanted);
            if position == 0 {
                read.timestamp.covers.extend(self.earlier_tokens());
            }
            timestamps.push(read);
        }
        ArchiveTimestampChain { digest_algorithm: algorithm, timestamps }
    }

    /// `record/2.1`: chain and place in it, counted from 1.
    fn name(&self, chain: usize, position: usize) -> String {
        format!("{}/{}.{}", self.id, chain + 1, position + 1)
    }

    /// A new tree binds each object to all earlier chains, and so their tokens to its time (RFC 4998 §5.2).
    fn earlier_tokens(&self) -> impl Iterator<Item = Covered> + '_ {
        let chains = self.record.chains().iter().take(self.index).enumerate();
        chains.flat_map(move |(chain, earlier)| {
            let positions = 0..earlier.timestamps().len();
            positions.map(move |position| Covered::Timestamp { timestamp: self.name(chain, position) })
        })
    }

    /// What the first list of an archive time stamp has to show, by its place (RFC 4998 §4.3, §5.3).
    fn wanted(&self, chain: &Chain, position: usize, algorithm: DigestAlgorithm) -> Vec<Wanted> {
        let previous = position.checked_sub(1).and_then(|previous| chain.timestamps().get(previous));
        match previous {
            Some(previous) => {
                vec![of_timestamp(&self.name(self.index, position - 1), previous.token(), algorithm)]
            }
            None if self.index == 0 => initial(self.objects, algorithm),
            None => of_tree(self.objects, &self.record.sequence_of_first(self.index), algorithm),
        }
    }
}

fn archive_timestamp(
    timestamp: &ArchiveTimestamp,
    id: &str,
    algorithm: Option<DigestAlgorithm>,
    wanted: Vec<Wanted>,
) -> ArchiveTimestampFacts {
    let mut findings = Vec::new();
    let first = first_list(timestamp);
    let shows: Vec<ShownObject> =
        wanted.iter().map(|wanted| look_up(wanted, first.as_deref(), id, &mut findings)).collect();
    findings.extend(further_hashes(timestamp, &shows));
    findings.extend(cms_version(timestamp));
    let root = root(timestamp, &wanted, algorithm);
    if let Some((_, true)) = root {
        findings.push(hashed_twice(id));
    }
    let (read, more) = hsign_tsp::token_facts(timestamp.token(), &mut |asked| {
        root.clone().map(|(root, _)| root).filter(|root| root.algorithm == asked)
    });
    findings.extend(more);
    if timestamp.has_attributes {
        findings.push(Finding::info("archive-timestamp-attributes").clause("RFC 4998 §4.1"));
    }
    let imprint = read.as_ref().map(|read| read.imprint.expected.algorithm);
    if imprint.is_some() && imprint != timestamp.digest_algorithm() {
        findings.push(Finding::error("archive-timestamp-digest-differs").clause("RFC 4998 §4.1"));
    }
    let timestamp = TimestampFacts {
        id: id.to_owned(),
        kind: TimestampKind::EvidenceRecord,
        token: Octets::from(timestamp.token()),
        covers: wanted.iter().map(|wanted| wanted.object.clone()).collect(),
        read,
        findings,
    };
    ArchiveTimestampFacts { timestamp, shows }
}

/// The hashes among which an object has to stand: the first list, or the imprint itself where the tree is left out.
fn first_list(timestamp: &ArchiveTimestamp) -> Option<Vec<Vec<u8>>> {
    match &timestamp.tree {
        Some(tree) => tree.first().cloned(),
        None => Some(vec![timestamp.imprint()?.value.0]),
    }
}

/// Where the tree is left out: what it would hold, each object in the form that the imprint has if it has one of them.
fn own_hashes(timestamp: &ArchiveTimestamp, wanted: &[Wanted]) -> Option<Vec<Vec<u8>>> {
    let imprint = timestamp.imprint();
    let stamped = |(_, digest): &&(Form, Digest)| Some(digest) == imprint.as_ref();
    let own = |wanted: &Wanted| {
        let form = wanted.forms.iter().find(stamped).or(wanted.forms.first())?;
        Some(form.1.value.0.clone())
    };
    wanted.iter().map(own).collect::<Option<Vec<_>>>().filter(|own| !own.is_empty())
}

/// The root of the tree, and whether it is one that RFC 4998 doesn't know but the token stamps.
fn root(
    timestamp: &ArchiveTimestamp,
    wanted: &[Wanted],
    algorithm: Option<DigestAlgorithm>,
) -> Option<(Digest, bool)> {
    let algorithm = algorithm?;
    let Some(tree) = &timestamp.tree else {
        return tree::root(&[own_hashes(timestamp, wanted)?], algorithm).map(|root| (root, false));
    };
    let imprint = timestamp.imprint();
    let hashed = tree::root_over_hashed_single(tree, algorithm).filter(|root| Some(root) == imprint.as_ref());
    match hashed {
        Some(root) => Some((root, true)),
        None => tree::root(tree, algorithm).map(|root| (root, false)),
    }
}

/// What else the first list holds: other members of a group that weren't given, or neighbours that a tool merged
/// into it (RFC 4998 §4.3: a proof for a whole group has none). What is proven for the given objects stays proven.
fn further_hashes(timestamp: &ArchiveTimestamp, shows: &[ShownObject]) -> Option<Finding> {
    let list = timestamp.tree.as_ref()?.first()?;
    let shown = |hash: &&Vec<u8>| {
        let is_shown = |shown: &ShownObject| {
            shown.found == Some(true)
                && shown.digest.as_ref().is_some_and(|digest| digest.value.as_slice() == hash.as_slice())
        };
        shows.iter().any(is_shown)
    };
    let further = list.iter().filter(|hash| !shown(hash)).count();
    (further > 0).then(|| {
        Finding::info("evidence-record-further-hashes").clause("RFC 4998 §4.3").with("count", further)
    })
}

/// A SignedData around TSTInfo has version 3 (RFC 5652 §5.1); tools that check records refuse others.
fn cms_version(timestamp: &ArchiveTimestamp) -> Option<Finding> {
    let version = timestamp.read.as_ref()?.signed_data().version();
    // Attribute certificates of version 2 or other forms of certificates and CRLs make it 4 or 5.
    (!(3..=5).contains(&version)).then(|| {
        Finding::error("archive-timestamp-cms-version").clause("RFC 5652 §5.1").with("version", version)
    })
}

fn look_up(
    wanted: &Wanted,
    list: Option<&[Vec<u8>]>,
    timestamp: &str,
    findings: &mut Vec<Finding>,
) -> ShownObject {
    let found = wanted.forms.iter().find(|(_, digest)| {
        list.is_some_and(|list| list.iter().any(|member| member == digest.value.as_slice()))
    });
    match found {
        Some((Form::HashedTwice, _)) => findings.push(hashed_twice(timestamp)),
        Some((Form::Sorted, _)) => findings.push(
            Finding::warning("evidence-record-renewal-sorted")
                .clause("RFC 4998 §5.2")
                .with("timestamp", timestamp),
        ),
        _ => {}
    }
    let specified = wanted.forms.first().map(|(_, digest)| digest.clone());
    ShownObject {
        object: wanted.object.clone(),
        found: (specified.is_some() && list.is_some()).then_some(found.is_some()),
        digest: found.map(|(_, digest)| digest.clone()).or(specified),
    }
}

/// Some tools hash the digest of a single object once more: it binds as well, but isn't what the RFC says.
fn hashed_twice(timestamp: &str) -> Finding {
    let finding = Finding::warning("evidence-record-leaf-hashed-twice").clause("RFC 4998 §4.2.1");
    finding.with("timestamp", timestamp)
}

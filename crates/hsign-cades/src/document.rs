//! A CMS signature by itself, of any size: what it says, and over what.

use hsign_cms::{Layout, SignedData, SignerInfo, is_set_of_attributes};
use hsign_core::facts::{Coverage, DocumentFacts, DocumentFormat, Level, SignatureFacts};
use hsign_core::{Budget, Digest, Finding, Severity, Source, read_range};

use crate::archive::{Archive, Signer};
use crate::content::{Contents, Known};
use crate::embedded_records::{self, Whereabouts};
use crate::facts::signer_facts;
use crate::unsigned::{Countersignature, Unsigned};
use crate::{Error, Profile, SignerFacts, reading};

/// Signed attributes that bring whole CRLs are megabytes long.
const LONGEST_ATTRIBUTES: u64 = 64 << 20;

/// Behind a CMS in a file.
const LONGEST_PADDING: u64 = 64 << 10;

/// Each may need hashing of its own.
const MOST_SIGNERS: u64 = 500;

/// Everything that a CMS signature says, nothing judged; its content is streamed. `content` is what a detached signature
/// belongs to; where content is attached too, the two must be the same. Signers are `Signature1`, `Signature2` and so on,
/// the countersignatures of each signatures of their own.
///
/// # Errors
/// When there is no SignedData, or a source can't be read.
pub fn read_facts(source: &dyn Source, content: Option<&dyn Source>) -> Result<DocumentFacts, Error> {
    read_facts_knowing(source, content, &[])
}

/// The same where digests of the content beside it are known from reading it.
///
/// # Errors
/// As [`read_facts`].
pub fn read_facts_knowing(
    source: &dyn Source,
    content: Option<&dyn Source>,
    digests: &[Digest],
) -> Result<DocumentFacts, Error> {
    let read = reading::read(source)?;
    let known = Known::default();
    known.attached.replace(read.content);
    known.beside.replace(digests.to_vec());
    let view = View { source, layout: &read.layout, signed_data: &read.signed_data, content, known };
    let mut facts = view.facts()?;
    facts.digests = vec![read.whole];
    Ok(facts)
}

/// The id of a signer, counted from 0.
pub(crate) fn signature_id(signer: usize) -> String {
    format!("Signature{}", signer.saturating_add(1))
}

/// A document whose parts were read.
pub(crate) struct View<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) layout: &'a Layout,
    pub(crate) signed_data: &'a SignedData,
    pub(crate) content: Option<&'a dyn Source>,
    pub(crate) known: Known,
}

impl View<'_> {
    /// The facts without digests of the whole.
    pub(crate) fn facts(&self) -> Result<DocumentFacts, Error> {
        let contents = Contents::new(self.source, self.layout, self.content, self.known.clone());
        let archive = Archive::new(self.source, self.layout, &contents)?;
        Budget::new("signers of a document", MOST_SIGNERS).spend(self.signed_data.signers().len() as u64)?;
        let mut budget = Unsigned::budget();
        let mut evidence = self.signed_data.evidence();
        let mut signers = Vec::new();
        for (position, info) in self.signed_data.signers().iter().enumerate() {
            let id = signature_id(position);
            let unsigned = Unsigned::read(info, &id, &mut budget)?;
            evidence.extend(&unsigned.evidence());
            signers.push((id, info, unsigned));
        }
        let mut found = Found { view: self, archive: &archive, contents: &contents, signatures: Vec::new() };
        for (id, info, unsigned) in &signers {
            found.signer(&Signer { id, info, unsigned });
        }
        let mut signatures = found.signatures;
        let mut findings = self.findings(&contents);
        findings.extend(self.attributes_as_content(&contents, &mut signatures)?);
        let evidence_records = embedded_records::facts(&Whereabouts {
            source: self.source,
            signers: &signers,
            evidence: &evidence,
            contents: &contents,
        })?;
        contents.finish()?;
        Ok(DocumentFacts {
            signatures,
            evidence_records,
            evidence,
            findings,
            ..DocumentFacts::new(DocumentFormat::Cades, self.source.length(), Vec::new())
        })
    }

    fn findings(&self, contents: &Contents<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let after = self.source.length().saturating_sub(self.layout.content_info.end);
        if after > 0 {
            // Padding is harmless. Anything else may be what another program shows as the file.
            let severity = if self.is_padded(after) { Severity::Warning } else { Severity::Error };
            let finding = Finding { severity, ..Finding::warning("data-after-cms") };
            findings.push(finding.with("count", after));
        }
        if contents.agree() == Some(false) {
            findings.push(Finding::error("content-differs-from-attached").clause("RFC 5652 §5.2"));
        }
        findings
    }

    /// Whether nothing but zeros and white space stands in the last octets of the file.
    fn is_padded(&self, count: u64) -> bool {
        let harmless = |octet: &u8| matches!(octet, 0 | b'\t' | b'\n' | b'\r' | b' ');
        count <= LONGEST_PADDING
            && read_range(self.source, self.layout.content_info.end, count)
                .is_ok_and(|bytes| bytes.iter().all(harmless))
    }

    /// The signature of signed attributes, shown as one over content made of them.
    fn attributes_as_content(
        &self,
        contents: &Contents<'_>,
        signatures: &mut [SignatureFacts],
    ) -> Result<Option<Finding>, Error> {
        let bare = |signature: &SignatureFacts| {
            signature.findings.iter().any(|finding| finding.code == "cms-no-signed-attributes")
        };
        if !signatures.iter().any(|signature| signature.countersigns.is_none() && bare(signature)) {
            return Ok(None);
        }
        let mut octets = Vec::new();
        contents.read(&mut |part| {
            // Once there are too many the rest doesn't matter.
            if octets.len() as u64 <= LONGEST_ATTRIBUTES {
                octets.extend_from_slice(part);
            }
        })?;
        if octets.len() as u64 > LONGEST_ATTRIBUTES || !is_set_of_attributes(&octets) {
            return Ok(None);
        }
        for signature in signatures.iter_mut().filter(|signature| bare(signature)) {
            signature.signed = None;
        }
        Ok(Some(Finding::error("content-is-set-of-attributes").clause("RFC 5652 §5.4")))
    }
}

/// Signatures as they are found: each signer, then its countersignatures.
struct Found<'a> {
    view: &'a View<'a>,
    archive: &'a Archive<'a>,
    contents: &'a Contents<'a>,
    signatures: Vec<SignatureFacts>,
}

impl Found<'_> {
    /// A file doesn't say that CAdES was meant: what CAdES asks for besides CMS is the policy's question.
    fn signer(&mut self, signer: &Signer<'_>) {
        let mut digest = |algorithm| self.contents.digest(algorithm);
        let view = self.view;
        let facts = signer_facts(view.signed_data, signer, Some(self.archive), Profile::Cms, &mut digest);
        let level = self.level(facts.level, signer.unsigned);
        let coverage =
            if view.signed_data.is_attached() { Coverage::WholeDocument } else { Coverage::External };
        self.signatures.push(signature(signer.id, None, coverage, level, facts));
        for one in &signer.unsigned.countersignatures {
            self.countersignature(one, signer.id, signer.info);
        }
    }

    /// Made over a value and with it over all that the value signs; asked for nothing but what CMS asks (RFC 5652 §11.4).
    fn countersignature(&mut self, one: &Countersignature, over: &str, value_of: &SignerInfo) {
        let mut digest = |algorithm| hsign_crypto::digest(algorithm, value_of.signature()).ok();
        let signer = Signer { id: &one.id, info: &one.signer, unsigned: &one.unsigned };
        let facts = signer_facts(self.view.signed_data, &signer, None, Profile::Cms, &mut digest);
        let level = facts.level;
        self.signatures.push(signature(&one.id, Some(over), Coverage::Signature, level, facts));
        for inner in &one.unsigned.countersignatures {
            self.countersignature(inner, &one.id, &one.signer);
        }
    }

    /// Presence only (EN 319 122-1): revocation data beside the signers or in attributes, an archive time stamp over them.
    fn level(&self, level: Level, unsigned: &Unsigned) -> Level {
        let beside = self.view.signed_data;
        let has_revocation =
            !beside.crls().is_empty() || !beside.ocsp_responses().is_empty() || unsigned.has_revocation();
        let archived = unsigned.stamps.iter().any(|stamp| stamp.kind.is_archive());
        match level {
            Level::BT if has_revocation && archived => Level::BLta,
            Level::BT if has_revocation => Level::BLt,
            level => level,
        }
    }
}

fn signature(
    id: &str,
    countersigns: Option<&str>,
    coverage: Coverage,
    level: Level,
    facts: SignerFacts,
) -> SignatureFacts {
    SignatureFacts {
        countersigns: countersigns.map(str::to_owned),
        metadata: facts.metadata,
        claimed_signing_time: facts.claimed_signing_time,
        policy: facts.policy,
        // What travels beside the signers is told once, for the document.
        signed: facts.signed,
        timestamps: facts.timestamps,
        findings: facts.findings,
        ..SignatureFacts::new(id.to_owned(), level, coverage)
    }
}

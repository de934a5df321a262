//! Time-stamp attributes of a signer (EN 319 122-1).

use hsign_cms::{Attributes, SignerInfo};
use hsign_core::facts::{Covered, TimestampFacts, TimestampKind};
use hsign_core::{Digest, DigestAlgorithm};
use hsign_tsp::{Token, token_facts};

use crate::archive::{Archive, Signer, not_judged};
use crate::unsigned::{Stamp, StampKind, Unsigned};
use crate::values;

type DigestOf<'a> = dyn FnMut(DigestAlgorithm) -> Option<Digest> + 'a;

const CONTENT_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.20";

/// Every time stamp of the signer, each with the digest of what it covers. Those over more than content or value need
/// the document around the signer; without it they are told but not judged.
pub(crate) fn all(
    signer: &Signer<'_>,
    archive: Option<&Archive<'_>>,
    digest_of_content: &mut DigestOf<'_>,
) -> Vec<TimestampFacts> {
    let mut found = of_content(signer.info, signer.id, digest_of_content);
    let Unsigned { stamps, .. } = signer.unsigned;
    let own = |stamp: &&Stamp| stamp.kind == StampKind::Signature;
    found.extend(stamps.iter().filter(own).map(|stamp| over_value(signer, stamp)));
    for stamp in stamps.iter().filter(|stamp| !own(stamp)) {
        found.push(match archive {
            Some(archive) => archive.facts(signer, stamp),
            None => {
                let id = stamp.id.clone();
                let kind = TimestampKind::Archive;
                let mut facts = facts(id, kind, &stamp.token, Vec::new(), &mut |_| None);
                facts.findings.push(not_judged(stamp.kind));
                facts
            }
        });
    }
    found
}

fn of_content(
    info: &SignerInfo,
    signature: &str,
    digest_of_content: &mut DigestOf<'_>,
) -> Vec<TimestampFacts> {
    let values = info.signed_attributes().into_iter().flat_map(content_stamps);
    let mut found = Vec::new();
    for (number, token) in (1..).zip(values) {
        let id = format!("{signature}/content-time-stamp-{number}");
        let covers = vec![Covered::SignedData { signature: signature.to_owned() }];
        found.push(facts(id, TimestampKind::Content, token, covers, digest_of_content));
    }
    found
}

fn content_stamps(attributes: &Attributes) -> impl Iterator<Item = &[u8]> {
    attributes.values(CONTENT_TIMESTAMP)
}

/// RFC 3161 appendix A.
fn over_value(signer: &Signer<'_>, stamp: &Stamp) -> TimestampFacts {
    let covers = vec![Covered::SignatureValue { signature: signer.id.to_owned() }];
    let mut of_value = |algorithm| hsign_crypto::digest(algorithm, signer.info.signature()).ok();
    facts(stamp.id.clone(), TimestampKind::Signature, &stamp.token, covers, &mut of_value)
}

pub(crate) fn facts(
    id: String,
    kind: TimestampKind,
    token: &[u8],
    covers: Vec<Covered>,
    digest: &mut DigestOf<'_>,
) -> TimestampFacts {
    let (mut read, findings) = token_facts(token, digest);
    if let Some(read) = &mut read {
        read.signed.evidence.extend(&values::of_token(token));
    }
    let token = Token::parse(token).map_or_else(|_| token.to_vec(), |token| token.bytes().to_vec());
    TimestampFacts { id, kind, token: token.into(), covers, read, findings }
}

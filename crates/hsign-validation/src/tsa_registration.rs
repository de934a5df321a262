//! What the registry of trust lacks for a time-stamp authority: told with what to do about it.

use hsign_core::Finding;
use hsign_core::facts::TokenFacts;
use hsign_pki::{Accreditation, TrustEntry, TrustKind};
use hsign_x509::Certificate;

use crate::chain::Chain;
use crate::names::shown_subject;
use crate::{Conclusion, Context, SubIndication};

/// An authority that nobody knows: what to import, and from whom.
pub(crate) fn unknown(tsa: &Certificate, status: Conclusion) -> Option<Finding> {
    (status.sub_indication() == Some(SubIndication::NoCertificateChainFound)).then(|| {
        Finding::error("tsa-unknown")
            .clause("guideline 5.2 §6.12 C2(1)")
            .with("tsa", shown_subject(tsa))
            .with("issuer", tsa.issuer())
            .with("sha256", tsa.sha256_hex())
    })
}

/// An accreditation that the registry knows, for another time than the stamp's.
pub(crate) fn not_then(chain: &Chain, read: &TokenFacts, context: &Context<'_>) -> Option<Finding> {
    let then = read.gen_time.0;
    let entry = registered(chain, read, context)
        .filter(|entry| entry.accreditation != Accreditation::None && !entry.holds_at(then))
        .max_by_key(|entry| entry.to)?;
    let mut finding = Finding::info("tsa-accreditation-not-then")
        .clause("guideline 5.2 §6.12 C2(1)")
        .with("accreditation", entry.accreditation.name())
        .with("gen_time", read.gen_time);
    for (name, limit) in
        [("from", entry.from.filter(|from| then < *from)), ("to", entry.to.filter(|to| *to < then))]
    {
        if let Some(limit) = limit {
            finding = finding.with(name, limit);
        }
    }
    Some(finding)
}

/// The registry's entries that speak of tokens like this one by an authority on this path. An entry that names
/// token policies speaks for tokens under these only.
pub(crate) fn registered<'a>(
    chain: &'a Chain,
    read: &'a TokenFacts,
    context: &'a Context<'_>,
) -> impl Iterator<Item = &'a TrustEntry> {
    let path = chain.path.certificates();
    context
        .trust
        .entries()
        .iter()
        .filter(|entry| entry.kind == TrustKind::Tsa && entry.confirmed)
        .filter(move |entry| path.iter().any(|certificate| certificate.sha256() == entry.sha256))
        .filter(|entry| entry.policies.is_empty() || entry.policies.contains(&read.policy))
}

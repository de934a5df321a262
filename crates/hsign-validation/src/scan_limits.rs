//! Scanned pages against what is asked of them for a kind of document (guideline 5.2 §9.1 C1, §9.5 C1). All of it is told,
//! none of it decides: whether a scan is good enough for treatment is for people to see.

use std::collections::BTreeMap;

use hsign_core::Finding;
use hsign_core::facts::{DocumentFacts, ScanFacts, ScanLimits, ScanMode};

use crate::{Context, SignatureVerdict};

const CLAUSE: &str = "guideline 5.2 §9.1 C1";
const PAPER_KEPT: &str = "guideline 5.2 §9.5 C1";

/// What of the scan stays below the limits: one finding for each kind, with the pages it concerns.
#[must_use]
pub fn scan_findings(scan: &ScanFacts, limits: &ScanLimits, mode: Option<ScanMode>) -> Vec<Finding> {
    let kept = limits.paper_kept.as_deref().filter(|_| mode == Some(ScanMode::PaperKept));
    let (limits, clause) = kept.map_or((limits, CLAUSE), |kept| (kept, PAPER_KEPT));
    let mut found = Shortcomings { clause, by_code: BTreeMap::new() };
    for image in &scan.images {
        if let (Some(limit), Some(dpi)) = (limits.min_dpi, image.dpi)
            && dpi < limit
        {
            found.add("scan-resolution-low", image.page, Some((dpi, limit)), "");
        }
        if limits.min_dpi.is_some() && image.dpi.is_none() {
            found.add("scan-resolution-unknown", image.page, None, "");
        }
        if let (Some(limit), Some(bits)) = (limits.min_bits_per_pixel, image.bits_per_pixel)
            && bits < limit
        {
            found.add("scan-colour-depth-low", image.page, Some((bits, limit)), "");
        }
        if !limits.lossy_allowed && image.lossy == Some(true) {
            found.add("scan-lossy-compression", image.page, None, &image.compression);
        }
    }
    found.findings().chain(scan.findings.iter().cloned()).collect()
}

/// The same for a document that was judged, by the class asked for and the mode its signatures state.
pub(crate) fn of_document(
    facts: &DocumentFacts,
    signatures: &[SignatureVerdict],
    context: &Context<'_>,
) -> Vec<Finding> {
    let limits = context.document_class.and_then(|class| class.scan.as_ref());
    let (Some(scan), Some(limits)) = (&facts.scan, limits) else { return Vec::new() };
    let mode = signatures.iter().filter_map(|one| one.metadata()).find_map(|said| said.scan_mode);
    scan_findings(scan, limits, mode)
}

/// The worst value of each kind, and the pages.
struct Shortcomings<'a> {
    clause: &'a str,
    by_code: BTreeMap<&'static str, Shortcoming>,
}

struct Shortcoming {
    pages: Vec<u32>,
    worst: Option<(u32, u32)>,
    compression: String,
}

/// Pages named in one finding.
const MOST_PAGES: usize = 8;

impl Shortcomings<'_> {
    fn add(&mut self, code: &'static str, page: u32, value: Option<(u32, u32)>, compression: &str) {
        let known = self.by_code.entry(code).or_insert_with(|| Shortcoming {
            pages: Vec::new(),
            worst: value,
            compression: compression.to_owned(),
        });
        if known.pages.last() != Some(&page) {
            known.pages.push(page);
        }
        known.worst = known.worst.min(value);
    }

    fn findings(self) -> impl Iterator<Item = Finding> {
        let clause = self.clause.to_owned();
        self.by_code.into_iter().map(move |(code, found)| {
            let shown: Vec<String> = found.pages.iter().take(MOST_PAGES).map(u32::to_string).collect();
            let more = if found.pages.len() > MOST_PAGES { ", ..." } else { "" };
            let mut finding =
                Finding::warning(code).clause(&clause).with("pages", format!("{}{more}", shown.join(", ")));
            if let Some((value, limit)) = found.worst {
                finding = finding.with("found", value).with("limit", limit);
            }
            if !found.compression.is_empty() {
                finding = finding.with("compression", found.compression);
            }
            finding
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hsign_core::facts::ScanImage;

    fn image(page: u32, dpi: Option<u32>, bits: u32, lossy: bool) -> ScanImage {
        ScanImage {
            page,
            pixels: (100, 100),
            dpi,
            bits_per_pixel: Some(bits),
            compression: if lossy { "DCTDecode" } else { "FlateDecode" }.to_owned(),
            lossy: Some(lossy),
        }
    }

    fn limits() -> ScanLimits {
        ScanLimits {
            min_dpi: Some(200),
            min_bits_per_pixel: Some(8),
            paper_kept: Some(Box::new(ScanLimits {
                min_dpi: Some(150),
                lossy_allowed: true,
                ..ScanLimits::default()
            })),
            ..ScanLimits::default()
        }
    }

    fn codes(images: Vec<ScanImage>, mode: Option<ScanMode>) -> Vec<String> {
        let scan = ScanFacts { images, ..ScanFacts::default() };
        scan_findings(&scan, &limits(), mode).into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn guideline_9_1_c1_less_than_asked_for_is_warned_about_by_kind() {
        assert_eq!(codes(vec![image(1, Some(200), 8, false)], None), [""; 0]);
        let poor = vec![image(1, Some(150), 1, true), image(2, None, 24, false)];
        assert_eq!(
            codes(poor, None),
            [
                "scan-colour-depth-low",
                "scan-lossy-compression",
                "scan-resolution-low",
                "scan-resolution-unknown"
            ]
        );
    }

    #[test]
    fn guideline_9_5_c1_paper_that_is_kept_allows_less() {
        assert_eq!(codes(vec![image(1, Some(150), 1, true)], Some(ScanMode::PaperKept)), [""; 0]);
        assert_eq!(
            codes(vec![image(1, Some(149), 1, true)], Some(ScanMode::PaperKept)),
            ["scan-resolution-low"]
        );
    }

    #[test]
    fn the_worst_page_is_told_and_all_are_named() {
        let scan = ScanFacts {
            images: (1..=10).map(|page| image(page, Some(200 - page), 8, false)).collect(),
            ..ScanFacts::default()
        };
        let [finding] = scan_findings(&scan, &limits(), None).try_into().unwrap();
        assert_eq!(finding.values["found"], "190");
        assert_eq!(finding.values["pages"], "1, 2, 3, 4, 5, 6, 7, 8, ...");
    }
}

//! What scanned images are made of, and what is asked of them.

use serde::{Deserialize, Serialize};

use crate::Finding;

/// The images of a document that look like scanned pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanFacts {
    /// How the images are kept: `pdf`, `tiff`, `jpeg`, `png`, `dicom`; `asic` for the files of a container.
    pub format: String,
    /// Pages or frames that were looked at.
    pub pages: u32,
    /// The images, page by page.
    pub images: Vec<ScanImage>,
    /// What could not be read, or was not looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// One image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanImage {
    /// The page that shows it, counted from 1.
    pub page: u32,
    /// Pixels across and down.
    pub pixels: (u32, u32),
    /// Pixels for an inch in the worse direction, where the size on paper is known.
    pub dpi: Option<u32>,
    /// Bits for a pixel, all colours together; `None` where only decoding would tell.
    pub bits_per_pixel: Option<u32>,
    /// How it is compressed, by the format's own name; `none` where it isn't.
    pub compression: String,
    /// Whether the compression loses something; `None` where that can't be told.
    pub lossy: Option<bool>,
}

/// What is asked of scans of a kind of document (guideline 5.2 §9.1 C1). An absent number asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanLimits {
    /// Pixels for an inch at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_dpi: Option<u32>,
    /// Bits for a pixel at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_bits_per_pixel: Option<u32>,
    /// Whether lossy compression is warned about.
    #[serde(default)]
    pub lossy_allowed: bool,
    /// What is asked where the paper is kept as well (§9.5); absent: the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper_kept: Option<Box<ScanLimits>>,
    /// Where the numbers come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

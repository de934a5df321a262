use serde::{Deserialize, Serialize};

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// PDF.
    Pdf,
    /// TIFF.
    Tiff,
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// A DICOM object (part 10 file).
    Dicom,
    /// Something else, which isn't signed here.
    Other,
}

/// Where readers of PDF look for the end.
const PDF_END: usize = 1024;

impl Kind {
    /// By its first bytes; the name says nothing.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
        // A container may begin with a PDF file inside.
        if head.starts_with(b"PK\x03\x04") {
            return Self::Other;
        }
        if head.windows(5).any(|five| five == b"%PDF-") {
            return Self::Pdf;
        }
        if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
            return Self::Tiff;
        }
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            return Self::Jpeg;
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Self::Png;
        }
        if bytes.get(128..132) == Some(b"DICM") { Self::Dicom } else { Self::Other }
    }

    /// Whether its end is there, as far as the format tells: a scanner or a copy over the network may still be
    /// writing.
    #[must_use]
    pub fn is_complete(self, bytes: &[u8]) -> bool {
        let tail = |length: usize| bytes.get(bytes.len().saturating_sub(length)..).unwrap_or_default();
        match self {
            Self::Pdf => tail(PDF_END).windows(5).any(|five| five == b"%%EOF"),
            Self::Png => tail(12).windows(4).any(|four| four == b"IEND"),
            // Some scanners fill up behind the end.
            Self::Jpeg => tail(64).windows(2).any(|two| two == [0xff, 0xd9]),
            Self::Tiff => tiff_directories_are_there(bytes),
            // A DICOM file has no mark at its end.
            Self::Dicom => bytes.len() > 132,
            Self::Other => true,
        }
    }

    /// Its name in logs and lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Tiff => "tiff",
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Dicom => "dicom",
            Self::Other => "other",
        }
    }
}

/// The chain of directories ends inside the file. Most writers put the directory behind its image.
fn tiff_directories_are_there(bytes: &[u8]) -> bool {
    let little = bytes.starts_with(b"II");
    let number = |at: usize, size: usize| -> Option<usize> {
        let field = bytes.get(at..at.checked_add(size)?)?;
        let add = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        Some(if little { field.iter().rev().fold(0, add) } else { field.iter().fold(0, add) })
    };
    let next = |at: usize| number(at.checked_add(2)?.checked_add(number(at, 2)?.checked_mul(12)?)?, 4);
    let mut at = number(4, 4);
    for _ in 0..10_000 {
        match at {
            Some(0) => return true,
            Some(directory) => at = next(directory),
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiff(little: bool) -> Vec<u8> {
        let number = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            if little {
                bytes.reverse();
            }
            bytes
        };
        let magic = if little { b"II*\0" } else { b"MM\0*" };
        let image = [0x55; 20];
        [&magic[..], &number(&[0, 0, 0, 28]), &image, &number(&[0, 1]), &[0; 12], &number(&[0; 4])].concat()
    }

    #[test]
    fn a_file_is_complete_when_its_end_is_there() {
        let mut dicom = vec![0; 128];
        dicom.extend(b"DICM\x02\0");
        let whole: [(Kind, Vec<u8>); 6] = [
            (Kind::Pdf, b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\nstartxref\n9\n%%EOF\n".to_vec()),
            (Kind::Png, b"\x89PNG\r\n\x1a\n....\0\0\0\0IEND\xaeB`\x82".to_vec()),
            (Kind::Jpeg, b"\xff\xd8\xff\xe0......\xff\xd9".to_vec()),
            (Kind::Tiff, tiff(true)),
            (Kind::Tiff, tiff(false)),
            (Kind::Dicom, dicom),
        ];
        for (kind, bytes) in whole {
            assert_eq!(Kind::of(&bytes), kind);
            assert!(kind.is_complete(&bytes), "{kind:?}");
            for length in 0..bytes.len() {
                let cut = &bytes[..length];
                // What the last line end or a DICOM file's last byte is can't be told.
                let nearly = kind == Kind::Dicom
                    || length + 2 > bytes.len()
                    || (kind == Kind::Png && length + 4 >= bytes.len());
                if Kind::of(cut) == kind && !nearly {
                    assert!(!kind.is_complete(cut), "{kind:?} cut at {length}");
                }
            }
        }
        assert_eq!(Kind::of(b"a letter"), Kind::Other);
        assert_eq!(Kind::of(b""), Kind::Other);
        assert_eq!(Kind::of(b"PK\x03\x04 scan.pdf %PDF-1.7"), Kind::Other);
    }
}

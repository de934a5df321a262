//! Marks that tell a damaged signed document from a file that only begins like one.
//!
//! An archive holds web pages, pictures and what devices write: files that begin with `<`, or have the header of a PDF
//! file somewhere inside. Nobody signed them, so that there is nothing to verify; a signed document that can't be read is
//! for somebody to look at.

use std::io;

use hsign_core::{Source, any_window};
use memchr::memmem;

use crate::{InputFormat, input_format};

/// The namespace without which XML has no signature (XMLDSig).
const XMLDSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// DICOM PS3.10 §7.1: behind a preamble of 128 octets.
const DICOM: (u64, &[u8; 4]) = (128, b"DICM");

/// Whether a file that can't be read by its format is a signed document all the same.
pub(super) fn is_signed_document(source: &dyn Source) -> io::Result<bool> {
    match input_format(source)? {
        InputFormat::Other => Ok(false),
        InputFormat::Pdf => Ok(!is_dicom(source)),
        InputFormat::Xml => {
            let wide =
                |order: fn(u16) -> [u8; 2]| XMLDSIG.encode_utf16().flat_map(order).collect::<Vec<u8>>();
            let (little, big) = (wide(u16::to_le_bytes), wide(u16::to_be_bytes));
            holds_any(source, &[XMLDSIG.as_bytes(), &little, &big])
        }
        _ => Ok(true),
    }
}

fn is_dicom(source: &dyn Source) -> bool {
    let mut there = [0; 4];
    source.read_exact_at(DICOM.0, &mut there).is_ok() && there == *DICOM.1
}

/// Whether any of these stands anywhere.
fn holds_any(source: &dyn Source, marks: &[&[u8]]) -> io::Result<bool> {
    let longest = marks.iter().map(|mark| mark.len()).max().unwrap_or(0);
    any_window(source, longest, |window| marks.iter().any(|mark| memmem::find(window, mark).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_across_windows() {
        const MEBIBYTE: usize = 1 << 20;
        let mut bytes = vec![b' '; 3 * MEBIBYTE];
        bytes[0] = b'<';
        assert!(!is_signed_document(&bytes).unwrap());
        for place in [1, MEBIBYTE - 17, 2 * MEBIBYTE - 60, 3 * MEBIBYTE - XMLDSIG.len()] {
            let mut bytes = bytes.clone();
            bytes[place..place + XMLDSIG.len()].copy_from_slice(XMLDSIG.as_bytes());
            assert!(is_signed_document(&bytes).unwrap(), "{place}");
        }
    }
}

//! JPEG 2000 (ITU-T T.800) code streams: whether the wavelet is the one that can be undone.

/// The start of a code stream with its size marker, which comes at once.
const START: &[u8] = b"\xff\x4f\xff\x51";

/// Whether the image loses something: the irreversible wavelet always does. The reversible one may have been cut off, so
/// that nothing can be told; a code stream that isn't found tells nothing either.
pub(crate) fn is_lossy(bytes: &[u8]) -> Option<bool> {
    let start = bytes.windows(START.len()).position(|window| window == START)?;
    let mut at = start + 2;
    loop {
        let marker = bytes.get(at..at + 2)?;
        let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
        match marker {
            // COD: Scod, progression, layers (2), component transform, levels, width, height, style, wavelet.
            [0xff, 0x52] => return (*bytes.get(at + 4 + 9)? == 0).then_some(true),
            [0xff, 0x90 | 0x93] => return None,
            _ => at = at.checked_add(2)?.checked_add(length.max(2))?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(wavelet: u8) -> Vec<u8> {
        let size = [&b"\xff\x51\x00\x04"[..], &[0, 0]].concat();
        let style = [&b"\xff\x52\x00\x0c"[..], &[0, 0, 0, 1, 0, 5, 4, 4, 0, wavelet]].concat();
        [&b"jP  box"[..], b"\xff\x4f", &size, &style, b"\xff\x90\x00\x0a"].concat()
    }

    #[test]
    fn the_wavelet_tells() {
        assert_eq!(is_lossy(&stream(0)), Some(true));
        assert_eq!(is_lossy(&stream(1)), None);
        assert_eq!(is_lossy(b"nothing"), None);
        for length in 0..stream(0).len() {
            let _ = is_lossy(&stream(0)[..length]);
        }
    }
}

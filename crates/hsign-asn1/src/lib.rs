//! Decoded values together with the exact bytes they came from: BER tolerated when reading, DER only when writing.

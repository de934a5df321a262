//! PDF revisions, an append-only writer, and signature dictionaries with their byte positions.

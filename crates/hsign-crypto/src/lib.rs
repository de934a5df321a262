//! Digests and signature verification on OpenSSL: whether bytes verify, never whether an algorithm is acceptable.

//! RFC 3161 requests, responses and tokens, and what binds a token to its bytes.

//! RFC 3161 requests, responses and tokens, and what binds a token to its bytes.
//!
//! Real authorities write BER, fractions of seconds, negative nonces, and put attribute certificates
//! beside their own; all of that is read. Whether an authority is trusted is not asked here.

mod binding;
mod certificate;
mod error;
mod facts;
mod request;
mod response;
mod structure;
mod token;
mod tst_info;

pub use binding::{Expected, check_binding};
pub use error::Error;
pub use facts::token_facts;
pub use request::{TimestampRequest, nonce};
pub use response::TimestampResponse;
pub use token::Token;
pub use tst_info::TstInfo;

/// id-kp-timeStamping (RFC 3161 §2.3).
pub const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
/// id-ct-TSTInfo (RFC 3161 §2.4.2).
pub const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
/// id-aa-timeStampToken, the unsigned attribute that holds a signature time stamp (RFC 3161 appendix A).
pub const SIGNATURE_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.14";

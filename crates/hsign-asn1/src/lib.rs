//! Decoded values together with the exact bytes they came from: BER tolerated when reading, DER only when
//! writing.
//!
//! [`Reader`] walks tag-length-value elements (X.690) and hands out slices of the input, so that whatever
//! was hashed or signed stays the bytes that arrived; [`SourceReader`] does so for what is too large to hold. The typed readers ([`oid_to_string`], [`time()`],
//! [`string()`], [`integer_u64`], …) take such elements; [`encode`] writes DER.

mod ber;
mod encoded;
mod error;
mod integer;
mod lint;
mod octets;
mod oid;
mod reader;
mod source;
mod string;
mod tag;
mod time;

pub mod encode;

pub use ber::normalise_to_der;
pub use encoded::Encoded;
pub use error::{Error, Reason};
pub use integer::{boolean, integer_i64, integer_is_minimal, integer_u64, unsigned_bytes};
pub use lint::{Violation, der_violations};
pub use octets::{BitString, bit_string, octet_string};
pub use oid::{check_oid, oid, oid_contents, oid_to_string};
pub use reader::{MAXIMUM_DEPTH, Reader, Rules, Tlv, single};
pub use source::{Place, SourceError, SourceReader};
pub use string::{is_string, string, string_contents};
pub use tag::{Class, Tag};
pub use time::{TimeForm, time, time_with_form};

//! Development only: a throw-away HPKI with people, test cards, a time-stamp authority, CRLs and OCSP, served over
//! HTTP on 127.0.0.1, with a clock and faults that tests set.
//!
//! Nothing here uses another crate of this project: certificates, lists and tokens are written in plain DER and
//! signed by OpenSSL, so that a mistake of ours cannot cancel itself out.
//!
//! ```
//! use hsign_testkit::{Clock, Endpoint, Fault, Person, Testbed};
//!
//! # fn main() -> Result<(), hsign_testkit::Error> {
//! let testbed = Testbed::start_at(Clock::fixed(1_790_000_000))?;
//! let doctor = testbed.person(Person::Doctor);
//! assert!(doctor.pkcs12_path().exists());
//! testbed.queue_fault(Endpoint::Tsa, Fault::WrongNonce);
//! testbed.clock().advance(3_600);
//! # Ok(())
//! # }
//! ```

mod clock;
mod der;
mod dice;
pub mod documents;
mod error;
mod faults;
mod folder;
mod http;
pub mod keys;
pub mod manipulations;
mod pki;
pub mod postgres;
mod registry;
mod remote;
pub mod softhsm;
mod testbed;
mod tsa;

pub use clock::{Clock, DAY, Seconds, YEAR};
pub use dice::Dice;
pub use error::Error;
pub use faults::{Endpoint, Fault};
pub use folder::write_folder;
pub use http::{ListenerOptions, RecordedRequest, Request, Tls, TlsFacts};
pub use pki::ocsp::OcspError;
pub use pki::{Authority, Ca, CrlName, Identity, PASSPHRASE, Person, Pki, Protection, Revocation, Unit, oid};
pub use remote::{REMOTE_CLIENT, REMOTE_PIN, REMOTE_TOKEN, RemoteMode};
pub use testbed::{Files, Testbed};
pub use tsa::{EssCertId, Tsa, TsaOptions};

//! Runs the real command over a test PKI on the loopback interface: what its users see, and nothing else.

mod answer;
mod browser;
mod command;
mod day;
mod evidence_record;
mod qualification_evidence;
mod session;
mod terminal;
mod tokens;
mod unrefused;

pub use answer::Answer;
pub use browser::{Browser, Layout};
pub use command::program;
pub use day::today;
pub use evidence_record::record_around;
pub use qualification_evidence::completed;
pub use session::Session;
pub use terminal::Terminal;
pub use tokens::{HPKI_PIN, hpki_card, softhsm};
pub use unrefused::sign_unrefused;

/// Something that is needed and not on this machine: the test is skipped with a line, or fails under
/// `REQUIRE_ALL=1`.
///
/// # Panics
/// When everything is required.
pub fn missing(what: &str) {
    assert_ne!(std::env::var("REQUIRE_ALL").as_deref(), Ok("1"), "{what} is missing");
    println!("skipped: {what} is missing");
}

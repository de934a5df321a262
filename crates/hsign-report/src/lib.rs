//! A verdict as text and JSON, in Japanese and English.
//!
//! Nothing is judged here. Words are found by key in `messages/*.toml`; [`finding_message`] and
//! [`finding_hint`] make them for a finding, [`json`] and [`text`] for a whole verification.

mod json;
mod language;
mod message;
mod text;
mod verify_report;

pub use json::{findings_json, json};
pub use language::Language;
pub use message::{change_message, finding_hint, finding_message, printable, severity_word, sub_indication_message};
pub use text::{finding_lines, summary, text};
pub use verify_report::{DocumentReport, Outcome, VerifyReport};

//! A verdict as text, HTML, JSON and ETSI TS 119 102-2 XML, in Japanese and English.
//!
//! Nothing is judged here. Words are found by key in `messages/*.toml`; [`finding_message`] and
//! [`finding_hint`] make them for a finding, [`json`], [`text`], [`html`] and [`etsi_xml`] for a whole verification.

mod data_origin;
mod etsi;
mod html;
mod json;
mod language;
mod message;
mod plan;
mod profile;
mod text;
mod verify_report;
mod view;

pub use data_origin::{DataOrigin, data_origin};
pub use etsi::etsi_xml;
pub use html::html;
pub use json::{findings_json, json};
pub use language::Language;
pub use message::{
    change_message, finding_hint, finding_message, printable, severity_word, shown, sub_indication_message,
    word,
};
pub use plan::{Due, PlanReport, PlannedDocument, plan_json, plan_text};
pub use text::{finding_lines, summary, text};
pub use verify_report::{DocumentReport, Outcome, VerifyReport};

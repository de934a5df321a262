use askama::Template;

use crate::message::word;
use crate::view::ReportView;
use crate::{Language, VerifyReport};

/// The report as one HTML page that needs nothing else: for the screen, a phone, and A4 paper. Everything in it that
/// came from a file is escaped by the template engine.
#[must_use]
pub fn html(report: &VerifyReport<'_>, language: Language) -> String {
    let page = Page { view: ReportView::of(report, language) };
    // Writing to a string fails for no value that a view can hold.
    page.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    view: ReportView,
}

impl Page {
    fn lang(&self) -> &'static str {
        self.view.language.code()
    }

    fn word(&self, key: &str) -> String {
        word(key, self.view.language).to_owned()
    }
}

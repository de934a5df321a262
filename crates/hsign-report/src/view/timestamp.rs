use hsign_validation::TimestampVerdict;

use super::signature::{revocation, why};
use super::{Field, TimestampView, Tone, findings, named, status};
use crate::Language;
use crate::message::{phrase, printable, shown, word};

impl TimestampView {
    pub(super) fn of(verdict: &TimestampVerdict, language: Language) -> Self {
        let time =
            verdict.gen_time().map_or_else(|| word("unknown", language).to_owned(), |time| shown(time.0));
        let kind = named("kind", &verdict.kind(), language);
        Self {
            tone: Tone::of_indication(verdict.indication()),
            line: format!("{} - {time} ({kind})", status(verdict.indication(), language)),
            fields: fields(verdict, language),
            revocation: revocation(verdict.revocation(), language),
            findings: findings(verdict.findings(), language),
        }
    }
}

fn fields(verdict: &TimestampVerdict, language: Language) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut add = |key: &str, value: String| fields.push(Field::new(key, value, language));
    if let Some(why) = why(verdict.sub_indication(), language) {
        add("label.why", why);
    }
    if let Some(tsa) = verdict.tsa() {
        let until = phrase("tsa.until", "time", &shown(tsa.not_after()), language);
        add("label.tsa", format!("{} ({until})", printable(tsa.subject())));
        let key = format!("accreditation.{}", tsa.accreditation_name());
        add("label.accreditation", word(&key, language).to_owned());
    }
    add("label.integrity", named("integrity", &verdict.integrity(), language));
    fields
}

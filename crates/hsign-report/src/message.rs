use std::collections::BTreeMap;
use std::sync::LazyLock;

use hsign_core::facts::Change;
use hsign_core::{Finding, Severity, Time};
use hsign_validation::SubIndication;
use serde::Deserialize;

use crate::Language;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Messages {
    words: BTreeMap<String, String>,
    sub_indications: BTreeMap<String, String>,
    findings: BTreeMap<String, FindingWords>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FindingWords {
    message: String,
    hint: Option<String>,
}

static JA: LazyLock<Messages> = LazyLock::new(|| read(include_str!("../messages/ja.toml")));
static EN: LazyLock<Messages> = LazyLock::new(|| read(include_str!("../messages/en.toml")));

/// A test reads both files. Without words every message falls back to its key, so that nothing is lost.
fn read(text: &str) -> Messages {
    toml::from_str(text).unwrap_or_else(|_| Messages {
        words: BTreeMap::new(),
        sub_indications: BTreeMap::new(),
        findings: BTreeMap::new(),
    })
}

fn messages(language: Language) -> &'static Messages {
    match language {
        Language::Ja => &JA,
        Language::En => &EN,
    }
}

/// What a finding says; `None` for a code without words.
#[must_use]
pub fn finding_message(finding: &Finding, language: Language) -> Option<String> {
    let words = messages(language).findings.get(&finding.code)?;
    Some(fill(&words.message, &in_words(&finding.values, language)))
}

/// What a change after signing is, in words.
#[must_use]
pub fn change_message(change: &Change, language: Language) -> String {
    let mut finding = Finding::info(change.kind.code());
    finding.values = change.words();
    finding_text(&finding, language)
}

/// What would mend it, where that is known.
#[must_use]
pub fn finding_hint(finding: &Finding, language: Language) -> Option<String> {
    let words = messages(language).findings.get(&finding.code)?;
    Some(fill(words.hint.as_ref()?, &in_words(&finding.values, language))).filter(|hint| !hint.is_empty())
}

/// Accreditations by the names that people know, times as everywhere in the report; else as it is.
fn in_words(values: &BTreeMap<String, String>, language: Language) -> BTreeMap<String, String> {
    let named = |part: &str| {
        messages(language).words.get(&format!("accreditation.{part}")).map_or(part, String::as_str).to_owned()
    };
    let one = |(name, value): (&String, &String)| {
        let value = match name.as_str() {
            "accreditation" | "accepted" => value.split(" / ").map(named).collect::<Vec<_>>().join(" / "),
            _ => value.parse().map_or_else(|_| value.clone(), shown),
        };
        (name.clone(), value)
    };
    values.iter().map(one).collect()
}

/// The message, or failing that the code with its values: a finding is never silent.
pub(crate) fn finding_text(finding: &Finding, language: Language) -> String {
    finding_message(finding, language).unwrap_or_else(|| {
        let values = finding.values.iter().map(|(name, value)| format!(" {name}={}", printable(value)));
        format!("{}{}", finding.code, values.collect::<String>())
    })
}

/// What a sub-indication means.
#[must_use]
pub fn sub_indication_message(sub: SubIndication, language: Language) -> &'static str {
    messages(language).sub_indications.get(sub.name()).map_or(sub.name(), String::as_str)
}

/// "ERROR", "注意".
#[must_use]
pub fn severity_word(severity: Severity, language: Language) -> &'static str {
    let key = match severity {
        Severity::Error => "severity.error",
        Severity::Warning => "severity.warning",
        Severity::Info => "severity.info",
    };
    word(key, language)
}

/// A word or phrase by its key; the key itself if there is none.
#[must_use]
pub fn word(key: &str, language: Language) -> &str {
    messages(language).words.get(key).map_or(key, String::as_str)
}

/// A phrase with one value in it.
pub(crate) fn phrase(key: &str, name: &str, value: &str, language: Language) -> String {
    fill(word(key, language), &BTreeMap::from([(name.to_owned(), value.to_owned())]))
}

/// A phrase with several values in it.
pub(crate) fn phrase_with(key: &str, values: &[(&str, String)], language: Language) -> String {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    fill(word(key, language), &values)
}

/// Puts values into a template: `{name}` takes a value, `[text]` vanishes when one inside it is missing.
fn fill(template: &str, values: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find('[') {
        let (before, after) = rest.split_at(start);
        out.push_str(&fill_plain(before, values).0);
        let Some((inside, behind)) = after.get(1..).and_then(|after| after.split_once(']')) else {
            rest = after;
            break;
        };
        let (text, complete) = fill_plain(inside, values);
        if complete {
            out.push_str(&text);
        }
        rest = behind;
    }
    out.push_str(&fill_plain(rest, values).0);
    out
}

/// The text, and whether every value was there.
fn fill_plain(template: &str, values: &BTreeMap<String, String>) -> (String, bool) {
    let mut out = String::new();
    let mut complete = true;
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            rest = after;
            break;
        };
        match values.get(name).filter(|value| !value.is_empty()) {
            Some(value) => out.push_str(&printable(value)),
            None => {
                complete = false;
                out.push('?');
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    (out, complete)
}

/// Values come from files of strangers: control characters must not reach a terminal, nor must characters
/// that turn the direction of writing around.
#[must_use]
pub fn printable(value: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            // XML can't hold these.
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    value.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}

/// Japan's time, whole seconds: the documents are Japanese, and so are the certificates' day ends.
#[must_use]
pub fn shown(time: Time) -> String {
    const JAPAN_SECONDS: i64 = 9 * 3_600;
    let (year, month, day, hour, minute, second) = time.plus_seconds(JAPAN_SECONDS).utc();
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} +09:00")
}

#[cfg(test)]
pub(crate) fn keys(language: Language) -> Vec<String> {
    let messages = messages(language);
    let words = messages.words.keys().map(|key| format!("words {key}"));
    let subs = messages.sub_indications.keys().map(|key| format!("sub-indication {key}"));
    let findings = messages.findings.iter().flat_map(|(key, words)| {
        [Some(format!("finding {key}")), words.hint.as_ref().map(|_| format!("hint {key}"))]
    });
    words.chain(subs).chain(findings.flatten()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn values_are_put_in_and_incomplete_parts_vanish() {
        let template = "a {x}[ b {y}] c[ {z} d]";
        assert_eq!(fill(template, &values(&[("x", "1"), ("y", "2"), ("z", "3")])), "a 1 b 2 c 3 d");
        assert_eq!(fill(template, &values(&[("x", "1"), ("z", "3")])), "a 1 c 3 d");
        assert_eq!(fill(template, &values(&[])), "a ? c");
    }

    #[test]
    fn times_and_accreditations_are_shown_as_people_know_them() {
        let finding = Finding::error("accredited-stamp-too-late").with("gen_time", "2026-11-20T15:30:05.5Z");
        let message = finding_message(&finding, Language::En).unwrap();
        assert!(message.contains("(2026-11-21 00:30:05 +09:00)"), "{message}");
        let finding = Finding::error("tsa-not-accredited")
            .with("tsa", "T")
            .with("accreditation", "none")
            .with("accepted", "mic / jadac");
        let message = finding_message(&finding, Language::Ja).unwrap();
        assert!(message.contains("総務大臣認定 / 日本データ通信協会の旧認定"), "{message}");
    }

    #[test]
    fn a_value_is_text_and_never_a_template() {
        assert_eq!(fill("{x}", &values(&[("x", "{y} [z]"), ("y", "!")])), "{y} [z]");
    }

    #[test]
    fn control_and_direction_characters_never_reach_the_terminal() {
        let shown = fill("{x}", &values(&[("x", "a\u{1b}[31mb\u{202e}c\n")]));
        assert_eq!(shown, "a\u{fffd}[31mb\u{fffd}c\u{fffd}");
    }

    #[test]
    fn both_languages_have_the_same_keys() {
        assert!(!keys(Language::En).is_empty());
        assert_eq!(keys(Language::En), keys(Language::Ja));
    }

    #[test]
    fn both_languages_use_the_same_values() {
        let names = |text: &str| -> std::collections::BTreeSet<String> {
            text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_owned())).collect()
        };
        for (code, en) in &EN.findings {
            assert_eq!(names(&en.message), names(&JA.findings[code].message), "{code}");
        }
        for (key, en) in &EN.words {
            assert_eq!(names(en), names(&JA.words[key]), "{key}");
        }
    }

    #[test]
    fn every_sub_indication_has_words() {
        for sub in SubIndication::ALL {
            for language in Language::ALL {
                assert_ne!(sub_indication_message(*sub, language), sub.name());
            }
        }
    }

    #[test]
    fn a_finding_without_words_shows_its_code_and_values() {
        let finding = Finding::info("never-heard-of").with("x", 1);
        assert_eq!(finding_message(&finding, Language::En), None);
        assert_eq!(finding_text(&finding, Language::En), "never-heard-of x=1");
    }
}

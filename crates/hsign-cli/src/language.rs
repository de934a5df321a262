//! Which language to speak.

use std::ffi::OsString;

pub(crate) use hsign_report::Language;

/// `--lang` if it stands anywhere on the command line, else the locale. Needed before parsing, since help and
/// usage errors are spoken too.
pub(crate) fn choose(arguments: &[OsString], locale: Option<&str>) -> Language {
    named(arguments).unwrap_or_else(|| from_locale(locale))
}

fn named(arguments: &[OsString]) -> Option<Language> {
    let mut words = arguments.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--lang") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        match value {
            Some("ja") => return Some(Language::Ja),
            Some("en") => return Some(Language::En),
            _ => {}
        }
    }
    None
}

fn from_locale(locale: Option<&str>) -> Language {
    if locale.is_some_and(|locale| locale.starts_with("ja")) { Language::Ja } else { Language::En }
}

/// The locale by POSIX precedence: LC_ALL, LC_MESSAGES, LANG; an empty one counts as unset.
pub(crate) fn locale() -> Option<String> {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn the_option_wins_over_the_locale() {
        assert_eq!(choose(&words("hsign verify --lang en a.pdf"), Some("ja_JP.UTF-8")), Language::En);
        assert_eq!(choose(&words("hsign --lang=ja verify a.pdf"), Some("C")), Language::Ja);
        assert_eq!(choose(&words("hsign verify a.pdf"), Some("ja_JP.UTF-8")), Language::Ja);
        assert_eq!(choose(&words("hsign verify -- --lang=ja"), None), Language::En);
    }
}

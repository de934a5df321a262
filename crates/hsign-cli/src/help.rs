//! Help and usage errors in the user's language. The English text is the definition in `args`; the Japanese one
//! is laid over it from `messages/help.ja.toml`, by the path of sub-commands and the argument's name.

use std::collections::BTreeMap;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

use crate::language::Language;

/// `path of sub-commands` or `path:argument` → text.
type Texts = BTreeMap<String, String>;

const JAPANESE: &str = include_str!("../messages/help.ja.toml");

/// The command line's definition with its help in `language`.
pub(crate) fn localise(command: Command, language: Language) -> Command {
    match language {
        Language::En => command,
        Language::Ja => {
            let mut command = translate(command, "hsign", &japanese());
            // Names, and with them usage lines, are complete only now.
            command.build();
            translate_usage(command)
        }
    }
}

/// The usage line, which clap makes, with its one English word translated.
fn translate_usage(mut command: Command) -> Command {
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().replace("[OPTIONS]", "[オプション]");
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let mut command = command.override_usage(usage);
    for name in names {
        command = command.mut_subcommand(name, translate_usage);
    }
    command
}

fn japanese() -> Texts {
    toml::from_str(JAPANESE).unwrap_or_default()
}

fn translate(command: Command, path: &str, texts: &Texts) -> Command {
    let about = texts.get(path).cloned();
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let mut command = command
        .mut_args(|argument| translate_argument(argument, path, texts))
        .disable_help_flag(true)
        .arg(help_flag(texts))
        .subcommand_help_heading("コマンド")
        .subcommand_value_name("コマンド")
        .help_template("{about-with-newline}\n使い方: {usage}\n\n{all-args}{after-help}");
    if let Some(about) = about {
        command = command.about(about.clone()).long_about(about);
    }
    if path == "hsign" {
        command = command.disable_version_flag(true).arg(version_flag(texts));
        if let Some(after) = texts.get("exit-codes") {
            command = command.after_help(after.clone());
        }
    }
    for name in names {
        let below = format!("{path} {name}");
        command = command.mut_subcommand(name, |sub| translate(sub, &below, texts));
    }
    command
}

fn translate_argument(argument: Arg, path: &str, texts: &Texts) -> Arg {
    let name = argument.get_id().to_string();
    let text = texts.get(&format!("{path}:{name}")).or_else(|| texts.get(&format!("*:{name}"))).cloned();
    let heading = if argument.is_positional() { "引数" } else { "オプション" };
    // The Japanese text names values and default itself.
    let mut argument = argument.help_heading(heading);
    if takes_values(&argument) {
        argument = argument.hide_possible_values(true).hide_default_value(true);
    }
    match text {
        Some(text) => argument.help(text.clone()).long_help(StyledStr::from(text)),
        None => argument,
    }
}

fn takes_values(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::Set | ArgAction::Append)
}

fn help_flag(texts: &Texts) -> Arg {
    flag("help", 'h', ArgAction::Help, texts)
}

fn version_flag(texts: &Texts) -> Arg {
    flag("version", 'V', ArgAction::Version, texts)
}

fn flag(name: &'static str, short: char, action: ArgAction, texts: &Texts) -> Arg {
    Arg::new(name)
        .short(short)
        .long(name)
        .action(action)
        .help_heading("オプション")
        .help(texts.get(&format!("*:{name}")).cloned().unwrap_or_default())
}

/// A usage error as one sentence; the English wording is clap's own.
pub(crate) fn usage_error(error: &clap::Error, language: Language) -> String {
    if language == Language::En || is_display(error.kind()) {
        return error.render().to_string();
    }
    let context = |kind| error.get(kind).map(context_text).unwrap_or_default();
    let argument = context(ContextKind::InvalidArg);
    let sentence = match error.kind() {
        ErrorKind::UnknownArgument => format!("引数「{argument}」は使えません"),
        ErrorKind::MissingRequiredArgument => format!("必要な引数がありません: {argument}"),
        ErrorKind::InvalidSubcommand => {
            format!("コマンド「{}」はありません", context(ContextKind::InvalidSubcommand))
        }
        ErrorKind::ArgumentConflict => {
            format!("「{argument}」と「{}」は同時に使えません", context(ContextKind::PriorArg))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => format!(
            "「{argument}」の値「{}」は使えません{}",
            context(ContextKind::InvalidValue),
            allowed(&context(ContextKind::ValidValue))
        ),
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("「{argument}」の値の数が違います")
        }
        _ => return error.render().to_string(),
    };
    format!("エラー: {sentence}\nヒント: --help で使い方を表示します\n")
}

fn allowed(values: &str) -> String {
    if values.is_empty() { String::new() } else { format!("（使える値: {values}）") }
}

fn is_display(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    )
}

fn context_text(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn untranslated(command: &Command, path: &str, texts: &Texts, missing: &mut Vec<String>) {
        if !texts.contains_key(path) {
            missing.push(path.to_owned());
        }
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            let name = argument.get_id().as_str();
            if !texts.contains_key(&format!("{path}:{name}")) && !texts.contains_key(&format!("*:{name}")) {
                missing.push(format!("{path}:{name}"));
            }
        }
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            untranslated(sub, &format!("{path} {}", sub.get_name()), texts, missing);
        }
    }

    #[test]
    fn every_command_and_argument_has_japanese_help() {
        let texts: Texts = toml::from_str(JAPANESE).unwrap();
        let mut missing = Vec::new();
        untranslated(&crate::args::Arguments::command(), "hsign", &texts, &mut missing);
        assert!(missing.is_empty(), "messages/help.ja.toml lacks:\n{}", missing.join("\n"));
    }

    fn untold(command: &Command, path: &str, texts: &Texts, missing: &mut Vec<String>) {
        for argument in command.get_arguments().filter(|argument| takes_values(argument)) {
            let name = argument.get_id().as_str();
            let text = texts.get(&format!("{path}:{name}")).or_else(|| texts.get(&format!("*:{name}")));
            let text = text.cloned().unwrap_or_default();
            let values = argument.get_possible_values().into_iter().map(|value| value.get_name().to_owned());
            let defaults: Vec<_> =
                argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
            let default = (!defaults.is_empty()).then(|| format!("既定: {}", defaults.join(",")));
            let untold = values.chain(default).filter(|value| !text.contains(value.as_str()));
            missing.extend(untold.map(|value| format!("{path}:{name} {value}")));
        }
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            untold(sub, &format!("{path} {}", sub.get_name()), texts, missing);
        }
    }

    #[test]
    fn japanese_help_names_the_values_and_defaults_that_it_hides() {
        let texts: Texts = toml::from_str(JAPANESE).unwrap();
        let mut missing = Vec::new();
        untold(&crate::args::Arguments::command(), "hsign", &texts, &mut missing);
        assert!(missing.is_empty(), "messages/help.ja.toml lacks:\n{}", missing.join("\n"));
    }

    #[test]
    fn japanese_help_has_no_english_of_claps() {
        for words in [&["sign"][..], &["verify"], &["certificate", "verify"], &["trust", "import"], &[]] {
            let command = localise(crate::args::Arguments::command(), Language::Ja);
            let typed = std::iter::once("hsign").chain(words.iter().copied()).chain(["--help"]);
            let help = command.try_get_matches_from(typed).unwrap_err().render().to_string();
            for english in ["Possible values", "[default", "[OPTIONS]", "Usage", "Options:", "Commands:"] {
                assert!(!help.contains(english), "{words:?}: {english}\n{help}");
            }
        }
    }

    #[test]
    fn the_definition_is_sound_in_both_languages() {
        for language in [Language::En, Language::Ja] {
            localise(crate::args::Arguments::command(), language).debug_assert();
        }
    }

    #[test]
    fn usage_errors_are_in_the_users_language() {
        let command = localise(crate::args::Arguments::command(), Language::Ja);
        let error = command.try_get_matches_from(["hsign", "verify", "--nonsense", "x.pdf"]).unwrap_err();
        assert!(usage_error(&error, Language::Ja).contains("「--nonsense」は使えません"));
    }
}

use hsign_core::Time;
use serde::Deserialize;
use toml::value::Datetime;

/// A date or time in a file of ours, quoted or not.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Date {
    Text(String),
    Native(Datetime),
}

impl Date {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Native(date) => date.to_string(),
        }
    }

    /// The moment at which it begins: a bare date is a day in Japan (UTC+9), where these dates are set.
    pub(crate) fn beginning(&self) -> Result<Time, String> {
        first_moment(&self.text())
    }

    /// Its last second, for a bare date.
    pub(crate) fn end(&self) -> Result<Time, String> {
        last_moment(&self.text())
    }
}

/// The first moment of a date in Japan, or the RFC 3339 time that stands there.
///
/// # Errors
/// When it is neither; in words.
pub fn first_moment(text: &str) -> Result<Time, String> {
    moment(text, "00:00:00")
}

/// The last second of a date in Japan, or the RFC 3339 time that stands there.
///
/// # Errors
/// When it is neither; in words.
pub fn last_moment(text: &str) -> Result<Time, String> {
    moment(text, "23:59:59")
}

fn moment(text: &str, clock: &str) -> Result<Time, String> {
    let full = if text.len() == 10 { format!("{text}T{clock}+09:00") } else { text.to_owned() };
    full.parse().map_err(|_| format!("\"{text}\" is neither a date nor an RFC 3339 time"))
}

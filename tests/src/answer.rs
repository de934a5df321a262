use std::process::Output;

use serde_json::Value;

/// What a run of the command gave.
#[derive(Debug)]
pub struct Answer {
    /// The command line, for messages.
    pub line: String,
    /// The exit code; -1 after a signal.
    pub code: i32,
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: String,
}

impl Answer {
    pub(crate) fn new(line: String, output: Output) -> Self {
        Self {
            line,
            code: output.status.code().unwrap_or(-1),
            out: output.stdout,
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Standard output as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8(self.out.clone()).expect("UTF-8 on standard output")
    }

    /// Demands an exit code.
    ///
    /// # Panics
    /// When it is another one; shows both outputs.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Demands a text on standard error.
    ///
    /// # Panics
    /// When it isn't there.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "no \"{text}\" in {self}");
        self
    }

    /// Demands a text on standard output.
    ///
    /// # Panics
    /// When it isn't there.
    #[track_caller]
    pub fn prints(self, text: &str) -> Self {
        assert!(self.text().contains(text), "no \"{text}\" in {self}");
        self
    }

    /// Standard output as one JSON document.
    ///
    /// # Panics
    /// When it is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// The first document of a verification.
    ///
    /// # Panics
    /// When there is no JSON.
    #[track_caller]
    pub fn document(&self) -> Value {
        self.json()["documents"][0].clone()
    }

    /// The last signature of the first document.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn signature(&self) -> Value {
        let document = self.document();
        let signatures = document["signatures"].as_array().unwrap_or_else(|| panic!("no signatures: {self}"));
        signatures.last().unwrap_or_else(|| panic!("no signature: {self}")).clone()
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let out = String::from_utf8_lossy(&self.out);
        write!(f, "`{}`: exit code {}\n--- stdout\n{out}\n--- stderr\n{}", self.line, self.code, self.err)
    }
}

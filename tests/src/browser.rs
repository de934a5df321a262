//! Pages as a real browser lays them out.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::missing;

/// Chromium without a window.
pub struct Browser {
    folder: TempDir,
}

/// What was measured of a page in a frame of a given width.
#[derive(Debug)]
pub struct Layout {
    /// How wide the page wants to be, in CSS pixels.
    pub scroll_width: f64,
    /// How high it is.
    pub height: f64,
    /// The texts of elements that stick out of the frame on the right.
    pub sticking_out: Vec<String>,
    /// The size of the smallest text, in CSS pixels.
    pub smallest_text: f64,
    /// What people see, without markup.
    pub text: String,
}

/// Puts the measurements of the framed page where `--dump-dom` shows them.
const MEASURE: &str = r#"
const done = () => {
  const page = document.getElementById('page').contentDocument, root = page.documentElement, width = innerWidthOf();
  const all = [...page.body.querySelectorAll('*')];
  const texts = all.filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
  const out = {
    scroll_width: root.scrollWidth, height: root.scrollHeight,
    sticking_out: all.filter(e => e.getBoundingClientRect().right > width + 0.5).map(e => e.textContent.slice(0, 60)),
    smallest_text: Math.min(...texts.map(e => parseFloat(page.defaultView.getComputedStyle(e).fontSize))),
    text: page.body.innerText,
  };
  const bytes = new TextEncoder().encode(JSON.stringify(out));
  document.getElementById('out').textContent = [...bytes].map(b => b.toString(16).padStart(2, '0')).join('');
};
const innerWidthOf = () => document.getElementById('page').clientWidth;
"#;

impl Browser {
    /// The machine's Chromium; `None`, with a line, where there is none.
    ///
    /// # Panics
    /// When there is none and everything is required.
    #[must_use]
    pub fn find() -> Option<Self> {
        let version = Command::new("chromium").arg("--version").stderr(Stdio::null()).output();
        if version.is_ok_and(|output| output.status.success()) {
            return Some(Self { folder: tempfile::tempdir().expect("a folder") });
        }
        missing("chromium");
        None
    }

    /// Lays a page out in a frame of this width: a phone's, say, which is narrower than any window of the browser.
    ///
    /// # Panics
    /// When the browser fails.
    #[must_use]
    pub fn layout(&self, page: &Path, width: u32) -> Layout {
        let framed = self.framed(page, width, 900);
        let output = self.command().arg("--dump-dom").arg(url(&framed)).output().expect("chromium runs");
        let dom = String::from_utf8_lossy(&output.stdout).into_owned();
        let hex =
            between(&dom, "<pre id=\"out\">", "</pre>").unwrap_or_else(|| panic!("not measured: {dom}"));
        let bytes: Vec<u8> =
            (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[i * 2..i * 2 + 2], 16).unwrap()).collect();
        let value: Value = serde_json::from_slice(&bytes).expect("measurements");
        let number = |key: &str| value[key].as_f64().expect("a number");
        Layout {
            scroll_width: number("scroll_width"),
            height: number("height"),
            sticking_out: value["sticking_out"]
                .as_array()
                .unwrap()
                .iter()
                .map(|text| text.as_str().unwrap().to_owned())
                .collect(),
            smallest_text: number("smallest_text"),
            text: value["text"].as_str().unwrap().to_owned(),
        }
    }

    /// A picture (PNG) of the page in a frame.
    ///
    /// # Panics
    /// When the browser fails.
    pub fn screenshot(&self, page: &Path, width: u32, height: u32, picture: &Path) {
        let framed = self.framed(page, width, height);
        let size = format!("--window-size={},{height}", width.max(500));
        let output = self
            .command()
            .args(["--hide-scrollbars", &size])
            .arg(format!("--screenshot={}", picture.display()))
            .arg(url(&framed))
            .output()
            .expect("chromium runs");
        assert!(picture.is_file(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The page on paper, as a PDF file.
    ///
    /// # Panics
    /// When the browser fails.
    pub fn print(&self, page: &Path, pdf: &Path) {
        let output = self
            .command()
            .arg("--no-pdf-header-footer")
            .arg(format!("--print-to-pdf={}", pdf.display()))
            .arg(url(page))
            .output()
            .expect("chromium runs");
        assert!(pdf.is_file(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn framed(&self, page: &Path, width: u32, height: u32) -> PathBuf {
        let html = std::fs::read_to_string(page).expect("the page");
        let quoted = html.replace('&', "&amp;").replace('"', "&quot;");
        let text = format!(
            "<!DOCTYPE html><meta charset=\"utf-8\"><body style=\"margin:0\"><script>{MEASURE}</script>\
             <iframe id=\"page\" onload=\"done()\" style=\"border:0;width:{width}px;height:{height}px\" \
             srcdoc=\"{quoted}\"></iframe><pre id=\"out\"></pre>"
        );
        let path = self.folder.path().join("frame.html");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// Root, as in containers, may not use the sandbox; the pages are our own.
    fn command(&self) -> Command {
        let mut command = Command::new("chromium");
        command
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-dev-shm-usage",
            ])
            .arg(format!("--user-data-dir={}", self.folder.path().join("profile").display()))
            .stdin(Stdio::null());
        command
    }
}

fn url(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    // The page itself, quoted in the frame's attribute, stands before the last occurrence.
    text.rsplit_once(start)?.1.split_once(end).map(|(inside, _)| inside)
}

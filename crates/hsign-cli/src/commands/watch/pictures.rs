//! Pictures in terminals that can show them: the first page, as large as the screen. PNG goes as it is to kitty and
//! iTerm2; pages of PDF files and all pictures for sixel are drawn by poppler's `pdftoppm` where it is installed.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsign_desk::Kind;
use ratatui::DefaultTerminal;

use crate::args::Pictures;

/// Larger pictures are not sent over the line.
const LARGEST: u64 = 8 << 20;
/// Longer side of a drawn page in pixels.
const PIXELS: usize = 900;

/// Why nothing is shown.
#[derive(Clone, Copy)]
pub(super) enum NoPicture {
    /// The terminal can't, as far as it says.
    Terminal,
    /// Nothing here draws this kind of file.
    Renderer,
}

impl NoPicture {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Terminal => "watch.no-pictures",
            Self::Renderer => "watch.no-renderer",
        }
    }
}

/// Shows the picture; the next key takes it away.
pub(super) fn show(
    terminal: &mut DefaultTerminal,
    path: &Path,
    kind: Kind,
    wanted: Pictures,
) -> Result<(), NoPicture> {
    let protocol = if wanted == Pictures::Auto { detected() } else { wanted };
    let bytes = match protocol {
        Pictures::Kitty => kitty(&png(path, kind)?),
        Pictures::Iterm => iterm(&png(path, kind)?),
        Pictures::Sixel => sixel(&pdftoppm(path, kind, false)?).ok_or(NoPicture::Renderer)?,
        Pictures::Auto | Pictures::None => return Err(NoPicture::Terminal),
    };
    let _ = terminal.clear();
    let mut out = io::stdout();
    out.write_all(b"\x1b[H")
        .and_then(|()| out.write_all(&bytes))
        .and_then(|()| out.flush())
        .map_err(|_| NoPicture::Terminal)
}

/// What the terminal says of itself.
fn detected() -> Pictures {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let (term, program) = (variable("TERM"), variable("TERM_PROGRAM"));
    if term.contains("kitty") || term.contains("ghostty") || !variable("KITTY_WINDOW_ID").is_empty() {
        Pictures::Kitty
    } else if program == "iTerm.app" || program == "WezTerm" || variable("LC_TERMINAL") == "iTerm2" {
        Pictures::Iterm
    } else if term.contains("sixel") || term.starts_with("mlterm") || term.starts_with("foot") {
        Pictures::Sixel
    } else {
        Pictures::None
    }
}

fn png(path: &Path, kind: Kind) -> Result<Vec<u8>, NoPicture> {
    if kind == Kind::Png && std::fs::metadata(path).is_ok_and(|file| file.len() <= LARGEST) {
        return std::fs::read(path).map_err(|_| NoPicture::Renderer);
    }
    pdftoppm(path, kind, true)
}

fn pdftoppm(path: &Path, kind: Kind, png: bool) -> Result<Vec<u8>, NoPicture> {
    if kind != Kind::Pdf {
        return Err(NoPicture::Renderer);
    }
    let mut command = Command::new("pdftoppm");
    command.args(["-f", "1", "-l", "1", "-scale-to"]).arg(PIXELS.to_string());
    if png {
        command.arg("-png");
    }
    let drawn = command.arg(path).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let drawn = drawn.map_err(|_| NoPicture::Renderer)?;
    if drawn.status.success() && !drawn.stdout.is_empty() {
        Ok(drawn.stdout)
    } else {
        Err(NoPicture::Renderer)
    }
}

/// Kitty's protocol: base64 in pieces of at most 4096 bytes.
fn kitty(png: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(png);
    let mut out = Vec::new();
    let pieces: Vec<&[u8]> = text.as_bytes().chunks(4096).collect();
    for (number, piece) in pieces.iter().enumerate() {
        let more = u8::from(number + 1 < pieces.len());
        let control = if number == 0 { format!("a=T,f=100,q=2,m={more}") } else { format!("m={more}") };
        out.extend(format!("\x1b_G{control};").as_bytes());
        out.extend(*piece);
        out.extend(b"\x1b\\");
    }
    out
}

/// iTerm2's inline images.
fn iterm(png: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(png);
    format!("\x1b]1337;File=inline=1;size={};height=90%:{text}\x07", png.len()).into_bytes()
}

/// Sixel with the 216 colours of a 6×6×6 cube, from a binary PPM.
fn sixel(ppm: &[u8]) -> Option<Vec<u8>> {
    let (width, height, pixels) = pixels_of(ppm)?;
    let mut out = format!("\x1bP0;1q\"1;1;{width};{height}").into_bytes();
    for colour in 0..216_usize {
        let part = |divisor: usize| colour / divisor % 6 * 20;
        out.extend(format!("#{colour};2;{};{};{}", part(36), part(6), part(1)).as_bytes());
    }
    let colour_at = |x: usize, y: usize| -> Option<usize> {
        let pixel = pixels.get((y * width + x) * 3..(y * width + x) * 3 + 3)?;
        Some(pixel.iter().fold(0, |sum, part| sum * 6 + (usize::from(*part) * 5 + 127) / 255))
    };
    for band in (0..height).step_by(6) {
        let mut columns = std::collections::BTreeMap::<usize, Vec<u8>>::new();
        for y in band..(band + 6).min(height) {
            for x in 0..width {
                let column = columns.entry(colour_at(x, y)?).or_insert_with(|| vec![b'?'; width]);
                if let Some(six) = column.get_mut(x) {
                    *six += 1 << (y - band);
                }
            }
        }
        for (colour, row) in columns {
            out.extend(format!("#{colour}").as_bytes());
            out.extend(row);
            out.push(b'$');
        }
        out.push(b'-');
    }
    out.extend(b"\x1b\\");
    Some(out)
}

/// Width, height and the bytes of `P6` with 255 levels.
fn pixels_of(ppm: &[u8]) -> Option<(usize, usize, &[u8])> {
    let mut at = 0;
    let mut words = Vec::new();
    while words.len() < 4 {
        let start = at + ppm.get(at..)?.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let end = start + ppm.get(start..)?.iter().position(u8::is_ascii_whitespace)?;
        words.push(std::str::from_utf8(ppm.get(start..end)?).ok()?);
        at = end;
    }
    let [magic, width, height, levels] = words.get(..)?.try_into().ok()?;
    let (width, height): (usize, usize) = (width.parse().ok()?, height.parse().ok()?);
    let pixels = ppm.get(at + 1..)?;
    let fits =
        magic == "P6" && levels == "255" && pixels.len() >= width.checked_mul(height)?.checked_mul(3)?;
    fits.then_some((width, height, pixels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_told_in_each_protocol() {
        let long = vec![7; 10_000];
        let kitty = String::from_utf8(kitty(&long)).unwrap();
        assert!(kitty.starts_with("\x1b_Ga=T,f=100,q=2,m=1;") && kitty.ends_with("\x1b\\"));
        let pieces: String =
            kitty.split("\x1b\\").filter_map(|piece| piece.split_once(';')).map(|(_, text)| text).collect();
        assert_eq!(STANDARD.decode(pieces).unwrap(), long);
        assert!(String::from_utf8(iterm(b"png")).unwrap().ends_with(":cG5n\x07"));
        // Two pixels, white above black.
        let drawn = String::from_utf8(sixel(b"P6\n1 2\n255\n\xff\xff\xff\0\0\0").unwrap()).unwrap();
        assert!(drawn.contains("\"1;1;1;2") && drawn.ends_with("#0A$#215@$-\x1b\\"), "{drawn}");
        assert!(sixel(b"P6\n10 10\n255\nshort").is_none());
    }
}

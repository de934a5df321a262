//! Marks in real documents, looked at through other people's readers: the picture is in the right place and upright,
//! the text can be copied out, and the file is sound.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::path::Path;
use std::process::Command;

use hsign_appearance::{Error, Font, Mark, Seal};
use hsign_pdf::{
    Corner, Document, Extended, PageArea, PageNumber, Place, SignatureRequest, SubFilter, Visible,
    prepare_signature,
};

const JAPANESE: &str = "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf";
const LINES: [&str; 3] = ["署名者 薬剤 花子", "資格 薬剤師 (Pharmacist)", "日時 2026-11-21 21:03 +09:00"];

/// Tools and the font come from Debian's packages; a machine without them skips, the full run does not.
fn equipped() -> bool {
    let tools = ["qpdf", "pdftotext", "pdftoppm"];
    let runs = |tool: &&str| Command::new(tool).arg("--version").output().is_ok();
    let there = tools.iter().all(runs) && Path::new(JAPANESE).exists();
    assert!(
        there || std::env::var("REQUIRE_ALL").as_deref() != Ok("1"),
        "qpdf, poppler or IPAex Gothic missing"
    );
    if !there {
        println!("skipped: qpdf, poppler-utils or fonts-ipaexfont-gothic is not installed");
    }
    there
}

fn japanese() -> Font {
    Font::new(std::fs::read(JAPANESE).unwrap(), 0).unwrap()
}

/// A red ring on nothing, as seals are scanned.
fn ring() -> Vec<u8> {
    const SIDE: u32 = 64;
    let mut pixels = Vec::new();
    for y in 0..SIDE {
        for x in 0..SIDE {
            let (dx, dy) = (f64::from(x) - 31.5, f64::from(y) - 31.5);
            let radius = dx.hypot(dy);
            let on = (24.0..31.0).contains(&radius);
            pixels.extend([200, 20, 20, if on { 255 } else { 0 }]);
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, SIDE, SIDE);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    file
}

/// Two pages of 400 × 300 points; what they inherit is set on the page tree.
fn document(inherited: &str, metadata: &str) -> Vec<u8> {
    document_with("", inherited, metadata)
}

fn document_with(catalog: &str, inherited: &str, metadata: &str) -> Vec<u8> {
    let bodies = [
        format!("<</Type/Catalog/Pages 2 0 R/Metadata 5 0 R{catalog}>>"),
        format!("<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/MediaBox[0 0 400 300]{inherited}>>"),
        "<</Type/Page/Parent 2 0 R>>".to_owned(),
        "<</Type/Page/Parent 2 0 R>>".to_owned(),
        format!("<</Type/Metadata/Subtype/XML/Length {}>>\nstream\n{metadata}\nendstream", metadata.len()),
    ];
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut table = String::from("xref\n0 6\n0000000000 65535 f \n");
    for (index, body) in bodies.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.extend(format!("{} 0 obj\n{body}\nendobj\n", index + 1).bytes());
    }
    let start = file.len();
    file.extend(format!("{table}trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").bytes());
    file
}

fn marked(file: &Vec<u8>, mark: &Mark, place: Place) -> Result<Vec<u8>, hsign_pdf::Error> {
    let mut request = SignatureRequest::new(SubFilter::EtsiCadesDetached, 64);
    request.visible = Some(Visible { place, appearance: mark });
    let prepared = prepare_signature(&Document::open(file)?, &request)?;
    Ok([file.as_slice(), &prepared.with_contents(&[0x30, 0])?].concat())
}

fn corner(page: PageNumber, corner: Corner) -> Place {
    Place::Page { page, area: PageArea::Corner { corner, size: [130.0, 50.0], margin: 10.0 } }
}

/// Dark or red pixels of a page at 72 dpi: how many in each quarter of the picture as shown
/// (top left, top right, bottom left, bottom right).
fn ink(folder: &Path, file: &[u8], page: u32) -> [usize; 4] {
    let path = folder.join("marked.pdf");
    std::fs::write(&path, file).unwrap();
    let page = page.to_string();
    let picture = folder.join("page");
    let drawn = Command::new("pdftoppm")
        .args(["-r", "72", "-f", &page, "-l", &page, "-singlefile"])
        .args([&path, &picture])
        .status();
    assert!(drawn.unwrap().success());
    let picture = std::fs::read(folder.join("page.ppm")).unwrap();
    let mut parts = picture.splitn(4, |byte| *byte == b'\n');
    let (_, size, _, pixels) = (parts.next(), parts.next().unwrap(), parts.next(), parts.next().unwrap());
    let size = std::str::from_utf8(size).unwrap();
    let (width, height) = size.split_once(' ').unwrap();
    let (width, height): (usize, usize) = (width.parse().unwrap(), height.parse().unwrap());
    let mut quarters = [0; 4];
    for (index, pixel) in pixels.chunks_exact(3).enumerate() {
        if pixel.iter().any(|sample| *sample < 128) {
            let (x, y) = (index % width, index / width);
            quarters[usize::from(x * 2 >= width) + 2 * usize::from(y * 2 >= height)] += 1;
        }
    }
    quarters
}

fn sound(folder: &Path, file: &[u8]) {
    let path = folder.join("checked.pdf");
    std::fs::write(&path, file).unwrap();
    let checked = Command::new("qpdf").arg("--check").arg(&path).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

fn copied_text(folder: &Path, file: &[u8]) -> String {
    let path = folder.join("copied.pdf");
    std::fs::write(&path, file).unwrap();
    let output = Command::new("pdftotext").args(["-layout"]).arg(&path).arg("-").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn full_mark() -> Mark {
    let lines = LINES.map(str::to_owned);
    Mark::new(Some((japanese(), &lines)), Some(Seal::new(ring()).unwrap())).unwrap()
}

#[test]
fn text_and_seal_stand_in_the_corner_that_was_asked_for_however_the_page_is_turned() {
    if !equipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let corners = [Corner::TopLeft, Corner::TopRight, Corner::BottomLeft, Corner::BottomRight];
    for rotation in [0, 90, 180, 270] {
        for (quarter, corner_wanted) in corners.into_iter().enumerate() {
            let file = document(&format!("/Rotate {rotation}/CropBox[10 10 390 290]"), "");
            let file = marked(&file, &full_mark(), corner(PageNumber::Last, corner_wanted)).unwrap();
            sound(folder.path(), &file);
            let found = ink(folder.path(), &file, 2);
            let most = (0..4).max_by_key(|quarter| found[*quarter]).unwrap();
            assert_eq!(most, quarter, "{rotation} {corner_wanted:?} {found:?}");
            assert_eq!(ink(folder.path(), &file, 1), [0; 4], "the first page stays as it was");
        }
    }
}

#[test]
fn the_text_is_upright_and_can_be_copied() {
    if !equipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for rotation in [0, 90, 180, 270] {
        let file = document(&format!("/Rotate {rotation}"), "");
        let file = marked(&file, &full_mark(), corner(PageNumber::Number(1), Corner::BottomRight)).unwrap();
        let text = copied_text(folder.path(), &file);
        let rows: Vec<&str> = text.lines().map(str::trim).filter(|row| !row.is_empty()).collect();
        assert_eq!(rows, LINES, "{rotation}");
    }
}

#[test]
fn a_page_of_another_scale_shows_the_mark_in_points() {
    if !equipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = document("", "").clone();
    let text = String::from_utf8(file).unwrap().replace("/Type/Page/Parent", "/Type/Page/UserUnit 2/Parent");
    // Positions moved: the table is rebuilt by qpdf, as a stranger's file would come.
    let raw = folder.path().join("raw.pdf");
    let whole = folder.path().join("whole.pdf");
    std::fs::write(&raw, text).unwrap();
    let _ = Command::new("qpdf").args([&raw, &whole]).output().unwrap();
    let file = std::fs::read(&whole).unwrap();
    let file = marked(&file, &full_mark(), corner(PageNumber::Number(1), Corner::TopLeft)).unwrap();
    sound(folder.path(), &file);
    assert!(copied_text(folder.path(), &file).contains("薬剤師"));
}

#[test]
fn only_the_glyphs_that_are_shown_are_embedded() {
    if !equipped() {
        return;
    }
    let whole = std::fs::metadata(JAPANESE).unwrap().len();
    let file = document("", "");
    let marked = marked(&file, &full_mark(), corner(PageNumber::Last, Corner::TopLeft)).unwrap();
    let added = (marked.len() - file.len()) as u64;
    assert!(added * 20 < whole, "{added} of {whole} bytes");
}

#[test]
fn the_same_mark_gives_the_same_bytes() {
    if !equipped() {
        return;
    }
    let file = document("", "");
    let place = corner(PageNumber::Last, Corner::TopLeft);
    assert_eq!(marked(&file, &full_mark(), place).unwrap(), marked(&file, &full_mark(), place).unwrap());
}

#[test]
fn pdf_a_gets_a_seal_without_soft_mask_where_it_allows_none() {
    if !equipped() {
        return;
    }
    let seal = Mark::new(None, Some(Seal::new(ring()).unwrap())).unwrap();
    let has_mask = |catalog: &str, metadata: &str| {
        let file = document_with(catalog, "", metadata);
        let file = marked(&file, &seal, corner(PageNumber::Last, Corner::TopLeft)).unwrap();
        file.windows(6).any(|part| part == b"/SMask")
    };
    let intent = "/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)>>]";
    assert!(has_mask("", ""));
    assert!(has_mask(intent, "<pdfaid:part>2</pdfaid:part>"));
    assert!(!has_mask("", "<pdfaid:part>2</pdfaid:part>"));
    assert!(!has_mask(intent, "<pdfaid:part>1</pdfaid:part>"));
    assert!(!has_mask(intent, "<rdf:Description pdfaid:part='1'/>"));
}

#[test]
fn pdf_a_1_gets_the_set_of_glyphs() {
    if !equipped() {
        return;
    }
    let has_set = |metadata: &str| {
        let place = corner(PageNumber::Last, Corner::TopLeft);
        let file = marked(&document("", metadata), &full_mark(), place).unwrap();
        file.windows(7).any(|part| part == b"/CIDSet")
    };
    assert!(has_set("<pdfaid:part>1</pdfaid:part>"));
    assert!(!has_set("<pdfaid:part>2</pdfaid:part>"));
}

#[test]
fn a_mark_that_does_not_fit_is_refused() {
    if !equipped() {
        return;
    }
    let file = document("", "");
    let at = |rectangle| Place::Page { page: PageNumber::Last, area: PageArea::At(rectangle) };
    let refused = |place| marked(&file, &full_mark(), place).unwrap_err();
    assert!(matches!(refused(at([300.0, 10.0, 150.0, 50.0])), hsign_pdf::Error::OutsidePage { .. }));
    assert!(matches!(refused(at([10.0, 10.0, 20.0, 9.0])), hsign_pdf::Error::AreaTooSmall { .. }));
    assert!(matches!(refused(corner(PageNumber::Number(3), Corner::TopLeft)), hsign_pdf::Error::NoSuchPage));
    assert!(matches!(refused(Place::Field), hsign_pdf::Error::InvisibleField));
}

#[test]
fn the_old_bytes_stay() {
    let file = document("", "");
    let seal = Mark::new(None, Some(Seal::new(ring()).unwrap())).unwrap();
    let marked = marked(&file, &seal, corner(PageNumber::Last, Corner::TopLeft)).unwrap();
    assert!(marked.starts_with(&file));
    let added = &marked[file.len()..];
    assert!(Document::open(&Extended::new(&file, added)).is_ok());
}

#[test]
fn what_can_not_be_drawn_is_told() {
    assert!(matches!(Font::new(b"not a font".to_vec(), 0), Err(Error::Font(_))));
    assert!(matches!(Seal::new(b"not an image".to_vec()), Err(Error::Image(_))));
    assert!(matches!(Seal::new(ring()[..200].to_vec()), Err(Error::Image(_))));
    assert_eq!(Mark::new(None, None).unwrap_err(), Error::Empty);
    if equipped() {
        let lines = ["\u{10FFFD}".to_owned()];
        let missing = Mark::new(Some((japanese(), &lines)), None).unwrap_err();
        assert_eq!(missing, Error::Glyph { character: '\u{10FFFD}' });
    }
}

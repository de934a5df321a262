//! Reports as people get them: on a phone, on paper, and as XML for other programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use hsign_testkit::Person;
use hsign_tests::{Browser, Session, missing};

/// Pictures are kept beside the build for whoever wants to look.
fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-pictures");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A valid, an unqualified and an unsigned document, in one report for each language and kind.
fn reports(session: &Session) {
    session.sign(Person::Pharmacist, "scan.pdf --tsa {tsa} -o 処方箋_scan.signed.pdf").exits(0);
    let _ = session.sign(Person::TestCard, "letter.pdf --tsa {tsa} -o test-card.pdf");
    std::fs::copy(session.path("letter.pdf"), session.path("a<b>&'.pdf")).unwrap();
    for lang in ["ja", "en"] {
        let files = "処方箋_scan.signed.pdf test-card.pdf a<b>&'.pdf";
        let line = format!("{files} --lang {lang} --report {lang}.html --report {lang}.xml");
        session.verify(&line).exits(3);
        session.verify(&format!("処方箋_scan.signed.pdf --lang {lang} --report one.{lang}.html")).exits(0);
    }
}

#[test]
fn a_report_fits_a_phone_a_screen_and_a4_paper() {
    let session = Session::shared();
    let Some(browser) = Browser::find() else { return };
    reports(&session);
    for (lang, said) in
        [("ja", ["有効", "薬剤師", "にタイムスタンプ"]), ("en", ["VALID", "Pharmacist", "stamped at"])]
    {
        let page = session.path(&format!("{lang}.html"));
        for width in [390, 1000] {
            let layout = browser.layout(&page, width);
            assert!(layout.scroll_width <= f64::from(width), "{lang} {width}: {}", layout.scroll_width);
            assert!(layout.sticking_out.is_empty(), "{lang} {width}: {:?}", layout.sticking_out);
            assert!(layout.smallest_text >= 11.0, "{lang} {width}: {}", layout.smallest_text);
            assert!(layout.height > 500.0);
            assert!(layout.text.contains("a<b>&'.pdf"), "{}", layout.text);
            let at = |word: &str| layout.text.find(word).unwrap_or_else(|| panic!("{word}: {}", layout.text));
            assert!(said.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{}", layout.text);
            browser.screenshot(&page, width, 2400, &pictures().join(format!("{lang}-{width}.png")));
        }
        printed(&session, &browser, lang, &said);
    }
}

/// One verdict takes few sheets of A4, with its text as text.
fn printed(session: &Session, browser: &Browser, lang: &str, said: &[&str]) {
    let pdf = session.path(&format!("one.{lang}.pdf"));
    browser.print(&session.path(&format!("one.{lang}.html")), &pdf);
    let output = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        output.ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (Some(facts), Some(text)) =
        (output("pdfinfo", &[pdf.to_str().unwrap()]), output("pdftotext", &[pdf.to_str().unwrap(), "-"]))
    else {
        return missing("poppler-utils");
    };
    assert!(facts.contains("(A4)"), "{facts}");
    let pages = facts.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap().trim().to_owned();
    // Three or four: proofs of existence are told apart only where they lie in an earlier second than the judgement.
    assert!(["2", "3", "4"].contains(&pages.as_str()), "{pages} pages");
    for word in said {
        assert!(text.contains(word), "{word}\n{text}");
    }
    assert!(has_colour(&pdf, [0x14, 0x66, 0x3a]), "the verdict's colour is not on the first page");
    std::fs::copy(&pdf, pictures().join(format!("one-{lang}.pdf"))).unwrap();
}

/// Whether the first page, as a picture (PPM), shows the colour.
fn has_colour(pdf: &Path, colour: [u8; 3]) -> bool {
    let Ok(output) = Command::new("pdftoppm").args(["-r", "50", "-f", "1", "-l", "1"]).arg(pdf).output()
    else {
        missing("pdftoppm");
        return true;
    };
    let near = |pixel: &[u8]| pixel.iter().zip(colour).all(|(seen, wanted)| seen.abs_diff(wanted) < 12);
    // The header is three short lines; three bytes more or less are no pixel of that colour.
    let body = output.stdout.splitn(4, |byte| *byte == b'\n').last().unwrap_or_default();
    body.chunks_exact(3).any(near)
}

#[test]
fn the_xml_report_follows_the_schema_of_ts_119_102_2() {
    let session = Session::shared();
    let root = hsign_corpora::workspace_root();
    let schema = Command::new("sh").arg(root.join("tests/tools/etsi-schema.sh")).output().unwrap();
    let folder = String::from_utf8_lossy(&schema.stdout).trim().to_owned();
    if !schema.status.success() || folder.is_empty() {
        return missing("the schema of TS 119 102-2 (Maven Central)");
    }
    if Command::new("xmllint").arg("--version").output().is_err() {
        return missing("xmllint");
    }
    reports(&session);
    for lang in ["ja", "en"] {
        let report = session.path(&format!("{lang}.xml"));
        let check = |path: &Path| {
            let mut command = Command::new("xmllint");
            command.args(["--noout", "--nonet", "--schema"]).arg(format!("{folder}/TS119102-2-v141.xsd"));
            command.arg(path).output().unwrap()
        };
        let output = check(&report);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // The check can fail.
        let text = std::fs::read_to_string(&report).unwrap();
        let broken = session.path("broken.xml");
        std::fs::write(&broken, text.replace("<MainIndication>", "<Indication>")).unwrap();
        assert!(!check(&broken).status.success());
    }
}

#[test]
fn a_report_says_by_its_name_what_it_is_and_replaces_nothing() {
    let session = Session::shared();
    session.verify("letter.pdf --report report.txt").exits(2).says("report.txt");
    session.write("report.html", "mine");
    session.verify("letter.pdf --report report.html").exits(1);
    assert_eq!(session.read("report.html"), b"mine");
    session.verify("letter.pdf --report report.html --force").exits(4);
    assert!(session.read("report.html").starts_with(b"<!DOCTYPE html>"));
}

//! `hsign watch` in a real terminal: scans are reviewed, confirmed and signed; whatever is cut off, nothing is signed
//! twice and nothing forgotten.

use std::collections::BTreeMap;
use std::time::Duration;

use hsign_testkit::{Endpoint, Fault, Person};
use hsign_testkit_pkcs11::Kind;
use hsign_tests::{HPKI_PIN, Session, Terminal, hpki_card, missing};

/// A folder with these scans in it, a journal, and an authority.
fn desk(session: &Session, scans: &[&str]) {
    let tsa = session.testbed().tsa_url();
    let text = format!(
        "[[tsa]]\nname = \"main\"\nurl = \"{tsa}\"\n[journal]\npath = \"journal\"\ndaily_stamp = false\n"
    );
    session.write("config.toml", text);
    for (number, name) in scans.iter().enumerate() {
        session.write(&format!("inbox/{name}"), scan(session, number));
    }
}

/// A scan unlike any other: what stands behind the end of a PDF file before a comment's line end is part of it.
fn scan(session: &Session, number: usize) -> Vec<u8> {
    let original = session.read("scan.pdf");
    [&original[..], format!("% sheet {number}\n%%EOF\n").as_bytes()].concat()
}

fn line(session: &Session, rest: &str) -> String {
    let credential = session.testbed().person(Person::Pharmacist).pkcs12_path().display().to_string();
    format!(
        "watch inbox --config config.toml --credential pkcs12:{credential} --trust {{trust}} --policy {{soft}} {rest}"
    )
}

const PIN: &str = "--pin-source file:{pki}/passphrase.txt";

fn start(session: &Session, rest: &str) -> Option<Terminal> {
    let terminal = Terminal::start(session, &line(session, rest), 80, 24);
    if terminal.is_none() {
        missing("tmux");
    }
    terminal
}

/// Confirms as many as wait, one after the other.
fn confirm(terminal: &Terminal, count: usize) {
    terminal.shows(&format!("to review {count}"));
    for left in (0..count).rev() {
        terminal.press(&["Home"]);
        // The first that isn't confirmed yet.
        for _ in left..count - 1 {
            terminal.press(&["Down"]);
        }
        terminal.press(&["Space"]).shows("Nothing overlaps").press(&["y"]);
        terminal.shows(&format!("to review {left}")).loses("Nothing overlaps");
    }
}

fn files(session: &Session, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let entries =
        std::fs::read_dir(session.path(folder)).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

/// Every scan is signed exactly once, the originals are kept, and the folder is empty.
#[track_caller]
fn all_signed(session: &Session, count: usize) {
    let signed = files(session, "inbox/signed");
    assert_eq!(signed.len(), count, "{:?}", signed.keys());
    let originals: Vec<Vec<u8>> = files(session, "inbox/originals").into_values().collect();
    for number in 0..count {
        let scan = scan(session, number);
        assert!(originals.contains(&scan), "original {number} is kept");
        let times = signed.values().filter(|bytes| bytes.starts_with(&scan)).count();
        assert_eq!(times, 1, "scan {number} is signed once");
    }
    assert!(files(session, "inbox").is_empty());
    for name in signed.keys() {
        session.verify(&format!("inbox/signed/{name}")).exits(0);
    }
    // The journal has one outcome for each that was handed out, and is whole.
    session.run("journal verify journal --trust {trust}").exits(3).prints("journal-never-stamped");
}

#[test]
fn scans_are_reviewed_confirmed_and_signed_by_keyboard() {
    let session = Session::alone();
    desk(&session, &["first.pdf", "患者紹介状.pdf"]);
    let Some(terminal) = start(&session, &format!("--lang ja {PIN}")) else { return };
    terminal.shows("氏名または職員番号").write("山田花子").shows("山田花子").press(&["Enter"]);
    terminal.shows("未確認 2").shows("患者紹介状.pdf").shows("情報作成管理者");
    // Nothing is signed that nobody confirmed.
    terminal.press(&["s"]).shows("確認済のものがありません");
    terminal.press(&["Space"]).shows("端もページも欠けていません").shows("紙と同等").press(&["n"]);
    terminal.loses("紙と同等").shows("未確認 2");
    terminal.press(&["Space"]).shows("紙と同等").press(&["y"]).shows("確認済 1");
    terminal.press(&["Home"]).press(&["u"]).shows("確認済 0");
    for left in [1, 0] {
        terminal.press(&["Home"]);
        for _ in left..1 {
            terminal.press(&["Down"]);
        }
        terminal.press(&["Space"]).shows("紙と同等").press(&["y"]).shows(&format!("未確認 {left}"));
    }
    terminal.press(&["s"]).shows("2件に署名しました").shows("署名済 2");
    terminal.press(&["q"]);
    assert_eq!(terminal.exit_code(), 0, "nothing is left to do");
    all_signed(&session, 2);
    let signature = session.verify("inbox/signed/first.signed.pdf").exits(0).signature();
    assert_eq!(signature["level"], "B-LTA");
    assert!(signature.to_string().contains("山田花子"), "who confirmed is part of what is signed");
    let journal = session.run("journal export journal --output json").exits(0).json();
    let confirmed: Vec<_> = journal["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["note"]["operation"] == "confirm")
        .map(|entry| entry["note"]["people"][0]["name"].as_str().unwrap())
        .collect();
    assert_eq!(confirmed, ["山田花子"; 3], "also what was taken back");
    let listed = session.run("watch inbox --list --output json").exits(0).json();
    let item = &listed["items"][0];
    assert_eq!((&item["state"], &item["confirmed_by"]), (&"done".into(), &"山田花子".into()));
}

#[test]
fn a_pin_typed_on_the_screen_is_never_seen_and_a_wrong_one_stops_everything() {
    let session = Session::alone();
    desk(&session, &["first.pdf", "second.pdf"]);
    let Some(terminal) = start(&session, "--reviewer staff-7 --reviewer-part operator") else { return };
    confirm(&terminal, 2);
    terminal.press(&["s"]).shows("PIN or passphrase of").write("wrong-one").shows("> *********");
    assert!(!terminal.screen().contains("wrong-one"));
    terminal.press(&["Enter"]).loses("> *").shows("passphrase");
    let passphrase =
        String::from_utf8(std::fs::read(session.testbed().folder().join("passphrase.txt")).unwrap());
    assert!(files(&session, "inbox/signed").is_empty());
    terminal.shows("confirmed 2").press(&["s"]).shows("PIN or passphrase of");
    terminal.write(passphrase.unwrap().trim()).press(&["Enter"]).shows("2 files signed.");
    terminal.press(&["q"]);
    assert_eq!(terminal.exit_code(), 0);
    all_signed(&session, 2);
}

#[test]
fn a_screen_without_colours_fits_80_columns() {
    let mut session = Session::alone();
    session.set("NO_COLOR", "1");
    desk(&session, &["a-rather-long-name-of-a-scan-as-scanners-give-it-2026-11-21-0001.pdf"]);
    let Some(terminal) = start(&session, "--reviewer staff-7") else { return };
    terminal.shows("to review 1").shows("a-rather-long-name").shows("quit");
    let styled = terminal.styled_screen();
    // Bold (1) and reversed (7) are switched on and everything off (0), nothing else.
    let codes = styled.split("\x1b[").skip(1).filter_map(|rest| rest.split_once('m')).map(|(code, _)| code);
    let coloured: Vec<&str> = codes
        .flat_map(|code| code.split(';'))
        .filter(|code| !["0", "1", "7", "", "39", "49"].contains(code))
        .collect();
    assert!(coloured.is_empty(), "{coloured:?} in {styled:?}");
    assert!(styled.lines().count() <= 24);
}

/// `kill -9` wherever the screen shows something new, and once more wherever it signs.
#[test]
fn after_a_kill_at_every_step_the_work_goes_on_where_it_was() {
    let session = Session::alone();
    desk(&session, &["0.pdf", "1.pdf", "2.pdf"]);
    let open = || start(&session, &format!("--reviewer staff-7 {PIN}"));
    let Some(terminal) = open() else { return };
    terminal.shows("to review 3").kill();
    let terminal = open().unwrap();
    terminal.shows("to review 3").press(&["Home", "Space"]).shows("Nothing overlaps").kill();
    let terminal = open().unwrap();
    terminal
        .shows("confirmed 0")
        .press(&["Home", "Space"])
        .shows("Nothing overlaps")
        .press(&["y"])
        .shows("confirmed 1");
    terminal.kill();
    let terminal = open().unwrap();
    terminal.shows("confirmed 1").shows("to review 2");
    for left in [1, 0] {
        terminal.press(&["Home", "Down"]);
        for _ in left..1 {
            terminal.press(&["Down"]);
        }
        terminal
            .press(&["Space"])
            .shows("Nothing overlaps")
            .press(&["y"])
            .shows(&format!("to review {left}"));
    }
    // A slow authority leaves time to see each signature being made.
    session.testbed().always_fault(Endpoint::Tsa, &[Fault::Latency(Duration::from_millis(700))]);
    terminal.press(&["s"]).shows("Signing 1 of 3").kill();
    let terminal = open().unwrap();
    terminal.shows("confirmed").press(&["s"]).shows("Signing 2 of 3").kill();
    let after: Vec<String> = files(&session, "inbox/signed").into_keys().collect();
    let terminal = open().unwrap();
    terminal.shows("signed").press(&["s"]).shows("Signing").kill();
    let terminal = open().unwrap();
    session.testbed().clear_faults();
    terminal.shows("confirmed").press(&["s"]).shows("signed 3");
    terminal.kill();
    let now = files(&session, "inbox/signed");
    assert!(after.iter().all(|name| now.contains_key(name)), "what was handed out stays");
    all_signed(&session, 3);
}

#[test]
fn an_outage_leaves_signatures_waiting_and_they_are_completed_later() {
    let session = Session::alone();
    desk(&session, &["0.pdf", "1.pdf"]);
    let Some(terminal) = start(&session, &format!("--reviewer staff-7 --allow-pending {PIN}")) else {
        return;
    };
    confirm(&terminal, 2);
    session.testbed().always_fault(Endpoint::Tsa, &[Fault::Status(503)]);
    terminal.press(&["s"]).shows("2 files signed.").shows("waiting 2");
    session.run("watch inbox --list").exits(3).prints("pending");
    terminal.press(&["t"]).loses("files signed").shows("503").shows("waiting 2");
    session.testbed().clear_faults();
    terminal.press(&["t"]).shows("2 signatures completed.").shows("waiting 0");
    terminal.press(&["q"]);
    assert_eq!(terminal.exit_code(), 0);
    all_signed(&session, 2);
    for name in ["0.signed.pdf", "1.signed.pdf"] {
        let signature = session.verify(&format!("inbox/signed/{name}")).exits(0).signature();
        assert_ne!(signature["level"], "B-B", "{name}");
    }
}

#[test]
fn without_allow_pending_an_outage_leaves_everything_confirmed_and_unsigned() {
    let session = Session::alone();
    desk(&session, &["0.pdf"]);
    let Some(terminal) = start(&session, &format!("--reviewer staff-7 {PIN}")) else { return };
    confirm(&terminal, 1);
    session.testbed().always_fault(Endpoint::Tsa, &[Fault::Status(503)]);
    terminal.press(&["s"]).shows("503").shows("confirmed 1").press(&["q"]);
    assert_eq!(terminal.exit_code(), 3, "there is work left");
    assert!(files(&session, "inbox/signed").is_empty());
}

#[test]
fn a_batch_is_one_container_with_one_signature_and_each_file_provable() {
    let session = Session::alone();
    desk(&session, &["0.pdf", "1.pdf", "2.pdf"]);
    let Some(terminal) = start(&session, &format!("--reviewer staff-7 --batch {PIN}")) else { return };
    confirm(&terminal, 3);
    terminal.press(&["s"]).shows("3 files signed.").press(&["q"]);
    assert_eq!(terminal.exit_code(), 0);
    let signed: Vec<String> = files(&session, "inbox/signed").into_keys().collect();
    let [container] = &signed[..] else { panic!("{signed:?}") };
    let verified = session.verify(&format!("inbox/signed/{container}")).exits(0);
    let document = verified.document();
    assert_eq!(document["signatures"].as_array().unwrap().len(), 1);
    assert_eq!(files(&session, "inbox/originals").len(), 3);
    let listed = session.run("watch inbox --list --output json").exits(0).json();
    for item in listed["items"].as_array().unwrap() {
        assert_eq!((&item["state"], &item["output"]), (&"done".into(), &container.as_str().into()));
    }
}

/// The least that each format has of a page.
fn pictures() -> [(&'static str, Vec<u8>); 4] {
    let png =
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x06\x76\0\0\x09\x23\x08\x02\0\0\0crc!\0\0\0\0IEND\xaeB`\x82";
    let jpeg = [&b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\x01\0\xc8\0\xc8\0\0"[..], &[0xff, 0xd9]].concat();
    let tiff = [&b"II*\0"[..], &8_u32.to_le_bytes(), &[0; 6]].concat();
    let dicom = [&[0; 128][..], b"DICM\x02\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0"].concat();
    [("page.png", png.to_vec()), ("page.jpg", jpeg), ("page.tif", tiff), ("film.dcm", dicom)]
}

#[test]
fn guideline_9_1_pictures_go_the_same_way_and_are_signed_as_they_are() {
    let session = Session::alone();
    desk(&session, &[]);
    for (name, bytes) in pictures() {
        session.write(&format!("inbox/{name}"), bytes);
    }
    let Some(terminal) = start(&session, &format!("--reviewer staff-7 {PIN}")) else { return };
    confirm(&terminal, 4);
    terminal.press(&["s"]).shows("4 files signed.").press(&["q"]);
    assert_eq!(terminal.exit_code(), 0);
    let originals = files(&session, "inbox/originals");
    for (name, bytes) in pictures() {
        assert_eq!(originals[name], bytes, "the scan itself is kept");
        let document = session.verify(&format!("inbox/signed/{name}.asice")).exits(0).document();
        assert_eq!((&document["format"], &document["files"][0]["name"]), (&"asic".into(), &name.into()));
        assert_eq!(document["files"][0]["covered_by"][0]["intact"], true);
        let container = session.read(&format!("inbox/signed/{name}.asice"));
        assert!(container.windows(bytes.len()).any(|window| window == bytes), "every byte as it was");
    }
}

/// A page of 72 dots to the inch, grey, JPEG.
const COARSE_PAGE: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\x01\0\x48\0\x48\0\0\
    \xff\xc0\0\x0b\x08\x03\x4a\x02\x53\x01\x01\x11\0\xff\xd9";

#[test]
fn guideline_9_1_c1_what_is_too_coarse_is_seen_before_it_is_signed() {
    let session = Session::alone();
    desk(&session, &[]);
    session.write("inbox/coarse.jpg", COARSE_PAGE);
    let Some(terminal) = start(&session, &format!("--reviewer staff-7 {PIN}")) else { return };
    terminal.shows("low dpi lossy").press(&["q"]);
    let again = start(&session, &format!("--reviewer staff-7 --scan-mode paper-kept {PIN}")).unwrap();
    again.shows("coarse.jpg").press(&["q"]);
}

#[test]
fn where_the_institution_wants_it_a_card_is_given_its_pin_for_each_signature() {
    let session = Session::alone();
    desk(&session, &["0.pdf", "1.pdf"]);
    let config = String::from_utf8(session.read("config.toml")).unwrap();
    session.write("config.toml", format!("pin_each_time = true\n{config}"));
    let uri = hpki_card(&session, Kind::Signature, &session.testbed().person(Person::Pharmacist));
    let line =
        format!("watch inbox --config config.toml --credential {uri} --trust {{trust}} --reviewer staff-7");
    let Some(terminal) = Terminal::start(&session, &line, 80, 24) else { return missing("tmux") };
    confirm(&terminal, 2);
    terminal.press(&["s"]);
    for signed in 0..2 {
        terminal.shows(&format!("signed {signed}")).shows("PIN or passphrase of");
        terminal.write(HPKI_PIN).shows("> ******").press(&["Enter"]);
    }
    terminal.shows("2 files signed.");
    assert!(!terminal.screen().contains("PIN or passphrase of"), "{}", terminal.screen());
    terminal.press(&["q"]);
    assert_eq!(terminal.exit_code(), 0);
    all_signed(&session, 2);
}

#[test]
fn what_can_not_be_signed_is_set_aside_with_a_reason_and_copies_are_recognised() {
    let session = Session::alone();
    desk(&session, &["0.pdf"]);
    session.write("inbox/notes.txt", "a shopping list");
    session.write("inbox/broken.pdf", "%PDF-1.7\nnothing of use\n%%EOF\n");
    session.write("inbox/half.pdf", "%PDF-1.7\nstill being written");
    session.write("inbox/.hidden.pdf", "%PDF-1.7 hidden %%EOF");
    let Some(terminal) = start(&session, &format!("--reviewer staff-7 {PIN}")) else { return };
    terminal.shows("set aside 2").shows("to review 1");
    let aside = files(&session, "inbox/set-aside");
    let reason = |name: &str| String::from_utf8(aside[&format!("{name}.reason.txt")].clone()).unwrap();
    assert!(reason("notes.txt").starts_with("unsupported-format\n"));
    assert!(!reason("broken.pdf").starts_with('\n'));
    confirm(&terminal, 1);
    terminal.press(&["s"]).shows("1 files signed.");
    session.write("inbox/again.pdf", scan(&session, 0));
    let start = std::time::Instant::now();
    while session.path("inbox/again.pdf").exists() {
        assert!(start.elapsed() < Duration::from_secs(30), "{}", terminal.screen());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(files(&session, "inbox/set-aside").contains_key("again.pdf"));
    assert!(session.path("inbox/half.pdf").exists(), "it may still be written");
    // Somebody else's screen is left alone; the list may be read.
    session.run("watch inbox --list").exits(0).prints("done");
    terminal.press(&["q"]);
    assert_eq!(terminal.exit_code(), 0);
    assert_eq!(files(&session, "inbox/signed").len(), 1);
}

#[test]
fn nobody_signs_without_a_terminal() {
    let session = Session::shared();
    desk(&session, &["0.pdf"]);
    session.run(&line(&session, &format!("--reviewer staff-7 {PIN}"))).exits(2).says("--list");
    let listed = session.run("watch inbox --list --output json").exits(3).json();
    assert_eq!((&listed["items"][0]["state"], &listed["items"][0]["kind"]), (&"found".into(), &"pdf".into()));
    assert!(files(&session, "inbox/signed").is_empty());
    session.run("watch nowhere --list").exits(4);
}

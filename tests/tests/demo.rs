//! `hsign demo`: what a newcomer sees first.

use hsign_tests::Session;

#[test]
fn the_demonstration_signs_stamps_and_verifies_and_leaves_a_folder_to_play_with() {
    let session = Session::shared();
    let answer = session.run("demo play --lang en").exits(0);
    let text = answer.text();
    for expected in [
        "薬剤師 (Pharmacist), qualified, stamped at ",
        "医師 (Medical Doctor), qualified, stamped at ",
        ", provable until ",
        "VALID if stamped anew in time",
        "The content of page 1 was changed.",
        "The signed content was changed after signing",
    ] {
        assert!(text.contains(expected), "no \"{expected}\" in {answer}");
    }
    assert!(text.lines().count() < 80, "too long to be read: {text}");
    assert!(session.path("play/trust.toml").is_file());
    assert!(session.path("play/report.html").is_file());
    session.run("trust list --trust play/trust.toml").exits(0);
    session.run("demo play").exits(2);
}

/// What a copy with a bar over the scan is told apart by: the signed bytes alone don't tell.
#[test]
fn the_covered_copy_keeps_every_signed_byte() {
    let session = Session::shared();
    session.run("demo play").exits(0);
    let signed = std::fs::read(session.path("play/dispensed-prescription.signed.pdf")).unwrap();
    assert!(std::fs::read(session.path("play/changed.pdf")).unwrap().starts_with(&signed));
}

#[test]
fn the_verifying_commands_it_shows_give_the_same_answers_afterwards_without_a_network() {
    let session = Session::shared();
    let text = session.run("demo play --lang en").exits(0).text();
    let mut lines = text.lines();
    let mut repeated = 0;
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix("$ hsign ") else { continue };
        let end =
            lines.by_ref().find(|line| line.starts_with("(exit ")).expect("each command tells how it ended");
        let code: i32 = end.trim_start_matches("(exit ").trim_end_matches(')').parse().unwrap();
        if command.starts_with("verify") || command.starts_with("plan") {
            session
                .run(&format!(
                    "{command} --lang en{}",
                    if command.contains("--report") { " --force" } else { "" }
                ))
                .exits(code);
            repeated += 1;
        }
    }
    assert_eq!(repeated, 5, "{text}");
}

#[test]
fn the_commands_it_shows_can_be_copied_into_a_shell() {
    let session = Session::shared();
    let text = session.run("demo play --lang ja").exits(0).text();
    for line in text.lines().filter(|line| line.starts_with("$ ")) {
        let outside_quotes: String = line.split('\'').step_by(2).collect();
        assert!(!outside_quotes.contains([';', '?', '&', '*']), "{line}");
    }
    assert!(text.contains("薬剤師"), "{text}");
}

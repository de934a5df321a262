//! Keys that a remote service keeps (CSC API v2): every form of signature by one that gives values, those made of CMS by
//! one that gives whole CMS signatures, and what isn't believed.

use hsign_testkit::{Endpoint, Fault, REMOTE_PIN, REMOTE_TOKEN};
use hsign_tests::{Answer, Session};

/// Before a test PKI of its own, since its service is told to misbehave.
fn desk(gives: &str) -> Session {
    let mut session = Session::alone();
    session.set("SERVICE_TOKEN", REMOTE_TOKEN);
    session.set("SERVICE_PIN", REMOTE_PIN);
    session
        .write("cda.xml", "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><text>5 mg</text></ClinicalDocument>");
    session.write("note.txt", "5 mg");
    let url = session.testbed().csc_url();
    session.write(
        "home/remote.toml",
        format!(
            "[[remote]]\nname = \"clinic\"\nprotocol = \"csc\"\nurl = \"{url}\"\nkey = \"doctor\"\ngives = \"{gives}\"\n\
             login = {{ by = \"token\", token = \"env:SERVICE_TOKEN\" }}\n"
        ),
    );
    session
}

fn sign(session: &Session, rest: &str) -> Answer {
    session.run(&format!(
        "sign --config home/remote.toml --credential remote:clinic --pin-source env:SERVICE_PIN --trust {{trust}} \
         --policy {{soft}} --tsa {{tsa}} --lang en {rest}"
    ))
}

const SIGNED: [(&str, &str); 3] = [
    ("letter.pdf", "letter.signed.pdf"),
    ("note.txt", "note.p7s --content note.txt"),
    ("note.txt --format asic", "note.asice"),
];

#[test]
fn a_service_that_gives_values_signs_in_every_form() {
    let session = desk("value");
    for (input, output) in SIGNED.into_iter().chain([("cda.xml", "cda.signed.xml")]) {
        sign(&session, input).exits(0);
        let signature = session.verify(output).exits(0).signature();
        assert_eq!(signature["level"], "B-LTA");
        assert_eq!(signature["qualification"]["status"], "qualified");
    }
}

#[test]
fn a_service_that_gives_cms_signs_what_is_made_of_cms() {
    let session = desk("cms");
    for (input, output) in SIGNED {
        sign(&session, input).exits(0);
        assert_eq!(session.verify(output).exits(0).signature()["level"], "B-LTA");
    }
}

#[test]
fn what_the_service_gives_is_checked_before_it_is_used() {
    let (imprint, value) = (Fault::WrongImprint, Fault::BadSignature);
    for (gives, faults) in [("value", vec![value.clone()]), ("cms", vec![imprint, value])] {
        let session = desk(gives);
        for fault in faults {
            for (input, _) in SIGNED {
                // Whichever request the signature comes with: all of them.
                session.testbed().always_fault(Endpoint::Remote, std::slice::from_ref(&fault));
                let refused = sign(&session, input);
                assert_ne!(refused.code, 0, "{gives} {fault:?}: {refused}");
                session.testbed().clear_faults();
            }
        }
        assert_eq!(session.names(), ["cda.xml", "letter.pdf", "note.txt", "scan.pdf"]);
    }
}

//! Encrypted documents: opened with either password, compared with qpdf's decryption object by object, signed so that
//! qpdf still opens them.
#![allow(clippy::disallowed_methods, clippy::indexing_slicing, clippy::print_stdout)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::ptr_arg)]

mod support;

use std::path::Path;
use std::process::Command;

use hsign_pdf::{
    Access, Document, Error, Extended, Object, ObjectId, Refusal, SignatureRequest, SubFilter,
    ValidationData, add_validation_data, prepare_signature, signature_fields,
};
use support::{Builder, CATALOG, Kind, PAGE, PAGES};

/// Every key length and cipher of the standard handler, as qpdf makes it.
const METHODS: [&[&str]; 7] = [
    &["40"],
    &["128", "--use-aes=n", "--force-V4"],
    &["128"],
    &["128", "--use-aes=y"],
    &["128", "--use-aes=y", "--cleartext-metadata"],
    &["256", "--force-R5"],
    &["256"],
];

fn qpdf(folder: &Path, arguments: &[&str]) -> Option<String> {
    let Ok(output) = Command::new("qpdf").current_dir(folder).args(arguments).output() else {
        assert!(std::env::var_os("REQUIRE_ALL").is_none_or(|value| value != "1"), "qpdf is missing");
        println!("skipped: qpdf is not installed");
        return None;
    };
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    Some(said)
}

fn plain() -> Vec<u8> {
    let mut builder = Builder::new(Kind::Table);
    builder.trailer = "/Root 1 0 R/Info 5 0 R/ID[<0011><2233>]".to_owned();
    let page = PAGE.replace(">>", "/Note(a string \\(in\\) a page)>>");
    let stream = "<</Length 11/Label[(in)(a stream)]>>\nstream\nsome octets\nendstream";
    let metadata = "<</Type/Metadata/Length 9>>\nstream\n<x:xmp/>.\nendstream";
    builder.revision(&[
        (1, &CATALOG.replace(">>", "/Metadata 6 0 R>>")),
        (2, PAGES),
        (3, &page),
        (4, stream),
        (5, "<</Title<fefffe00>/Author()>>"),
        (6, metadata),
    ]);
    builder.bytes
}

fn encrypted(folder: &Path, passwords: [&str; 2], method: &[&str], more: &[&str]) -> Option<Vec<u8>> {
    std::fs::write(folder.join("plain.pdf"), plain()).unwrap();
    let mut arguments = vec!["--allow-weak-crypto", "--preserve-unreferenced"];
    arguments.extend(more);
    arguments.extend(["--encrypt", passwords[0], passwords[1]]);
    arguments.extend(method);
    arguments.extend(["--", "plain.pdf", "encrypted.pdf"]);
    qpdf(folder, &arguments)?;
    Some(std::fs::read(folder.join("encrypted.pdf")).unwrap())
}

/// Every object that both files have, streams decoded.
fn assert_same(a: &Document<'_>, b: &Document<'_>, what: &str) {
    let mut compared = 0;
    let numbers =
        b.revisions().iter().flat_map(|revision| revision.entries().iter().map(|(number, _)| *number));
    for number in numbers {
        let id = ObjectId::new(number, 0);
        let (ours, theirs) = (a.newest().get(id).unwrap(), b.newest().get(id).unwrap());
        let is_structure = |object: &Object| {
            object.as_dictionary().is_some_and(|dictionary| {
                ["XRef", "ObjStm"].iter().any(|kind| dictionary.get("Type").is_some_and(|t| t.is_name(kind)))
            })
        };
        match (&ours, &theirs) {
            (Object::Stream(ours), Object::Stream(theirs))
                if !is_structure(&Object::Stream(theirs.clone())) =>
            {
                assert!(ours.dictionary.get("Label") == theirs.dictionary.get("Label"));
                let ours = a.newest().stream_data(ours, 1 << 20).unwrap();
                assert_eq!(ours, b.newest().stream_data(theirs, 1 << 20).unwrap(), "{what}: {number}");
            }
            _ if is_structure(&theirs) => continue,
            _ => assert_eq!(ours, theirs, "{what}: {number}"),
        }
        compared += 1;
    }
    assert!(compared >= 6, "{what}: {compared}");
}

#[test]
fn iso_32000_2_7_6_every_method_is_opened_as_qpdf_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    for method in METHODS {
        for streams in ["--object-streams=disable", "--object-streams=generate"] {
            let Some(bytes) = encrypted(folder.path(), ["user", "owner"], method, &[streams]) else { return };
            let decrypted =
                ["--password=user", "--decrypt", "--object-streams=disable", "--preserve-unreferenced"];
            let mut arguments = decrypted.to_vec();
            arguments.extend(["encrypted.pdf", "decrypted.pdf"]);
            if streams.ends_with("disable") {
                qpdf(folder.path(), &arguments);
            }
            let theirs = std::fs::read(folder.path().join("decrypted.pdf")).unwrap();
            assert!(matches!(Document::open(&bytes), Err(Error::Encrypted)), "{method:?}");
            assert!(matches!(Document::open_with(&bytes, Some(b"other")), Err(Error::Encrypted)));
            for (password, access) in [(b"user".as_slice(), Access::User), (b"owner", Access::Owner)] {
                let ours = Document::open_with(&bytes, Some(password)).unwrap();
                assert_eq!(ours.access(), Some(access), "{method:?}");
                if streams.ends_with("disable") {
                    assert_same(&ours, &Document::open(&theirs).unwrap(), &format!("{method:?} {streams}"));
                } else {
                    let snapshot = ours.newest();
                    let (_, page) = snapshot.first_page().unwrap();
                    let note = page.get("Note").unwrap().as_string().unwrap();
                    assert_eq!(note.bytes, b"a string (in) a page", "{method:?}: not closed a second time");
                }
            }
        }
    }
}

fn request() -> SignatureRequest<'static> {
    let mut request = SignatureRequest::new(SubFilter::EtsiCadesDetached, 32);
    request.reason = Some("処方箋".to_owned());
    request
}

fn append(bytes: &mut Vec<u8>, password: Option<&[u8]>) {
    let document = Document::open_with(bytes, password).unwrap();
    let update =
        prepare_signature(&document, &request()).unwrap().with_contents(&[0x30, 3, 2, 1, 1]).unwrap();
    let extended = Extended::new(bytes, &update);
    let document = Document::open_with(&extended, password).unwrap();
    let data = ValidationData { certificates: &[b"certificate"], crls: &[], ocsp_responses: &[] };
    let store = add_validation_data(&document, &data).unwrap().unwrap();
    drop(document);
    bytes.extend(update);
    bytes.extend(store);
}

#[test]
fn what_is_added_is_closed_as_the_file_demands_and_the_signature_stays_open() {
    let folder = tempfile::tempdir().unwrap();
    for method in METHODS {
        for (user, password) in [("", None), ("user", Some(b"owner".as_slice()))] {
            let Some(mut bytes) = encrypted(folder.path(), [user, "owner"], method, &[]) else { return };
            append(&mut bytes, password);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(text.contains("/Contents <3003020101"), "{method:?}");
            assert!(!text.contains("certificate"), "{method:?}");
            std::fs::write(folder.path().join("signed.pdf"), &bytes).unwrap();
            qpdf(folder.path(), &["--password=owner", "--check", "signed.pdf"]);
            let show = ["--password=owner", "--decrypt", "--qdf", "signed.pdf", "open.pdf"];
            qpdf(folder.path(), &show);
            let open = std::fs::read(folder.path().join("open.pdf")).unwrap();
            let theirs = signature_fields(&Document::open(&open).unwrap()).unwrap();
            let ours = signature_fields(&Document::open_with(&bytes, password).unwrap()).unwrap();
            for fields in [&ours, &theirs] {
                let value = fields.fields[0].value.as_ref().unwrap();
                assert_eq!(value.reason.as_deref(), Some("処方箋"), "{method:?}");
                assert_eq!(&value.contents[..5], [0x30, 3, 2, 1, 1]);
            }
            assert_eq!(ours.fields[0].value.as_ref().unwrap().findings, []);
            let lines = String::from_utf8_lossy(&open).into_owned();
            assert!(lines.contains("certificate"), "{method:?}: qpdf opens our stream");
        }
    }
}

#[test]
fn an_owner_who_permits_nothing_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let method = ["256", "--modify=none", "--annotate=n", "--form=n"];
    let Some(bytes) = encrypted(folder.path(), ["", "owner"], &method, &[]) else { return };
    let refused = prepare_signature(&Document::open(&bytes).unwrap(), &request()).map(|_| ());
    assert!(matches!(refused, Err(Error::Refused(Refusal::NotPermitted))));
    let document = Document::open_with(&bytes, Some(b"owner")).unwrap();
    assert!(prepare_signature(&document, &request()).is_ok());
}

//! hcRole: the DER of cards in use, and every form the syntax allows.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::{Parts, extension, oid};
use hsign_asn1::encode;
use hsign_x509::{Certificate, Error, HealthcareActor};

const SCHEME: &str = "1.2.392.100495.1.6.1.1";
const DOCTOR: &str = "303430320606288185420001312831263024A0223120A00C060A2A830886910F01060101A2100C0E4D65646963616C20446F63746F72";
const PHARMACIST: &str =
    "3030302E0606288185420001312431223020A01E311CA00C060A2A830886910F01060101A20C0C0A506861726D6163697374";

fn bytes(hexadecimal: &str) -> Vec<u8> {
    (0..hexadecimal.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap())
        .collect()
}

fn read(value: &[u8]) -> Result<Vec<HealthcareActor>, Error> {
    let der = Parts::with(&[extension("2.5.29.9", false, value)]).der();
    Certificate::from_der(&der).unwrap().health_care_actors()
}

fn texts(value: &[u8]) -> Vec<String> {
    read(value).unwrap().into_iter().map(|actor| actor.text.unwrap()).collect()
}

fn coded(fields: &[Vec<u8>]) -> Vec<u8> {
    encode::explicit(0, &encode::tlv(0x31, &fields.concat()))
}

fn scheme() -> Vec<u8> {
    encode::explicit(0, &oid(SCHEME))
}

fn actor(text: &[u8]) -> Vec<u8> {
    encode::sequence(&[&coded(&[scheme(), encode::explicit(2, text)])])
}

fn attribute(actors: &[Vec<u8>]) -> Vec<u8> {
    let data = encode::tlv(0x31, &actors.concat());
    encode::sequence(&[&oid("1.0.17090.0.1"), &encode::tlv(0x31, &data)])
}

#[test]
fn cards_in_use() {
    for (hexadecimal, text) in [(DOCTOR, "Medical Doctor"), (PHARMACIST, "Pharmacist")] {
        let actors = read(&bytes(hexadecimal)).unwrap();
        assert_eq!(actors.len(), 1);
        assert_eq!(actors[0].coding_scheme, SCHEME);
        assert_eq!(actors[0].text.as_deref(), Some(text));
        assert_eq!(actors[0].code, None);
        assert!(!actors[0].regional_data);
    }
}

#[test]
fn our_builder_makes_the_same_bytes() {
    let built = encode::sequence(&[&attribute(&[actor(&encode::utf8("Medical Doctor"))])]);
    assert_eq!(built, bytes(DOCTOR));
}

#[test]
fn several_actors_and_several_attributes() {
    let (doctor, dentist) = (actor(&encode::utf8("Medical Doctor")), actor(&encode::utf8("Dentist")));
    let one = encode::sequence(&[&attribute(&[doctor.clone(), dentist.clone()])]);
    assert_eq!(texts(&one), ["Medical Doctor", "Dentist"]);
    let two = encode::sequence(&[&attribute(&[doctor]), &attribute(&[dentist])]);
    assert_eq!(texts(&two), ["Medical Doctor", "Dentist"]);
}

#[test]
fn every_directory_string_choice() {
    for element in [
        encode::tlv(0x0c, b"Midwife"),
        encode::tlv(0x13, b"Midwife"),
        encode::tlv(0x14, b"Midwife"),
        encode::tlv(0x1e, &"Midwife".bytes().flat_map(|octet| [0, octet]).collect::<Vec<_>>()),
        encode::tlv(0x1c, &"Midwife".bytes().flat_map(|octet| [0, 0, 0, octet]).collect::<Vec<_>>()),
    ] {
        assert_eq!(texts(&encode::sequence(&[&attribute(&[actor(&element)])])), ["Midwife"]);
    }
}

#[test]
fn code_and_regional_data_are_told() {
    for code in [encode::implicit_primitive(1, b"42"), encode::explicit(1, &encode::tlv(0x12, b"42"))] {
        let coded = coded(&[scheme(), code, encode::explicit(2, &encode::utf8("Midwife"))]);
        let regional = encode::implicit_constructed(1, &encode::sequence(&[&encode::null()]));
        let value = encode::sequence(&[&attribute(&[encode::sequence(&[&coded, &regional])])]);
        let actors = read(&value).unwrap();
        assert_eq!(actors[0].code.as_deref(), Some("42"));
        assert!(actors[0].regional_data);
    }
}

#[test]
fn other_attributes_are_stepped_over() {
    let birth = encode::sequence(&[
        &oid("1.3.6.1.5.5.7.9.1"),
        &encode::tlv(0x31, &encode::tlv(0x18, b"19700101120000Z")),
    ]);
    let value = encode::sequence(&[&birth, &attribute(&[actor(&encode::utf8("Dentist"))])]);
    assert_eq!(texts(&value), ["Dentist"]);
    assert_eq!(read(&encode::sequence(&[&birth])).unwrap(), []);
    assert_eq!(Certificate::from_der(&Parts::default().der()).unwrap().health_care_actors().unwrap(), []);
}

#[test]
fn anything_else_is_an_error_and_never_no_role() {
    let text = encode::explicit(2, &encode::utf8("Dentist"));
    let wrap = |actor: Vec<u8>| encode::sequence(&[&attribute(&[actor])]);
    let malformed = [
        encode::sequence(&[]),
        wrap(encode::sequence(&[&coded(std::slice::from_ref(&text))])),
        wrap(encode::sequence(&[&coded(&[scheme(), text.clone(), text.clone()])])),
        wrap(encode::sequence(&[&coded(&[scheme(), scheme(), text.clone()])])),
        wrap(encode::sequence(&[&coded(&[scheme(), encode::explicit(3, &encode::utf8("x"))])])),
        wrap(encode::sequence(&[&coded(&[scheme(), encode::explicit(2, &encode::integer(1))])])),
        wrap(encode::sequence(&[&encode::explicit(0, &encode::sequence(&[&scheme(), &text]))])),
        wrap(encode::tlv(0x31, &coded(&[scheme(), text.clone()]))),
        encode::sequence(&[&attribute(&[])]),
        encode::sequence(&[&encode::sequence(&[&oid("1.0.17090.0.1"), &encode::tlv(0x31, &[])])]),
        [bytes(DOCTOR), vec![5, 0]].concat(),
        bytes(DOCTOR)[..bytes(DOCTOR).len() - 1].to_vec(),
    ];
    for value in malformed {
        assert!(read(&value).is_err(), "{value:02x?}");
    }
}

#[test]
fn a_repeated_extension_counts_for_nothing() {
    let once = extension("2.5.29.9", false, &bytes(DOCTOR));
    let certificate = Certificate::from_der(&Parts::with(&[once.clone(), once]).der()).unwrap();
    assert_eq!(certificate.repeated_extension(), Some("2.5.29.9"));
    assert_eq!(certificate.health_care_actors(), Err(Error::RepeatedExtension("2.5.29.9".to_owned())));
}

//! Name constraints (RFC 5280 §4.2.1.10) of every form.

use hsign_asn1::encode;

use super::forge::{self, Forge};
use super::{ca, codes, errors, now, person, run};

const MAIL: u32 = 1;
const DNS: u32 = 2;
const DIRECTORY: u32 = 4;
const URI: u32 = 6;
const IP: u32 = 7;

/// A GeneralName: a directory name is tagged explicitly, the others stand for octets.
fn general(form: u32, octets: &[u8]) -> Vec<u8> {
    if form == DIRECTORY { encode::explicit(form, octets) } else { encode::implicit_primitive(form, octets) }
}

fn constraints(subtrees: &[Vec<u8>]) -> Vec<u8> {
    let permitted = encode::implicit_constructed(0, &subtrees.concat());
    forge::extension("2.5.29.30", true, &encode::sequence(&[&permitted]))
}

fn permitting(form: u32, base: &[u8]) -> Forge {
    ca().with(constraints(&[encode::sequence(&[&general(form, base)])]))
}

fn named(form: u32, name: &[u8]) -> Forge {
    person().with(forge::extension("2.5.29.17", false, &encode::sequence(&[&general(form, name)])))
}

/// Form, its name, constraint, a name inside, a name outside.
type Case<'c> = (u32, &'c str, &'c [u8], &'c [u8], &'c [u8]);

#[test]
fn rfc5280_4_2_1_10_every_form_is_compared_with_constraints_of_its_form() {
    let network = [192, 0, 2, 0, 255, 255, 255, 0];
    let cases: [Case<'_>; 4] = [
        (DNS, "dNSName", b"example.jp", b"host.example.jp", b"example.com"),
        (MAIL, "rfc822Name", b"example.jp", b"a@example.jp", b"a@example.com"),
        (URI, "uniformResourceIdentifier", b"example.jp", b"https://example.jp/x", b"https://example.com/x"),
        (IP, "iPAddress", &network, &[192, 0, 2, 7], &[192, 0, 3, 7]),
    ];
    for (form, called, base, inside, outside) in cases {
        let constrained = permitting(form, base);
        assert!(run(&named(form, inside), &[&constrained], &now()).is_ok(), "{called}");
        let found = errors(run(&named(form, outside), &[&constrained], &now()));
        assert_eq!(
            (found[0].code.as_str(), found[0].values["form"].as_str()),
            ("name-not-permitted", called)
        );
        let other = if form == DNS { named(MAIL, b"a@example.com") } else { named(DNS, b"example.com") };
        assert!(run(&other, &[&constrained], &now()).is_ok(), "{called} binds another form");
    }
}

#[test]
fn rfc5280_4_2_1_10_the_subject_is_a_directory_name() {
    let inside = permitting(DIRECTORY, &forge::name("Person"));
    assert!(run(&person(), &[&inside], &now()).is_ok());
    let found = errors(run(&person(), &[&permitting(DIRECTORY, &forge::name("Somebody"))], &now()));
    assert_eq!(
        (found[0].code.as_str(), found[0].values["form"].as_str()),
        ("name-not-permitted", "directoryName")
    );
}

#[test]
fn rfc5280_4_2_1_10_an_address_that_is_none_is_not_within_anything() {
    let constrained = permitting(IP, &[192, 0, 2, 0, 255, 255, 255, 0]);
    let short = named(IP, &[192, 0, 2]);
    assert_eq!(codes(run(&short, &[&constrained], &now())), ["subject-alternative-name-undecodable"]);
}

#[test]
fn rfc5280_4_2_1_10_minimum_and_maximum_are_not_used() {
    for bound in [encode::implicit_primitive(0, &[1]), encode::implicit_primitive(1, &[5])] {
        let bounded = constraints(&[encode::sequence(&[&general(DNS, b"example.jp"), &bound])]);
        let found = codes(run(&named(DNS, b"host.example.jp"), &[&ca().with(bounded)], &now()));
        assert_eq!(found, ["name-constraint-unprocessable"]);
    }
}

#[test]
fn an_undecodable_alternative_name_fails_only_where_names_are_constrained() {
    let garbled = person().with(forge::extension("2.5.29.17", false, b"example.com"));
    assert!(run(&garbled, &[&ca()], &now()).is_ok());
}

#[test]
fn only_comparisons_that_are_made_count_against_the_budget() {
    let texts: Vec<String> = (0..1100).map(|n| format!("h{n}.example")).collect();
    let names: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mails: Vec<Vec<u8>> =
        names.iter().map(|host| encode::sequence(&[&general(MAIL, host.as_bytes())])).collect();
    let target = person().with(forge::dns_names(&names));
    assert!(run(&target, &[&ca().with(constraints(&mails))], &now()).is_ok());
}

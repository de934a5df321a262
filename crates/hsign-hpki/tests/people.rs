//! Certificates of the test PKI, read as HPKI's are.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::collections::BTreeSet;

use hsign_hpki::{
    Basis, CertificateKind, ChainState, ProfessionTable, QualificationStatus, RequiredRoles,
    certificate_kind, qualify, roles_of,
};
use hsign_testkit::{Person, Pki};
use hsign_x509::Certificate;

fn certificates() -> Vec<(Person, Certificate)> {
    let pki = Pki::new("http://pki.test", 1_790_000_000).unwrap();
    Person::ALL
        .into_iter()
        .map(|person| (person, Certificate::from_der(pki.person(person).certificate_der()).unwrap()))
        .collect()
}

#[test]
fn the_kind_comes_from_policies_and_key_usage() {
    for (person, certificate) in certificates() {
        let expected = match person {
            Person::TestCard => CertificateKind::HpkiTestCard,
            Person::Authentication => CertificateKind::HpkiAuthentication,
            Person::Commercial | Person::Witness | Person::Attester => CertificateKind::Other,
            Person::Jpki => CertificateKind::Jpki,
            _ => CertificateKind::HpkiSignature,
        };
        assert_eq!(certificate_kind(&certificate), expected, "{person:?}");
    }
}

#[test]
fn hcrole_is_read_and_recognised_by_the_table() {
    let table = ProfessionTable::builtin();
    for (person, certificate) in certificates() {
        // A SET OF has no order of its own.
        let recognised: BTreeSet<_> =
            roles_of(&certificate, &table).unwrap().into_iter().map(|row| row.text.as_str()).collect();
        let expected: BTreeSet<_> =
            person.roles().iter().copied().filter(|role| table.find(role).is_some()).collect();
        assert_eq!(recognised, expected, "{person:?}");
        let any = RequiredRoles::any_national();
        let answer = qualify(&certificate, ChainState::Confirmed, &any, &table);
        let texts: BTreeSet<_> = answer.roles.iter().map(|role| role.text.as_str()).collect();
        let named: BTreeSet<_> = person.roles().iter().copied().collect();
        assert_eq!(texts, named, "{person:?}: every role is shown");
    }
}

#[test]
fn with_a_confirmed_chain_each_person_has_the_status_of_the_table() {
    let table = ProfessionTable::builtin();
    let any = RequiredRoles::any_national();
    for (person, certificate) in certificates() {
        let answer = qualify(&certificate, ChainState::Confirmed, &any, &table);
        let (status, basis) = match person {
            Person::TestCard => (QualificationStatus::TestCard, Basis::Hpki),
            Person::Authentication => (QualificationStatus::AuthenticationCertificate, Basis::Hpki),
            Person::NoRole => (QualificationStatus::NoRole, Basis::Hpki),
            Person::UnknownRole => (QualificationStatus::UnrecognisedRole, Basis::Hpki),
            Person::HospitalDirector => (QualificationStatus::RoleMismatch, Basis::Hpki),
            Person::Commercial | Person::Witness | Person::Attester => {
                (QualificationStatus::Undetermined, Basis::None)
            }
            Person::Jpki => (QualificationStatus::Undetermined, Basis::Jpki),
            _ => (QualificationStatus::Qualified, Basis::Hpki),
        };
        assert_eq!((answer.status, answer.basis), (status, basis), "{person:?}");
    }
}

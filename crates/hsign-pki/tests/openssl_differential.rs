//! OpenSSL's verifier as an oracle: random chains and random graphs, judged by both.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use hsign_core::Time;
use hsign_crypto::OpensslVerifier;
use hsign_pki::{Anchor, PathParameters, build_and_validate};
use hsign_testkit::Dice;
use hsign_x509::Certificate;
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::stack::Stack;
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509Builder, X509Extension, X509NameBuilder, X509StoreContext};

const NOW: i64 = 1_790_000_000;
const YEAR: i64 = 31_536_000;

struct Entity {
    name: String,
    key: PKey<Private>,
}

fn entity(name: &str) -> Entity {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    Entity { name: name.to_owned(), key: PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap() }
}

/// One certificate with, now and then, something wrong.
fn issue(dice: &mut Dice, subject: &Entity, issuer: &Entity, is_ca: bool, faults: usize) -> X509 {
    let name = |text: &str| {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_nid(Nid::COMMONNAME, text).unwrap();
        name.build()
    };
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(u32::try_from(dice.below(1 << 30)).unwrap() + 1).unwrap();
    builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
    builder.set_subject_name(&name(&subject.name)).unwrap();
    builder.set_issuer_name(&name(&issuer.name)).unwrap();
    builder.set_pubkey(&subject.key).unwrap();
    let end = if dice.one_in(faults) { NOW - 1 } else { NOW + YEAR };
    let start = if dice.one_in(faults) { NOW + 1 } else { NOW - 2 * YEAR };
    builder.set_not_before(&Asn1Time::from_unix(start.min(end)).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(end).unwrap()).unwrap();
    if is_ca != dice.one_in(faults) {
        let mut constraints = BasicConstraints::new();
        constraints.critical().ca();
        if dice.one_in(3) {
            constraints.pathlen(u32::try_from(dice.below(3)).unwrap());
        }
        builder.append_extension(constraints.build().unwrap()).unwrap();
    }
    if is_ca && !dice.one_in(4) {
        let mut usage = KeyUsage::new();
        usage.critical().crl_sign();
        if !dice.one_in(faults) {
            usage.key_cert_sign();
        }
        builder.append_extension(usage.build().unwrap()).unwrap();
    }
    if !is_ca {
        let mut names = SubjectAlternativeName::new();
        names.dns(if dice.one_in(3) { "host.example.com" } else { "host.example.jp" });
        builder.append_extension(names.build(&builder.x509v3_context(None, None)).unwrap()).unwrap();
    }
    if is_ca && dice.one_in(4) {
        let value = if dice.one_in(2) {
            "critical,permitted;DNS:example.jp"
        } else {
            "critical,excluded;DNS:example.com"
        };
        #[allow(deprecated)]
        let constraints = X509Extension::new_nid(None, None, Nid::NAME_CONSTRAINTS, value).unwrap();
        builder.append_extension(constraints).unwrap();
    }
    let signer = if dice.one_in(faults) { &subject.key } else { &issuer.key };
    builder.sign(signer, MessageDigest::sha256()).unwrap();
    builder.build()
}

fn openssl_accepts(target: &X509, pool: &[X509], root: &X509) -> bool {
    let mut parameters = X509VerifyParam::new().unwrap();
    parameters.set_time(NOW);
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(root.clone()).unwrap();
    store.set_param(&parameters).unwrap();
    let store = store.build();
    let mut untrusted = Stack::new().unwrap();
    for certificate in pool {
        untrusted.push(certificate.clone()).unwrap();
    }
    let mut context = X509StoreContext::new().unwrap();
    context.init(&store, target, &untrusted, |context| context.verify_cert()).unwrap()
}

fn ours(certificate: &X509) -> Certificate {
    Certificate::from_der(&certificate.to_der().unwrap()).unwrap()
}

/// The path we find, with the anchor's own extensions and dates counting, as OpenSSL has it.
fn our_path(target: &X509, pool: &[X509], root: &X509) -> Result<Vec<Certificate>, String> {
    let pool: Vec<Certificate> = pool.iter().map(ours).collect();
    let parameters = PathParameters {
        apply_anchor_constraints: true,
        apply_anchor_dates: true,
        ..PathParameters::at(Time::from_unix_seconds(NOW).unwrap())
    };
    let anchors = [Anchor::from_certificate(ours(root))];
    build_and_validate(&ours(target), &pool, &anchors, &parameters, &OpensslVerifier::new())
        .map(|path| path.certificates().to_vec())
        .map_err(|failures| format!("{:?}", failures.best().unwrap().findings))
}

#[test]
fn openssl_and_we_agree_on_random_chains() {
    let mut dice = Dice::new(2026);
    let people: Vec<Entity> = ["Root", "One", "Two", "Three", "Person"].map(entity).into_iter().collect();
    let (mut accepted, mut refused) = (0, 0);
    for case in 0..400 {
        let length = dice.below(4);
        let faults = if dice.one_in(2) { 40 } else { 12 };
        let root = issue(&mut dice, &people[0], &people[0], true, 1_000);
        let mut pool = Vec::new();
        let mut issuer = &people[0];
        for ca in &people[1..=length] {
            pool.push(issue(&mut dice, ca, issuer, true, faults));
            issuer = ca;
        }
        let target = issue(&mut dice, &people[4], issuer, false, faults);
        let theirs = openssl_accepts(&target, &pool, &root);
        let our_answer = our_path(&target, &pool, &root);
        assert_eq!(our_answer.is_ok(), theirs, "case {case}: {our_answer:?}");
        if theirs { accepted += 1 } else { refused += 1 }
    }
    assert!(accepted > 50 && refused > 50, "{accepted} accepted, {refused} refused: the cases are one-sided");
}

#[test]
fn every_path_we_find_in_a_random_graph_is_one_for_openssl_too() {
    let mut dice = Dice::new(5280);
    let people: Vec<Entity> = ["Root", "A", "B", "C", "D", "Person"].map(entity).into_iter().collect();
    let (mut found, mut more_than_openssl) = (0, 0);
    for case in 0..150 {
        let root = issue(&mut dice, &people[0], &people[0], true, 1_000);
        let mut pool = Vec::new();
        for _ in 0..10 {
            let subject = 1 + dice.below(4);
            let issuer = dice.below(5);
            if issuer != subject {
                pool.push(issue(&mut dice, &people[subject], &people[issuer], true, 10));
            }
        }
        let issuer = 1 + dice.below(4);
        let target = issue(&mut dice, &people[5], &people[issuer], false, 40);
        let theirs = openssl_accepts(&target, &pool, &root);
        match our_path(&target, &pool, &root) {
            Ok(path) => {
                found += 1;
                more_than_openssl += u32::from(!theirs);
                let between: Vec<X509> =
                    path[1..path.len() - 1].iter().map(|c| X509::from_der(c.der()).unwrap()).collect();
                assert!(openssl_accepts(&target, &between, &root), "case {case}: {path:?}");
            }
            Err(reason) => assert!(!theirs, "case {case}: OpenSSL finds a path where we say {reason}"),
        }
    }
    assert!(found > 30, "only {found} graphs have a path");
    // Backtracking finds paths where OpenSSL gives up at the first wrong turn.
    assert!(more_than_openssl > 0, "no graph asked for backtracking");
}

//! Random graphs of certificates: the same from the same seed, with real keys from the test pool.

use hsign_testkit::{Dice, keys};
use hsign_x509::Certificate;
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::conf::{Conf, ConfMethod};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::{X509, X509Builder, X509Extension, X509NameBuilder};

use crate::Settings;

const NOW: i64 = 1_790_000_000;
const YEAR: i64 = 31_536_000;
const POLICIES: [&str; 4] = ["1.2.392.1", "1.2.392.2", "1.2.392.3", "2.5.29.32.0"];
const KEYS: [&str; 7] =
    ["doctor-p256", "tsa-unit-p256", "ocsp-responder", "tls-server", "tls-client", "doctor", "hpki-root"];

/// A target, CAs between, an anchor, and what is asked of a path.
pub struct Graph {
    /// The certificate in question.
    pub target: Certificate,
    /// CA certificates, cross certificates and loops among them.
    pub pool: Vec<Certificate>,
    /// Where paths may end.
    pub anchor: Certificate,
    /// What is asked.
    pub settings: Settings,
}

struct Entity {
    name: String,
    key: PKey<Private>,
}

impl Graph {
    /// The next graph: one root, five CA names over six keys (so that some names have two generations), a dozen
    /// certificates between them.
    pub fn random(dice: &mut Dice) -> Self {
        let key = |name: &str| keys::load(name).expect("a key of the pool");
        let root = Entity { name: "Root".to_owned(), key: key(KEYS[6]) };
        let cas: Vec<Entity> = (0..6)
            .map(|n| Entity { name: ["A", "B", "C", "D", "E", "A"][n].to_owned(), key: key(KEYS[n % 5]) })
            .collect();
        let person = Entity { name: "Person".to_owned(), key: key(KEYS[5]) };
        let faults = if dice.one_in(2) { 60 } else { 15 };
        let anchor = issue(dice, &root, &root, Kind::Anchor, 1_000);
        let mut pool = Vec::new();
        for _ in 0..(3 + dice.below(9)) {
            let subject = dice.below(6);
            let issuer = if dice.one_in(3) { &root } else { &cas[dice.below(6)] };
            pool.push(issue(dice, &cas[subject], issuer, Kind::Ca, faults));
        }
        let issuer = &cas[dice.below(6)];
        let target = issue(dice, &person, issuer, Kind::Person, faults);
        Self { target, pool, anchor, settings: settings(dice) }
    }
}

fn settings(dice: &mut Dice) -> Settings {
    let mut settings = Settings::at(NOW);
    if dice.one_in(3) {
        settings.policies = (0..1 + dice.below(2)).map(|_| dice.pick(&POLICIES[..3]).to_string()).collect();
    }
    settings.explicit_policy = dice.one_in(3);
    settings.inhibit_mapping = dice.one_in(6);
    settings.inhibit_any = dice.one_in(6);
    settings
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Says nothing about policies: what becomes of an anchor's (RFC 5937) each implementation reads in its own way.
    Anchor,
    Ca,
    Person,
}

/// One certificate with, now and then, something wrong.
fn issue(dice: &mut Dice, subject: &Entity, issuer: &Entity, kind: Kind, faults: usize) -> Certificate {
    let name = |text: &str| {
        let mut name = X509NameBuilder::new().expect("name");
        name.append_entry_by_nid(Nid::COUNTRYNAME, "JP").expect("name");
        name.append_entry_by_nid(Nid::COMMONNAME, text).expect("name");
        name.build()
    };
    let mut builder = X509Builder::new().expect("builder");
    builder.set_version(2).expect("version");
    let serial = BigNum::from_u32(u32::try_from(dice.below(1 << 30)).expect("small") + 1).expect("serial");
    builder.set_serial_number(&Asn1Integer::from_bn(&serial).expect("serial")).expect("serial");
    builder.set_subject_name(&name(&subject.name)).expect("subject");
    builder.set_issuer_name(&name(&issuer.name)).expect("issuer");
    builder.set_pubkey(&subject.key).expect("key");
    let end = if dice.one_in(faults) { NOW - 1 } else { NOW + YEAR };
    let start = if dice.one_in(faults) { NOW + 1 } else { NOW - 2 * YEAR };
    builder.set_not_before(&Asn1Time::from_unix(start.min(end)).expect("time")).expect("start");
    builder.set_not_after(&Asn1Time::from_unix(end).expect("time")).expect("end");
    let none = Conf::new(ConfMethod::default()).expect("an empty configuration");
    for (nid, value) in extensions(dice, kind, faults) {
        let context = builder.x509v3_context(None, Some(&none));
        #[allow(deprecated)]
        let extension = X509Extension::new_nid(Some(&none), Some(&context), nid, &value).expect("extension");
        builder.append_extension(extension).expect("extension");
    }
    let signer = if dice.one_in(faults) { &subject.key } else { &issuer.key };
    builder.sign(signer, MessageDigest::sha256()).expect("signature");
    certificate(&builder.build())
}

fn certificate(x509: &X509) -> Certificate {
    Certificate::from_der(&x509.to_der().expect("DER")).expect("a certificate")
}

/// Extensions in OpenSSL's own notation.
fn extensions(dice: &mut Dice, kind: Kind, faults: usize) -> Vec<(Nid, String)> {
    let mut list = Vec::new();
    let is_ca = kind != Kind::Person;
    let policies = kind != Kind::Anchor;
    if is_ca != dice.one_in(faults) {
        let length = if dice.one_in(3) { format!(",pathlen:{}", dice.below(3)) } else { String::new() };
        list.push((Nid::BASIC_CONSTRAINTS, format!("critical,CA:TRUE{length}")));
    }
    if is_ca && !dice.one_in(8) {
        let sign = if dice.one_in(faults) { "cRLSign" } else { "keyCertSign,cRLSign" };
        list.push((Nid::KEY_USAGE, format!("critical,{sign}")));
    }
    if !is_ca && dice.one_in(2) {
        let host = if dice.one_in(3) { "host.example.com" } else { "host.example.jp" };
        list.push((Nid::SUBJECT_ALT_NAME, format!("DNS:{host},email:doctor@{host}")));
    }
    if policies && !dice.one_in(4) {
        let mut policies: Vec<&str> = (0..1 + dice.below(2)).map(|_| *dice.pick(&POLICIES)).collect();
        policies.sort_unstable();
        policies.dedup();
        list.push((Nid::CERTIFICATE_POLICIES, policies.join(",")));
    }
    if policies && is_ca && dice.one_in(5) {
        let (from, to) = (*dice.pick(&POLICIES[..3]), *dice.pick(&POLICIES[..3]));
        list.push((Nid::POLICY_MAPPINGS, format!("critical,{from}:{to}")));
    }
    if policies && is_ca && dice.one_in(6) {
        let which = if dice.one_in(2) { "requireExplicitPolicy" } else { "inhibitPolicyMapping" };
        list.push((Nid::POLICY_CONSTRAINTS, format!("critical,{which}:{}", dice.below(3))));
    }
    if policies && is_ca && dice.one_in(8) {
        list.push((Nid::INHIBIT_ANY_POLICY, format!("critical,{}", dice.below(2))));
    }
    if is_ca && dice.one_in(5) {
        let value = [
            "critical,permitted;DNS:example.jp",
            "critical,excluded;DNS:example.com",
            "critical,permitted;email:example.jp,permitted;DNS:example.jp",
            "critical,excluded;email:host.example.com",
        ];
        list.push((Nid::NAME_CONSTRAINTS, dice.pick(&value).to_string()));
    }
    list
}

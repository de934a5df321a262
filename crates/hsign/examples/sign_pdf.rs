//! Signs a scanned prescription as a pharmacist, with a time stamp, and writes it: `cargo run --example sign_pdf`.
//!
//! Credential, time-stamp authority and trust come from a throw-away test PKI here; a record system names its own.

use std::path::Path;

use hsign::credential::{Options, open};
use hsign::file::{Base, Existing, FileSource, put_in_place};
use hsign::hpki::DocumentClasses;
use hsign::net::{FetcherOptions, HttpFetcher, HttpTimestamper, Ports, TsaEndpoint};
use hsign::{
    Content, Form, Metadata, Output, Policy, Purpose, Settings, SignRequest, Signed, Stamps, Time, ToSign,
    load, sign,
};
use hsign_core::{DigestAlgorithm, Secret, SecretReference, Source as _};
use hsign_testkit::{Person, Testbed, documents};

fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).ok().and_then(|s| Time::from_unix_seconds(s).ok()).unwrap_or(Time::LATEST)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let testbed = Testbed::start()?;
    let input = testbed.document_path(documents::SCANNED_PRESCRIPTION);
    let output = std::env::temp_dir().join("dispensed-prescription.signed.pdf");

    // Who signs. The passphrase comes from a file here; PINs can be asked for by your own `SecretSource`.
    let specification = format!("pkcs12:{}", testbed.person(Person::Pharmacist).pkcs12_path().display());
    let passphrase = SecretReference::File(testbed.passphrase_path());
    let credential = open(&specification.parse()?, &passphrase, &Options::default())?;

    // Who stamps, and where revocation data come from.
    let ports = Ports {
        randomness: Box::new(hsign::crypto::SystemRandom),
        verifier: Box::new(hsign::crypto::OpensslVerifier::new()),
        now: Box::new(now),
        secrets: Box::new(|_| Ok(Secret::new(Vec::new()))),
    };
    let timestamper = HttpTimestamper::new(vec![TsaEndpoint::at(&testbed.tsa_url())], ports)?;
    let fetcher = HttpFetcher::new(FetcherOptions::default());

    // What is asked for: the policy "hpki", but with keys in files allowed, since this is one.
    let policy = Policy::preset_text("hpki").unwrap_or_default().replace("\"except-hpki\"", "\"allowed\"");
    let trust = load::trust(&[testbed.registry_path()], Purpose::Signer)?;
    let mut settings = Settings::new(Policy::parse(&policy)?, trust);
    settings.document_class = DocumentClasses::builtin().find("dispensed-prescription").cloned();
    let request = SignRequest {
        level: None,
        stamps: Stamps::default(),
        digest: DigestAlgorithm::Sha256,
        key: credential.protection(),
        metadata: Metadata::default(),
        statement: Default::default(),
        allow_pending: false,
    };

    let source = FileSource::open(&input)?;
    let files = [Content { name: "dispensed-prescription.pdf", source: &source }];
    let what = ToSign::new(&files, Form::Pades);
    let signed = sign(&what, credential.as_ref(), Some(&timestamper), &request, &settings, &fetcher, &now)?;
    // A PDF gets something appended; other forms come as a whole file, to be written with `put_source_in_place`.
    if let Output::Append(update) = &signed.output {
        let base = Base { path: &input, length: source.length() };
        put_in_place(&output, Some(base), update, Existing::Replace)?;
    }
    report(&output, &signed);
    Ok(())
}

#[allow(clippy::print_stdout)]
fn report(output: &Path, signed: &Signed<'_>) {
    println!("{}: level {}", output.display(), signed.level);
    for signature in signed.verdict.signatures() {
        println!(
            "{} {} by {:?}",
            signature.id(),
            signature.indication(),
            signature.signer().map(|s| s.subject())
        );
    }
}

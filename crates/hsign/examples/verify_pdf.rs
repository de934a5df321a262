//! Verifies a signed PDF file and prints who signed it with which qualification:
//! `cargo run --example verify_pdf -- FILE TRUST.toml [EVIDENCE...]`.

use std::path::{Path, PathBuf};

use hsign::file::FileSource;
use hsign::pki::Provenance;
use hsign::{Policy, Purpose, Settings, Time, ValidationTime, load, verify};
use hsign_core::ports::NoNetwork;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(file), Some(trust)) = (arguments.next(), arguments.next()) else {
        return Err("usage: verify_pdf FILE TRUST.toml [EVIDENCE...]".into());
    };

    let mut settings = Settings::new(Policy::preset("hpki")?, load::trust(&[trust], Purpose::Signer)?);
    for (_, bytes) in load::files(&arguments.collect::<Vec<_>>())? {
        settings.evidence.add(&bytes, Provenance::Given)?;
    }

    let verified = verify(&FileSource::open(&file)?, &settings, &NoNetwork, now()?)?;
    report(&file, &verified);
    Ok(())
}

/// The time is an argument of every judgement; a service passes the time of the request.
fn now() -> Result<ValidationTime, Box<dyn std::error::Error>> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(ValidationTime(Time::from_unix_seconds(i64::try_from(since.as_secs())?)?))
}

#[allow(clippy::print_stdout)]
fn report(file: &Path, verified: &hsign::Verified) {
    println!("{}: {}", file.display(), verified.verdict.indication());
    for signature in verified.verdict.signatures() {
        let roles =
            signature.qualification().map(|q| format!("{:?} {:?}", q.status, q.roles)).unwrap_or_default();
        println!("  {} {} {roles}", signature.id(), signature.indication());
        for finding in signature.findings() {
            println!("    {:?} {}", finding.severity, finding.code);
        }
    }
}

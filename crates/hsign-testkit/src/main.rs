//! Writes or serves the test PKI, for scripts.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use hsign_testkit::manipulations::{self, Case};
use hsign_testkit::{Clock, Error, Testbed};

const USAGE: &str = "\
hsign-testkit serve DIR [PORT]   write the test PKI into DIR and serve it on 127.0.0.1 until stdin is closed
hsign-testkit write DIR [PORT]   write it only; its URLs point to that port (default 8318)
hsign-testkit letter FILE [LEVEL]   write a letter to be signed; with a field Doctor that certifies at that level (1 to 3)
hsign-testkit later-changes FILE DIR [LEVEL]   write what may be done to that letter once it is signed: file, what, verdict
hsign-testkit put-certificate FILE   put a DER certificate on the SoftHSM2 token that SOFTHSM2_CONF leads to
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let port = arguments.get(2).and_then(|port| port.parse().ok());
    let result = match (arguments.as_slice(), port) {
        (["serve", folder], _) => serve(Path::new(folder), 0),
        (["serve", folder, _], Some(port)) => serve(Path::new(folder), port),
        (["put-certificate", file], _) => put_certificate(Path::new(file)),
        (["letter", file], _) => std::fs::write(file, manipulations::letter()).map_err(Error::from),
        (["letter", file, level @ ("1" | "2" | "3")], _) => certified_letter(Path::new(file), level),
        (["later-changes", file, folder], _) => later_changes(Path::new(file), Path::new(folder), None),
        (["later-changes", file, folder, level @ ("1" | "2" | "3")], _) => {
            later_changes(Path::new(file), Path::new(folder), level.parse().ok())
        }
        (["write", folder], _) => write(Path::new(folder), 8_318),
        (["write", folder, _], Some(port)) => write(Path::new(folder), port),
        _ => {
            let _ = std::io::stderr().write_all(USAGE.as_bytes());
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "hsign-testkit: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the base URL as the only line of stdout once everything is ready.
fn serve(folder: &Path, port: u16) -> Result<(), Error> {
    let testbed = Testbed::start_in_folder(Clock::system(), folder, port)?;
    tell(testbed.notes())?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{}", testbed.base_url())?;
    stdout.flush()?;
    std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink())?;
    Ok(())
}

fn write(folder: &Path, port: u16) -> Result<(), Error> {
    tell(&hsign_testkit::write_folder(&format!("http://127.0.0.1:{port}"), &Clock::system(), folder)?)
}

fn certified_letter(file: &Path, level: &str) -> Result<(), Error> {
    let level = level.parse().unwrap_or_default();
    Ok(std::fs::write(file, manipulations::certified_letter(level))?)
}

fn later_changes(signed: &Path, folder: &Path, level: Option<u8>) -> Result<(), Error> {
    let signed = std::fs::read(signed)?;
    let cases: Vec<Case> =
        level.map_or_else(|| manipulations::all(&signed), |level| manipulations::certified(&signed, level));
    let mut stdout = std::io::stdout();
    for (number, case) in cases.iter().enumerate() {
        let file = format!("{number:02}.pdf");
        std::fs::write(folder.join(&file), &case.bytes)?;
        writeln!(stdout, "{file}\t{}\t{}", case.name, case.verdict)?;
    }
    Ok(())
}

fn put_certificate(file: &Path) -> Result<(), Error> {
    hsign_testkit::softhsm::put_certificate(&std::fs::read(file)?)
}

fn tell(notes: &[String]) -> Result<(), Error> {
    for note in notes {
        writeln!(std::io::stderr(), "hsign-testkit: {note}")?;
    }
    Ok(())
}

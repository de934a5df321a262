//! OpenSSL's answer about one path, by its command: the crate's safe interface has no way to name policies.

use std::fs;
use std::process::Command;

use hsign_x509::Certificate;
use openssl::x509::X509;

use crate::Settings;

/// Whether OpenSSL finds a valid path in this one's certificates (target first, anchor last), and its word if not.
///
/// # Panics
/// When there is no `openssl` to be run.
pub fn openssl(path: &[Certificate], settings: &Settings) -> Result<(), String> {
    let [target, between @ .., anchor] = path else { return Err("no path".to_owned()) };
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, certificates: &[Certificate]| {
        let pem = certificates.iter().map(pem).collect::<Result<Vec<_>, _>>()?.concat();
        let path = folder.path().join(name);
        fs::write(&path, pem).expect("a file");
        Ok::<_, String>(path)
    };
    let mut command = Command::new("openssl");
    // An anchor is its name and key: it needs no issuer of its own.
    command.args(["verify", "-partial_chain", "-policy_check", "-attime", &settings.time.to_string()]);
    for policy in &settings.policies {
        command.args(["-policy", policy]);
    }
    for (set, flag) in [
        (settings.explicit_policy, "-explicit_policy"),
        (settings.inhibit_mapping, "-inhibit_map"),
        (settings.inhibit_any, "-inhibit_any"),
    ] {
        if set {
            command.arg(flag);
        }
    }
    command
        .args(["-no-CApath", "-no-CAstore", "-CAfile"])
        .arg(file("anchor.pem", std::slice::from_ref(anchor))?);
    if !between.is_empty() {
        command.arg("-untrusted").arg(file("between.pem", between)?);
    }
    let output =
        command.arg(file("target.pem", std::slice::from_ref(target))?).output().expect("openssl runs");
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(said.lines().find(|line| line.starts_with("error")).unwrap_or(&said).to_owned())
}

fn pem(certificate: &Certificate) -> Result<Vec<u8>, String> {
    let read = X509::from_der(certificate.der()).and_then(|certificate| certificate.to_pem());
    read.map_err(|error| error.to_string())
}

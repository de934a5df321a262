//! Content of any size: signed and verified in windows, in an address space that it would not fit into.
#![cfg(unix)]

use std::process::Command;

use hsign_testkit::Person;
use hsign_tests::{Session, program};

/// More than the commands may take.
const CONTENT: u64 = 400 << 20;
const ADDRESS_SPACE_KIB: u64 = 320 << 10;

/// Runs a command line of the desk with an address space that ends.
fn run(session: &Session, line: &str) {
    let planned = session.command(line);
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -v {ADDRESS_SPACE_KIB} && exec \"$0\" \"$@\""))
        .arg(program())
        .args(planned.get_args())
        .envs(planned.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("RAYON_NUM_THREADS", "2")
        .current_dir(session.folder())
        .output()
        .expect("sh");
    assert!(status.status.success(), "{line}: {}", String::from_utf8_lossy(&status.stderr));
}

#[test]
fn a_detached_signature_and_a_container_take_content_larger_than_memory() {
    let session = Session::shared();
    // A hole: nothing is written to the disk.
    std::fs::File::create(session.path("image.dcm")).unwrap().set_len(CONTENT).unwrap();
    let credential = format!("pkcs12:{}", session.testbed().person(Person::Doctor).pkcs12_path().display());
    let sign = format!(
        "sign image.dcm --credential {credential} --pin-source file:{{pki}}/passphrase.txt --trust {{trust}} --policy {{soft}} --level B-B"
    );
    run(&session, &sign);
    run(&session, "verify image.p7s --content image.dcm --trust {trust} --evidence {crl}");
    run(&session, &format!("{sign} --format xades"));
    run(&session, "verify image.signed.xml --content image.dcm --trust {trust} --evidence {crl}");
    run(&session, &format!("{sign} --format asic"));
    run(&session, "verify image.asice --trust {trust} --evidence {crl}");
    std::fs::remove_file(session.path("image.asice")).unwrap();
    run(&session, &format!("{sign} --packaging enveloping"));
    run(&session, "verify image.p7m --trust {trust} --evidence {crl}");
}

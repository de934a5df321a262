//! Fills the pool of test keys: `cargo run -p hsign-testkit --bin generate-keys`.
//!
//! Only missing or empty files are written; existing keys stay, since committed test data was signed with them.

use std::io::Write as _;
use std::path::Path;

use hsign_testkit::{Error, keys};

fn main() -> Result<(), Error> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/keys");
    let mut stdout = std::io::stdout().lock();
    for key in keys::POOL.iter().filter(|key| key.pem.is_empty()) {
        std::fs::write(folder.join(key.name).with_extension("pem"), keys::generate(key.kind)?)?;
        writeln!(stdout, "{}", key.name)?;
    }
    Ok(())
}

//! One program, one target per parser: `FUZZ_TARGET` names it. With `FUZZ_SEEDS=FOLDER` it writes the seeds of all
//! targets there instead.
#![no_main]

mod archive;
mod asic;
mod bag;
mod changes;
mod cms;
mod eprescription;
mod libxml2;
mod seeds;
#[path = "../../../crates/hsign-pdf/tests/shown/mod.rs"]
mod shown;
mod targets;
mod xades;
mod xml;

use std::path::PathBuf;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

fuzz_target!(
    init: {
        if let Some(folder) = std::env::var_os("FUZZ_SEEDS").map(PathBuf::from) {
            seeds::write(&folder).unwrap();
            std::process::exit(0);
        }
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        let found = targets::ALL.iter().find(|(known, _)| *known == name);
        let (_, target) = found.unwrap_or_else(|| panic!("FUZZ_TARGET is none of the targets: {name:?}"));
        TARGET.set(*target).unwrap();
    },
    |data: &[u8]| TARGET.get().unwrap()(data)
);

//! Content that is written to while it is signed.

use std::path::Path;

use hsign::credential::KeyProtection;
use hsign::file::FileSource;
use hsign::{Content, Error, Form, Metadata, SignRequest, Stamps, ToSign, ValidationTime, sign, verify_with};
use hsign_core::SignatureAlgorithm;
use hsign_core::facts::Level;
use hsign_core::ports::{NoNetwork, PortError, Signer};
use hsign_testkit::Person;
use hsign_validation::Integrity;

use crate::world::*;

/// A card that takes its time.
struct Slow<'a> {
    who: Someone,
    meanwhile: &'a dyn Fn(),
}

impl Signer for Slow<'_> {
    fn certificate(&self) -> &[u8] {
        &self.who.certificate
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.who.chain
    }

    fn algorithm(&self, _: hsign_core::DigestAlgorithm) -> SignatureAlgorithm {
        self.who.algorithm()
    }

    fn sign(&self, _: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, PortError> {
        (self.meanwhile)();
        Ok(raw(&self.who.key, message))
    }
}

/// The detached signature of a file, and what is said of it and the file as it is then.
fn signed(file: &Path, meanwhile: &dyn Fn()) -> Result<Integrity, Error> {
    let source = FileSource::open(file).unwrap();
    let content = [Content { name: "content", source: &source }];
    let request = SignRequest {
        level: Some(Level::BB),
        stamps: Stamps::default(),
        digest: SHA256,
        key: KeyProtection::File { encrypted: false },
        metadata: Metadata::default(),
        statement: Default::default(),
        allow_pending: false,
    };
    let world = World::new().policy("etsi");
    let signer = Slow { who: person(Person::Doctor), meanwhile };
    let what = ToSign::new(&content, Form::CadesDetached);
    let made = sign(&what, &signer, None, &request, &world.settings, &NoNetwork, &|| time(NOW))?;
    let cms = made.output.over(&[]).unwrap();
    let now = ValidationTime(time(NOW));
    let verdict = verify_with(&cms, &content, &world.settings, &NoNetwork, now).unwrap().verdict;
    Ok(verdict.signatures()[0].integrity())
}

#[test]
fn no_signature_leaves_over_content_that_changed_meanwhile_of_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("content");
    for size in [10, 3 << 20] {
        std::fs::write(&file, vec![b'a'; size]).unwrap();
        assert_eq!(signed(&file, &|| ()).unwrap(), Integrity::Valid, "{size}");
        let change = || std::fs::write(&file, vec![b'b'; size]).unwrap();
        assert!(matches!(signed(&file, &change), Err(Error::SelfCheck(_))), "{size}");
    }
}

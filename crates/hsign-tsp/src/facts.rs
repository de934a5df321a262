use hsign_core::facts::{Reference, TokenFacts};
use hsign_core::{Digest, DigestAlgorithm, Finding};

use crate::{Token, structure};

/// What a token (or a whole response) says, beside the digest of what it should cover. `digest_of_covered`
/// is asked for the digest in the imprint's algorithm; `None` means that the data isn't at hand. Findings
/// of severity error make the token useless.
pub fn token_facts(
    bytes: &[u8],
    digest_of_covered: &mut dyn FnMut(DigestAlgorithm) -> Option<Digest>,
) -> (Option<TokenFacts>, Vec<Finding>) {
    let token = match Token::parse(bytes) {
        Ok(token) => token,
        Err(error) => {
            let finding = Finding::error("timestamp-unreadable").clause("RFC 3161 §2.4.2");
            return (None, vec![finding.with("reason", error)]);
        }
    };
    let findings = structure::findings(&token);
    (read(&token, digest_of_covered), findings)
}

fn read(
    token: &Token,
    digest_of_covered: &mut dyn FnMut(DigestAlgorithm) -> Option<Digest>,
) -> Option<TokenFacts> {
    let info = token.info();
    let expected = info.imprint()?;
    let imprint = Reference {
        name: "message-imprint".to_owned(),
        actual: digest_of_covered(expected.algorithm),
        expected,
    };
    let signed_data = token.signed_data();
    let mut digest_of_info = |algorithm| hsign_crypto::digest(algorithm, signed_data.content()?).ok();
    let signed = signed_data.signed_object(signed_data.signers().first()?, &mut digest_of_info)?;
    Some(TokenFacts {
        gen_time: info.gen_time,
        policy: info.policy.clone(),
        serial: info.serial.as_slice().into(),
        imprint,
        accuracy_microseconds: info.accuracy_microseconds,
        ordering: info.ordering,
        nonce: info.nonce.as_deref().map(Into::into),
        signed,
    })
}

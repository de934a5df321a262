use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use hsign_core::SignatureAlgorithm;
use hsign_core::ports::{SignatureValidity, SignatureVerifier};

use crate::OpensslVerifier;

/// Enough for the paths and lists of a batch beside the signatures of some thousand documents; about 150 bytes each.
const CAPACITY: usize = 16_384;

/// [`OpensslVerifier`] that makes a check once: documents judged one after the other, or by several threads, share the
/// signatures of authorities on certificates and revocation lists. The oldest answers leave first.
#[derive(Default)]
pub struct RememberingVerifier {
    inner: OpensslVerifier,
    answers: Mutex<Answers>,
}

#[derive(Default)]
struct Answers {
    known: HashMap<Question, SignatureValidity>,
    order: VecDeque<Question>,
}

/// SHA-256 over all that a check depends on, the parts told apart by their lengths.
type Question = [u8; 32];

fn question(algorithm: &SignatureAlgorithm, parts: [&[u8]; 3]) -> Question {
    let mut hasher = openssl::sha::Sha256::new();
    let algorithm = format!("{algorithm:?}");
    for part in [algorithm.as_bytes()].into_iter().chain(parts) {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finish()
}

impl RememberingVerifier {
    /// Has nothing to remember yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl SignatureVerifier for RememberingVerifier {
    fn verify(
        &self,
        algorithm: &SignatureAlgorithm,
        public_key: &[u8],
        message: &[u8],
        value: &[u8],
    ) -> SignatureValidity {
        let question = question(algorithm, [public_key, message, value]);
        // A panic elsewhere leaves the map whole: each change is one insertion or removal.
        if let Some(known) = self.answers.lock().unwrap_or_else(PoisonError::into_inner).known.get(&question)
        {
            return known.clone();
        }
        let answer = self.inner.verify(algorithm, public_key, message, value);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.known.insert(question, answer.clone()).is_none() {
            answers.order.push_back(question);
            if answers.order.len() > CAPACITY
                && let Some(oldest) = answers.order.pop_front()
            {
                answers.known.remove(&oldest);
            }
        }
        answer
    }
}

impl fmt::Debug for RememberingVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RememberingVerifier").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use hsign_core::DigestAlgorithm;
    use openssl::hash::MessageDigest;
    use openssl::pkey::PKey;
    use openssl::rsa::Rsa;
    use openssl::sign::Signer;

    use super::*;

    const RSA: SignatureAlgorithm = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);

    fn remembered(verifier: &RememberingVerifier) -> usize {
        let answers = verifier.answers.lock().unwrap();
        assert_eq!(answers.known.len(), answers.order.len());
        answers.known.len()
    }

    #[test]
    fn an_answer_is_for_one_algorithm_key_message_and_value() {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let value =
            Signer::new(MessageDigest::sha256(), &key).unwrap().sign_oneshot_to_vec(b"message").unwrap();
        let (spki, verifier) = (key.public_key_to_der().unwrap(), RememberingVerifier::new());
        for _ in 0..2 {
            assert_eq!(verifier.verify(&RSA, &spki, b"message", &value), SignatureValidity::Valid);
            assert_eq!(verifier.verify(&RSA, &spki, b"massage", &value), SignatureValidity::Invalid);
            assert_eq!(verifier.verify(&RSA, &spki, b"message", &value[1..]), SignatureValidity::Invalid);
            let sha1 = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha1);
            assert_eq!(verifier.verify(&sha1, &spki, b"message", &value), SignatureValidity::Invalid);
            let no_key = verifier.verify(&RSA, b"", b"message", &value);
            assert!(matches!(no_key, SignatureValidity::Unsupported(_)));
        }
        assert_eq!(remembered(&verifier), 5);
    }

    #[test]
    fn octets_that_move_from_one_part_to_another_are_another_question() {
        assert_ne!(question(&RSA, [b"ab", b"c", b""]), question(&RSA, [b"a", b"bc", b""]));
        assert_ne!(question(&RSA, [b"ab", b"c", b""]), question(&RSA, [b"ab", b"", b"c"]));
    }

    #[test]
    fn memory_is_bounded() {
        let verifier = RememberingVerifier::new();
        for number in 0..CAPACITY + 10 {
            verifier.verify(&RSA, b"no key", &number.to_be_bytes(), b"");
        }
        assert_eq!(remembered(&verifier), CAPACITY);
    }
}

use std::cell::RefCell;
use std::collections::HashMap;

use hsign_core::SignatureAlgorithm;
use hsign_core::ports::{SignatureValidity, SignatureVerifier};

/// Remembers every check of one judgement, or of several about the same document: the same CA signature stands
/// in the path of each signature and of each round of evidence.
pub struct MemoisedVerifier<'a> {
    inner: &'a dyn SignatureVerifier,
    seen: RefCell<HashMap<Question, SignatureValidity>>,
}

#[derive(PartialEq, Eq, Hash)]
struct Question {
    algorithm: SignatureAlgorithm,
    public_key: Vec<u8>,
    message: Vec<u8>,
    value: Vec<u8>,
}

/// Longer messages (large CRLs) are verified again rather than kept twice.
const LONGEST_KEPT: usize = 1 << 20;

impl<'a> MemoisedVerifier<'a> {
    /// Has nothing to remember yet.
    #[must_use]
    pub fn new(inner: &'a dyn SignatureVerifier) -> Self {
        Self { inner, seen: RefCell::default() }
    }
}

impl SignatureVerifier for MemoisedVerifier<'_> {
    fn verify(
        &self,
        algorithm: &SignatureAlgorithm,
        public_key: &[u8],
        message: &[u8],
        value: &[u8],
    ) -> SignatureValidity {
        if message.len() > LONGEST_KEPT {
            return self.inner.verify(algorithm, public_key, message, value);
        }
        let question = Question {
            algorithm: algorithm.clone(),
            public_key: public_key.to_vec(),
            message: message.to_vec(),
            value: value.to_vec(),
        };
        if let Some(answer) = self.seen.borrow().get(&question) {
            return answer.clone();
        }
        let answer = self.inner.verify(algorithm, public_key, message, value);
        self.seen.borrow_mut().insert(question, answer.clone());
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use hsign_core::DigestAlgorithm;

    struct Counting(Cell<u32>);

    impl SignatureVerifier for Counting {
        fn verify(&self, _: &SignatureAlgorithm, _: &[u8], message: &[u8], _: &[u8]) -> SignatureValidity {
            self.0.set(self.0.get() + 1);
            if message == b"good" { SignatureValidity::Valid } else { SignatureValidity::Invalid }
        }
    }

    #[test]
    fn the_same_question_is_asked_once_and_another_one_again() {
        let counting = Counting(Cell::new(0));
        let memo = MemoisedVerifier::new(&counting);
        let rsa = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);
        for _ in 0..3 {
            assert_eq!(memo.verify(&rsa, b"k", b"good", b"v"), SignatureValidity::Valid);
        }
        assert_eq!(counting.0.get(), 1);
        assert_eq!(memo.verify(&rsa, b"k", b"bad", b"v"), SignatureValidity::Invalid);
        assert_eq!(memo.verify(&rsa, b"other", b"good", b"v"), SignatureValidity::Valid);
        assert_eq!(counting.0.get(), 3);
    }
}

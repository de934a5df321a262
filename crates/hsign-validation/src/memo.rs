use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use hsign_core::SignatureAlgorithm;
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_crypto::sha256;

/// Remembers every check of one judgement: the same CA signature stands in the path of each signature.
pub(crate) struct MemoisedVerifier<'a> {
    inner: &'a dyn SignatureVerifier,
    /// By the signature value, which hardly two questions share.
    seen: RefCell<HashMap<Vec<u8>, Vec<Answered>>>,
}

type Answered = (Question, SignatureValidity);

struct Question {
    algorithm: SignatureAlgorithm,
    public_key: Vec<u8>,
    message: Message<'static>,
}

/// Long messages (CRLs) are known by their digest: kept whole they would fill the memory.
#[derive(PartialEq, Eq)]
enum Message<'m> {
    Whole(Cow<'m, [u8]>),
    Sha256([u8; 32]),
}

/// Certificates and signed attributes are shorter.
const LONGEST_KEPT: usize = 16 << 10;

impl<'m> Message<'m> {
    fn of(bytes: &'m [u8]) -> Self {
        if bytes.len() > LONGEST_KEPT { Self::Sha256(sha256(bytes)) } else { Self::Whole(bytes.into()) }
    }

    fn kept(self) -> Message<'static> {
        match self {
            Self::Whole(bytes) => Message::Whole(bytes.into_owned().into()),
            Self::Sha256(digest) => Message::Sha256(digest),
        }
    }
}

impl<'a> MemoisedVerifier<'a> {
    /// Has nothing to remember yet.
    pub(crate) fn new(inner: &'a dyn SignatureVerifier) -> Self {
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
        let asked = Message::of(message);
        let is_it = |(question, _): &&Answered| {
            question.algorithm == *algorithm && question.public_key == public_key && question.message == asked
        };
        if let Some((_, answer)) = self.seen.borrow().get(value).and_then(|known| known.iter().find(is_it)) {
            return answer.clone();
        }
        let answer = self.inner.verify(algorithm, public_key, message, value);
        let question =
            Question { algorithm: algorithm.clone(), public_key: public_key.to_vec(), message: asked.kept() };
        let mut seen = self.seen.borrow_mut();
        seen.entry(value.to_vec()).or_default().push((question, answer.clone()));
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

    #[test]
    fn a_long_message_is_checked_once_too_and_told_from_another() {
        let counting = Counting(Cell::new(0));
        let memo = MemoisedVerifier::new(&counting);
        let rsa = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);
        let mut long = vec![0; 3 << 20];
        for _ in 0..3 {
            memo.verify(&rsa, b"k", &long, b"v");
        }
        assert_eq!(counting.0.get(), 1);
        long[2 << 20] = 1;
        memo.verify(&rsa, b"k", &long, b"v");
        assert_eq!(counting.0.get(), 2);
    }
}

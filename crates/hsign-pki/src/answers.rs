use std::collections::HashMap;

/// What is known about keys and what they are said to have signed: by the SHA-256 of the signed object, which certificates
/// and CRLs have at hand, and then by the key itself, so that nothing is hashed to find an answer.
pub(crate) struct Answers<T>(HashMap<[u8; 32], Vec<(Vec<u8>, T)>>);

impl<T> Answers<T> {
    pub(crate) fn new() -> Self {
        Self(HashMap::new())
    }

    pub(crate) fn get(&self, object: [u8; 32], key: &[u8]) -> Option<&T> {
        let mut asked = self.0.get(&object).into_iter().flatten();
        asked.find(|(known, _)| known == key).map(|(_, answer)| answer)
    }

    pub(crate) fn insert(&mut self, object: [u8; 32], key: &[u8], answer: T) {
        self.0.entry(object).or_default().push((key.to_vec(), answer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_for_one_object_and_key() {
        let mut answers = Answers::new();
        answers.insert([1; 32], b"key", true);
        answers.insert([1; 32], b"another", false);
        assert_eq!(answers.get([1; 32], b"key"), Some(&true));
        assert_eq!(answers.get([1; 32], b"another"), Some(&false));
        assert_eq!(answers.get([1; 32], b""), None);
        assert_eq!(answers.get([2; 32], b"key"), None);
    }
}

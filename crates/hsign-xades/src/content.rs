//! Data outside the document: detached files by their names, or the one that has none.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::io;

use hsign_core::{Digest, DigestAlgorithm, Source, read_windows};
use hsign_crypto::Hasher;
use hsign_xml::dsig::{NotAtHand, Resolver};

/// Files that detached signatures name by URI, and one that stands for whatever the only external reference names.
#[derive(Default)]
pub struct DetachedContent<'c> {
    sources: Vec<&'c dyn Source>,
    named: HashMap<String, usize>,
    unnamed: Option<usize>,
    known: RefCell<HashMap<(usize, DigestAlgorithm), Digest>>,
}

impl<'c> DetachedContent<'c> {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a file under the name that a reference gives it, `./` in front or percent signs or not.
    #[must_use]
    pub fn with(mut self, name: &str, source: &'c dyn Source) -> Self {
        self.named.insert(plain(name), self.sources.len());
        self.sources.push(source);
        self
    }

    /// With content for the external reference that names no file given here. Where the document has several of
    /// those, nobody knows which is meant, and it serves for none.
    #[must_use]
    pub fn with_unnamed(mut self, source: &'c dyn Source) -> Self {
        self.unnamed = Some(self.sources.len());
        self.sources.push(source);
        self
    }

    /// With the only file there is: under its name, and where no reference has that name for the only one there is.
    #[must_use]
    pub fn with_only(mut self, name: &str, source: &'c dyn Source) -> Self {
        self.unnamed = Some(self.sources.len());
        self.with(name, source)
    }

    /// For a document with these external references.
    pub(crate) fn for_references<'s>(&'s self, uris: impl Iterator<Item = Option<String>>) -> View<'s, 'c> {
        let name = |uri: Option<String>| uri.map(|uri| plain(&uri));
        let (named, open): (HashSet<Option<String>>, HashSet<_>) =
            uris.map(name).partition(|uri| self.by_name(uri.as_deref()).is_some());
        let serves_by_name =
            |index: &usize| named.iter().any(|uri| self.by_name(uri.as_deref()) == Some(*index));
        let unnamed = self.unnamed.filter(|index| open.len() == 1 && !serves_by_name(index));
        View { content: self, unnamed }
    }

    fn by_name(&self, uri: Option<&str>) -> Option<usize> {
        uri.and_then(|uri| self.named.get(uri)).copied()
    }
}

/// What one document sees of the content.
pub(crate) struct View<'s, 'c> {
    content: &'s DetachedContent<'c>,
    unnamed: Option<usize>,
}

impl<'c> View<'_, 'c> {
    fn find(&self, uri: Option<&str>) -> Option<(usize, &'c dyn Source)> {
        let named = uri.and_then(|uri| self.content.named.get(&plain(uri)));
        let index = named.copied().or(self.unnamed)?;
        Some((index, *self.content.sources.get(index)?))
    }
}

impl Resolver for View<'_, '_> {
    fn read(&self, uri: Option<&str>, sink: &mut dyn FnMut(&[u8])) -> Result<(), NotAtHand> {
        let (_, source) = self.find(uri).ok_or(NotAtHand)?;
        let read = read_windows(source, 0..source.length(), |window| {
            sink(window);
            Ok::<_, io::Error>(())
        });
        read.map_err(|_| NotAtHand)
    }

    /// Each file is hashed once for each function, however many references and time stamps name it.
    fn digest(&self, uri: Option<&str>, algorithm: DigestAlgorithm) -> Option<Digest> {
        let key = (self.find(uri)?.0, algorithm);
        if let Some(known) = self.content.known.borrow().get(&key) {
            return Some(known.clone());
        }
        let mut hasher = Hasher::new(algorithm).ok()?;
        let mut outcome = Ok(());
        self.read(uri, &mut |piece| {
            if outcome.is_ok() {
                outcome = hasher.update(piece);
            }
        })
        .ok()?;
        outcome.ok()?;
        let digest = hasher.finish().ok()?;
        self.content.known.borrow_mut().insert(key, digest.clone());
        Some(digest)
    }
}

/// A relative URI as the name of a file.
fn plain(uri: &str) -> String {
    let mut octets = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match (first, after) {
            (b'%', [high, low, ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                octets.push(hexadecimal(*high) << 4 | hexadecimal(*low));
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                octets.push(*first);
                rest = after;
            }
        }
    }
    let name = String::from_utf8_lossy(&octets).into_owned();
    match name.strip_prefix("./") {
        Some(short) => short.to_owned(),
        None => name,
    }
}

fn hexadecimal(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_the_marks_of_uris() {
        assert_eq!(plain("./a%20b%E8%A1%A8.xml"), "a b表.xml");
        assert_eq!(plain("100%"), "100%");
        assert_eq!(plain("%4a%4A%zz"), "JJ%zz");
    }

    #[test]
    fn content_without_a_name_answers_the_only_reference_that_no_file_does() {
        let (one, other) = (b"one".to_vec(), b"other".to_vec());
        let content = DetachedContent::new().with("a b.txt", &one).with_unnamed(&other);
        let read = |view: &View<'_, '_>, uri| {
            let mut octets = Vec::new();
            view.read(uri, &mut |piece| octets.extend_from_slice(piece)).map(|()| octets)
        };
        let uris = |names: &[&str]| names.iter().map(|name| Some((*name).to_owned())).collect::<Vec<_>>();
        let single = content.for_references(uris(&["./a%20b.txt", "c.txt"]).into_iter());
        assert_eq!(read(&single, Some("./a%20b.txt")), Ok(b"one".to_vec()));
        assert_eq!(read(&single, Some("c.txt")), Ok(b"other".to_vec()));
        let only = DetachedContent::new().with_only("c.txt", &other);
        assert_eq!(
            read(&only.for_references(uris(&["d.txt"]).into_iter()), Some("d.txt")),
            Ok(b"other".to_vec())
        );
        let by_name = only.for_references(uris(&["c.txt", "d.txt"]).into_iter());
        assert_eq!(read(&by_name, Some("c.txt")), Ok(b"other".to_vec()));
        assert_eq!(read(&by_name, Some("d.txt")), Err(NotAtHand), "it has a name, and that is another");
        let several = content.for_references(uris(&["c.txt", "d.txt"]).into_iter());
        assert_eq!(read(&several, Some("c.txt")), Err(NotAtHand));
        let digest = single.digest(Some("a b.txt"), DigestAlgorithm::Sha256).unwrap();
        assert_eq!(digest.value.as_slice(), hsign_crypto::sha256(b"one"));
        assert_eq!(several.digest(None, DigestAlgorithm::Sha256), None);
    }
}

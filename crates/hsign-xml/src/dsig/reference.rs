use hsign_core::{Digest, DigestAlgorithm};
use hsign_crypto::Hasher;

use super::process::{Context, What};
use super::signature::{MOST_REFERENCES, algorithm_of};
use super::transform::{Transform, read_transforms};
use super::{NAMESPACE, Unresolved, base64_decode, digest_algorithm_from_uri};
use crate::{CanonicalizationMethod, Error, Node};

/// A ds:Reference as it stands.
#[derive(Clone, Debug)]
pub struct Reference<'d> {
    /// The element.
    pub node: Node<'d>,
    /// Its Id attribute.
    pub id: Option<String>,
    /// Its URI; `None` where it has none, which is not the same as "".
    pub uri: Option<String>,
    /// Its Type.
    pub kind: Option<String>,
    /// What is done to the data before hashing, in order.
    pub transforms: Vec<Transform<'d>>,
    /// The Algorithm attribute of DigestMethod.
    pub digest_uri: String,
    /// What that means; `None` for a function that isn't known.
    pub digest_algorithm: Option<DigestAlgorithm>,
    /// DigestValue.
    pub digest_value: Vec<u8>,
}

/// What became of a reference.
#[derive(Clone, Debug)]
pub struct Resolved<'d> {
    /// The digest of what is really there, or why there is none.
    pub digest: Result<Digest, Unresolved>,
    /// What it covers; `None` where it couldn't be reached.
    pub what: Option<What<'d>>,
}

impl<'d> Reference<'d> {
    /// Reads a ds:Reference element.
    ///
    /// # Errors
    /// When it isn't one.
    pub fn read(node: Node<'d>) -> Result<Self, Error> {
        if !node.is(NAMESPACE, "Reference") {
            return Err(Error::NotASignature("something else where a ds:Reference belongs"));
        }
        let mut children = node.elements().peekable();
        let transforms = children.next_if(|child| child.is(NAMESPACE, "Transforms"));
        let transforms = transforms.map(read_transforms).transpose()?.unwrap_or_default();
        let mut required = |name: &str, missing| {
            children.next().filter(|child| child.is(NAMESPACE, name)).ok_or(Error::NotASignature(missing))
        };
        let digest_uri = algorithm_of(required("DigestMethod", "a ds:Reference without DigestMethod")?)?;
        let digest_value = required("DigestValue", "a ds:Reference without DigestValue")?;
        let own = |name: &str| node.attribute("", name).map(|value| value.into_owned());
        Ok(Self {
            node,
            id: own("Id"),
            uri: own("URI"),
            kind: own("Type"),
            transforms,
            digest_algorithm: digest_algorithm_from_uri(&digest_uri),
            digest_uri,
            digest_value: base64_decode(&digest_value.text())?,
        })
    }

    /// What to call it: its URI, else its Id.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.uri, &self.id) {
            (Some(uri), Some(id)) if uri.is_empty() => id.clone(),
            (Some(uri), _) => uri.clone(),
            (None, Some(id)) => id.clone(),
            (None, None) => String::new(),
        }
    }

    /// The digest it was given; under SHA-256's name where its own function isn't known, when nothing is compared.
    #[must_use]
    pub fn expected(&self) -> Digest {
        Digest::new(self.digest_algorithm.unwrap_or(DigestAlgorithm::Sha256), self.digest_value.clone())
    }

    /// Fetches the data, transforms it and computes its digest (XMLDSig §4.4.3.2).
    #[must_use]
    pub fn actual(&self, context: &Context<'_, 'd>) -> Resolved<'d> {
        match self.digest_algorithm {
            Some(algorithm) => self.actual_with(context, algorithm),
            None => {
                Resolved { digest: Err(Unresolved::UnsupportedDigest(self.digest_uri.clone())), what: None }
            }
        }
    }

    /// The same with a function of the caller's choice.
    #[must_use]
    pub fn actual_with(&self, context: &Context<'_, 'd>, algorithm: DigestAlgorithm) -> Resolved<'d> {
        if let Some(known) = self.known_outside(context, algorithm) {
            return known;
        }
        let failed = |error: hsign_crypto::Error| Unresolved::UnsupportedDigest(error.to_string());
        let mut hasher = match Hasher::new(algorithm) {
            Ok(hasher) => hasher,
            Err(error) => return Resolved { digest: Err(failed(error)), what: None },
        };
        let mut outcome = Ok(());
        let processed = self.process(context, &CanonicalizationMethod::DEFAULT, &mut |piece| {
            if outcome.is_ok() {
                outcome = hasher.update(piece);
            }
        });
        match processed {
            Ok(what) => {
                Resolved { digest: outcome.and_then(|()| hasher.finish()).map_err(failed), what: Some(what) }
            }
            Err(reason) => Resolved { digest: Err(reason), what: None },
        }
    }

    fn known_outside(&self, context: &Context<'_, 'd>, algorithm: DigestAlgorithm) -> Option<Resolved<'d>> {
        let uri = self.uri.as_deref();
        if !self.transforms.is_empty() || uri.is_some_and(|uri| uri.is_empty() || uri.starts_with('#')) {
            return None;
        }
        let digest =
            context.resolver.digest(uri, algorithm).filter(|digest| digest.algorithm == algorithm)?;
        Some(Resolved { digest: Ok(digest), what: Some(What::external(self.uri.clone())) })
    }

    /// Fetches the data, transforms it and hands the octets over. Where nodes come out they are canonicalised by
    /// `when_nodes`: C14N 1.0 for a digest, an archive time stamp's own method for its imprint.
    ///
    /// # Errors
    /// When the data can't be reached or a transform can't be carried out. Octets handed over before are void then.
    pub fn process(
        &self,
        context: &Context<'_, 'd>,
        when_nodes: &CanonicalizationMethod,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<What<'d>, Unresolved> {
        super::process::process(self, context, when_nodes, sink)
    }
}

/// A ds:Manifest: references that are checked one by one, at the application's choice (XMLDSig §5.1).
#[derive(Clone, Debug)]
pub struct Manifest<'d> {
    /// The element.
    pub node: Node<'d>,
    /// Its references.
    pub references: Vec<Reference<'d>>,
}

impl<'d> Manifest<'d> {
    /// Reads a ds:Manifest element.
    ///
    /// # Errors
    /// When it isn't one.
    pub fn read(node: Node<'d>) -> Result<Self, Error> {
        if !node.is(NAMESPACE, "Manifest") {
            return Err(Error::NotASignature("no ds:Manifest element"));
        }
        let references: Vec<Reference<'d>> =
            node.elements().take(MOST_REFERENCES).map(Reference::read).collect::<Result<_, _>>()?;
        if references.is_empty() {
            return Err(Error::NotASignature("a ds:Manifest without Reference"));
        }
        Ok(Self { node, references })
    }
}

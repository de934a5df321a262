//! Elements by name, whatever their namespace.

use hsign_core::{DigestAlgorithm, SignatureAlgorithm, Time};
use roxmltree::Node;

/// An element that lives as long as its document.
pub type Element<'a> = Node<'a, 'a>;

pub fn children<'a>(node: Element<'a>, name: &'static str) -> impl Iterator<Item = Element<'a>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

pub fn child<'a>(node: Element<'a>, name: &'static str) -> Option<Element<'a>> {
    children(node, name).next()
}

/// Down a path of names; the first element at each step.
pub fn down<'a>(node: Element<'a>, path: &[&'static str]) -> Option<Element<'a>> {
    path.iter().try_fold(node, |at, name| child(at, name))
}

/// All elements under `list` that are called `name`.
pub fn items<'a>(node: Element<'a>, list: &'static str, name: &'static str) -> Vec<Element<'a>> {
    child(node, list).map(|list| children(list, name).collect()).unwrap_or_default()
}

pub fn text_of<'a>(node: Element<'a>, name: &'static str) -> Option<&'a str> {
    child(node, name).and_then(|child| child.text()).map(str::trim)
}

pub fn says(node: Element<'_>, name: &str) -> bool {
    node.children().any(|child| child.tag_name().name() == name && child.text() == Some("true"))
}

/// "No end" (RFC 5280 §4.1.2.5) lies beyond what the calendar used for writing reaches: some hours earlier will do.
fn seconds(text: &str) -> i64 {
    let text = if text.starts_with("9999-12-31") { "9999-12-30T00:00:00Z" } else { text };
    text.parse::<Time>().unwrap().unix_seconds()
}

pub fn seconds_of(node: Element<'_>, name: &'static str) -> Option<i64> {
    node.children()
        .find(|child| child.tag_name().name() == name)
        .and_then(|child| child.text().map(|text| seconds(text.trim())))
}

/// How BasicSignature says it was signed.
pub fn algorithm_of(node: Element<'_>) -> SignatureAlgorithm {
    let text = |name: &str| {
        node.descendants()
            .find(|one| {
                one.tag_name().name() == name
                    && one.parent().is_some_and(|parent| {
                        parent.tag_name().name() == "BasicSignature" && parent.parent() == Some(node)
                    })
            })
            .and_then(|one| one.text())
            .unwrap_or("")
    };
    let digest = digest_named(text("DigestAlgoUsedToSignThisToken"));
    match (text("EncryptionAlgoUsedToSignThisToken"), digest) {
        ("RSA", Some(digest)) => SignatureAlgorithm::RsaPkcs1(digest),
        ("ECDSA", Some(digest)) => SignatureAlgorithm::Ecdsa(digest),
        ("DSA", _) => SignatureAlgorithm::Unknown("2.16.840.1.101.3.4.3.2".to_owned()),
        other => panic!("{other:?}"),
    }
}

/// Digest names are written without the hyphen there.
pub fn digest_named(name: &str) -> Option<DigestAlgorithm> {
    DigestAlgorithm::ALL.into_iter().find(|digest| digest.name().replacen("SHA-", "SHA", 1) == name)
}

//! Canonical forms of real documents, as libxml2 and the recommendation have them.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used
)]

use std::collections::BTreeMap;

use hsign_core::hex;
use hsign_corpora::{Comparison, Corpus};
use hsign_xml::dsig::{Context, NoExternal, Signature};
use hsign_xml::{
    CanonicalizationMethod, Document, Error, Found, IdAttribute, Ids, Limits, NodeSet, canonical_octets,
    decode,
};

fn method(name: &str) -> CanonicalizationMethod {
    let plain = if name.starts_with("Exclusive") {
        CanonicalizationMethod::EXCLUSIVE
    } else {
        CanonicalizationMethod::DEFAULT
    };
    if name.ends_with("with comments") { plain.with_comments() } else { plain }
}

/// SHA-256 of the canonical form, in hexadecimal. Of the whole document, unless the set means an element.
fn canonical_digest(
    bytes: &[u8],
    method: &CanonicalizationMethod,
    id: Option<&str>,
) -> Result<String, Error> {
    let text = decode(bytes)?;
    let document = Document::parse(text.as_str(), &Limits::default())?;
    let ids = Ids::declared(&document, &IdAttribute::USUAL);
    let set = match id.map(|id| ids.find(id)) {
        Some(Found::Element(node)) => NodeSet::subtree(node),
        _ => NodeSet::document(&document),
    };
    Ok(hex(&hsign_crypto::sha256(&canonical_octets(&set, method))))
}

/// The element whose canonical form a case of the set expects, where it isn't the document.
fn element_of(path: &str) -> Option<&'static str> {
    path.ends_with("default_ns_redefinition_input.xml").then_some("envelopedData")
}

#[test]
fn conformance_c14n() {
    let Some(expectations) = Corpus::open("c14n") else { return };
    let mut sets: BTreeMap<String, Corpus> = BTreeMap::new();
    let mut comparison = Comparison::new("c14n");
    for row in expectations.rows() {
        let (set, path) = row.get("set_and_path").split_once(':').expect("set:path");
        if !sets.contains_key(set) {
            let Some(corpus) = Corpus::open_beside(set) else { continue };
            sets.insert(set.to_owned(), corpus);
        }
        let case = format!("{}:{path} {}", set, row.get("algorithm"));
        match canonical_digest(sets[set].file(path), &method(row.get("algorithm")), element_of(path)) {
            Ok(digest) if digest == row.get("sha256_of_canonical_octets") => comparison.agree(&case),
            Ok(digest) => comparison.differ(&case, digest),
            // Documents with a DTD are refused by design, and are no part of the comparison.
            Err(Error::Doctype) => {}
            Err(error) => comparison.differ(&case, error.to_string()),
        }
    }
    comparison.finish();
}

#[test]
fn conformance_clinical_names_have_one_canonical_form_in_three_encodings() {
    let Some(corpus) = Corpus::open("clinical") else { return };
    let files: Vec<_> = corpus.files().iter().filter(|(path, _)| path.contains("japanese-names-")).collect();
    assert!(files.len() >= 3, "{files:?}");
    let forms = [
        CanonicalizationMethod::DEFAULT,
        CanonicalizationMethod::INCLUSIVE_11,
        CanonicalizationMethod::EXCLUSIVE,
    ];
    for method in forms {
        let digests: Vec<String> =
            files.iter().map(|(path, bytes)| canonical_digest(bytes, &method, None).expect(path)).collect();
        assert!(digests.windows(2).all(|pair| pair[0] == pair[1]), "{method}: {digests:?}");
    }
}

/// `merlin-c14n-three`: the octets of each reference whose transforms are supported; the others are named.
#[test]
fn conformance_c14n_merlin_octets() {
    let Some(corpus) = Corpus::open("xmldsig") else { return };
    let Some(bytes) = corpus.file_beyond_rows("merlin-c14n-three/signature.xml") else { return };
    let text = decode(bytes).unwrap();
    let document = Document::parse(text.as_str(), &Limits::default()).unwrap();
    let ids = Ids::declared(&document, &IdAttribute::USUAL);
    let limits = Limits::default();
    let context = Context { document: &document, ids: &ids, resolver: &NoExternal, limits: &limits };
    let node = document.elements().find(|node| node.name().1 == "Signature").unwrap();
    let signature = Signature::read(node).unwrap();
    let mut compared = 0;
    for (number, reference) in signature.references.iter().enumerate() {
        let mut octets = Vec::new();
        let processed = reference.process(&context, &CanonicalizationMethod::DEFAULT, &mut |piece| {
            octets.extend_from_slice(piece);
        });
        match processed {
            Ok(_) => {
                let expected = corpus.file(&format!("merlin-c14n-three/c14n-{number}.txt"));
                assert_eq!(String::from_utf8_lossy(&octets), String::from_utf8_lossy(expected), "{number}");
                compared += 1;
            }
            // Expressions over single namespace nodes: outside of what is read, and named so.
            Err(reason) => {
                let xpath = "transform http://www.w3.org/TR/1999/REC-xpath-19991116 is not supported";
                assert_eq!(reason.to_string(), xpath, "{number}");
            }
        }
    }
    println!("{compared} of {} references compared", signature.references.len());
    assert_eq!(compared, 3);
}

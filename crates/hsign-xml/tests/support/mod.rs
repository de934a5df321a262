//! Makes XML signatures with a throw-away key, by the library's own reading: drafts are read, then filled in.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]
#![allow(dead_code)] // each test file uses its part

use std::sync::LazyLock;

use hsign_core::SignatureAlgorithm;
use hsign_core::facts::SignedObject;
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{DigestAlgorithm, EllipticCurve};
use hsign_crypto::OpensslVerifier;
use hsign_xml::dsig::{
    Context, NAMESPACE, Resolver, Signature, SignedObjectFacts, signature_value_to_xml, signed_object,
};
use hsign_xml::{Document, Edit, Element, IdAttribute, Ids, Limits, decode, splice};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};

static KEY: LazyLock<PKey<Private>> = LazyLock::new(|| {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
});

/// A ds:Reference with the transforms given as XML and an empty digest.
pub(crate) fn reference(uri: &str, transforms: &str) -> String {
    let wrapped = if transforms.is_empty() {
        String::new()
    } else {
        format!("<ds:Transforms>{transforms}</ds:Transforms>")
    };
    Element::new("ds:Reference")
        .attribute("URI", uri)
        .raw(&wrapped)
        .child(
            &Element::new("ds:DigestMethod")
                .attribute("Algorithm", "http://www.w3.org/2001/04/xmlenc#sha256"),
        )
        .child(&Element::new("ds:DigestValue"))
        .to_string()
}

/// A ds:Transform.
pub(crate) fn transform(algorithm: &str, content: &str) -> String {
    Element::new("ds:Transform").attribute("Algorithm", algorithm).raw(content).to_string()
}

pub(crate) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
pub(crate) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// A ds:Signature without digests and value, around `objects`.
pub(crate) fn draft(references: &str, objects: &str) -> String {
    let method = |name: &str, uri: &str| Element::new(name).attribute("Algorithm", uri);
    let signed_info = Element::new("ds:SignedInfo")
        .child(&method("ds:CanonicalizationMethod", EXCLUSIVE))
        .child(&method("ds:SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"))
        .raw(references);
    Element::new("ds:Signature")
        .attribute("xmlns:ds", NAMESPACE)
        .child(&signed_info)
        .child(&Element::new("ds:SignatureValue"))
        .raw(objects)
        .to_string()
}

/// Fills in digests and value of the first signature in `text`.
pub(crate) fn sign(text: &str, resolver: &dyn Resolver) -> String {
    let digested = filled(
        text,
        |signature, context| {
            let place = |reference: &hsign_xml::dsig::Reference<'_>| {
                reference.node.child(NAMESPACE, "DigestValue").unwrap().content_range().unwrap().start
            };
            signature
                .references
                .iter()
                .map(|reference| {
                    let digest = reference.actual(context).digest.expect("a digest");
                    Edit::insert(place(reference), openssl::base64::encode_block(&digest.value.0))
                })
                .collect()
        },
        resolver,
    );
    filled(
        &digested,
        |signature, _| {
            let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), &KEY).unwrap();
            let der = signer.sign_oneshot_to_vec(&signature.signed_octets().unwrap()).unwrap();
            let algorithm = SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256);
            let raw = signature_value_to_xml(&algorithm, Some(EllipticCurve::P256), &der).unwrap();
            let place = signature.value_node.content_range().unwrap().start;
            vec![Edit::insert(place, openssl::base64::encode_block(&raw))]
        },
        resolver,
    )
}

fn filled(
    text: &str,
    edits: impl for<'d> Fn(&Signature<'d>, &Context<'_, 'd>) -> Vec<Edit>,
    resolver: &dyn Resolver,
) -> String {
    let edits = with_signature(text, resolver, |signature, context| edits(signature, context));
    let decoded = decode(text.as_bytes()).unwrap();
    String::from_utf8(splice(text.as_bytes(), &decoded, &edits).unwrap()).unwrap()
}

/// Hands the first signature of `text` to `use_it`, `Id` and `xml:id` being declared.
pub(crate) fn with_signature<R>(
    text: &str,
    resolver: &dyn Resolver,
    use_it: impl for<'d> FnOnce(&Signature<'d>, &Context<'_, 'd>) -> R,
) -> R {
    let limits = Limits::default();
    let document = Document::parse(text, &limits).unwrap();
    let ids = Ids::declared(&document, &IdAttribute::USUAL);
    let context = Context { document: &document, ids: &ids, resolver, limits: &limits };
    let node = document.elements().find(|node| node.is(NAMESPACE, "Signature")).expect("a signature");
    use_it(&Signature::read(node).expect("readable"), &context)
}

/// What verification says of the first signature, before anybody asks what it covers.
pub(crate) fn facts<'d>(signature: &Signature<'d>, context: &Context<'_, 'd>) -> SignedObjectFacts<'d> {
    signed_object(signature, context)
}

/// Whether references and value hold.
pub(crate) fn holds(signed: &SignedObject) -> bool {
    let key = KEY.public_key_to_der().unwrap();
    let value =
        OpensslVerifier::new().verify(&signed.algorithm, &key, &signed.signed_octets.0, &signed.value.0);
    signed.references.iter().all(|reference| reference.holds() == Some(true))
        && value == SignatureValidity::Valid
}

//! Where new text goes, and that nothing that is there changes by it.

use encoding_rs::{EUC_JP, SHIFT_JIS};
use hsign_xades::DetachedContent;
use hsign_xades::make::{
    Enveloped, Options, add_evidence, add_signature_timestamp, enveloped, signature_imprint,
};
use hsign_xml::CanonicalizationMethod;
use hsign_xml::dsig::NoExternal;

use crate::support::{NOW, SHA256, by_doctor, evidence, holds, levels, stamp, xmlsec};

fn sign(document: &[u8], within: Option<&str>) -> (Vec<u8>, String) {
    by_doctor(|options| enveloped(document, &Enveloped { within, over_signatures: false }, options).unwrap())
}

/// `signed` without what was inserted.
fn without_signature(signed: &[u8], start: &[u8], end: &[u8]) -> Vec<u8> {
    let find = |needle: &[u8]| signed.windows(needle.len()).position(|window| window == needle).unwrap();
    let (from, to) = (find(start), find(end) + end.len());
    [&signed[..from], &signed[to..]].concat()
}

#[test]
fn a_document_keeps_its_encoding_and_every_byte() {
    let text = |label: &str| format!("<?xml version='1.0' encoding='{label}'?>\n<a>表示ソ能<b/>十</a>\n");
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let plain = |part: &str| part.as_bytes().to_vec();
    type Encode<'e> = &'e dyn Fn(&str) -> Vec<u8>;
    let cases: [(&str, Vec<u8>, Encode<'_>); 4] = [
        ("UTF-8", text("UTF-8").into_bytes(), &plain),
        ("Shift_JIS", SHIFT_JIS.encode(&text("Shift_JIS")).0.into_owned(), &plain),
        ("EUC-JP", EUC_JP.encode(&text("EUC-JP")).0.into_owned(), &plain),
        ("UTF-16", [vec![0xff, 0xfe], utf16(&text("UTF-16"))].concat(), &utf16),
    ];
    for (label, document, encode) in cases {
        let (signed, id) = sign(&document, None);
        assert_eq!(
            without_signature(&signed, &encode("<ds:Signature "), &encode("</ds:Signature>")),
            document,
            "{label}"
        );
        for (level, document) in levels(&signed, &id, &DetachedContent::new()) {
            assert!(holds(&document, &id, &NoExternal), "{label} {level}");
        }
        // libxml2 reads these labels by iconv or by itself; what it thinks of them is its answer to a second reader.
        assert_ne!(xmlsec(&signed, &id, &[], false), Some(false), "{label}");
    }
}

#[test]
fn a_signature_goes_into_the_element_that_is_named_even_an_empty_one() {
    let document = b"<r><a Id='here'/><b Id='there' x='>'>text</b></r>";
    for (within, expected) in [("here", "<a Id='here'><ds:Signature "), ("there", ">text<ds:Signature ")] {
        let (signed, id) = sign(document, Some(within));
        assert!(String::from_utf8_lossy(&signed).contains(expected));
        assert!(holds(&signed, &id, &NoExternal));
        assert_ne!(xmlsec(&signed, &id, &[], false), Some(false), "{within}");
    }
}

/// The signature is drafted in nothing but the tags around its place; what a canonical form takes over from there has to
/// be the same in the document.
#[test]
fn what_is_in_force_around_the_place_is_signed_in_every_canonical_form() {
    let document = "<?xml version='1.0'?><!-- c --><r xmlns='urn:r' xmlns:p='urn:p' xml:lang='ja' \
                    xml:base='http://a/b/'><!-- > --><p:a Id='here' xml:base='c/' x=\"'>\" xmlns:q='urn:q'>\
                    <![CDATA[]]><q:b p:c='>'/></p:a>表&#13;<s xml:space='preserve' ID='empty'/></r><?p i?>";
    let methods = [
        CanonicalizationMethod::DEFAULT,
        CanonicalizationMethod::INCLUSIVE_11,
        CanonicalizationMethod::EXCLUSIVE,
        CanonicalizationMethod::DEFAULT.with_comments(),
    ];
    for (canonicalization, within) in
        methods.iter().flat_map(|method| [None, Some("here"), Some("empty")].map(|within| (method, within)))
    {
        for over_signatures in [false, true] {
            let (signed, id) = by_doctor(|options| {
                let options = Options { canonicalization: canonicalization.clone(), ..options.clone() };
                enveloped(document.as_bytes(), &Enveloped { within, over_signatures }, &options).unwrap()
            });
            assert!(holds(&signed, &id, &NoExternal), "{canonicalization} {within:?} {over_signatures}");
            assert_ne!(xmlsec(&signed, &id, &[], false), Some(false), "{canonicalization} {within:?}");
        }
    }
}

#[test]
fn an_id_that_leads_nowhere_or_to_several_elements_is_refused() {
    let algorithm = hsign_core::SignatureAlgorithm::RsaPkcs1(SHA256);
    let options = hsign_xades::make::Options::new(b"", &algorithm, crate::support::time(0));
    for document in [&b"<r/>"[..], b"<r><a Id='x'/><a Id='x'/></r>"] {
        let request = Enveloped { within: Some("x"), over_signatures: false };
        let error = enveloped(document, &request, &options).unwrap_err();
        assert_eq!(error.finding().code, "xml-element-not-found");
    }
}

#[test]
fn a_signature_that_another_one_covers_is_not_extended() {
    let (once, first) = sign(b"<r>text</r>", None);
    let over = Enveloped { over_signatures: true, ..Enveloped::default() };
    let (twice, second) = by_doctor(|options| enveloped(&once, &over, options).unwrap());
    assert!(holds(&twice, &second, &NoExternal));
    let error = signature_imprint(&twice, &first, SHA256).unwrap_err();
    assert_eq!(error.finding().code, "xml-signature-covered");
    assert_eq!(error.finding().values["covering"], second);
    assert_eq!(error.kind(), hsign_core::ErrorKind::Refused);
    let token = stamp(&signature_imprint(&once, &first, SHA256).unwrap(), NOW);
    assert!(add_signature_timestamp(&twice, &first, &token).is_err());
    assert!(add_evidence(&twice, &first, &evidence(NOW)).is_err());
    for (level, document) in levels(&twice, &second, &DetachedContent::new()) {
        assert!(holds(&document, &second, &NoExternal), "{level}");
    }
}

#[test]
fn independent_signatures_are_extended_each_for_itself() {
    let (once, first) = sign(b"<r>text</r>", None);
    let (twice, second) = sign(&once, None);
    assert_ne!(first, second);
    let (_, both) = levels(&twice, &first, &DetachedContent::new()).pop().unwrap();
    let (_, both) = levels(&both, &second, &DetachedContent::new()).pop().unwrap();
    for id in [&first, &second] {
        assert!(holds(&both, id, &NoExternal), "{id}");
        assert_ne!(xmlsec(&both, id, &[], false), Some(false), "{id}");
    }
}

#[test]
fn a_further_signature_that_would_break_one_that_is_there_is_refused() {
    let over = Enveloped { over_signatures: true, ..Enveloped::default() };
    let (once, first) = by_doctor(|options| enveloped(b"<r>text</r>", &over, options).unwrap());
    let algorithm = hsign_core::SignatureAlgorithm::RsaPkcs1(SHA256);
    let options = hsign_xades::make::Options::new(b"", &algorithm, crate::support::time(0));
    let error = enveloped(&once, &Enveloped::default(), &options).unwrap_err();
    assert_eq!(error.finding().code, "xml-signature-would-break");
    assert_eq!(error.finding().values["signature"], first);
}

#[test]
fn a_signature_without_properties_is_not_extended() {
    let plain = b"<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#' Id='S'/>";
    assert_eq!(
        signature_imprint(plain, "S", SHA256).unwrap_err().finding().code,
        "xml-signature-not-extensible"
    );
    assert_eq!(signature_imprint(plain, "T", SHA256).unwrap_err().finding().code, "signature-not-found");
}

#[test]
fn prefixes_and_default_namespaces_around_a_signature_dont_matter() {
    // Another meaning for our prefixes, and a default namespace, around and beside.
    let document = b"<ds:r xmlns:ds='urn:a' xmlns:xades='urn:b' xmlns:xades141='urn:c' xmlns='urn:d' ds:x='1'>t<y/></ds:r>";
    let (signed, id) = sign(document, None);
    for (level, document) in levels(&signed, &id, &DetachedContent::new()) {
        assert!(holds(&document, &id, &NoExternal), "{level}");
        assert_ne!(xmlsec(&document, &id, &[], false), Some(false), "{level}");
    }
}

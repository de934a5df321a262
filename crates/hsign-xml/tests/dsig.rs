//! References, transforms and methods by clause of XML Signature, second edition.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod support;

use hsign_core::{DigestAlgorithm, SignatureAlgorithm};
use hsign_xml::dsig::{
    Context, NAMESPACE, NoExternal, NotAtHand, Resolved, Resolver, Signature, Unresolved, What,
};
use hsign_xml::{CanonicalizationMethod, Document, IdAttribute, Ids, Limits};
use support::{ENVELOPED, EXCLUSIVE, draft, holds, reference, sign, transform, with_signature};

const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";
const FILTER2: &str = "http://www.w3.org/2002/06/xmldsig-filter2";
const BASE64: &str = "http://www.w3.org/2000/09/xmldsig#base64";

/// The octets that the first reference of `draft` hashes, with `{}` in `around` replaced by the signature.
fn octets_with(around: &str, reference: &str, resolver: &dyn Resolver) -> Result<String, Unresolved> {
    let text = around.replace("{}", &draft(reference, ""));
    with_signature(&text, resolver, |signature, context| {
        let mut octets = Vec::new();
        let sink = &mut |piece: &[u8]| octets.extend_from_slice(piece);
        signature.references[0].process(context, &CanonicalizationMethod::DEFAULT, sink)?;
        Ok(String::from_utf8(octets).unwrap())
    })
}

fn octets(around: &str, reference: &str) -> Result<String, Unresolved> {
    octets_with(around, reference, &NoExternal)
}

struct File(&'static [u8]);

impl Resolver for File {
    fn read(&self, uri: Option<&str>, sink: &mut dyn FnMut(&[u8])) -> Result<(), NotAtHand> {
        if uri != Some("a.xml") {
            return Err(NotAtHand);
        }
        self.0.chunks(3).for_each(sink);
        Ok(())
    }
}

fn xpath(expression: &str) -> String {
    transform(XPATH, &format!("<ds:XPath>{}</ds:XPath>", hsign_xml::escape_text(expression)))
}

fn filters(operations: &[(&str, &str)]) -> String {
    let one = |(operation, path): &(&str, &str)| {
        let path = hsign_xml::escape_text(path);
        format!("<f:XPath xmlns:f='{FILTER2}' xmlns:p='urn:p' Filter='{operation}'>{path}</f:XPath>")
    };
    transform(FILTER2, &operations.iter().map(one).collect::<String>())
}

#[test]
fn xmldsig_4_4_3_3_same_document_references_and_comments() {
    let around = "<a><b Id='i'><!--c-->x</b>{}</a>";
    let own = transform(ENVELOPED, "");
    let with = transform("http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments", "");
    let both = format!("{own}{with}");
    assert_eq!(octets(around, &reference("", &both)), Ok("<a><b Id=\"i\">x</b></a>".into()));
    assert_eq!(
        octets(around, &reference("#xpointer(/)", &both)),
        Ok("<a><b Id=\"i\"><!--c-->x</b></a>".into())
    );
    assert_eq!(octets(around, &reference("#i", &with)), Ok("<b Id=\"i\">x</b>".into()));
    for uri in ["#xpointer(id('i'))", "#xpointer(id(\"i\"))"] {
        assert_eq!(octets(around, &reference(uri, &with)), Ok("<b Id=\"i\"><!--c-->x</b>".into()));
    }
    assert_eq!(octets("<a><b Id='薬'/>{}</a>", &reference("#%E8%96%AC", "")), Ok("<b Id=\"薬\"></b>".into()));
}

#[test]
fn xmldsig_4_4_3_2_references_that_lead_nowhere() {
    let around = "<a><b Id='i'/><c ID='i'/>{}</a>";
    assert_eq!(octets(around, &reference("#i", "")), Err(Unresolved::DuplicateId));
    assert_eq!(octets(around, &reference("#xpointer(id('i'))", "")), Err(Unresolved::DuplicateId));
    assert_eq!(octets(around, &reference("#j", "")), Err(Unresolved::NotFound));
    assert_eq!(octets(around, &reference("a.xml", "")), Err(Unresolved::NotFound));
    for uri in ["#xpointer(//b)", "#xpointer(id('i')/c)", "#xpointer(id('i'", "#xpointer("] {
        assert_eq!(octets(around, &reference(uri, "")), Err(Unresolved::UnsupportedUri), "{uri}");
    }
}

#[test]
fn xmldsig_4_4_3_2_external_data() {
    let file = File(b"<?xml version='1.0'?><a xmlns:p='urn:p'><!--c--><b/></a>");
    let read = |transforms: &str| octets_with("<x>{}</x>", &reference("a.xml", transforms), &file);
    assert_eq!(read("").map(|octets| octets.into_bytes()), Ok(file.0.to_vec()));
    assert_eq!(read(&transform(EXCLUSIVE, "")), Ok("<a><b></b></a>".into()));
    // No signature of ours is in it.
    assert_eq!(read(&transform(ENVELOPED, "")), Err(Unresolved::Misfit));
    let bomb = File(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>");
    let answer = octets_with("<x>{}</x>", &reference("a.xml", &transform(EXCLUSIVE, "")), &bomb);
    assert_eq!(answer, Err(Unresolved::NotXml(hsign_xml::Error::Doctype)));
}

#[test]
fn xmldsig_4_4_3_what_a_reference_covers_is_told() {
    let text = format!(
        "<a><b Id='i'><c/></b><d Id='j'>eA==</d>{}</a>",
        draft(
            &[
                reference("#i", ""),
                reference("", &xpath("not(ancestor-or-self::ds:Signature)")),
                reference("#j", &transform(BASE64, "")),
                reference("a.xml", &xpath("ancestor-or-self::a")),
                reference("a.xml", &transform(EXCLUSIVE, "")),
            ]
            .concat(),
            ""
        )
    );
    let signed = sign(&text, &File(b"<a/>"));
    with_signature(&signed, &File(b"<a/>"), |signature, context| {
        let facts = support::facts(signature, context);
        assert!(holds(facts.signed.as_ref().unwrap()));
        let root = context.document.root();
        let covers = |number: usize, node| facts.references[number].what.as_ref().unwrap().covers(node);
        let b = root.child("", "b").unwrap();
        assert!(covers(0, b) && covers(0, b.child("", "c").unwrap()) && !covers(0, root));
        assert!(covers(1, b) && !covers(1, root), "the root holds the signature, which isn't covered");
        let whole = facts.references[1].what.as_ref().unwrap().nodes().unwrap();
        assert!(whole.contains(root) && !whole.contains(signature.node));
        assert!(matches!(&facts.references[2].what, Some(What::Base64Of(set)) if set.apex().is("", "d")));
        assert!(!covers(2, root.child("", "d").unwrap()));
        assert!(matches!(&facts.references[3].what, Some(What::External { whole: false, .. })));
        assert!(matches!(&facts.references[4].what, Some(What::External { whole: true, .. })));
    });
}

#[test]
fn xmldsig_6_6_2_base64() {
    let around = "<a><b Id='i'>\n4pyT<!--x--><c>Cg==</c></b>{}</a>";
    assert_eq!(octets(around, &reference("#i", &transform(BASE64, ""))), Ok("✓\n".into()));
    let text = format!("{}{}", xpath("self::text()"), transform(BASE64, ""));
    assert_eq!(octets(around, &reference("#i", &text)), Ok("✓\n".into()));
    assert_eq!(
        octets("<a><b Id='i'>?</b>{}</a>", &reference("#i", &transform(BASE64, ""))),
        Err(Unresolved::Misfit)
    );
}

#[test]
fn xmldsig_6_6_4_enveloped_signature_leaves_out_its_own_only() {
    let other = "<x><ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'></ds:Signature></x>";
    let around = format!("<a>{{}}{other}</a>");
    let kept = other.replace('\'', "\"");
    let all = Ok(format!("<a>{kept}</a>"));
    assert_eq!(octets(&around, &reference("", &transform(ENVELOPED, ""))), all);
    let written_out = "count(ancestor-or-self::ds:Signature |\n here()/ancestor::ds:Signature[1]) >\n \
        count(ancestor-or-self::ds:Signature)";
    assert_eq!(octets(&around, &reference("", &xpath(written_out))), all);
    let none = xpath("not(ancestor-or-self::ds:Signature)");
    assert_eq!(octets(&around, &reference("", &none)), Ok("<a><x></x></a>".into()));
}

#[test]
fn xmldsig_6_6_3_xpath_in_the_forms_that_are_read() {
    let around = "<a xmlns:p='urn:p'><p:b k='1'>x<c/></p:b><c>y</c>{}</a>";
    let with = |expression: &str| {
        octets(&around.replace("<a ", "<a xmlns:q='urn:p' "), &reference("", &xpath(expression)))
    };
    let b = "<p:b xmlns:p=\"urn:p\" xmlns:q=\"urn:p\" k=\"1\">x";
    assert_eq!(with("ancestor-or-self::q:b"), Ok(format!("{b}<c></c></p:b>")));
    assert_eq!(with(" ( ancestor-or-self::q:b and not( ancestor-or-self::c ) ) "), Ok(format!("{b}</p:b>")));
    assert_eq!(
        with(
            "(self::text() or ancestor-or-self::c and ancestor-or-self::p:b) and not(ancestor-or-self::ds:Signature)"
        ),
        Ok("x<c xmlns:p=\"urn:p\" xmlns:q=\"urn:p\"></c>y".into())
    );
    for other in [
        "true()",
        "@*",
        "self::c",
        "ancestor-or-self::z:b",
        "not(ancestor-or-self::c",
        "ancestor-or-self::c or",
        "",
        "ancestor-or-self::c]",
        "ancestor-or-self::node()",
        "string-length(.) > 1",
        "ancestor-or-self::c and here()",
        "count(ancestor-or-self::ds:Signature | here()/ancestor::ds:Signature[1]) > count(ancestor-or-self::c)",
        &"(".repeat(100_000),
    ] {
        assert_eq!(with(other), Err(Unresolved::UnsupportedTransform(XPATH.into())), "{other}");
    }
}

#[test]
fn xpath_filter2_3_4_set_operations() {
    let around = "<a><T>1<N>2<R>3</R></N></T><T Id='t'>4<p:N xmlns:p='urn:p'>5</p:N></T>{}</a>";
    let with = |operations: &[(&str, &str)]| octets(around, &reference("", &filters(operations)));
    let t = "<T Id=\"t\">4<p:N xmlns:p=\"urn:p\">5</p:N></T>";
    assert_eq!(
        with(&[("intersect", " //T "), ("subtract", "//N"), ("union", "//R")]),
        Ok(format!("<T>1<R>3</R></T>{t}"))
    );
    let without_signature = Ok(format!("<a><T>1<N>2<R>3</R></N></T>{t}</a>"));
    for path in [
        "//ds:Signature",
        "/descendant::ds:Signature",
        "/descendant::*[name()='ds:Signature']",
        "/a/ds:Signature",
        "here()/ancestor::ds:Signature[1]",
        "//*[local-name()='Signature' and name()=\"ds:Signature\"]",
    ] {
        assert_eq!(with(&[("subtract", path)]), without_signature, "{path}");
    }
    for path in ["id('t')", "//*[@Id='t']", "/a/T[@Id='t']", "/child::a/T[@Id='t' or @Id='u']"] {
        assert_eq!(with(&[("intersect", path)]), Ok(t.into()), "{path}");
    }
    assert_eq!(with(&[("intersect", "id('t')/node()")]), Ok("4<p:N xmlns:p=\"urn:p\">5</p:N>".into()));
    assert_eq!(with(&[("intersect", "id('t')/p:N")]), Ok("<p:N xmlns:p=\"urn:p\">5</p:N>".into()));
    assert_eq!(
        with(&[("intersect", "//*[starts-with(local-name(),'R')]"), ("subtract", "//ds:Signature")]),
        Ok("<R>3</R>".into())
    );
    assert_eq!(with(&[("intersect", "id('nothing')")]), Ok(String::new()));
    assert_eq!(
        with(&[("subtract", "//ds:Signature"), ("union", "/"), ("subtract", "//ds:Signature")]),
        without_signature
    );
    for path in [
        "",
        "T",
        "//",
        "/a/@Id",
        "//T[1]",
        "//T[position()=1]",
        "here()/ancestor::ds:Signature",
        "id('t'",
        "//z:T",
        "/a/text()",
    ] {
        let answer = with(&[("intersect", path)]);
        assert_eq!(answer, Err(Unresolved::UnsupportedTransform(FILTER2.into())), "{path}");
    }
}

#[test]
fn xmldsig_6_6_5_xslt_and_unknown_transforms_are_never_passed_over() {
    for uri in ["http://www.w3.org/TR/1999/REC-xslt-19991116", "urn:unknown", "", &format!("{ENVELOPED} ")] {
        let answer = octets(
            "<a Id='i'>{}</a>",
            &reference("#i", &format!("{}{}", transform(ENVELOPED, ""), transform(uri, ""))),
        );
        assert_eq!(answer, Err(Unresolved::UnsupportedTransform(uri.to_owned())));
    }
    // Nor are parameters that don't belong to a transform.
    let odd = transform(ENVELOPED, "<x/>");
    assert_eq!(
        octets("<a>{}</a>", &reference("", &odd)),
        Err(Unresolved::UnsupportedTransform(ENVELOPED.into()))
    );
}

#[test]
fn transforms_after_octets_that_would_hide_what_is_covered_are_refused() {
    let chain = format!("{}{}", transform(EXCLUSIVE, ""), xpath("ancestor-or-self::b"));
    assert_eq!(octets("<a Id='i'><b/><c/>{}</a>", &reference("#i", &chain)), Err(Unresolved::Misfit));
    let twice = format!("{}{}", transform(EXCLUSIVE, ""), transform(EXCLUSIVE, ""));
    assert_eq!(octets("<a><b Id='i'/>{}</a>", &reference("#i", &twice)), Ok("<b Id=\"i\"></b>".into()));
}

#[test]
fn many_references_to_much_data_run_out_of_what_they_may_ask_for() {
    let references: String = (0..40).map(|_| reference("#i", "")).collect();
    let text = format!("<a><b Id='i'>{}</b>{}</a>", "x".repeat(2 << 20), draft(&references, ""));
    let answers = |work| {
        let limits = Limits { work, ..Limits::default() };
        let document = Document::parse(&text, &limits).unwrap();
        let ids = Ids::declared(&document, &IdAttribute::USUAL);
        let context = Context { document: &document, ids: &ids, resolver: &NoExternal, limits: &limits };
        let signature = Signature::read(document.root().child(NAMESPACE, "Signature").unwrap()).unwrap();
        let facts = support::facts(&signature, &context);
        let limited = |resolved: &&Resolved<'_>| matches!(resolved.digest, Err(Unresolved::Limit(_)));
        facts.references.iter().filter(limited).count()
    };
    // 64 MiB are free, as much as 31 references need with what stands around.
    assert_eq!(answers(0), 9);
}

#[test]
fn c14n_1_0_1_3_relative_namespaces_have_no_canonical_form() {
    for relative in ["a", "../a", "1:a", "あ:a"] {
        let around = format!("<a xmlns:p='{relative}'><p:b Id='i'/><c Id='j'/>{{}}</a>");
        let answer = octets(&around, &reference("#i", &transform(EXCLUSIVE, "")));
        assert_eq!(answer, Err(Unresolved::RelativeNamespace(relative.into())));
        // Where it isn't written it does no harm.
        assert_eq!(
            octets(&around, &reference("#j", &transform(EXCLUSIVE, ""))),
            Ok("<c Id=\"j\"></c>".into())
        );
        assert!(octets(&around, &reference("#j", "")).is_err());
    }
}

#[test]
fn structure_is_that_of_the_schema() {
    let good = draft(&reference("", ""), "<ds:Object/>");
    let read = |text: &str| {
        let document = hsign_xml::Document::parse(text, &hsign_xml::Limits::default()).unwrap();
        hsign_xml::dsig::Signature::read(document.root()).map(|_| ())
    };
    assert_eq!(read(&good), Ok(()));
    let value = "<ds:SignatureValue></ds:SignatureValue>";
    let many = transform(EXCLUSIVE, "").repeat(17);
    for bad in [
        good.replace(value, ""),
        good.replace(value, &value.repeat(2)),
        good.replace(value, "<ds:SignatureValue>?</ds:SignatureValue>"),
        good.replace("<ds:SignedInfo>", "<ds:SignedInfo><x/>"),
        good.replace("<ds:Object></ds:Object>", "<ds:Object/><ds:KeyInfo/>")
            .replace("<ds:Object/>", "<ds:Object/><ds:KeyInfo/>"),
        draft("", ""),
        draft(&reference("", "").replace("ds:DigestMethod", "ds:Other"), ""),
        draft(&reference("", &many), ""),
        good.replace("ds:Signature ", "ds:Other ").replace("</ds:Signature>", "</ds:Other>"),
    ] {
        assert!(read(&bad).is_err(), "{bad}");
    }
}

fn algorithm_of(method: &str) -> (SignatureAlgorithm, Vec<String>) {
    let text = draft(&reference("", &transform(ENVELOPED, "")), "");
    let start = text.find("<ds:SignatureMethod").unwrap();
    let end = text.find("</ds:SignatureMethod>").unwrap() + "</ds:SignatureMethod>".len();
    let text = format!("<a>{}{method}{}</a>", &text[..start], &text[end..]);
    with_signature(&text, &NoExternal, |signature, context| {
        let findings = support::facts(signature, context).findings;
        (signature.method.algorithm.clone(), findings.into_iter().map(|finding| finding.code).collect())
    })
}

#[test]
fn xmldsig_6_3_macs_prove_nothing_to_third_parties_and_truncated_ones_even_less() {
    let hmac = format!("<ds:SignatureMethod Algorithm='{NAMESPACE}hmac-sha1'/>");
    let (algorithm, findings) = algorithm_of(&hmac);
    assert!(matches!(algorithm, SignatureAlgorithm::Unknown(_)));
    assert_eq!(findings, ["xml-signature-with-secret-key"]);
    let truncated = |uri: &str| {
        let length = "<ds:HMACOutputLength>0</ds:HMACOutputLength>";
        algorithm_of(&format!("<ds:SignatureMethod Algorithm='{uri}'>{length}</ds:SignatureMethod>"))
    };
    assert!(matches!(truncated(&format!("{NAMESPACE}hmac-sha1")).0, SignatureAlgorithm::Unknown(_)));
    let (algorithm, findings) = truncated("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
    assert!(matches!(algorithm, SignatureAlgorithm::Unknown(_)));
    assert_eq!(findings, ["xml-signature-truncated"]);
}

#[test]
fn rfc9231_2_3_9_rsa_pss_with_parameters() {
    let more = "http://www.w3.org/2007/05/xmldsig-more#";
    let pss = |content: &str| {
        algorithm_of(&format!("<ds:SignatureMethod Algorithm='{more}rsa-pss'>{content}</ds:SignatureMethod>"))
            .0
    };
    let expected =
        |digest, mask_digest, salt_length| SignatureAlgorithm::RsaPss { digest, mask_digest, salt_length };
    assert_eq!(pss(""), expected(DigestAlgorithm::Sha256, DigestAlgorithm::Sha256, 32));
    let parameters = format!(
        "<p:RSAPSSParams xmlns:p='{more}'><ds:DigestMethod Algorithm='http://www.w3.org/2001/04/xmlenc#sha512'/>\
         <p:MaskGenerationFunction Algorithm='{more}MGF1'><ds:DigestMethod Algorithm='{NAMESPACE}sha1'/>\
         </p:MaskGenerationFunction><p:SaltLength>20</p:SaltLength></p:RSAPSSParams>"
    );
    assert_eq!(pss(&parameters), expected(DigestAlgorithm::Sha512, DigestAlgorithm::Sha1, 20));
    let strange = parameters.replace("MGF1", "MGF9");
    assert!(matches!(pss(&strange), SignatureAlgorithm::Unknown(_)));
}

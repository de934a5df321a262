//! Canonical forms by clause: Canonical XML 1.0 and 1.1, Exclusive XML Canonicalization.
#![allow(clippy::unwrap_used)]

use hsign_xml::{CanonicalizationMethod as Method, Document, Limits, Node, NodeSet, canonical_octets};

fn canonical_of(text: &str, set: impl Fn(&Document<'_>) -> Vec<u8>) -> String {
    let document = Document::parse(text, &Limits::default()).unwrap();
    String::from_utf8(set(&document)).unwrap()
}

fn whole(text: &str, method: &Method) -> String {
    canonical_of(text, |document| canonical_octets(&NodeSet::document(document), method))
}

/// The element of that local name with everything below.
fn part(text: &str, name: &str, method: &Method) -> String {
    canonical_of(text, |document| canonical_octets(&NodeSet::subtree(named(document, name)), method))
}

fn named<'d>(document: &'d Document<'_>, name: &str) -> Node<'d> {
    document.elements().find(|node| node.name().1 == name).unwrap()
}

#[test]
fn c14n_1_0_2_1_line_ends_references_and_cdata() {
    let text = "<a>1\r\n2\r3<![CDATA[<&>\r\n]]>&#13;&#x3042;&quot;&apos;&gt;</a>";
    assert_eq!(whole(text, &Method::DEFAULT), "<a>1\n2\n3&lt;&amp;&gt;\n&#xD;あ\"'&gt;</a>");
}

#[test]
fn c14n_1_0_2_3_attribute_values() {
    let text = "<a b='\r\n\t&#9;&#10;&#13;&lt;>&quot;\"&amp;'/>";
    assert_eq!(whole(text, &Method::DEFAULT), "<a b=\"  &#x9;&#xA;&#xD;&lt;>&quot;&quot;&amp;\"></a>");
}

#[test]
fn c14n_1_0_2_3_tags_have_one_form() {
    let text = "<r\n><a  b='1'\tc=\"2\" d = \"3\"\ne=\"'\" ></a ><f/><処方 x=\"/\" /><g y=\"/g\"></g></r>";
    let canonical = whole(text, &Method::EXCLUSIVE);
    assert_eq!(
        canonical,
        "<r><a b=\"1\" c=\"2\" d=\"3\" e=\"'\"></a><f></f><処方 x=\"/\"></処方><g y=\"/g\"></g></r>"
    );
}

#[test]
fn c14n_1_0_2_3_outside_the_root_element() {
    let text = "<?xml version='1.0'?>\n\n<?p1  x\ty ?>\n<!-- one --><a/>\n\n<!-- two\r\n --><?p2?>\n";
    assert_eq!(whole(text, &Method::DEFAULT), "<?p1 x\ty ?>\n<a></a>\n<?p2?>");
    let with = Method::DEFAULT.with_comments();
    assert_eq!(whole(text, &with), "<?p1 x\ty ?>\n<!-- one -->\n<a></a>\n<!-- two\n -->\n<?p2?>");
}

#[test]
fn c14n_1_0_2_2_order_of_declarations_and_attributes() {
    let text =
        "<e c='4' b:z='3' a:z='2' xml:id='1' xmlns:b='urn:1' xmlns='urn:d' xmlns:a='urn:2' b='5' a:a='6'/>";
    let expected = "<e xmlns=\"urn:d\" xmlns:a=\"urn:2\" xmlns:b=\"urn:1\" b=\"5\" c=\"4\" \
        xml:id=\"1\" b:z=\"3\" a:a=\"6\" a:z=\"2\"></e>";
    assert_eq!(whole(text, &Method::DEFAULT), expected);
}

#[test]
fn c14n_1_0_4_6_superfluous_declarations_go() {
    let text = "<a xmlns='' xmlns:p='urn:p'><b xmlns:p='urn:p' xmlns='urn:x'><c xmlns='urn:x'><d xmlns=''/></c></b></a>";
    let expected = "<a xmlns:p=\"urn:p\"><b xmlns=\"urn:x\"><c><d xmlns=\"\"></d></c></b></a>";
    assert_eq!(whole(text, &Method::DEFAULT), expected);
}

#[test]
fn c14n_1_0_2_4_a_part_takes_its_namespaces_and_xml_attributes_along() {
    let text = "<a xmlns='urn:a' xmlns:u='urn:u' xml:lang='ja' xml:id='i' xml:base='http://x/'><b xml:lang='en' k='v'><c/></b></a>";
    let expected = "<b xmlns=\"urn:a\" xmlns:u=\"urn:u\" k=\"v\" xml:base=\"http://x/\" xml:id=\"i\" xml:lang=\"en\"><c></c></b>";
    assert_eq!(part(text, "b", &Method::DEFAULT), expected);
}

#[test]
fn c14n_1_1_2_4_id_stays_behind_and_base_is_joined() {
    let text = "<a xml:lang='ja' xml:space='preserve' xml:id='i' xml:base='http://x/y/'><b xml:base='z/'><c xml:base='../w'/></b></a>";
    let expected = "<c xml:base=\"http://x/y/w\" xml:lang=\"ja\" xml:space=\"preserve\"></c>";
    assert_eq!(part(text, "c", &Method::INCLUSIVE_11), expected);
    assert_eq!(part("<a xml:id='i'><c/></a>", "c", &Method::INCLUSIVE_11), "<c></c>");
}

#[test]
fn exclusive_c14n_3_only_what_is_visibly_used() {
    let text =
        "<a xmlns='urn:a' xmlns:u='urn:u' xmlns:v='urn:v' xml:lang='ja'><b v:k='1'><u:c><b/></u:c></b></a>";
    let expected = "<b xmlns=\"urn:a\" xmlns:v=\"urn:v\" v:k=\"1\"><u:c xmlns:u=\"urn:u\"><b></b></u:c></b>";
    assert_eq!(part(text, "b", &Method::EXCLUSIVE), expected);
    let siblings = "<a xmlns:u='urn:u'><u:b/><u:b/></a>";
    assert_eq!(
        whole(siblings, &Method::EXCLUSIVE),
        "<a><u:b xmlns:u=\"urn:u\"></u:b><u:b xmlns:u=\"urn:u\"></u:b></a>"
    );
}

#[test]
fn exclusive_c14n_3_the_default_namespace_is_undone_where_it_was_written() {
    let text = "<a xmlns='urn:a'><p:b xmlns:p='urn:p' xmlns=''><c/></p:b></a>";
    assert_eq!(
        whole(text, &Method::EXCLUSIVE),
        "<a xmlns=\"urn:a\"><p:b xmlns:p=\"urn:p\"><c xmlns=\"\"></c></p:b></a>"
    );
}

#[test]
fn exclusive_c14n_4_prefix_list() {
    let text = "<a xmlns='urn:a' xmlns:u='urn:u' xmlns:v='urn:v'><v:b xmlns:w='urn:w'/></a>";
    let listed = |list: &str| part(text, "b", &Method::EXCLUSIVE.with_prefix_list(list));
    assert_eq!(listed("u"), "<v:b xmlns:u=\"urn:u\" xmlns:v=\"urn:v\"></v:b>");
    assert_eq!(listed("#default w"), "<v:b xmlns=\"urn:a\" xmlns:v=\"urn:v\" xmlns:w=\"urn:w\"></v:b>");
    assert_eq!(listed("unknown"), "<v:b xmlns:v=\"urn:v\"></v:b>");
}

#[test]
fn a_set_leaves_out_subtrees_and_says_so() {
    let text = "<a xmlns:p='urn:p'><b>1</b><s>2<c xmlns:q='urn:q' p:k=''/></s>3<!--x--></a>";
    let document = Document::parse(text, &Limits::default()).unwrap();
    let hole = named(&document, "s");
    let set = NodeSet::document(&document).without(hole);
    let octets = canonical_octets(&set, &Method::DEFAULT);
    assert_eq!(String::from_utf8(octets).unwrap(), "<a xmlns:p=\"urn:p\"><b>1</b>3</a>");
    assert!(!set.contains(hole) && set.contains(document.root()));
    assert!(set.contains_whole(named(&document, "b")));
    assert!(!set.contains_whole(document.root()) && !set.contains(named(&document, "c")));
    // What an outer element leaves out, an inner one may bring back in: its namespaces are then its own affair.
    let orphan = NodeSet::document(&document).filtered(|node| node.name().1 == "c");
    assert_eq!(
        canonical_octets(&orphan, &Method::DEFAULT),
        b"<c xmlns:p=\"urn:p\" xmlns:q=\"urn:q\" p:k=\"\"></c>"
    );
    assert_eq!(canonical_octets(&orphan, &Method::EXCLUSIVE), b"<c xmlns:p=\"urn:p\" p:k=\"\"></c>");
}

#[test]
fn methods_have_their_identifiers() {
    for method in [Method::DEFAULT, Method::INCLUSIVE_11, Method::EXCLUSIVE] {
        for method in [method.clone(), method.with_comments()] {
            assert_eq!(Method::from_uri(method.uri()), Some(method));
        }
    }
    assert_eq!(Method::from_uri("http://www.w3.org/2010/10/xml-c14n2"), None);
}

//! What is XML here and what isn't, by clause of XML 1.0 (fifth edition) and Namespaces in XML 1.0.

use hsign_xml::{Document, Error, Kind, Limits};

fn read(text: &str) -> Result<(), Error> {
    Document::parse(text, &Limits::default()).map(|_| ())
}

#[track_caller]
fn refused(texts: &[&str]) {
    for text in texts {
        assert!(matches!(read(text), Err(Error::NotWellFormed { .. })), "{text}: {:?}", read(text));
    }
}

#[track_caller]
fn accepted(texts: &[&str]) {
    for text in texts {
        assert_eq!(read(text), Ok(()), "{text}");
    }
}

#[test]
fn xml_1_0_2_1_well_formed_documents() {
    refused(&[
        "",
        " ",
        "text",
        "<a>",
        "</a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>x",
        "x<a/>",
        "<a></a",
        "<a",
        "<a><b></a></b>",
    ]);
    refused(&["<a></ a>", "<a></aa>", "<aa></a>", "< a/>", "<a/ >", "<a>&", "<a/><![CDATA[]]>", "&#32;<a/>"]);
    accepted(&["<a/>", "<a></a >", "\n<a  \n/>\n", "<a>\u{85}</a>", "<a><b/>t<c/></a>"]);
}

#[test]
fn xml_1_0_2_2_characters() {
    refused(&["<a>\u{0}</a>", "<a>\u{1}</a>", "<a b='\u{FFFE}'/>", "<!--\u{1F}--><a/>", "<a>\u{FFFF}</a>"]);
    accepted(&["<a>\u{7F}\u{9F}\u{FFFD}\u{10FFFF}</a>"]);
}

#[test]
fn xml_1_0_2_4_character_data() {
    refused(&[
        "<a>]]></a>",
        "<a>x]]>y</a>",
        "<a><![CDATA[]]>]]></a>",
        "<a>& </a>",
        "<a>&b;</a>",
        "<a>&#x110000;</a>",
    ]);
    accepted(&["<a>]]&gt;</a>", "<a>]>]]</a>", "<a><![CDATA[]]]]>></a>", "<a>></a>"]);
}

#[test]
fn xml_1_0_2_5_comments() {
    refused(&["<!----->", "<!-- a--b --><a/>", "<!--a---><a/>", "<!-- <a/>", "<a><!-></a>"]);
    accepted(&["<!----><a/>", "<!-- - <&> --><a/><!--b-->"]);
}

#[test]
fn xml_1_0_2_6_processing_instructions() {
    refused(&[
        "<a><?xml version='1.0'?></a>",
        " <?xml version='1.0'?><a/>",
        "<?XmL x?><a/>",
        "<?a",
        "<??><a/>",
        "<?a\"b\"?><a/>",
    ]);
    accepted(&["<?a?><a/>", "<?xml-stylesheet href='x'?><a/>", "<a/><?b c ? > ?>"]);
}

#[test]
fn xml_1_0_2_8_xml_declaration() {
    refused(&[
        "<?xml?><a/>",
        "<?xml encoding='UTF-8'?><a/>",
        "<?xml version='1.1'?><a/>",
        "<?xml version='1.0' x='1'?><a/>",
    ]);
    refused(&[
        "<?xml version='1.0' standalone='maybe'?><a/>",
        "<?xml version='1.0'encoding='UTF-8'?><a/>",
        "<?xml version=1.0?><a/>",
    ]);
    refused(&["<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>"]);
    accepted(&[
        "<?xml version = \"1.0\" encoding='UTF-8' standalone='yes' ?>\n<a/>",
        "\u{FEFF}<?xml\tversion='1.0'?><a/>",
    ]);
}

#[test]
fn xml_1_0_2_8_document_types_are_refused() {
    for text in [
        "<!DOCTYPE a><a/>",
        "<?xml version='1.0'?><!-- c --><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        "\n<!DOCTYPE a SYSTEM 'http://example.org/a.dtd'><a/>",
    ] {
        assert_eq!(read(text), Err(Error::Doctype));
    }
    refused(&["<a><!DOCTYPE b></a>", "<a/><!DOCTYPE b>", "<!doctype a><a/>", "<!ENTITY a 'b'><a/>"]);
}

#[test]
fn xml_1_0_3_1_attributes() {
    refused(&[
        "<a b/>",
        "<a b=c/>",
        "<a b='<'/>",
        "<a b='1'c='2'/>",
        "<a b='&x;'/>",
        "<a b='/>",
        "<a b='1' b='2'/>",
        "<a =''/>",
    ]);
    let many: String = (0..40).map(|n| format!(" b{n}=''")).collect();
    accepted(&["<a b='>' c=\"'\" d = '\n'/>", &format!("<a{many}/>")]);
    refused(&[&format!("<a{many} b7=''/>")]);
}

#[test]
fn xml_names_1_0_3_reserved_prefixes_and_namespaces() {
    refused(&[
        "<a xmlns:xmlns='urn:x'/>",
        "<a xmlns:xml='urn:x'/>",
        "<a xmlns:b='http://www.w3.org/XML/1998/namespace'/>",
    ]);
    refused(&[
        "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<xmlns:a/>",
    ]);
    accepted(&["<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='ja'/>"]);
}

#[test]
fn xml_names_1_0_5_prefixes_are_declared() {
    refused(&["<b:a/>", "<a b:c=''/>", "<a><b xmlns:p='urn:p'/><p:c/></a>", "<a xmlns:b=''/>"]);
    accepted(&["<a xmlns='urn:a'><b xmlns=''/></a>", "<p:a xmlns:p='urn:p' p:b=''/>"]);
}

#[test]
fn xml_names_1_0_6_3_uniqueness_of_attributes() {
    refused(&["<a xmlns='urn:a' xmlns='urn:b'/>", "<a xmlns:b='urn:a' xmlns:b='urn:a'/>"]);
    refused(&["<a xmlns:b='urn:x' xmlns:c='urn:x' b:d='' c:d=''/>"]);
    accepted(&["<a xmlns='urn:x' xmlns:b='urn:x' d='' b:d=''/>"]);
}

#[test]
fn xml_names_1_0_7_qualified_names() {
    refused(&[
        "<:a/>",
        "<a:/>",
        "<a:b:c xmlns:a='urn:a'/>",
        "<a :b=''/>",
        "<?a:b?><a/>",
        "<1a/>",
        "<a xmlns:1='urn:x'/>",
    ]);
}

#[test]
fn positions_and_values_are_those_of_the_text() {
    let text = "\u{FEFF}<薬 名='\r\n&#x3042;'><!--c--><b/>x<![CDATA[<]]>&amp;<c>\r</c></薬>";
    let document = Document::parse(text, &Limits::default()).unwrap();
    let root = document.root();
    assert_eq!(&text[root.range()], &text[3..]);
    assert_eq!(root.attribute("", "名").unwrap(), " あ");
    assert_eq!(root.text(), "x<&\n");
    assert_eq!(
        root.content_range().map(|range| &text[range]),
        Some("<!--c--><b/>x<![CDATA[<]]>&amp;<c>\r</c>")
    );
    let kinds: Vec<Kind> = root.children().map(|node| node.kind()).collect();
    assert_eq!(kinds, [Kind::Comment, Kind::Element, Kind::Text, Kind::Element]);
    assert_eq!(document.elements().map(|node| node.source().len()).last(), Some("<c>\r</c>".len()));
    let empty = document.root().child("", "b").unwrap();
    assert_eq!(empty.content_range(), None);
    let tag = "<a b='>'  ></a>";
    let document = Document::parse(tag, &Limits::default()).unwrap();
    assert_eq!(document.root().content_range(), Some(11..11));
}

#[test]
fn limits_are_errors() {
    let limited = |text: &str, change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        matches!(Document::parse(text, &limits), Err(Error::Limit(_)))
    };
    assert!(limited("<a></a>", |limits| limits.bytes = 6));
    assert!(!limited("<a></a>", |limits| limits.bytes = 7));
    assert!(limited("<a><b><c/></b></a>", |limits| limits.depth = 2));
    assert!(limited("<a><b/><b/><b/></a>", |limits| limits.nodes = 3));
    assert!(limited("<a b='' c='' xmlns='x'/>", |limits| limits.attributes = 2));
    let deep = "<a>".repeat(200_000);
    assert!(limited(&deep, |_| ()));
    // With room for it, a deep document is no danger either: nothing recurses.
    let closed = format!("{deep}{}", "</a>".repeat(200_000));
    let document = Document::parse(&closed, &Limits { depth: 300_000, ..Limits::default() }).unwrap();
    let octets = hsign_xml::canonical_octets(
        &hsign_xml::NodeSet::document(&document),
        &hsign_xml::CanonicalizationMethod::EXCLUSIVE,
    );
    assert_eq!(octets, closed.as_bytes());
}

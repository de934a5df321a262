//! XML: whatever is read keeps its positions, signatures in it are resolved, and canonical forms are those of libxml2.

use hsign_core::Octets;
use hsign_xml::dsig::{Context, KeyInfo, Manifest, NAMESPACE, NotAtHand, Resolver, Signature, signed_object};
use hsign_xml::{
    CanonicalForm, CanonicalizationMethod, Document, Edit, IdAttribute, Ids, Kind, Limits, NodeSet,
    canonical_octets, canonicalize, decode, splice,
};

use crate::libxml2;

fn limits() -> Limits {
    Limits { depth: 200, ..Limits::default() }
}

/// Gives the document itself for everything outside of it.
struct Itself<'d>(&'d [u8]);

impl Resolver for Itself<'_> {
    fn read(&self, _uri: Option<&str>, sink: &mut dyn FnMut(&[u8])) -> Result<(), NotAtHand> {
        sink(self.0);
        Ok(())
    }
}

pub fn xml(data: &[u8]) {
    let Ok(text) = decode(data) else { return };
    let limits = limits();
    let Ok(document) = Document::parse(text.as_str(), &limits) else { return };
    let whole = text.as_str();
    for node in document.node().descendants() {
        let range = node.range();
        assert!(whole.get(range.clone()) == Some(node.source()), "a node stands where it says");
        assert!(text.position_in(data, range.start).is_some_and(|position| position <= data.len()));
        assert!(
            node.parent()
                .is_none_or(|parent| parent.contains(node) && parent.children().any(|child| child == node))
        );
        if let Some(content) = node.content_range() {
            assert!(content.start >= range.start && content.end <= range.end && whole.get(content).is_some());
        }
        assert!(node.kind() == Kind::Document || !range.is_empty());
        let _ = (node.name(), node.location().len(), node.simple_text().len(), node.attributes().count());
    }
    let end = document.root().content_range().map(|content| content.end);
    if let Some(end) = end {
        let spliced = splice(data, &text, &[Edit::insert(end, "<hsign/>")]).unwrap();
        let again = decode(&spliced).unwrap();
        let longer = Document::parse(again.as_str(), &limits).unwrap();
        assert!(longer.root().elements().last().is_some_and(|last| last.is(last.name().0, "hsign")));
    }
    let ids = Ids::declared(&document, &IdAttribute::USUAL);
    let resolver = Itself(data);
    let context = Context { document: &document, ids: &ids, resolver: &resolver, limits: &limits };
    for node in document.elements().filter(|node| node.name().0 == NAMESPACE).take(20) {
        let _ = (KeyInfo::read(node).map(|info| info.with_retrieved(&ids)), Manifest::read(node).is_ok());
        let Ok(signature) = Signature::read(node) else { continue };
        if signature.references.len() > 10 {
            continue;
        }
        let facts = signed_object(&signature, &context);
        assert!(facts.references.len() == signature.references.len(), "no reference is dropped");
        for resolved in &facts.references {
            let Some(nodes) = resolved.what.as_ref().and_then(|what| what.nodes()) else { continue };
            assert!(!nodes.contains_whole(nodes.apex()) || nodes.contains(nodes.apex()));
        }
        if let Some(signed) = facts.signed {
            let Octets(octets) = signed.signed_octets;
            assert!(Document::parse(std::str::from_utf8(&octets).unwrap(), &limits).is_ok());
        }
    }
}

/// Namespace names that are no absolute URIs, of whose canonical form libxml2 wants to know nothing.
fn has_odd_namespaces(document: &Document<'_>) -> bool {
    let odd = |name: &str| {
        let absolute = name.split_once(':').is_some_and(|(scheme, rest)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric())
                && !rest.is_empty()
                && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '-' | '_' | '#'))
        });
        !name.is_empty() && (!absolute || name.matches('#').count() > 1)
    };
    document.elements().any(|node| node.declarations().any(|(_, namespace)| odd(namespace)))
}

pub fn c14n(data: &[u8]) {
    let Ok(text) = decode(data) else { return };
    let limits = limits();
    let Ok(document) = Document::parse(text.as_str(), &limits) else { return };
    let theirs = libxml2::Document::read(text.as_str());
    let comparable = !has_odd_namespaces(&document);
    assert!(theirs.is_some() || !comparable, "what we read, libxml2 reads");
    let plain = [
        CanonicalizationMethod::DEFAULT,
        CanonicalizationMethod::INCLUSIVE_11,
        CanonicalizationMethod::EXCLUSIVE,
    ];
    for method in plain.into_iter().flat_map(|method| [method.clone(), method.with_comments()]) {
        let ours = canonical_octets(&NodeSet::document(&document), &method);
        let canonical = std::str::from_utf8(&ours).unwrap();
        let again = Document::parse(canonical, &limits).unwrap();
        assert!(
            canonical_octets(&NodeSet::document(&again), &method) == ours,
            "the form of the form is the form"
        );
        if let Some(theirs) = theirs.as_ref().filter(|_| comparable) {
            assert!(theirs.canonical(&method) == ours, "libxml2 has another form");
            part(&document, theirs, data.len(), &method);
        }
        // An element by itself, taken out of the document, has the form that it has in it.
        for node in document.elements().take(4) {
            let mut octets = Vec::new();
            canonicalize(&NodeSet::subtree(node), &method, &mut |piece| octets.extend_from_slice(piece));
            let alone = Document::parse(std::str::from_utf8(&octets).unwrap(), &limits).unwrap();
            assert!(canonical_octets(&NodeSet::document(&alone), &method) == octets);
        }
    }
}

/// One element without another inside of it.
fn part(document: &Document<'_>, theirs: &libxml2::Document, choice: usize, method: &CanonicalizationMethod) {
    let count = document.elements().count();
    let (apex, hole) = (choice % count, choice / 3 % count);
    let mut elements = document.elements();
    let set = NodeSet::subtree(elements.nth(apex).unwrap());
    let left_out = document.elements().nth(hole).unwrap();
    // libxml2 joins bases by other rules where they are no plain paths.
    let plain = |base: &str| {
        let path = base.strip_prefix("http://e/").unwrap_or(base);
        !path.is_empty() && !path.contains("//") && path.chars().all(|c| c.is_ascii_lowercase() || c == '/')
    };
    let mut bases = document.elements().filter_map(|node| node.xml_attribute("base"));
    if method.form == CanonicalForm::Inclusive11 && !bases.all(|base| plain(&base)) {
        return;
    }
    let inside = |axis: &str| {
        let (apex, hole) = (apex + 1, hole + 1);
        format!(
            "(//*)[{apex}]/descendant-or-self::{axis}[not(count(ancestor-or-self::node() | (//*)[{hole}]) = count(ancestor-or-self::node()))]"
        )
    };
    let all = [inside("node()"), format!("{}/@*", inside("*")), format!("{}/namespace::*", inside("*"))]
        .join(" | ");
    let octets = canonical_octets(&set.without(left_out), method);
    assert!(theirs.canonical_part(&all, method) == octets, "libxml2 has another form of a part");
}

/// Something of everything that the targets look at.
pub const SEEDS: [&str; 4] = [
    "<?xml version='1.0' encoding='UTF-8'?>\n<?p q?><!-- c -->\n<a xmlns='urn:a' xmlns:p='urn:p' b='1\t2' p:c=\"&#x41;&lt;\" \
     xml:lang='ja' xml:base='http://e/f/'><b xmlns='' Id='i'>x<![CDATA[<y>\r\n]]>&amp;&#13;\r</b><p:d xml:base='../g'/>\
     <e xmlns:p='urn:q'><p:f xmlns:p='urn:p'/></e>\u{85}\u{20BB7}</a><!--z--><?q?>",
    "<Document id='D'><P id='p'><Q Value='x'/></P><ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#' Id='s'>\
     <ds:SignedInfo><ds:CanonicalizationMethod Algorithm='http://www.w3.org/2001/10/xml-exc-c14n#'>\
     <ec:InclusiveNamespaces xmlns:ec='http://www.w3.org/2001/10/xml-exc-c14n#' PrefixList='ds #default'/>\
     </ds:CanonicalizationMethod>\
     <ds:SignatureMethod Algorithm='http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'/><ds:Reference URI=''>\
     <ds:Transforms><ds:Transform Algorithm='http://www.w3.org/2000/09/xmldsig#enveloped-signature'/></ds:Transforms>\
     <ds:DigestMethod Algorithm='http://www.w3.org/2001/04/xmlenc#sha256'/><ds:DigestValue>AAAA</ds:DigestValue>\
     </ds:Reference><ds:Reference URI='#p'><ds:Transforms>\
     <ds:Transform Algorithm='http://www.w3.org/TR/1999/REC-xpath-19991116'>\
     <ds:XPath>not(ancestor-or-self::ds:Signature) and ancestor-or-self::P</ds:XPath></ds:Transform>\
     <ds:Transform Algorithm='http://www.w3.org/2006/12/xml-c14n11'/></ds:Transforms>\
     <ds:DigestMethod Algorithm='http://www.w3.org/2001/04/xmlenc#sha256'/><ds:DigestValue>AAAA</ds:DigestValue>\
     </ds:Reference></ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue><ds:KeyInfo><ds:X509Data>\
     <ds:X509IssuerSerial><ds:X509IssuerName>CN=a</ds:X509IssuerName><ds:X509SerialNumber>1</ds:X509SerialNumber>\
     </ds:X509IssuerSerial><ds:X509SKI>AA==</ds:X509SKI></ds:X509Data></ds:KeyInfo><ds:Object Id='o'/></ds:Signature></Document>",
    "<a Id='a'><ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'><ds:SignedInfo>\
     <ds:CanonicalizationMethod Algorithm='http://www.w3.org/TR/2001/REC-xml-c14n-20010315'/>\
     <ds:SignatureMethod Algorithm='http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256'/>\
     <ds:Reference URI=\"#xpointer(id('a'))\"><ds:Transforms>\
     <ds:Transform Algorithm='http://www.w3.org/2002/06/xmldsig-filter2'>\
     <XPath xmlns='http://www.w3.org/2002/06/xmldsig-filter2' Filter='subtract'>here()/ancestor::ds:Signature[1]</XPath>\
     <XPath xmlns='http://www.w3.org/2002/06/xmldsig-filter2' Filter='union'>//*[@Id='a']/b | id('a')</XPath>\
     </ds:Transform><ds:Transform Algorithm='http://www.w3.org/2000/09/xmldsig#base64'/></ds:Transforms>\
     <ds:DigestMethod Algorithm='http://www.w3.org/2001/04/xmlenc#sha512'/><ds:DigestValue/></ds:Reference>\
     </ds:SignedInfo><ds:SignatureValue/></ds:Signature><b>AAAA</b></a>",
    "<?xml version=\"1.0\" encoding=\"Shift_JIS\"?><a>\u{0}</a>",
];

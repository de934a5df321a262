//! Signs documents of any shape: a template whose digests and value are filled in.

use hsign_core::SignatureAlgorithm;
use hsign_testkit::Person;
use hsign_xml::dsig::{Context, NoExternal, Signature};
use hsign_xml::{Document, Edit, IdAttribute, Ids, Limits, decode, splice};

use crate::making::{KeyPair, PKI, SHA256, value};

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

fn base64(octets: &[u8]) -> String {
    openssl::base64::encode_block(octets)
}

fn reference(uri: &str, kind: &str, transforms: &[&str]) -> String {
    let transforms: String =
        transforms.iter().map(|uri| format!("<ds:Transform Algorithm=\"{uri}\"/>")).collect();
    format!(
        "<ds:Reference URI=\"{uri}\"{kind}><ds:Transforms>{transforms}</ds:Transforms>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue></ds:DigestValue></ds:Reference>"
    )
}

/// A ds:Signature `id` over `uri` and its own properties, not yet filled in. `rest` follows its object.
pub(crate) fn template(id: &str, uri: &str, rest: &str) -> String {
    let pair = KeyPair::from(PKI.person(Person::Doctor));
    let certificate = base64(&pair.certificate);
    let digest = base64(&hsign_crypto::sha256(&pair.certificate));
    let enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
    // Data in the signature's own object would fall out with it.
    let transforms: &[&str] = if rest.is_empty() { &[enveloped, EXCLUSIVE] } else { &[EXCLUSIVE] };
    let data = reference(uri, "", transforms);
    let kind = " Type=\"http://uri.etsi.org/01903#SignedProperties\"";
    let properties = reference(&format!("#{id}-properties"), kind, &[EXCLUSIVE]);
    format!(
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"{id}\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"/>\
         <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"/>{data}{properties}</ds:SignedInfo>\
         <ds:SignatureValue Id=\"{id}-value\"></ds:SignatureValue>\
         <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
         <ds:Object><xades:QualifyingProperties xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" Target=\"#{id}\">\
         <xades:SignedProperties Id=\"{id}-properties\"><xades:SignedSignatureProperties>\
         <xades:SigningTime>2026-09-21T00:00:00Z</xades:SigningTime>\
         <xades:SigningCertificateV2><xades:Cert><xades:CertDigest>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>{digest}</ds:DigestValue>\
         </xades:CertDigest></xades:Cert></xades:SigningCertificateV2>\
         </xades:SignedSignatureProperties></xades:SignedProperties></xades:QualifyingProperties></ds:Object>{rest}</ds:Signature>"
    )
}

/// Fills in the digests of signature `id`, then its value.
pub(crate) fn complete(document: &[u8], id: &str) -> Vec<u8> {
    let with_digests = edited(document, id, |signature, context| {
        let references = signature.references.iter();
        references
            .map(|reference| {
                let digest = reference.actual(context).digest.unwrap();
                let place =
                    reference.node.child("http://www.w3.org/2000/09/xmldsig#", "DigestValue").unwrap();
                Edit::insert(place.content_range().unwrap().start, base64(digest.value.as_slice()))
            })
            .collect()
    });
    edited(&with_digests, id, |signature, _| {
        let pair = KeyPair::from(PKI.person(Person::Doctor));
        let value = value(&pair, &SignatureAlgorithm::RsaPkcs1(SHA256), &signature.signed_octets().unwrap());
        vec![Edit::insert(signature.value_node.content_range().unwrap().start, base64(&value))]
    })
}

fn edited(
    document: &[u8],
    id: &str,
    edits: impl FnOnce(&Signature<'_>, &Context<'_, '_>) -> Vec<Edit>,
) -> Vec<u8> {
    let text = decode(document).unwrap();
    let parsed = Document::parse(text.as_str(), &Limits::default()).unwrap();
    let ids = Ids::declared(&parsed, &IdAttribute::USUAL);
    let node = parsed.elements().find(|node| node.attribute("", "Id").as_deref() == Some(id)).unwrap();
    let signature = Signature::read(node).unwrap();
    let limits = Limits::default();
    let context = Context { document: &parsed, ids: &ids, resolver: &NoExternal, limits: &limits };
    let edits = edits(&signature, &context);
    splice(document, &text, &edits).unwrap()
}

/// A signed document from its template, in UTF-8.
pub(crate) fn signed(template: &str, id: &str) -> String {
    String::from_utf8(complete(template.as_bytes(), id)).unwrap()
}

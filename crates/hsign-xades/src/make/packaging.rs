//! How data and signature stand together.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsign_core::Digest;
use hsign_xml::{Document, Limits, decode};

use super::Options;
use super::markup::{Plan, ReferencePlan, digest_elements, transform};
use super::prepared::{Place, Prepared};
use crate::Error;

const BASE64: &str = "http://www.w3.org/2000/09/xmldsig#base64";
const OBJECT: &str = "http://www.w3.org/2000/09/xmldsig#Object";
const MANIFEST: &str = "http://www.w3.org/2000/09/xmldsig#Manifest";
pub(super) const XML: &str = "text/xml";

/// Data outside of the signature's document.
#[derive(Clone, Copy, Debug)]
pub struct DataObject<'a> {
    /// Relative URI by which the signature names it, already percent-encoded where needed.
    pub uri: &'a str,
    /// Its media type.
    pub mime_type: &'a str,
    /// Digest of its bytes under the hash function of the options.
    pub digest: &'a Digest,
}

/// A signature around an XML document, which stands in a ds:Object; what stands outside its root element stays outside
/// and isn't signed.
///
/// # Errors
/// When the document can't be read.
pub fn enveloping_xml(document: &[u8], options: &Options<'_>) -> Result<Prepared, Error> {
    let text = decode(document)?;
    let stem = options.stem(text.as_str());
    let root = Document::parse(text.as_str(), &Limits::default())?.root().range();
    let reference = around(&stem, transform(options.canonicalization.uri()), XML);
    let open = format!("<ds:Object Id=\"{stem}-Object\" MimeType=\"{XML}\">");
    let plan = options.plan(stem.clone(), stem, vec![reference], vec![open])?;
    Prepared::around(document.to_vec(), &text, root, plan, options)
}

/// A signature around any bytes, as Base64 in a ds:Object; the digest is that of the bytes.
///
/// # Errors
/// When the signature can't be written with these algorithms.
pub fn enveloping_octets(bytes: &[u8], mime_type: &str, options: &Options<'_>) -> Result<Prepared, Error> {
    let digest = hsign_crypto::digest(options.digest, bytes)?;
    let stem = options.stem(&digest.hex());
    let mut reference = around(&stem, transform(BASE64), mime_type);
    reference.known = Some(digest);
    let object = format!(
        "<ds:Object Id=\"{stem}-Object\" MimeType=\"{}\" Encoding=\"{BASE64}\">{}</ds:Object>",
        hsign_xml::escape_attribute(mime_type),
        STANDARD.encode(bytes)
    );
    alone(options.plan(stem.clone(), stem, vec![reference], vec![object])?, options)
}

fn around(stem: &str, transform: String, mime_type: &str) -> ReferencePlan {
    ReferencePlan {
        id: format!("{stem}-Reference-1"),
        uri: format!("#{stem}-Object"),
        kind: Some(OBJECT),
        transforms: vec![transform],
        mime_type: Some(mime_type.to_owned()),
        known: None,
    }
}

/// A signature beside the data it signs.
///
/// # Errors
/// When there are no data, or the signature can't be written with these algorithms.
pub fn detached(data: &[DataObject<'_>], options: &Options<'_>) -> Result<Prepared, Error> {
    let stem = options.stem(&names(data));
    let references = (1..).zip(data).map(|(number, object)| ReferencePlan {
        id: format!("{stem}-Reference-{number}"),
        uri: object.uri.to_owned(),
        kind: None,
        transforms: Vec::new(),
        mime_type: Some(object.mime_type.to_owned()),
        known: Some(object.digest.clone()),
    });
    alone(options.plan(stem.clone(), stem.clone(), references.collect(), Vec::new())?, options)
}

/// A signature over a ds:Manifest that names data beside it (XMLDSig §5.1): what was signed is the list, and whoever has
/// only some of the data can verify those.
///
/// # Errors
/// As [`detached`].
pub fn manifest(data: &[DataObject<'_>], options: &Options<'_>) -> Result<Prepared, Error> {
    if data.is_empty() {
        return Err(Error::NothingToSign);
    }
    let stem = options.stem(&names(data));
    let mut object = format!("<ds:Object><ds:Manifest Id=\"{stem}-Manifest\">");
    for entry in data {
        let uri = hsign_xml::escape_attribute(entry.uri);
        let digest =
            digest_elements(entry.digest.algorithm, &STANDARD.encode(entry.digest.value.as_slice()))?;
        object.push_str(&format!("<ds:Reference URI=\"{uri}\">{digest}</ds:Reference>"));
    }
    object.push_str("</ds:Manifest></ds:Object>");
    let reference = ReferencePlan {
        id: format!("{stem}-Reference-1"),
        uri: format!("#{stem}-Manifest"),
        kind: Some(MANIFEST),
        transforms: vec![transform(options.canonicalization.uri())],
        mime_type: Some(XML.to_owned()),
        known: None,
    };
    alone(options.plan(stem.clone(), stem, vec![reference], vec![object])?, options)
}

fn names(data: &[DataObject<'_>]) -> String {
    data.iter().map(|object| format!("{} {} ", object.uri, object.digest.hex())).collect()
}

/// A document that consists of the signature.
fn alone(plan: Plan, options: &Options<'_>) -> Result<Prepared, Error> {
    let declaration = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec();
    let place = Place::at(declaration.len());
    Prepared::in_document(declaration.clone(), &decode(&declaration)?, place, plan, options)
}

//! ASiCManifest (EN 319 162-1): names what one signature, time stamp or evidence record covers, by digest. And the
//! container's list of files in META-INF/manifest.xml (OpenDocument).

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsign_core::{Budget, Digest, Finding};
use hsign_xml::{Document, Limits, Node};

use crate::digest_uri;
use crate::uri;

/// Namespace of the elements of EN 319 162-1.
pub(crate) const ASIC: &str = "http://uri.etsi.org/02918/v1.2.1#";
pub(crate) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const OPEN_DOCUMENT: &str = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0";

/// A batch names as many objects as a container has entries.
const MOST_OBJECTS: u64 = 100_000;

/// What a manifest says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manifest {
    /// The entry it stands in.
    pub(crate) name: String,
    /// The signature, token or record over it; `None` where the URI means no entry.
    pub(crate) covered_by: Option<String>,
    pub(crate) objects: Vec<Object>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) bytes: Vec<u8>,
}

/// One DataObjectReference.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// As it stands.
    pub(crate) uri: String,
    /// The entry that it means, if any.
    pub(crate) entry: Option<String>,
    /// `None` where the algorithm is unknown or the value no Base64.
    pub(crate) digest: Option<Digest>,
}

impl Object {
    /// What findings and references call it.
    pub(crate) fn shown(&self) -> &str {
        self.entry.as_deref().unwrap_or(&self.uri)
    }
}

/// Reads a manifest; what is wrong with it stands in its findings, of severity error where what it says can't be relied on.
pub(crate) fn read(name: &str, bytes: Vec<u8>) -> Manifest {
    let mut manifest = match parse(&bytes) {
        Ok(manifest) => manifest,
        Err(reason) => Manifest {
            findings: vec![Finding::error("asic-manifest-unreadable").with("reason", reason)],
            ..Manifest::default()
        },
    };
    for finding in &mut manifest.findings {
        finding.clause = Some("EN 319 162-1".to_owned());
        finding.values.insert("manifest".to_owned(), name.to_owned());
    }
    Manifest { name: name.to_owned(), bytes, ..manifest }
}

fn parse(bytes: &[u8]) -> Result<Manifest, String> {
    let text = hsign_xml::decode(bytes).map_err(|error| error.to_string())?;
    let document = Document::parse(text.as_str(), &limits(bytes)).map_err(|error| error.to_string())?;
    let root = document.root();
    if !root.is(ASIC, "ASiCManifest") {
        return Err("no ASiCManifest element".to_owned());
    }
    let mut manifest = Manifest::default();
    let mut references = root.children_named(ASIC, "SigReference");
    let reference = references.next().ok_or("no SigReference")?;
    if references.next().is_some() {
        return Err("two SigReference elements".to_owned());
    }
    manifest.covered_by = reference.attribute("", "URI").and_then(|uri| uri::entry(&uri));
    let mut budget = Budget::new("objects of a manifest", MOST_OBJECTS);
    let mut seen = BTreeSet::new();
    for element in root.children_named(ASIC, "DataObjectReference") {
        budget.spend(1).map_err(|error| error.to_string())?;
        let object = object(element);
        if object.digest.is_none() {
            manifest
                .findings
                .push(Finding::warning("asic-object-digest-unknown").with("entry", object.shown()));
        }
        if object.entry.is_none() {
            manifest.findings.push(Finding::warning("asic-object-outside").with("uri", &object.uri));
        }
        if !seen.insert(object.shown().to_owned()) {
            manifest.findings.push(Finding::error("asic-object-repeated").with("entry", object.shown()));
            continue;
        }
        manifest.objects.push(object);
    }
    Ok(manifest)
}

fn object(element: Node<'_>) -> Object {
    let uri = element.attribute("", "URI").unwrap_or_default().into_owned();
    Object { entry: uri::entry(&uri), digest: digest(element), uri }
}

fn digest(element: Node<'_>) -> Option<Digest> {
    let method = element.child(DSIG, "DigestMethod")?.attribute("", "Algorithm")?.into_owned();
    let algorithm = digest_uri::algorithm(&method)?;
    let text: String =
        element.child(DSIG, "DigestValue")?.text().chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let value = STANDARD.decode(text).ok().filter(|value| value.len() == algorithm.length())?;
    Some(Digest::new(algorithm, value))
}

/// Manifests are flat.
fn limits(bytes: &[u8]) -> Limits {
    Limits {
        bytes: bytes.len().saturating_mul(3),
        depth: 64,
        nodes: 2_000_000,
        attributes: 1_000,
        ..Limits::default()
    }
}

/// The bytes of a manifest for what is to be made: what will cover it with its media type, and the files.
pub(crate) fn write(covered_by: (&str, &str), objects: &[(String, Option<String>, Digest)]) -> Vec<u8> {
    write_archive(covered_by, objects, None)
}

/// The same with the newest archive manifest so far, which is marked as such.
pub(crate) fn write_archive(
    covered_by: (&str, &str),
    objects: &[(String, Option<String>, Digest)],
    earlier: Option<(String, Digest)>,
) -> Vec<u8> {
    let (name, media_type) = covered_by;
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n");
    text.push_str(&format!("<asic:ASiCManifest xmlns:asic=\"{ASIC}\" xmlns:ds=\"{DSIG}\">"));
    text.push_str(&format!("<asic:SigReference MimeType=\"{media_type}\" URI=\"{}\"/>", uri::of_entry(name)));
    for (name, media_type, digest) in objects {
        push_object(&mut text, name, media_type.as_deref(), "", digest);
    }
    if let Some((name, digest)) = earlier {
        push_object(&mut text, &name, Some("text/xml"), " Rootfile=\"true\"", &digest);
    }
    text.push_str("</asic:ASiCManifest>");
    text.into_bytes()
}

fn push_object(text: &mut String, name: &str, media_type: Option<&str>, mark: &str, digest: &Digest) {
    text.push_str("<asic:DataObjectReference");
    if let Some(media_type) = media_type {
        text.push_str(&format!(" MimeType=\"{}\"", escaped(media_type)));
    }
    let method = digest_uri::of(digest.algorithm);
    let value = STANDARD.encode(digest.value.as_slice());
    text.push_str(&format!(
        "{mark} URI=\"{}\"><ds:DigestMethod Algorithm=\"{method}\"/><ds:DigestValue>{value}</ds:DigestValue></asic:DataObjectReference>",
        uri::of_entry(name)
    ));
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// The files that META-INF/manifest.xml lists; `None` when it can't be read. It proves nothing, but what it says about a
/// container should be true.
pub(crate) fn listed_files(bytes: &[u8]) -> Option<BTreeSet<String>> {
    let text = hsign_xml::decode(bytes).ok()?;
    let document = Document::parse(text.as_str(), &limits(bytes)).ok()?;
    let root = document.root();
    if !root.is(OPEN_DOCUMENT, "manifest") {
        return None;
    }
    let paths = root.children_named(OPEN_DOCUMENT, "file-entry");
    let paths = paths.filter_map(|entry| entry.attribute(OPEN_DOCUMENT, "full-path"));
    Some(paths.map(|path| path.into_owned()).filter(|path| !path.ends_with('/')).collect())
}

/// META-INF/manifest.xml, which containers with XAdES have.
pub(crate) fn write_listing(media_type: &str, files: &[(String, Option<String>)]) -> Vec<u8> {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n");
    text.push_str(&format!(
        "<manifest:manifest xmlns:manifest=\"{OPEN_DOCUMENT}\" manifest:version=\"1.2\"><manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{media_type}\"/>"
    ));
    for (name, media_type) in files {
        let media_type = media_type.as_deref().unwrap_or("application/octet-stream");
        text.push_str(&format!(
            "<manifest:file-entry manifest:full-path=\"{}\" manifest:media-type=\"{}\"/>",
            escaped(name),
            escaped(media_type)
        ));
    }
    text.push_str("</manifest:manifest>");
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use hsign_core::DigestAlgorithm;

    use super::*;

    fn sha256(bytes: &[u8]) -> Digest {
        hsign_crypto::digest(DigestAlgorithm::Sha256, bytes).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let objects = [
            ("処方箋 & 1.pdf".to_owned(), Some("application/pdf".to_owned()), sha256(b"1")),
            ("b".to_owned(), None, sha256(b"2")),
        ];
        let bytes = write(("META-INF/signature001.p7s", "application/pkcs7-signature"), &objects);
        let read = read("META-INF/ASiCManifest001.xml", bytes);
        assert_eq!(read.findings, []);
        assert_eq!(read.covered_by.as_deref(), Some("META-INF/signature001.p7s"));
        let names: Vec<_> = read.objects.iter().map(|object| object.entry.clone().unwrap()).collect();
        assert_eq!(names, ["処方箋 & 1.pdf", "b"]);
        assert_eq!(read.objects[0].digest, Some(sha256(b"1")));
    }

    #[test]
    fn en319162_1_one_signature_and_each_object_once() {
        let body =
            |inside: &str| format!("<m:ASiCManifest xmlns:m='{ASIC}'>{inside}</m:ASiCManifest>").into_bytes();
        let codes =
            |bytes| read("m", bytes).findings.into_iter().map(|finding| finding.code).collect::<Vec<_>>();
        let reference = "<m:SigReference URI='META-INF/s.p7s'/>";
        let object = "<m:DataObjectReference URI='a'/>";
        assert_eq!(codes(body("")), ["asic-manifest-unreadable"]);
        assert_eq!(codes(body(&reference.repeat(2))), ["asic-manifest-unreadable"]);
        assert!(
            codes(body(&format!("{reference}{}", object.repeat(2))))
                .contains(&"asic-object-repeated".to_owned())
        );
        assert_eq!(codes(b"<ASiCManifest/>".to_vec()), ["asic-manifest-unreadable"]);
        let with_doctype = [&b"<!DOCTYPE a [<!ENTITY b 'c'>]>"[..], &body(reference)].concat();
        assert_eq!(codes(with_doctype), ["asic-manifest-unreadable"]);
    }

    #[test]
    fn an_object_outside_of_the_container_is_told() {
        let inside = "<m:SigReference URI='s'/><m:DataObjectReference URI='../x'/>";
        let read =
            read("m", format!("<m:ASiCManifest xmlns:m='{ASIC}'>{inside}</m:ASiCManifest>").into_bytes());
        assert!(read.findings.iter().any(|finding| finding.code == "asic-object-outside"));
        assert_eq!(read.objects[0].entry, None);
    }
}

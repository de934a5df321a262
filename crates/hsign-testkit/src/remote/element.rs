//! A service that gives whole XML signatures, as the HPKI second certificate is described to do: it is told the digest of
//! the document and builds KeyInfo, SignedProperties and SignedInfo itself.
//!
//! The pieces are written in the form that exclusive canonicalisation gives them, so that they are hashed as written.

use serde_json::json;

use super::{Answer, Context, Refusal, base64, body, certificates, json as answer_with, text};
use crate::Person;
use crate::der;
use crate::faults::Fault;
use crate::http::Request;
use crate::keys::{self, Hash};

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const SHA_256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const RSA_SHA_256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";

/// Whoever logs in here is the doctor.
const SIGNER: Person = Person::Doctor;

pub(super) fn answer(path: &str, request: &Request, context: &Context<'_>) -> Answer {
    match (path, request.method.as_str()) {
        ("/element/certificate", "GET") => {
            Ok(answer_with(&json!({ "certificates": certificates(context.pki, SIGNER) })))
        }
        ("/element/sign", "POST") => {
            let question = body(request)?;
            let get = |name| text(&question, name).ok_or_else(|| Refusal::request("a member is missing"));
            if get("digestMethod")? != SHA_256 {
                return Err(Refusal::request("only SHA-256"));
            }
            let signature = signature(get("signatureId")?, get("referenceUri")?, get("digest")?, context)?;
            Ok(answer_with(&json!({ "signature": signature })))
        }
        _ => Err(Refusal::new(404, "invalid_request", "no such method")),
    }
}

fn signature(id: &str, uri: &str, digest: &str, context: &Context<'_>) -> Result<String, Refusal> {
    let identity = context.pki.person(SIGNER);
    let certificate = identity.certificate_der();
    let key_info = format!(
        "<ds:KeyInfo xmlns:ds=\"{DS}\" Id=\"{id}-KeyInfo\"><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
        base64(certificate),
    );
    let properties = format!(
        "<xa:SignedProperties xmlns:xa=\"{XADES}\" Id=\"{id}-SignedProperties\"><xa:SignedSignatureProperties><xa:SigningTime>{}</xa:SigningTime><xa:SigningCertificateV2><xa:Cert><xa:CertDigest><ds:DigestMethod xmlns:ds=\"{DS}\" Algorithm=\"{SHA_256}\"></ds:DigestMethod><ds:DigestValue xmlns:ds=\"{DS}\">{}</ds:DigestValue></xa:CertDigest></xa:Cert></xa:SigningCertificateV2></xa:SignedSignatureProperties></xa:SignedProperties>",
        der::rfc3339(context.now),
        base64(&Hash::Sha256.of(certificate)?),
    );
    let other = base64(&Hash::Sha256.of(digest.as_bytes())?);
    let digest = if context.faults.contains(&Fault::WrongImprint) { &other } else { digest };
    let signed_info = format!(
        "<ds:SignedInfo xmlns:ds=\"{DS}\"><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{RSA_SHA_256}\"></ds:SignatureMethod>{}{}{}</ds:SignedInfo>",
        reference(uri, "", false, digest),
        reference(&format!("#{id}-KeyInfo"), "", true, &base64(&Hash::Sha256.of(key_info.as_bytes())?)),
        reference(
            &format!("#{id}-SignedProperties"),
            SIGNED_PROPERTIES,
            true,
            &base64(&Hash::Sha256.of(properties.as_bytes())?),
        ),
    );
    let mut value = keys::sign(identity.private_key(), Hash::Sha256, signed_info.as_bytes())?;
    if let (true, Some(last)) = (context.faults.contains(&Fault::BadSignature), value.last_mut()) {
        *last ^= 1;
    }
    Ok(format!(
        "<ds:Signature xmlns:ds=\"{DS}\" Id=\"{id}\">{signed_info}<ds:SignatureValue Id=\"{id}-SignatureValue\">{}</ds:SignatureValue>{key_info}<ds:Object><xa:QualifyingProperties xmlns:xa=\"{XADES}\" Target=\"#{id}\">{properties}</xa:QualifyingProperties></ds:Object></ds:Signature>",
        base64(&value),
    ))
}

/// Without transforms the digest is that of the document, as the client gave it.
fn reference(uri: &str, kind: &str, exclusive: bool, digest: &str) -> String {
    let kind = if kind.is_empty() { String::new() } else { format!(" Type=\"{kind}\"") };
    let transforms = if exclusive {
        format!("<ds:Transforms><ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>")
    } else {
        String::new()
    };
    format!(
        "<ds:Reference{kind} URI=\"{uri}\">{transforms}<ds:DigestMethod Algorithm=\"{SHA_256}\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>",
        kind = kind,
    )
}

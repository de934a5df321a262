//! The PKCS#11 URI scheme (RFC 7512).

use std::fmt;
use std::path::PathBuf;

use super::percent;
use hsign_core::SecretReference;

use crate::Error;

/// Characters a path value may hold unencoded beside the unreserved ones (RFC 7512 §2.3, `pk11-path-res-avail`).
const PLAIN_IN_PATH: &str = ":[]@!$'()*+,=&";
/// The same for a query value (`pk11-query-res-avail`).
const PLAIN_IN_QUERY: &str = ":[]@!$'()*+,=/?|";

/// `type` (RFC 7512 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectType {
    /// `cert`
    Certificate,
    /// `private`
    Private,
    /// `public`
    Public,
    /// `secret-key`
    SecretKey,
    /// `data`
    Data,
}

impl ObjectType {
    const NAMES: [(Self, &'static str); 5] = [
        (Self::Certificate, "cert"),
        (Self::Private, "private"),
        (Self::Public, "public"),
        (Self::SecretKey, "secret-key"),
        (Self::Data, "data"),
    ];

    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("data", |(_, name)| name)
    }
}

/// Which object on which token, through which module. An attribute that isn't given matches everything
/// (RFC 7512 §2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field is the attribute of the same name in RFC 7512 §2.3 and §2.4")]
pub struct Pkcs11Uri {
    pub token: Option<String>,
    pub manufacturer: Option<String>,
    pub serial: Option<String>,
    pub model: Option<String>,
    pub library_manufacturer: Option<String>,
    pub library_description: Option<String>,
    pub library_version: Option<(u8, u8)>,
    pub object: Option<String>,
    pub object_type: Option<ObjectType>,
    pub id: Option<Vec<u8>>,
    pub slot_description: Option<String>,
    pub slot_manufacturer: Option<String>,
    pub slot_id: Option<u64>,
    pub module_name: Option<String>,
    pub module_path: Option<PathBuf>,
    pub pin_source: Option<SecretReference>,
    /// Path attributes we don't know: such a URI matches nothing (RFC 7512 §2.5).
    pub unknown_path: Vec<(String, String)>,
    /// Query attributes we don't know: kept and ignored (RFC 7512 §2.5).
    pub unknown_query: Vec<(String, String)>,
}

impl Pkcs11Uri {
    /// Parses what follows `pkcs11:`.
    pub(super) fn parse(rest: &str) -> Result<Self, Error> {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut uri = Self::default();
        for pair in path.split(';').filter(|pair| !pair.is_empty()) {
            let (name, value) = attribute(pair, PLAIN_IN_PATH)?;
            uri.path_attribute(name, value)?;
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = attribute(pair, PLAIN_IN_QUERY)?;
            uri.query_attribute(name, value)?;
        }
        Ok(uri)
    }

    fn path_attribute(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match name {
            "token" => set(&mut self.token, name, text(value)?),
            "manufacturer" => set(&mut self.manufacturer, name, text(value)?),
            "serial" => set(&mut self.serial, name, text(value)?),
            "model" => set(&mut self.model, name, text(value)?),
            "library-manufacturer" => set(&mut self.library_manufacturer, name, text(value)?),
            "library-description" => set(&mut self.library_description, name, text(value)?),
            "library-version" => set(&mut self.library_version, name, version(value)?),
            "object" => set(&mut self.object, name, text(value)?),
            "type" => set(&mut self.object_type, name, object_type(value)?),
            "id" => set(&mut self.id, name, percent::decode(value).ok_or_else(encoding)?),
            "slot-description" => set(&mut self.slot_description, name, text(value)?),
            "slot-manufacturer" => set(&mut self.slot_manufacturer, name, text(value)?),
            "slot-id" => set(&mut self.slot_id, name, number(value)?),
            _ if self.unknown_path.iter().any(|(known, _)| known == name) => Err(twice(name)),
            _ => {
                self.unknown_path.push((name.to_owned(), text(value)?));
                Ok(())
            }
        }
    }

    fn query_attribute(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match name {
            "pin-value" => Err(Error::PinValue),
            "pin-source" => set(&mut self.pin_source, name, text(value)?.parse()?),
            "module-name" => set(&mut self.module_name, name, module_name(&text(value)?)?),
            "module-path" => set(&mut self.module_path, name, text(value)?.into()),
            // Vendor attributes may be repeated in the query (RFC 7512 §2.4).
            _ => {
                self.unknown_query.push((name.to_owned(), text(value)?));
                Ok(())
            }
        }
    }
}

/// Splits `name=value` and checks the alphabet of both.
fn attribute<'a>(pair: &'a str, plain: &str) -> Result<(&'a str, &'a str), Error> {
    let (name, value) = pair.split_once('=').ok_or_else(|| wrong("an attribute without `=`"))?;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err(wrong("an attribute with an impossible name"));
    }
    // A PIN may stand here by mistake: the value is never quoted.
    let allowed = |character: char| {
        character.is_ascii_alphanumeric() || "-._~%".contains(character) || plain.contains(character)
    };
    match value.chars().find(|&character| !allowed(character)) {
        None => Ok((name, value)),
        Some(character) => {
            let mut buffer = [0; 4];
            let encoded = percent::encode_all(character.encode_utf8(&mut buffer).as_bytes());
            Err(wrong(&format!("in {name}= the character {character:?} must be written {encoded}")))
        }
    }
}

fn set<T>(place: &mut Option<T>, name: &str, value: T) -> Result<(), Error> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice(name)),
    }
}

fn text(value: &str) -> Result<String, Error> {
    percent::decode_text(value).ok_or_else(encoding)
}

/// One digit group, or two with a dot between (`library-version`, RFC 7512 §2.3).
fn version(value: &str) -> Result<(u8, u8), Error> {
    let (major, minor) = value.split_once('.').unwrap_or((value, "0"));
    let part = |text: &str| digits(text).and_then(|text| text.parse().ok());
    part(major).zip(part(minor)).ok_or_else(|| wrong("library-version is not of the form 1 or 1.2"))
}

fn number(value: &str) -> Result<u64, Error> {
    digits(value).and_then(|text| text.parse().ok()).ok_or_else(|| wrong("slot-id is not a number"))
}

fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

fn object_type(value: &str) -> Result<ObjectType, Error> {
    let found = ObjectType::NAMES.iter().find(|(_, name)| *name == value);
    found
        .map(|(kind, _)| *kind)
        .ok_or_else(|| wrong("type is none of cert, private, public, secret-key, data"))
}

/// A name, from which the library's file name is made: it must not lead out of the library folders.
fn module_name(name: &str) -> Result<String, Error> {
    if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
        return Err(wrong("module-name is a bare name; a file is named with module-path"));
    }
    Ok(name.to_owned())
}

fn wrong(reason: &str) -> Error {
    Error::Specification(reason.to_owned())
}

fn twice(name: &str) -> Error {
    wrong(&format!("`{name}` is given twice"))
}

fn encoding() -> Error {
    wrong("% not followed by two hexadecimal digits, or text that is not UTF-8")
}

impl fmt::Display for Pkcs11Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encode = |value: &String| percent::encode(value.as_bytes(), ":[]@!$'()*+,=&");
        let texts = [
            ("token", &self.token),
            ("manufacturer", &self.manufacturer),
            ("serial", &self.serial),
            ("model", &self.model),
            ("library-manufacturer", &self.library_manufacturer),
            ("library-description", &self.library_description),
            ("object", &self.object),
            ("slot-description", &self.slot_description),
            ("slot-manufacturer", &self.slot_manufacturer),
        ];
        let mut path: Vec<String> = texts
            .iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", encode(value.as_ref()?))))
            .collect();
        if let Some((major, minor)) = self.library_version {
            path.push(format!("library-version={major}.{minor}"));
        }
        path.extend(self.object_type.map(|kind| format!("type={}", kind.name())));
        path.extend(self.id.as_ref().map(|id| format!("id={}", percent::encode_all(id))));
        path.extend(self.slot_id.map(|number| format!("slot-id={number}")));
        path.extend(self.unknown_path.iter().map(|(name, value)| format!("{name}={}", encode(value))));
        write!(f, "pkcs11:{}", path.join(";"))?;

        let encode = |value: &str| percent::encode(value.as_bytes(), PLAIN_IN_QUERY);
        let mut query: Vec<String> = Vec::new();
        query.extend(self.module_name.as_ref().map(|name| format!("module-name={}", encode(name))));
        query.extend(
            self.module_path.as_ref().map(|path| format!("module-path={}", encode(&path.to_string_lossy()))),
        );
        query.extend(
            self.pin_source.as_ref().map(|source| format!("pin-source={}", encode(&source.to_string()))),
        );
        query.extend(self.unknown_query.iter().map(|(name, value)| format!("{name}={}", encode(value))));
        if query.is_empty() { Ok(()) } else { write!(f, "?{}", query.join("&")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Pkcs11Uri {
        let rest = text.strip_prefix("pkcs11:").unwrap();
        let uri = Pkcs11Uri::parse(rest).unwrap();
        let again = uri.to_string();
        assert_eq!(Pkcs11Uri::parse(again.strip_prefix("pkcs11:").unwrap()).unwrap(), uri, "{again}");
        uri
    }

    #[test]
    fn rfc7512_section_3_examples() {
        assert_eq!(parse("pkcs11:"), Pkcs11Uri::default());

        let uri = parse("pkcs11:object=my-pubkey;type=public");
        assert_eq!((uri.object.as_deref(), uri.object_type), (Some("my-pubkey"), Some(ObjectType::Public)));

        let uri = parse("pkcs11:object=my-key;type=private?pin-source=file:/etc/token");
        assert_eq!(uri.pin_source, Some(SecretReference::File("/etc/token".into())));

        let uri = parse(
            "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;\
             object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin",
        );
        assert_eq!(uri.token.as_deref(), Some("The Software PKCS#11 Softtoken"));
        assert_eq!(uri.manufacturer.as_deref(), Some("Snake Oil, Inc."));
        assert_eq!(uri.id.as_deref(), Some(&[0x69, 0x95, 0x3E, 0x5C, 0xF4, 0xBD, 0xEC, 0x91][..]));
        assert_eq!(uri.serial.as_deref(), Some(""));

        let uri = parse("pkcs11:object=my-sign-key;type=private?module-name=mypkcs11");
        assert_eq!(uri.module_name.as_deref(), Some("mypkcs11"));
        let uri = parse("pkcs11:object=my-sign-key;type=private?module-path=/mnt/libmypkcs11.so.1");
        assert_eq!(uri.module_path, Some("/mnt/libmypkcs11.so.1".into()));
        assert_eq!(
            parse("pkcs11:slot-description=Sun%20Metaslot").slot_description.as_deref(),
            Some("Sun Metaslot")
        );

        let uri = parse(
            "pkcs11:library-manufacturer=Snake%20Oil,%20Inc.;library-description=Soft%20Token%20Library;\
             library-version=1.23",
        );
        assert_eq!(uri.library_version, Some((1, 23)));
        let uri = parse(
            "pkcs11:token=My%20token%25%20created%20by%20Joe;library-version=3;id=%01%02%03%Ba%dd%Ca%fe",
        );
        assert_eq!(uri.token.as_deref(), Some("My token% created by Joe"));
        assert_eq!(
            (uri.library_version, uri.id),
            (Some((3, 0)), Some(vec![1, 2, 3, 0xBA, 0xDD, 0xCA, 0xFE]))
        );

        let uri = parse("pkcs11:token=A%20name%20with%20a%20substring%20%25%3B;object=pub;type=public");
        assert_eq!(uri.token.as_deref(), Some("A name with a substring %;"));
        let uri =
            parse("pkcs11:token=Name%20with%20a%20small%20A%20with%20acute:%20%C3%A1;object=pub;type=public");
        assert_eq!(uri.token.as_deref(), Some("Name with a small A with acute: á"));
    }

    #[test]
    fn rfc7512_section_2_4_a_pin_in_the_uri_is_refused() {
        let error = Pkcs11Uri::parse("token=x?pin-value=the-pin").unwrap_err();
        assert!(matches!(error, Error::PinValue));
        assert!(!format!("{error} {error:?}").contains("the-pin"));
    }

    #[test]
    fn rfc7512_section_2_5_unknown_attributes() {
        let uri = parse("pkcs11:token=t;vendor-aaa=value-a?vendor-bbb=value-b&vendor-bbb=value-c");
        assert_eq!(uri.unknown_path, [("vendor-aaa".to_owned(), "value-a".to_owned())]);
        assert_eq!(uri.unknown_query.len(), 2);
    }

    #[test]
    fn rfc7512_section_2_3_grammar() {
        for wrong in [
            "token=a;token=b",
            "vendor=a;vendor=b",
            "token",
            "=x",
            "token=a b",
            "token=a/b",
            "token=医",
            "token=%4",
            "token=%FF",
            "slot-id=+1",
            "library-version=1.2.3",
            "type=key",
            "object=x?module-name=../evil",
            "object=x?module-path=/a&module-path=/b",
        ] {
            assert!(matches!(Pkcs11Uri::parse(wrong), Err(Error::Specification(_))), "{wrong}");
        }
        let error = Pkcs11Uri::parse("token=医").unwrap_err().to_string();
        assert!(error.contains("%E5%8C%BB"), "{error}");
    }
}

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use hsign_asn1::{Reader, Rules, Tag, Tlv, check_oid, encode, is_string, oid, string};

use crate::Error;
use crate::error::Within as _;

/// A distinguished name with its original bytes. Equality is that of the bytes; [`Name::matches`] is the
/// comparison of RFC 5280 §7.1.
#[derive(Clone)]
pub struct Name(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    // The rest is made when first asked for.
    rdns: OnceLock<Vec<Vec<NameAttribute>>>,
    /// One comparison key per RDN.
    keys: OnceLock<Vec<Vec<u8>>>,
    /// As it is displayed.
    shown: OnceLock<String>,
}

/// One attribute of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameAttribute {
    /// Dotted object identifier of its type.
    pub oid: String,
    /// Its text; `None` when the value is no readable character string.
    pub text: Option<String>,
    /// The value's original bytes with header.
    pub value: Vec<u8>,
}

const WHAT: &str = "name";

impl Name {
    /// Reads a Name: RDNSequence of AttributeTypeAndValue (RFC 5280 §4.1.2.4).
    ///
    /// # Errors
    /// When the bytes aren't exactly one Name.
    pub fn from_der(bytes: &[u8]) -> Result<Self, Error> {
        let element = hsign_asn1::single(bytes, Tag::SEQUENCE, Rules::Ber).within(WHAT)?;
        Self::from_tlv(&element).within(WHAT)
    }

    pub(crate) fn from_tlv(element: &Tlv<'_>) -> Result<Self, hsign_asn1::Error> {
        walk(element, |_, (kind, _)| check_oid(&kind))?;
        Ok(Self(Arc::new(Inner {
            der: element.bytes.to_vec(),
            rdns: OnceLock::new(),
            keys: OnceLock::new(),
            shown: OnceLock::new(),
        })))
    }

    /// Original bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Whether it has no attribute at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys().is_empty()
    }

    /// Same name by RFC 5280 §7.1: attribute by attribute, text without regard to string type, case and
    /// superfluous white space; the order within an RDN doesn't count, that of the RDNs does. Unicode
    /// compatibility forms (full and half width) stay apart.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.der() == other.der() || self.keys() == other.keys()
    }

    /// Whether it is `base` or lies below it in the directory tree (RFC 5280 §7.1, name constraints).
    #[must_use]
    pub fn is_within(&self, base: &Self) -> bool {
        self.keys().starts_with(base.keys())
    }

    /// All attributes in encoded order.
    #[must_use]
    pub fn name_attributes(&self) -> Vec<NameAttribute> {
        self.all().cloned().collect()
    }

    /// The texts of all attributes of this type, in encoded order.
    pub fn texts<'n>(&'n self, oid: &'n str) -> impl DoubleEndedIterator<Item = &'n str> + 'n {
        self.all().filter(move |attribute| attribute.oid == oid).filter_map(|one| one.text.as_deref())
    }

    fn all(&self) -> impl DoubleEndedIterator<Item = &NameAttribute> {
        self.rdns().iter().flatten()
    }

    /// Types and texts of all attributes in encoded order; a value that is no text as `#` and hexadecimal.
    #[must_use]
    pub fn attributes(&self) -> Vec<(String, String)> {
        self.name_attributes()
            .into_iter()
            .map(|attribute| {
                let text = attribute.text.unwrap_or_else(|| hexadecimal(&attribute.value));
                (attribute.oid, text)
            })
            .collect()
    }

    /// The last (most specific) common name, if it is text.
    #[must_use]
    pub fn common_name(&self) -> Option<String> {
        self.all().rev().find(|attribute| attribute.oid == "2.5.4.3")?.text.clone()
    }

    /// This name with one more RDN, given as a SET element or as the contents of one under an implicit tag
    /// (nameRelativeToCRLIssuer, RFC 5280 §4.2.1.13).
    ///
    /// # Errors
    /// When `rdn` isn't a RelativeDistinguishedName.
    pub fn with_relative(&self, rdn_contents: &[u8]) -> Result<Self, Error> {
        let outer = hsign_asn1::single(self.der(), Tag::SEQUENCE, Rules::Ber).within(WHAT)?;
        Self::from_der(&encode::sequence(&[outer.contents, &encode::tlv(0x31, rdn_contents)]))
    }

    /// Whether it holds a UniversalString, which RFC 5280 §4.1.2.4 keeps for old subjects only.
    pub(crate) fn has_universal_string(&self) -> bool {
        let mut found = false;
        let _ = Reader::new(self.der(), Rules::Ber).any().and_then(|element| {
            walk(&element, |_, (_, value)| {
                found |= is_string(value.tag) && value.tag.same_type(Tag::UNIVERSAL_STRING);
                Ok(())
            })
        });
        found
    }

    fn rdns(&self) -> &[Vec<NameAttribute>] {
        self.0.rdns.get_or_init(|| self.read())
    }

    fn read(&self) -> Vec<Vec<NameAttribute>> {
        let mut rdns: Vec<Vec<NameAttribute>> = Vec::new();
        // The walk succeeded when the name was made.
        let _ = Reader::new(self.der(), Rules::Ber).any().and_then(|element| {
            walk(&element, |is_first, (kind, value)| {
                let attribute = NameAttribute {
                    oid: oid(&kind)?,
                    text: string(&value).ok(),
                    value: value.bytes.to_vec(),
                };
                match rdns.last_mut() {
                    Some(rdn) if !is_first => rdn.push(attribute),
                    _ => rdns.push(vec![attribute]),
                }
                Ok(())
            })
        });
        rdns
    }

    fn keys(&self) -> &[Vec<u8>] {
        self.0.keys.get_or_init(|| self.rdns().iter().map(|rdn| rdn_key(rdn)).collect())
    }
}

/// Calls `attribute` with type and value of each attribute, telling whether it is the first of its RDN.
fn walk<'a>(
    name: &Tlv<'a>,
    mut attribute: impl FnMut(bool, (Tlv<'a>, Tlv<'a>)) -> Result<(), hsign_asn1::Error>,
) -> Result<(), hsign_asn1::Error> {
    let mut rdns = name.reader()?;
    while !rdns.is_empty() {
        let rdn = rdns.expect(Tag::SET)?;
        let mut members = rdn.reader()?;
        if members.is_empty() {
            return Err(rdn.bad("an RDN has at least one attribute"));
        }
        let mut is_first = true;
        while !members.is_empty() {
            let mut fields = members.expect(Tag::SEQUENCE)?.reader()?;
            let attribute_type = fields.expect(Tag::OID)?;
            let value = fields.any()?;
            fields.finish()?;
            attribute(is_first, (attribute_type, value))?;
            is_first = false;
        }
    }
    Ok(())
}

fn rdn_key(rdn: &[NameAttribute]) -> Vec<u8> {
    if let [only] = rdn {
        return attribute_key(only);
    }
    let mut members: Vec<Vec<u8>> = rdn.iter().map(attribute_key).collect();
    members.sort_unstable();
    members.concat()
}

/// Type, kind and folded value, with the length in front so that two attributes never read as one.
fn attribute_key(attribute: &NameAttribute) -> Vec<u8> {
    let (kind, value) = match &attribute.text {
        Some(text) => (b"=t", Cow::Owned(folded(text).into_bytes())),
        None => (b"=b", Cow::Borrowed(attribute.value.as_slice())),
    };
    [attribute.oid.as_bytes(), kind, &value.len().to_be_bytes(), &value].concat()
}

/// Case folded, white space trimmed and squeezed to one space (RFC 5280 §7.1, RFC 4518 §2.6.1).
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        if word.is_ascii() {
            let start = folded.len();
            folded.push_str(word);
            folded.get_mut(start..).unwrap_or_default().make_ascii_lowercase();
        } else {
            folded.extend(word.chars().flat_map(char::to_lowercase));
        }
    }
    folded
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.der() == other.der()
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.der().hash(state);
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// RFC 4514: most specific RDN first. Control and direction characters are escaped, so that a name can't
/// paint over what stands around it.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.shown.get_or_init(|| Rdns(self.rdns()).to_string()))
    }
}

struct Rdns<'n>(&'n [Vec<NameAttribute>]);

impl fmt::Display for Rdns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, rdn) in self.0.iter().rev().enumerate() {
            if position > 0 {
                f.write_str(",")?;
            }
            for (position, attribute) in rdn.iter().enumerate() {
                if position > 0 {
                    f.write_str("+")?;
                }
                write_attribute(attribute, f)?;
            }
        }
        Ok(())
    }
}

fn write_attribute(attribute: &NameAttribute, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (short_name(&attribute.oid), &attribute.text) {
        (Some(name), Some(text)) => {
            write!(f, "{name}=")?;
            write_escaped(text, f)
        }
        // RFC 4514 §2.4: a type without short name, or a value without string form.
        (name, _) => write!(f, "{}={}", name.unwrap_or(&attribute.oid), hexadecimal(&attribute.value)),
    }
}

fn write_escaped(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let last = text.chars().count().saturating_sub(1);
    for (position, character) in text.chars().enumerate() {
        let at_edge =
            (character == ' ' && (position == 0 || position == last)) || (character == '#' && position == 0);
        if at_edge || matches!(character, '"' | '+' | ',' | ';' | '<' | '>' | '\\') {
            write!(f, "\\{character}")?;
        } else if character.is_control() || is_direction(character) {
            let mut buffer = [0; 4];
            for octet in character.encode_utf8(&mut buffer).bytes() {
                write!(f, "\\{octet:02X}")?;
            }
        } else {
            f.write_char(character)?;
        }
    }
    Ok(())
}

/// Characters that steer the direction of text or have no width.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn hexadecimal(bytes: &[u8]) -> String {
    format!("#{}", hsign_core::hex(bytes))
}

/// Short names registered for LDAP (RFC 4514 §3, RFC 4519).
fn short_name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "title",
        "2.5.4.42" => "givenName",
        "2.5.4.46" => "dnQualifier",
        "2.5.4.65" => "pseudonym",
        "2.5.4.97" => "organizationIdentifier",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::slice;

    use super::*;

    fn attribute(oid: &str, tag: u8, value: &[u8]) -> Vec<u8> {
        encode::sequence(&[&encode::oid(oid).unwrap(), &encode::tlv(tag, value)])
    }

    fn name(rdns: &[&[Vec<u8>]]) -> Name {
        let rdns: Vec<Vec<u8>> = rdns.iter().map(|rdn| encode::tlv(0x31, &rdn.concat())).collect();
        Name::from_der(&encode::tlv(0x30, &rdns.concat())).unwrap()
    }

    fn common_name(tag: u8, value: &[u8]) -> Name {
        name(&[&[attribute("2.5.4.3", tag, value)]])
    }

    #[test]
    fn texts_are_those_of_one_type_in_encoded_order() {
        let one = attribute("2.5.4.11", 0x0c, b"one");
        let name = name(&[&[attribute("2.5.4.10", 0x0c, b"O"), one], &[attribute("2.5.4.11", 0x13, b"two")]]);
        assert_eq!(name.texts("2.5.4.11").collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(name.texts("2.5.4.3").count(), 0);
        assert_eq!(name.to_string(), name.clone().to_string());
        assert_eq!(name.to_string(), "OU=two,O=O+OU=one");
    }

    #[test]
    fn rfc5280_7_1_case_and_white_space_do_not_count() {
        let plain = common_name(0x13, b"Good CA");
        for same in [&b"good ca"[..], b" Good   CA ", b"GOOD\tCA"] {
            assert!(plain.matches(&common_name(0x13, same)), "{same:?}");
        }
        assert!(!plain.matches(&common_name(0x13, b"GoodCA")));
        assert!(!plain.matches(&common_name(0x13, b"Good CA 2")));
    }

    #[test]
    fn rfc5280_7_1_string_types_are_transcoded() {
        let utf8 = common_name(0x0c, "Äz".as_bytes());
        assert!(utf8.matches(&common_name(0x1e, &[0, 0xc4, 0, b'z'])));
        assert!(utf8.matches(&common_name(0x1c, &[0, 0, 0, 0xe4, 0, 0, 0, b'Z'])));
        assert!(utf8.matches(&common_name(0x14, &[0xe4, b'z'])));
    }

    #[test]
    fn rfc5280_7_1_order_counts_between_rdns_only() {
        let (country, organisation) = (attribute("2.5.4.6", 0x13, b"JP"), attribute("2.5.4.10", 0x0c, b"O"));
        let one = name(&[&[country.clone(), organisation.clone()]]);
        let other = name(&[&[organisation.clone(), country.clone()]]);
        assert!(one.matches(&other));
        assert_ne!(one, other);
        let apart = name(&[slice::from_ref(&country), slice::from_ref(&organisation)]);
        assert!(!one.matches(&apart));
        assert!(!apart.matches(&name(&[&[organisation], &[country]])));
    }

    #[test]
    fn subtrees_start_at_the_root() {
        let base = name(&[&[attribute("2.5.4.6", 0x13, b"JP")]]);
        let below = name(&[&[attribute("2.5.4.6", 0x0c, b"jp")], &[attribute("2.5.4.3", 0x0c, b"x")]]);
        assert!(below.is_within(&base) && base.is_within(&base));
        assert!(!base.is_within(&below));
        assert!(base.is_within(&name(&[])));
    }

    #[test]
    fn values_that_are_no_text_compare_by_their_bytes() {
        let broken = common_name(0x0c, &[0xff]);
        assert!(broken.matches(&common_name(0x0c, &[0xff])));
        assert!(!broken.matches(&common_name(0x0c, &[0xfe])));
        assert_eq!(broken.to_string(), "CN=#0c01ff");
        assert_eq!(broken.common_name(), None);
    }

    #[test]
    fn rfc4514_string_form() {
        let full = name(&[
            &[attribute("2.5.4.6", 0x13, b"JP")],
            &[attribute("2.5.4.10", 0x0c, "厚生労働省".as_bytes())],
            &[attribute("2.5.4.3", 0x0c, b" #a,b+c\"\\ "), attribute("2.5.4.5", 0x13, b"1")],
            &[attribute("1.2.3", 0x0c, b"x")],
        ]);
        assert_eq!(
            full.to_string(),
            "1.2.3=#0c0178,CN=\\ #a\\,b\\+c\\\"\\\\\\ +serialNumber=1,O=厚生労働省,C=JP"
        );
        assert_eq!(common_name(0x0c, b"#x").to_string(), "CN=\\#x");
        assert_eq!(common_name(0x0c, "a\u{202e}\n".as_bytes()).to_string(), "CN=a\\E2\\80\\AE\\0A");
        assert_eq!(common_name(0x0c, b" ").to_string(), "CN=\\ ");
    }

    #[test]
    fn a_relative_name_is_added_below() {
        let base = name(&[&[attribute("2.5.4.6", 0x13, b"JP")]]);
        let added = base.with_relative(&attribute("2.5.4.3", 0x0c, b"CRL1")).unwrap();
        assert_eq!(added.to_string(), "CN=CRL1,C=JP");
        assert!(base.with_relative(&[]).is_err());
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bytes in [&[][..], &[0x31, 0], &[0x30, 2, 0x31, 0], &[0x30, 0, 0], &[0x30, 2, 0x30, 0]] {
            assert!(Name::from_der(bytes).is_err(), "{bytes:x?}");
        }
        assert!(Name::from_der(&[0x30, 0]).unwrap().is_empty());
    }
}

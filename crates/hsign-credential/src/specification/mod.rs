//! SPEC: how a credential is named.

mod file;
mod percent;
mod pkcs11_uri;

use std::fmt;
use std::str::FromStr;

pub use file::{PemFiles, Pkcs12File};
pub use pkcs11_uri::{ObjectType, Pkcs11Uri};

use crate::Error;

/// A credential's name, a URI: `pkcs12:doctor.p12`, `pem:key.pem?cert=chain.pem`,
/// `pkcs11:token=HPKI%20Application;id=%17`, `remote:NAME`. `Display` writes it so that it reads back the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Specification {
    /// Key and certificates in one password-protected file.
    Pkcs12(Pkcs12File),
    /// Key and certificates as PEM text.
    Pem(PemFiles),
    /// A card or HSM (RFC 7512).
    Pkcs11(Box<Pkcs11Uri>),
    /// A remote signing service, by its configured name.
    Remote(String),
}

/// A longer one is no name but an accident.
const LONGEST: usize = 8192;

impl FromStr for Specification {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |reason: &str| Error::Specification(reason.to_owned());
        if text.len() > LONGEST {
            return Err(wrong("too long"));
        }
        let (scheme, rest) = text
            .split_once(':')
            .ok_or_else(|| wrong("it begins with no pkcs12:, pkcs11:, pem: or remote:"))?;
        match scheme.to_ascii_lowercase().as_str() {
            "pkcs12" => Pkcs12File::parse(rest).map(Self::Pkcs12),
            "pem" => PemFiles::parse(rest).map(Self::Pem),
            "pkcs11" => Pkcs11Uri::parse(rest).map(|uri| Self::Pkcs11(Box::new(uri))),
            "remote" if !rest.is_empty() => Ok(Self::Remote(rest.to_owned())),
            "remote" => Err(wrong("remote: without a name")),
            _ => Err(wrong("it begins with no pkcs12:, pkcs11:, pem: or remote:")),
        }
    }
}

impl fmt::Display for Specification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pkcs12(file) => file.fmt(f),
            Self::Pem(files) => files.fmt(f),
            Self::Pkcs11(uri) => uri.fmt(f),
            Self::Remote(name) => write!(f, "remote:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_s_examples_round_trip() {
        for text in [
            "pkcs12:doctor.p12",
            "pkcs11:token=HPKI%20Application;id=%17",
            "pem:key.pem?cert=chain.pem",
            "pem:a/key.pem?cert=b/1.pem&cert=c/2.pem&pin-source=env:PASS",
            "remote:clinic",
        ] {
            let specification: Specification = text.parse().unwrap();
            assert_eq!(specification.to_string(), text);
        }
    }

    #[test]
    fn names_that_need_encoding_read_back_the_same() {
        let specification: Specification = "pkcs12:医師 100%25 of%3F it.p12".parse().unwrap();
        let Specification::Pkcs12(file) = &specification else { panic!() };
        assert_eq!(file.path.to_str(), Some("医師 100% of? it.p12"));
        assert_eq!(specification.to_string().parse::<Specification>().unwrap(), specification);
    }

    #[test]
    fn what_is_no_specification_says_why() {
        for text in
            ["", "doctor.p12", "ftp:x", "pkcs12:", "pem:?cert=x", "pkcs12:a%2", "pem:k?key=x", "remote:"]
        {
            assert!(matches!(text.parse::<Specification>(), Err(Error::Specification(_))), "{text}");
        }
    }
}

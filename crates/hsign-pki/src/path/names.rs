//! When a name of each form lies within a constraint (RFC 5280 §4.2.1.10). `None`: the constraint or the
//! name is not of the form the RFC defines, so nothing can be said and the caller has to refuse.

use std::net::IpAddr;

use hsign_x509::GeneralName;

/// The forms of GeneralName (RFC 5280 §4.2.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum NameForm {
    Other,
    Rfc822,
    Dns,
    X400,
    Directory,
    EdiParty,
    Uri,
    Ip,
    RegisteredId,
}

impl NameForm {
    pub(super) fn of(name: &GeneralName) -> Self {
        match name {
            GeneralName::Other { .. } => Self::Other,
            GeneralName::Email(_) => Self::Rfc822,
            GeneralName::Dns(_) => Self::Dns,
            GeneralName::X400(_) => Self::X400,
            GeneralName::Directory(_) => Self::Directory,
            GeneralName::EdiParty(_) => Self::EdiParty,
            GeneralName::Uri(_) => Self::Uri,
            GeneralName::Ip(_) => Self::Ip,
            GeneralName::RegisteredId(_) => Self::RegisteredId,
            _ => Self::Other,
        }
    }

    /// The ASN.1 name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Other => "otherName",
            Self::Rfc822 => "rfc822Name",
            Self::Dns => "dNSName",
            Self::X400 => "x400Address",
            Self::Directory => "directoryName",
            Self::EdiParty => "ediPartyName",
            Self::Uri => "uniformResourceIdentifier",
            Self::Ip => "iPAddress",
            Self::RegisteredId => "registeredID",
        }
    }
}

/// A host name is within `base` when labels in front of `base` make it. A wildcard label stands for many
/// names: `any` asks whether one of them is within, else whether all are.
pub(super) fn dns_within(name: &str, base: &str, any: bool) -> Option<bool> {
    if base.is_empty() {
        return Some(true);
    }
    if !is_host(base) {
        return None;
    }
    if let Some(parent) = name.strip_prefix("*.") {
        if !is_host(parent) {
            return None;
        }
        let all_within = below_or_equal(parent, base);
        let one_within = below_or_equal(base, parent) && labels(base) <= labels(parent) + 1;
        return Some(all_within || (any && one_within));
    }
    if !is_host(name) {
        return None;
    }
    Some(below_or_equal(name, base))
}

fn labels(host: &str) -> usize {
    host.split('.').count()
}

fn below_or_equal(name: &str, base: &str) -> bool {
    name.eq_ignore_ascii_case(base) || below(name, base)
}

fn below(name: &str, base: &str) -> bool {
    let Some(split) = name.len().checked_sub(base.len() + 1) else { return false };
    name.is_char_boundary(split)
        && name.as_bytes().get(split) == Some(&b'.')
        && name.get(split + 1..).is_some_and(|end| end.eq_ignore_ascii_case(base))
}

/// A dotted name in ASCII without empty labels. Underscores occur in practice.
fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
}

/// `user@host`: that mailbox; `host`: every mailbox there; `.domain`: every mailbox on hosts below.
pub(super) fn mail_within(name: &str, base: &str) -> Option<bool> {
    if base.is_empty() {
        return Some(true);
    }
    let (local, host) = mailbox(name)?;
    if let Some((base_local, base_host)) = mailbox(base) {
        return Some(local == base_local && host.eq_ignore_ascii_case(base_host));
    }
    host_within(host, base)
}

fn mailbox(text: &str) -> Option<(&str, &str)> {
    let (local, host) = text.rsplit_once('@')?;
    (!local.is_empty() && is_host(host)).then_some((local, host))
}

/// `host`: that host alone; `.domain`: hosts below it.
fn host_within(host: &str, base: &str) -> Option<bool> {
    match base.strip_prefix('.') {
        Some(domain) => is_host(domain).then(|| below(host, domain)),
        None => is_host(base).then(|| host.eq_ignore_ascii_case(base)),
    }
}

/// The host part of a URI decides. A URI without one, or with an address in its place, can't be judged.
pub(super) fn uri_within(name: &str, base: &str) -> Option<bool> {
    if base.is_empty() {
        return Some(true);
    }
    let (_, rest) = name.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host_and_port.split_once(':').map_or(host_and_port, |(host, _)| host);
    if !is_host(host) || host.parse::<IpAddr>().is_ok() {
        return None;
    }
    host_within(host, base)
}

/// Address and mask, of the address's own length; the mask has to be a prefix (RFC 4632).
pub(super) fn ip_within(address: &IpAddr, base: &[u8]) -> Option<bool> {
    let octets = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let (network, mask) = match base.len() {
        8 => base.split_at(4),
        32 => base.split_at(16),
        _ => return None,
    };
    let ones = mask.iter().map(|octet| octet.leading_ones()).take_while(|ones| *ones == 8).count();
    let prefix = mask.get(ones).map_or(0, |octet| octet.leading_ones());
    let set_bits: u32 = mask.iter().map(|octet| octet.count_ones()).sum();
    if u32::try_from(ones).ok()? * 8 + prefix != set_bits {
        return None;
    }
    if network.len() != octets.len() {
        return Some(false);
    }
    Some(octets.iter().zip(network).zip(mask).all(|((a, n), m)| a & m == n & m))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc5280_4_2_1_10_dns_labels_in_front() {
        assert_eq!(dns_within("host.example.com", "example.com", false), Some(true));
        assert_eq!(dns_within("EXAMPLE.com", "example.COM", false), Some(true));
        assert_eq!(dns_within("notexample.com", "example.com", false), Some(false));
        assert_eq!(dns_within("example.com", ".example.com", false), None);
        assert_eq!(dns_within("anything", "", false), Some(true));
    }

    #[test]
    fn a_wildcard_is_excluded_by_one_name_and_permitted_by_all() {
        assert_eq!(dns_within("*.example.com", "bar.example.com", true), Some(true));
        assert_eq!(dns_within("*.example.com", "bar.example.com", false), Some(false));
        assert_eq!(dns_within("*.example.com", "a.b.example.com", true), Some(false));
        assert_eq!(dns_within("*.example.com", "example.com", false), Some(true));
    }

    #[test]
    fn rfc5280_4_2_1_10_mailbox_host_and_domain() {
        assert_eq!(mail_within("a@example.com", "a@EXAMPLE.com"), Some(true));
        assert_eq!(mail_within("A@example.com", "a@example.com"), Some(false));
        assert_eq!(mail_within("a@example.com", "example.com"), Some(true));
        assert_eq!(mail_within("a@b.example.com", "example.com"), Some(false));
        assert_eq!(mail_within("a@b.example.com", ".example.com"), Some(true));
        assert_eq!(mail_within("a@example.com", ".example.com"), Some(false));
        assert_eq!(mail_within("no mailbox", "example.com"), None);
        assert_eq!(mail_within("a@example.com", "not a host"), None);
    }

    #[test]
    fn rfc5280_4_2_1_10_uri_by_its_host() {
        assert_eq!(uri_within("http://user@host.example.com:80/x", ".example.com"), Some(true));
        assert_eq!(uri_within("http://example.com/", ".example.com"), Some(false));
        assert_eq!(uri_within("http://example.com/", "example.com"), Some(true));
        assert_eq!(uri_within("http://192.0.2.1/", "example.com"), None);
        assert_eq!(uri_within("urn:x", "example.com"), None);
    }

    #[test]
    fn rfc5280_4_2_1_10_address_and_mask() {
        let address: IpAddr = "192.0.2.77".parse().unwrap();
        assert_eq!(ip_within(&address, &[192, 0, 2, 0, 255, 255, 255, 0]), Some(true));
        assert_eq!(ip_within(&address, &[192, 0, 3, 0, 255, 255, 255, 0]), Some(false));
        assert_eq!(ip_within(&address, &[192, 0, 2, 0, 255, 0, 255, 0]), None);
        assert_eq!(ip_within(&address, &[192, 0, 2, 64, 255, 255, 255, 192]), Some(true));
        assert_eq!(ip_within(&address, &[0; 32]), Some(false));
        assert_eq!(ip_within(&address, &[192, 0, 2, 0]), None);
    }
}

//! Name constraints (RFC 5280 §4.2.1.10, §6.1.3 (b)(c), §6.1.4 (g)).

use std::net::IpAddr;

use hsign_x509::{Certificate, GeneralName, GeneralSubtree, Name, NameConstraints};

use super::names::{self, NameForm};

/// Comparisons for one certificate. BoringSSL stops at the same number; 250,000 is webpki's.
const MAX_COMPARISONS: usize = 1 << 20;

/// emailAddress (PKCS #9), the attribute that rfc822Name constraints reach in old subjects.
const EMAIL_ADDRESS: &str = "1.2.840.113549.1.9.1";

/// Why a certificate's names don't fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NameViolation {
    /// A name lies in an excluded subtree.
    Excluded(NameForm),
    /// A name lies in none of the permitted subtrees of its form.
    NotPermitted(NameForm),
    /// Constraints exist for a form of name, or with a minimum or maximum, that can't be processed.
    Unprocessable(NameForm),
    /// The subject alternative names don't decode, so nobody can say whether they fit.
    Undecodable,
    /// More comparisons than the limit.
    TooMany,
}

impl NameViolation {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Excluded(_) => "name-excluded",
            Self::NotPermitted(_) => "name-not-permitted",
            Self::Unprocessable(_) => "name-constraint-unprocessable",
            Self::Undecodable => "subject-alternative-name-undecodable",
            Self::TooMany => "name-constraints-too-many",
        }
    }

    pub(super) fn form(&self) -> Option<NameForm> {
        match self {
            Self::Excluded(form) | Self::NotPermitted(form) | Self::Unprocessable(form) => Some(*form),
            Self::Undecodable | Self::TooMany => None,
        }
    }
}

/// permitted_subtrees and excluded_subtrees while the path is walked. The intersection of permitted
/// subtrees is kept as the list of sets, each of which a name has to fit into.
#[derive(Debug, Default)]
pub(super) struct Constraints {
    permitted: Vec<Vec<GeneralSubtree>>,
    excluded: Vec<GeneralSubtree>,
}

impl Constraints {
    /// §6.1.4 (g): what a CA certificate adds.
    pub(super) fn add(&mut self, constraints: &NameConstraints) {
        if !constraints.permitted.is_empty() {
            self.permitted.push(constraints.permitted.clone());
        }
        self.excluded.extend(constraints.excluded.iter().cloned());
    }

    fn are_none(&self) -> bool {
        self.permitted.is_empty() && self.excluded.is_empty()
    }

    /// §6.1.3 (b), (c): all the names of a certificate against all that was added so far.
    pub(super) fn check(&self, certificate: &Certificate) -> Vec<NameViolation> {
        if self.are_none() {
            return Vec::new();
        }
        let Ok(names) = names_of(certificate) else { return vec![NameViolation::Undecodable] };
        let subtrees = self.excluded.len() + self.permitted.iter().map(Vec::len).sum::<usize>();
        if names.len().saturating_mul(subtrees) > MAX_COMPARISONS
            && self.comparisons(&names) > MAX_COMPARISONS
        {
            return vec![NameViolation::TooMany];
        }
        let mut violations: Vec<_> = names.iter().filter_map(|name| self.violation(name)).collect();
        violations.dedup();
        violations
    }

    /// Only subtrees of a name's own form are compared with it.
    fn comparisons(&self, names: &[GeneralName]) -> usize {
        let subtrees: Vec<NameForm> = self
            .excluded
            .iter()
            .chain(self.permitted.iter().flatten())
            .map(|s| NameForm::of(&s.base))
            .collect();
        names
            .iter()
            .map(|name| subtrees.iter().filter(|form| **form == NameForm::of(name)).count())
            .fold(0, usize::saturating_add)
    }

    fn violation(&self, name: &GeneralName) -> Option<NameViolation> {
        let form = NameForm::of(name);
        for subtree in self.excluded.iter().filter(|subtree| NameForm::of(&subtree.base) == form) {
            match within(name, subtree, Side::Excluded) {
                Some(false) => {}
                Some(true) => return Some(NameViolation::Excluded(form)),
                None => return Some(NameViolation::Unprocessable(form)),
            }
        }
        for set in &self.permitted {
            let mut subtrees = set.iter().filter(|subtree| NameForm::of(&subtree.base) == form).peekable();
            if subtrees.peek().is_none() {
                continue;
            }
            let mut fits = false;
            for subtree in subtrees {
                match within(name, subtree, Side::Permitted) {
                    Some(inside) => fits |= inside,
                    None => return Some(NameViolation::Unprocessable(form)),
                }
            }
            if !fits {
                return Some(NameViolation::NotPermitted(form));
            }
        }
        None
    }
}

/// The subject (unless empty), all alternative names, and without those the mail addresses in the subject.
fn names_of(certificate: &Certificate) -> Result<Vec<GeneralName>, ()> {
    let subject = certificate.subject();
    let alternative = certificate.subject_alternative_names().map_err(|_| ())?;
    let mut names = Vec::new();
    if !subject.is_empty() {
        names.push(GeneralName::Directory(subject.clone()));
    }
    match alternative {
        Some(alternative) => names.extend(alternative),
        None => names.extend(mail_addresses(subject)),
    }
    Ok(names)
}

fn mail_addresses(subject: &Name) -> impl Iterator<Item = GeneralName> {
    subject
        .attributes()
        .into_iter()
        .filter(|(oid, _)| oid == EMAIL_ADDRESS)
        .map(|(_, address)| GeneralName::Email(address))
}

/// Which list a subtree stands in; a wildcard name is inside a permitted subtree only as a whole, but
/// excluded as soon as one of the names it stands for is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Permitted,
    Excluded,
}

/// Whether a name lies in a subtree of its form; `None` when that can't be told.
fn within(name: &GeneralName, subtree: &GeneralSubtree, side: Side) -> Option<bool> {
    // §4.2.1.10: minimum must be zero and maximum absent.
    if subtree.minimum != 0 || subtree.maximum.is_some() {
        return None;
    }
    match (name, &subtree.base) {
        (GeneralName::Directory(name), GeneralName::Directory(base)) => Some(name.is_within(base)),
        (GeneralName::Dns(name), GeneralName::Dns(base)) => {
            names::dns_within(name, base, side == Side::Excluded)
        }
        (GeneralName::Email(name), GeneralName::Email(base)) => names::mail_within(name, base),
        (GeneralName::Uri(name), GeneralName::Uri(base)) => names::uri_within(name, base),
        (GeneralName::Ip(name), GeneralName::Ip(base)) => names::ip_within(&ip(name)?, base),
        _ => None,
    }
}

fn ip(octets: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(octets)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from))
        .ok()
}

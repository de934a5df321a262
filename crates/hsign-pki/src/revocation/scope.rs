//! Whether a CRL speaks about a certificate (RFC 5280 §6.3.3 (b), (d)).

use hsign_x509::{
    Certificate, Crl, DistributionPoint, DistributionPointName, GeneralName, IssuingDistributionPoint, Name,
    ReasonFlags,
};

/// Distribution points looked at; HPKI's CA certificates have two, PKITS goes up to three.
const MAX_POINTS: usize = 32;

/// The distribution points a certificate's CRLs are looked for under: its own, then the one that §6.3.3
/// assumes at the end, named after the issuer. `None` when the extension doesn't decode.
pub(super) fn points(certificate: &Certificate) -> Option<Vec<DistributionPoint>> {
    let mut points = certificate.crl_distribution_points().ok()?.unwrap_or_default();
    points.truncate(MAX_POINTS);
    points.push(DistributionPoint {
        name: Some(DistributionPointName::Full(vec![GeneralName::Directory(certificate.issuer().clone())])),
        reasons: None,
        crl_issuer: Vec::new(),
    });
    Some(points)
}

/// The reasons for which `crl` tells the status of `certificate` under `point`; `None` when it doesn't.
pub(super) fn reasons(
    certificate: &Certificate,
    point: &DistributionPoint,
    crl: &Crl,
) -> Option<ReasonFlags> {
    // (b)(1): the certificate's own issuer, or the point's cRLIssuer and an indirect CRL. Most lists at hand are somebody
    // else's, which is known before their extensions are read.
    let own = point.crl_issuer.is_empty();
    if own && !crl.issuer().matches(certificate.issuer()) {
        return None;
    }
    let scope = crl.issuing_distribution_point().ok()?;
    if !own && !is_issued_for(point, crl, scope) {
        return None;
    }
    let of_point = point.reasons.unwrap_or(ReasonFlags::ALL).intersection(ReasonFlags::ALL);
    let Some(scope) = scope else { return Some(of_point) };
    if !name_fits(certificate, point, crl, scope) || !kind_fits(certificate, scope) {
        return None;
    }
    let reasons = of_point.intersection(scope.only_some_reasons.unwrap_or(ReasonFlags::ALL));
    (reasons != ReasonFlags::NONE).then_some(reasons)
}

fn is_issued_for(point: &DistributionPoint, crl: &Crl, scope: Option<&IssuingDistributionPoint>) -> bool {
    let named = point.crl_issuer.iter().any(|name| is_directory(name, crl.issuer()));
    named && scope.is_some_and(|scope| scope.indirect)
}

/// (b)(2)(i): a CRL that names its distribution point speaks only under that name.
fn name_fits(
    certificate: &Certificate,
    point: &DistributionPoint,
    crl: &Crl,
    scope: &IssuingDistributionPoint,
) -> bool {
    let Some(scope_name) = &scope.name else { return true };
    let scope_names = full_names(scope_name, crl.issuer());
    let point_names = match &point.name {
        Some(name) => full_names(name, point_issuer(certificate, point)),
        None => point.crl_issuer.clone(),
    };
    scope_names.iter().any(|name| point_names.iter().any(|other| same(name, other)))
}

/// (b)(2)(ii)–(iv). Before version 3 a certificate can't say whether it is a CA's, so that a CRL for one kind
/// only says nothing about it.
fn kind_fits(certificate: &Certificate, scope: &IssuingDistributionPoint) -> bool {
    let one_kind_only = scope.only_user_certificates || scope.only_ca_certificates;
    if scope.only_attribute_certificates || (one_kind_only && certificate.version() < 3) {
        return false;
    }
    match certificate.basic_constraints().map(|constraints| constraints.is_some_and(|c| c.ca)) {
        Ok(is_ca) => !(scope.only_user_certificates && is_ca || scope.only_ca_certificates && !is_ca),
        Err(_) => !one_kind_only,
    }
}

/// A relative name continues the CRL issuer's (RFC 5280 §4.2.1.13); one that can't be joined fits nothing.
fn full_names(name: &DistributionPointName, issuer: &Name) -> Vec<GeneralName> {
    name.full_names(issuer).unwrap_or_default()
}

fn point_issuer<'a>(certificate: &'a Certificate, point: &'a DistributionPoint) -> &'a Name {
    point
        .crl_issuer
        .iter()
        .find_map(|name| if let GeneralName::Directory(name) = name { Some(name) } else { None })
        .unwrap_or(certificate.issuer())
}

fn same(one: &GeneralName, other: &GeneralName) -> bool {
    match (one, other) {
        (GeneralName::Directory(one), other) => is_directory(other, one),
        _ => one == other,
    }
}

fn is_directory(name: &GeneralName, wanted: &Name) -> bool {
    matches!(name, GeneralName::Directory(name) if name.matches(wanted))
}

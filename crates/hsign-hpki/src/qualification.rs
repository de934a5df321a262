use hsign_core::Finding;
use hsign_x509::{Certificate, HealthcareActor};
use serde::Serialize;

use crate::{
    CODING_SCHEME, CertificateKind, Mark, Profession, ProfessionTable, RequiredRoles, certificate_kind,
};

/// What is known about the chain that the qualification hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainState {
    /// Path and revocation were checked and are in order at the time in question.
    Confirmed,
    /// Something about them is open or wrong.
    Open,
}

/// The answer, in the order in which the first that applies is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum QualificationStatus {
    /// The key is for logging in, whoever holds it.
    AuthenticationCertificate,
    /// A test card: nobody's identity or qualification was checked.
    TestCard,
    /// Path, revocation or evidence is open.
    Undetermined,
    /// The certificate names no role.
    NoRole,
    /// It names only roles that the profession table doesn't have.
    UnrecognisedRole,
    /// A recognised role, but not one that is asked for.
    RoleMismatch,
    /// The role asked for, on a confirmed chain.
    Qualified,
}

/// What the qualification rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// hcRole in an HPKI certificate.
    Hpki,
    /// A record by an attester (guideline 5.2 §6.12, route (b)).
    QualificationEvidence,
    /// The public's certificate (route (c)).
    Jpki,
    /// Nothing.
    None,
}

/// A role that a certificate names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Role {
    /// The text as it stands in the certificate.
    pub text: String,
    /// Its Japanese name, when recognised.
    pub ja: Option<String>,
    /// Whether the profession table has it.
    pub recognised: bool,
}

/// Who signs, with which qualification, on what evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Qualification {
    /// The answer.
    pub status: QualificationStatus,
    /// What it rests on.
    pub basis: Basis,
    /// Every role the certificate names, recognised or not.
    pub roles: Vec<Role>,
    /// What was noticed on the way; shown with the signature's findings.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

/// Answers for one certificate. Path and revocation are the caller's; roles and kind are read even
/// when these are open, so that a test card is called one without any trust.
#[must_use]
pub fn qualify(
    certificate: &Certificate,
    chain: ChainState,
    required: &RequiredRoles,
    table: &ProfessionTable,
) -> Qualification {
    let kind = certificate_kind(certificate);
    let (actors, unreadable) = match certificate.health_care_actors() {
        Ok(actors) => (actors.into_iter().map(Actor::from).collect(), None),
        Err(error) => (Vec::new(), Some(Finding::error("hcrole-unreadable").with("reason", error))),
    };
    let mut answer = judge(kind, &actors, unreadable.is_some(), chain, required, table, None);
    answer.findings.extend(unreadable);
    answer
}

/// The recognised roles that a certificate names, whatever its kind; `None` when hcRole can't be read.
#[must_use]
pub fn roles_of<'t>(certificate: &Certificate, table: &'t ProfessionTable) -> Option<Vec<&'t Profession>> {
    let actors = certificate.health_care_actors().ok()?;
    Some(actors.into_iter().filter_map(|actor| recognise(&actor.into(), table)).collect())
}

/// What a certificate or a record says about one role.
pub(crate) struct Actor {
    coding_scheme: String,
    code: Option<String>,
    text: Option<String>,
    regional_data: bool,
}

impl Actor {
    /// A text and nothing else.
    pub(crate) fn named(coding_scheme: &str, text: &str) -> Self {
        Self {
            coding_scheme: coding_scheme.to_owned(),
            code: None,
            text: Some(text.to_owned()),
            regional_data: false,
        }
    }
}

impl From<HealthcareActor> for Actor {
    fn from(actor: HealthcareActor) -> Self {
        let HealthcareActor { coding_scheme, code, text, regional_data, .. } = actor;
        Self { coding_scheme, code, text, regional_data }
    }
}

/// `evidence`: what the roles rest on when they don't stand in the certificate.
pub(crate) fn judge(
    kind: CertificateKind,
    actors: &[Actor],
    unreadable: bool,
    chain: ChainState,
    required: &RequiredRoles,
    table: &ProfessionTable,
    evidence: Option<Basis>,
) -> Qualification {
    let mut findings = Vec::new();
    let recognised: Vec<&Profession> = actors.iter().filter_map(|actor| recognise(actor, table)).collect();
    let roles = actors.iter().map(|actor| role(actor, table)).collect::<Vec<_>>();
    let (basis, evidence) = match evidence {
        Some(basis) => (basis, true),
        None => basis(kind, &mut findings),
    };
    let status = if kind.is_for_authentication() {
        QualificationStatus::AuthenticationCertificate
    } else if kind == CertificateKind::HpkiTestCard {
        QualificationStatus::TestCard
    } else if chain == ChainState::Open || !evidence || unreadable {
        QualificationStatus::Undetermined
    } else {
        status_by_roles(&roles, &recognised, required)
    };
    findings.extend(status_finding(status, required, table));
    findings.extend(role_findings(actors, &recognised, table));
    Qualification { status, basis, roles, findings }
}

/// What a kind of certificate rests the qualification on, and whether that is enough by itself.
fn basis(kind: CertificateKind, findings: &mut Vec<Finding>) -> (Basis, bool) {
    match kind {
        CertificateKind::HpkiSignature
        | CertificateKind::HpkiTestCard
        | CertificateKind::HpkiAuthentication => (Basis::Hpki, true),
        // Neither the certificate nor an outsider can tell: the card's revocation data is open to
        // registered verifiers only, and it says nothing about a profession.
        CertificateKind::Jpki | CertificateKind::JpkiAuthentication => {
            findings.push(
                Finding::warning("jpki-qualification-undetermined").clause("guideline 5.2 §6.12, route (c)"),
            );
            (Basis::Jpki, false)
        }
        CertificateKind::Other => {
            findings.push(
                Finding::warning("qualification-evidence-missing").clause("guideline 5.2 §6.12, route (b)"),
            );
            (Basis::None, false)
        }
    }
}

fn status_by_roles(
    roles: &[Role],
    recognised: &[&Profession],
    required: &RequiredRoles,
) -> QualificationStatus {
    if roles.is_empty() {
        QualificationStatus::NoRole
    } else if required.are_met_by(recognised) {
        QualificationStatus::Qualified
    } else if roles.iter().any(|role| !role.recognised) {
        QualificationStatus::UnrecognisedRole
    } else {
        QualificationStatus::RoleMismatch
    }
}

fn status_finding(
    status: QualificationStatus,
    required: &RequiredRoles,
    table: &ProfessionTable,
) -> Option<Finding> {
    let finding = match status {
        QualificationStatus::Qualified | QualificationStatus::Undetermined => return None,
        QualificationStatus::AuthenticationCertificate => Finding::error("authentication-certificate"),
        QualificationStatus::TestCard => Finding::warning("test-card"),
        QualificationStatus::NoRole => Finding::warning("no-role"),
        QualificationStatus::UnrecognisedRole => Finding::warning("unrecognised-role"),
        QualificationStatus::RoleMismatch => {
            let finding = Finding::warning("role-mismatch");
            if required.are_particular() {
                finding.with("required", required.describe(table))
            } else {
                finding
            }
        }
    };
    Some(finding.clause("HPKI certificate policy"))
}

fn role_findings(actors: &[Actor], recognised: &[&Profession], table: &ProfessionTable) -> Vec<Finding> {
    let unconfirmed = recognised
        .iter()
        .filter(|row| row.mark == Mark::Likely)
        .map(|row| Finding::info("role-text-unconfirmed").with("role", &row.text).with("ja", &row.ja));
    let unknown = actors
        .iter()
        .filter(|actor| recognise(actor, table).is_none())
        .map(|actor| Finding::info("role-not-in-table").with("role", shown_text(actor)));
    let regional = actors
        .iter()
        .filter(|actor| actor.regional_data || actor.code.is_some())
        .map(|actor| Finding::info("hcrole-additional-data").with("role", shown_text(actor)));
    unconfirmed.chain(unknown).chain(regional).collect()
}

fn recognise<'t>(actor: &Actor, table: &'t ProfessionTable) -> Option<&'t Profession> {
    let national = actor.coding_scheme == CODING_SCHEME;
    actor.text.as_deref().filter(|_| national).and_then(|text| table.find(text))
}

fn role(actor: &Actor, table: &ProfessionTable) -> Role {
    let row = recognise(actor, table);
    Role { text: shown_text(actor), ja: row.map(|row| row.ja.clone()), recognised: row.is_some() }
}

/// The free text; failing that the code, since a role must never vanish from the report.
fn shown_text(actor: &Actor) -> String {
    let fallback = || actor.code.clone().unwrap_or_default();
    actor.text.clone().unwrap_or_else(fallback)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DocumentClasses;

    fn actor(text: &str) -> Actor {
        Actor::named(CODING_SCHEME, text)
    }

    fn answer(
        kind: CertificateKind,
        texts: &[&str],
        chain: ChainState,
        class: Option<&str>,
    ) -> Qualification {
        let actors: Vec<_> = texts.iter().map(|text| actor(text)).collect();
        let classes = DocumentClasses::builtin();
        let required = class.map_or_else(RequiredRoles::any_national, |name| {
            RequiredRoles::of_class(classes.find(name).unwrap())
        });
        judge(kind, &actors, false, chain, &required, &ProfessionTable::builtin(), None)
    }

    fn status(
        kind: CertificateKind,
        texts: &[&str],
        chain: ChainState,
        class: Option<&str>,
    ) -> QualificationStatus {
        answer(kind, texts, chain, class).status
    }

    use CertificateKind::{HpkiAuthentication, HpkiSignature, HpkiTestCard, Jpki, Other};
    use ChainState::{Confirmed, Open};

    #[test]
    fn qualified_needs_a_recognised_role_and_a_confirmed_chain() {
        let doctor = &["Medical Doctor"];
        assert_eq!(status(HpkiSignature, doctor, Confirmed, None), QualificationStatus::Qualified);
        assert_eq!(
            status(HpkiSignature, doctor, Confirmed, Some("prescription")),
            QualificationStatus::Qualified
        );
        assert_eq!(status(HpkiSignature, doctor, Open, None), QualificationStatus::Undetermined);
    }

    #[test]
    fn the_statuses_come_in_the_order_of_the_contract() {
        assert_eq!(
            status(HpkiAuthentication, &[], Open, None),
            QualificationStatus::AuthenticationCertificate
        );
        assert_eq!(status(HpkiTestCard, &["Pharmacist"], Open, None), QualificationStatus::TestCard);
        assert_eq!(status(HpkiTestCard, &["Pharmacist"], Confirmed, None), QualificationStatus::TestCard);
        assert_eq!(status(HpkiSignature, &[], Open, None), QualificationStatus::Undetermined);
        assert_eq!(status(HpkiSignature, &[], Confirmed, None), QualificationStatus::NoRole);
        assert_eq!(
            status(HpkiSignature, &["Shaman"], Confirmed, None),
            QualificationStatus::UnrecognisedRole
        );
        let shaman_nurse = &["Shaman", "General Nurse"];
        assert_eq!(
            status(HpkiSignature, shaman_nurse, Confirmed, Some("prescription")),
            QualificationStatus::UnrecognisedRole
        );
        let nurse = &["General Nurse"];
        assert_eq!(
            status(HpkiSignature, nurse, Confirmed, Some("prescription")),
            QualificationStatus::RoleMismatch
        );
    }

    #[test]
    fn one_fitting_role_of_several_is_enough_and_the_others_are_shown() {
        let both = answer(HpkiSignature, &["Shaman", "Pharmacist"], Confirmed, Some("dispensing"));
        assert_eq!(both.status, QualificationStatus::Qualified);
        assert_eq!(both.roles.iter().map(|role| role.recognised).collect::<Vec<_>>(), [false, true]);
        assert_eq!(both.roles[1].ja.as_deref(), Some("薬剤師"));
        assert!(both.findings.iter().any(|finding| finding.code == "role-not-in-table"));
    }

    #[test]
    fn a_role_whose_wording_is_unconfirmed_counts_and_says_so() {
        let dentist = answer(HpkiSignature, &["Dentist"], Confirmed, Some("prescription"));
        assert_eq!(dentist.status, QualificationStatus::Qualified);
        assert!(dentist.findings.iter().any(|finding| finding.code == "role-text-unconfirmed"));
        let doctor = answer(HpkiSignature, &["Medical Doctor"], Confirmed, None);
        assert!(doctor.findings.is_empty(), "{:?}", doctor.findings);
    }

    #[test]
    fn a_text_under_another_coding_scheme_is_not_recognised() {
        let foreign = Actor { coding_scheme: "1.2.3".to_owned(), ..actor("Medical Doctor") };
        let answer = judge(
            HpkiSignature,
            &[foreign],
            false,
            Confirmed,
            &RequiredRoles::any_national(),
            &ProfessionTable::builtin(),
            None,
        );
        assert_eq!(answer.status, QualificationStatus::UnrecognisedRole);
    }

    #[test]
    fn a_certificate_outside_hpki_needs_other_evidence_whatever_it_says() {
        let other = answer(Other, &["Medical Doctor"], Confirmed, None);
        assert_eq!((other.status, other.basis), (QualificationStatus::Undetermined, Basis::None));
        assert!(other.findings.iter().any(|finding| finding.code == "qualification-evidence-missing"));
        let jpki = answer(Jpki, &[], Confirmed, None);
        assert_eq!((jpki.status, jpki.basis), (QualificationStatus::Undetermined, Basis::Jpki));
    }

    #[test]
    fn an_unreadable_hcrole_leaves_the_answer_open() {
        let answer = judge(
            HpkiSignature,
            &[],
            true,
            Confirmed,
            &RequiredRoles::any_national(),
            &ProfessionTable::builtin(),
            None,
        );
        assert_eq!(answer.status, QualificationStatus::Undetermined);
    }
}

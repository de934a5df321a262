use crate::{DocumentClass, Profession, ProfessionKind, ProfessionTable};

/// Which roles are asked for: by the document's class, by `--require-role`, or by neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequiredRoles {
    groups: Vec<Vec<String>>,
    listed_signers: bool,
}

impl RequiredRoles {
    /// Any recognised national qualification will do.
    #[must_use]
    pub fn any_national() -> Self {
        Self::default()
    }

    /// One of the roles of the class.
    #[must_use]
    pub fn of_class(class: &DocumentClass) -> Self {
        Self::any_national().and_one_of(&class.roles).listed_signers(class.listed_signers)
    }

    /// In addition one of these; nothing changes when there are none.
    #[must_use]
    pub fn and_one_of(mut self, roles: &[String]) -> Self {
        if !roles.is_empty() {
            self.groups.push(roles.to_vec());
        }
        self
    }

    fn listed_signers(mut self, accepted: bool) -> Self {
        self.listed_signers = accepted;
        self
    }

    /// Whether a signer whom the institution lists is accepted in place of a role.
    #[must_use]
    pub fn accept_listed_signers(&self) -> bool {
        self.listed_signers
    }

    /// Whether particular roles are asked for.
    #[must_use]
    pub fn are_particular(&self) -> bool {
        !self.groups.is_empty()
    }

    /// The roles asked for, for a message: `薬剤師 (Pharmacist)`, choices joined by " / ", groups by " + ".
    #[must_use]
    pub fn describe(&self, table: &ProfessionTable) -> String {
        let named = |text: &String| match table.find(text) {
            Some(row) => format!("{} ({text})", row.ja),
            None => text.clone(),
        };
        let group = |group: &Vec<String>| group.iter().map(named).collect::<Vec<_>>().join(" / ");
        self.groups.iter().map(group).collect::<Vec<_>>().join(" + ")
    }

    /// Whether these roles together meet what is asked for.
    #[must_use]
    pub fn are_met_by(&self, roles: &[&Profession]) -> bool {
        if self.groups.is_empty() {
            return roles.iter().any(|role| role.kind == ProfessionKind::National);
        }
        self.groups.iter().all(|group| roles.iter().any(|role| group.contains(&role.text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DocumentClasses;

    fn met(required: &RequiredRoles, texts: &[&str]) -> bool {
        let table = ProfessionTable::builtin();
        let roles: Vec<_> = texts.iter().map(|text| table.find(text).unwrap()).collect();
        required.are_met_by(&roles)
    }

    #[test]
    fn without_a_class_any_national_qualification_counts_but_no_post() {
        let required = RequiredRoles::any_national();
        assert!(met(&required, &["General Nurse"]));
        assert!(!met(&required, &["Director of Hospital"]));
        assert!(!met(&required, &[]));
        assert!(met(&required, &["Director of Hospital", "Medical Doctor"]));
    }

    #[test]
    fn a_post_counts_where_it_is_asked_for() {
        let required = RequiredRoles::any_national().and_one_of(&["Director of Hospital".to_owned()]);
        assert!(met(&required, &["Director of Hospital"]));
        assert!(!met(&required, &["Medical Doctor"]));
    }

    #[test]
    fn class_and_required_role_must_both_be_met() {
        let classes = DocumentClasses::builtin();
        let required = RequiredRoles::of_class(classes.find("prescription").unwrap())
            .and_one_of(&["Dentist".to_owned()]);
        assert!(met(&required, &["Dentist"]));
        assert!(!met(&required, &["Medical Doctor"]));
        assert_eq!(
            required.describe(&ProfessionTable::builtin()),
            "医師 (Medical Doctor) / 歯科医師 (Dentist) + 歯科医師 (Dentist)"
        );
    }
}

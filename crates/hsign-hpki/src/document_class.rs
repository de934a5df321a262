use hsign_core::facts::ScanLimits;
use serde::{Deserialize, Serialize};

use crate::{Error, Mark};

const TABLE: &str = "document classes";
const SCHEMA: &str = "hsign.document-classes/1";
const BUILTIN: &str = include_str!("../data/document-classes.toml");

/// A kind of clinical document and who may sign it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DocumentClass {
    /// The name used on the command line.
    pub name: String,
    /// Other names of the same class.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Japanese name.
    pub ja: String,
    /// English name.
    pub en: String,
    /// Role texts of which one is needed; empty: any recognised national qualification.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Whether a signer whom the institution lists is accepted as well.
    #[serde(default)]
    pub listed_signers: bool,
    /// Whether it is an amendment: it has to name its original, which is judged as a scan (guideline 5.2 §9.4).
    #[serde(default)]
    pub amends: bool,
    /// What is asked of scanned pages; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<ScanLimits>,
    /// How sure the assignment of roles is.
    pub mark: Mark,
    /// The law it rests on.
    pub source: String,
}

/// The known classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentClasses {
    rows: Vec<DocumentClass>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    #[allow(dead_code, reason = "demanded of every file, for its reader")]
    version: String,
    #[serde(default, rename = "class")]
    rows: Vec<DocumentClass>,
}

impl DocumentClasses {
    /// The classes that ship with hsign.
    #[must_use]
    pub fn builtin() -> Self {
        // A test reads the same text; with no class at all every name would be refused.
        Self::parse(BUILTIN).unwrap_or_else(|_| Self { rows: Vec::new() })
    }

    /// Reads classes in TOML (`schema = "hsign.document-classes/1"`, `version`, `[[class]]` rows).
    ///
    /// # Errors
    /// When it isn't of that form, a name stands twice, or a row leaves something empty.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(text)
            .map_err(|error| Error::Syntax { table: TABLE, message: error.message().to_owned() })?;
        if file.schema != SCHEMA {
            return Err(Error::Schema { table: TABLE, found: file.schema, expected: SCHEMA });
        }
        let mut names = Vec::new();
        for row in &file.rows {
            row.check()?;
            for name in std::iter::once(&row.name).chain(&row.aliases) {
                if names.contains(&name) {
                    return Err(Error::Duplicate { table: TABLE, name: name.clone() });
                }
                names.push(name);
            }
        }
        Ok(Self { rows: file.rows })
    }

    /// Joins others to these; where both have a name, the other's row holds.
    #[must_use]
    pub fn merged_with(mut self, other: Self) -> Self {
        self.rows.retain(|row| other.find(&row.name).is_none());
        self.rows.extend(other.rows);
        self
    }

    /// The class of this name or alias.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&DocumentClass> {
        self.rows.iter().find(|row| row.name == name || row.aliases.iter().any(|alias| alias == name))
    }

    /// Every class.
    #[must_use]
    pub fn rows(&self) -> &[DocumentClass] {
        &self.rows
    }
}

impl DocumentClass {
    /// What is asked of the original of an amendment: it was signed as any scan, by a recognised profession or by
    /// somebody whom the institution lists (guideline 5.2 §9.1 C2(3)).
    #[must_use]
    pub fn of_original(&self) -> Self {
        Self { roles: Vec::new(), listed_signers: true, amends: false, ..self.clone() }
    }

    fn check(&self) -> Result<(), Error> {
        let keys = [("name", &self.name), ("ja", &self.ja), ("en", &self.en), ("source", &self.source)];
        match keys.iter().find(|(_, value)| value.is_empty()) {
            Some((key, _)) => Err(Error::Empty { table: TABLE, name: self.name.clone(), key }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProfessionTable;

    #[test]
    fn every_role_of_a_builtin_class_is_in_the_profession_table() {
        let classes = DocumentClasses::parse(BUILTIN).unwrap();
        assert_eq!(classes, DocumentClasses::builtin());
        let table = ProfessionTable::builtin();
        for class in classes.rows() {
            for role in &class.roles {
                assert!(table.find(role).is_some(), "{}: {role}", class.name);
            }
        }
    }

    #[test]
    fn prescriptions_are_the_doctors_and_dispensing_is_the_pharmacists() {
        let classes = DocumentClasses::builtin();
        assert_eq!(classes.find("prescription").unwrap().roles, ["Medical Doctor", "Dentist"]);
        assert_eq!(classes.find("dispensing").unwrap().roles, ["Pharmacist"]);
        assert_eq!(classes.find("dispensed-prescription"), classes.find("dispensing"));
    }

    #[test]
    fn only_the_scan_class_accepts_listed_signers() {
        let names: Vec<_> = DocumentClasses::builtin()
            .rows()
            .iter()
            .filter(|class| class.listed_signers)
            .map(|class| class.name.clone())
            .collect();
        assert_eq!(names, ["scan"]);
    }

    #[test]
    fn only_a_pharmacist_amends_a_dispensed_prescription() {
        let classes = DocumentClasses::builtin();
        let class = classes.find("dispensed-amended").unwrap();
        assert!(class.amends);
        assert_eq!(class.roles, ["Pharmacist"]);
        let original = class.of_original();
        assert!(original.roles.is_empty() && original.listed_signers && !original.amends);
    }

    #[test]
    fn scans_have_limits_and_where_these_come_from() {
        let classes = DocumentClasses::builtin();
        for name in ["scan", "dispensing", "dispensed-amended"] {
            let limits = classes.find(name).unwrap().scan.clone().unwrap();
            assert_eq!((limits.min_dpi, limits.min_bits_per_pixel), (Some(200), Some(8)), "{name}");
            assert!(!limits.lossy_allowed && limits.source.is_some());
            assert!(limits.paper_kept.unwrap().min_dpi < limits.min_dpi);
        }
        assert!(classes.find("chart").unwrap().scan.is_none());
    }

    #[test]
    fn a_name_may_stand_once_only_aliases_included() {
        let row = |name: &str, alias: &str| {
            format!(
                "[[class]]\nname=\"{name}\"\naliases=[\"{alias}\"]\nja=\"x\"\nen=\"x\"\nmark=\"likely\"\nsource=\"s\"\n"
            )
        };
        let head = "schema=\"hsign.document-classes/1\"\nversion=\"1\"\n";
        let twice = format!("{head}{}{}", row("a", "b"), row("c", "a"));
        assert!(matches!(DocumentClasses::parse(&twice), Err(Error::Duplicate { .. })));
    }

    #[test]
    fn a_class_says_in_both_languages_what_it_is_and_where_its_roles_come_from() {
        let text = |empty: &str| {
            let value = |key: &str| if key == empty { "" } else { "x" };
            let keys = ["name", "ja", "en", "source"].map(|key| format!("{key}=\"{}\"\n", value(key)));
            format!(
                "schema=\"hsign.document-classes/1\"\nversion=\"1\"\n[[class]]\n{}mark=\"likely\"\n",
                keys.concat()
            )
        };
        assert!(DocumentClasses::parse(&text("")).is_ok());
        for key in ["name", "ja", "en", "source"] {
            let refused = DocumentClasses::parse(&text(key)).unwrap_err();
            assert!(matches!(refused, Error::Empty { key: told, .. } if told == key), "{refused}");
        }
    }
}

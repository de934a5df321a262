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
}

use serde::{Deserialize, Serialize};

use crate::Error;

/// The national coding scheme of HPKI role texts (codingSchemeReference).
pub const CODING_SCHEME: &str = "1.2.392.100495.1.6.1.1";

const TABLE: &str = "profession table";
const SCHEMA: &str = "hsign.professions/1";
const BUILTIN: &str = include_str!("../data/professions.toml");

/// How sure a row of a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Seen in data or read in a primary text.
    Certain,
    /// Agrees with secondary accounts; counts, but says so.
    Likely,
}

/// What kind of role a text names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProfessionKind {
    /// A national qualification of a person.
    National,
    /// A post, such as the director of a hospital; counts only where it is asked for by name.
    Administrator,
}

/// One role text and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Profession {
    /// The text in the certificate, compared byte by byte.
    pub text: String,
    /// Its Japanese name.
    pub ja: String,
    /// Person's qualification or post.
    pub kind: ProfessionKind,
    /// How sure the wording is.
    pub mark: Mark,
    /// Where the wording was found.
    pub source: String,
}

/// Role texts that are recognised. Serialised it has the form of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "File", into = "File")]
pub struct ProfessionTable {
    version: String,
    rows: Vec<Profession>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    version: String,
    #[serde(default, rename = "profession")]
    rows: Vec<Profession>,
}

impl ProfessionTable {
    /// The table that ships with hsign.
    #[must_use]
    pub fn builtin() -> Self {
        // A test reads the same text, so the empty table (which recognises nobody) is never met.
        Self::parse(BUILTIN).unwrap_or_else(|_| Self { version: String::new(), rows: Vec::new() })
    }

    /// Reads a table in TOML (`schema = "hsign.professions/1"`, `version`, `[[profession]]` rows).
    ///
    /// # Errors
    /// When it isn't of that form, or a text stands twice, or a row leaves something empty.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(text)
            .map_err(|error| Error::Syntax { table: TABLE, message: error.message().to_owned() })?;
        file.try_into()
    }

    /// Joins another table to this one; where both have a text, the other's row holds, so that an
    /// institution can confirm a wording it has seen.
    #[must_use]
    pub fn merged_with(mut self, other: Self) -> Self {
        self.rows.retain(|row| other.find(&row.text).is_none());
        self.rows.extend(other.rows);
        self.version = format!("{}+{}", self.version, other.version);
        self
    }

    /// The row of exactly this text.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&Profession> {
        self.rows.iter().find(|row| row.text == text)
    }

    /// Every row.
    #[must_use]
    pub fn rows(&self) -> &[Profession] {
        &self.rows
    }

    /// The table's version; joined tables name both.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

impl TryFrom<File> for ProfessionTable {
    type Error = Error;

    fn try_from(file: File) -> Result<Self, Error> {
        if file.schema != SCHEMA {
            return Err(Error::Schema { table: TABLE, found: file.schema, expected: SCHEMA });
        }
        for (index, row) in file.rows.iter().enumerate() {
            row.check()?;
            if file.rows.iter().take(index).any(|earlier| earlier.text == row.text) {
                return Err(Error::Duplicate { table: TABLE, name: row.text.clone() });
            }
        }
        Ok(Self { version: file.version, rows: file.rows })
    }
}

impl From<ProfessionTable> for File {
    fn from(table: ProfessionTable) -> Self {
        Self { schema: SCHEMA.to_owned(), version: table.version, rows: table.rows }
    }
}

impl Profession {
    fn check(&self) -> Result<(), Error> {
        let keys = [("text", &self.text), ("ja", &self.ja), ("source", &self.source)];
        match keys.iter().find(|(_, value)| value.is_empty()) {
            Some((key, _)) => Err(Error::Empty { table: TABLE, name: self.text.clone(), key }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_table_is_well_formed() {
        let table = ProfessionTable::parse(BUILTIN).unwrap();
        assert_eq!(table, ProfessionTable::builtin());
        let json = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<ProfessionTable>(&json).unwrap(), table);
        assert_eq!(table.rows().iter().filter(|row| row.kind == ProfessionKind::National).count(), 20);
        assert_eq!(table.rows().iter().filter(|row| row.kind == ProfessionKind::Administrator).count(), 5);
    }

    #[test]
    fn only_the_two_observed_texts_are_certain() {
        let certain: Vec<_> = ProfessionTable::builtin()
            .rows()
            .iter()
            .filter(|row| row.mark == Mark::Certain)
            .map(|row| row.text.clone())
            .collect();
        assert_eq!(certain, ["Medical Doctor", "Pharmacist"]);
    }

    #[test]
    fn texts_are_compared_byte_by_byte() {
        let table = ProfessionTable::builtin();
        for text in ["medical doctor", "Medical  Doctor", "Medical Doctor ", "Ｍedical Doctor", "Doctor"] {
            assert!(table.find(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn an_unknown_key_or_a_repeated_text_is_refused() {
        let row = "[[profession]]\ntext=\"X\"\nja=\"x\"\nkind=\"national\"\nmark=\"likely\"\nsource=\"s\"\n";
        let head = "schema=\"hsign.professions/1\"\nversion=\"1\"\n";
        assert!(ProfessionTable::parse(&format!("{head}{row}")).is_ok());
        assert!(matches!(
            ProfessionTable::parse(&format!("{head}{row}fuzzy=true\n")),
            Err(Error::Syntax { .. })
        ));
        assert!(matches!(ProfessionTable::parse(&format!("{head}{row}{row}")), Err(Error::Duplicate { .. })));
        assert!(matches!(ProfessionTable::parse(&head.replace("/1", "/9")), Err(Error::Schema { .. })));
        assert!(matches!(
            ProfessionTable::parse(&format!("{head}{}", row.replace("\"s\"", "\"\""))),
            Err(Error::Empty { key: "source", .. })
        ));
    }

    #[test]
    fn an_institution_can_add_and_confirm_texts() {
        let own = "schema=\"hsign.professions/1\"\nversion=\"own\"\n\
            [[profession]]\ntext=\"Acupuncturist\"\nja=\"はり師\"\nkind=\"national\"\nmark=\"likely\"\nsource=\"card\"\n\
            [[profession]]\ntext=\"Dentist\"\nja=\"歯科医師\"\nkind=\"national\"\nmark=\"certain\"\nsource=\"card\"\n";
        let table = ProfessionTable::builtin().merged_with(ProfessionTable::parse(own).unwrap());
        assert!(table.find("Acupuncturist").is_some());
        assert_eq!(table.find("Dentist").unwrap().mark, Mark::Certain);
        assert_eq!(table.rows().iter().filter(|row| row.text == "Dentist").count(), 1);
        assert_eq!(table.version(), "2026-11+own");
    }
}

use std::fmt;

/// Class of a tag (X.690 §8.1.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Class {
    Universal,
    Application,
    Context,
    Private,
}

/// Identifier octets: class, form and number (X.690 §8.1.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    /// The class.
    pub class: Class,
    /// Whether the contents are elements again.
    pub constructed: bool,
    /// The number.
    pub number: u32,
}

#[allow(missing_docs)]
impl Tag {
    pub const END_OF_CONTENTS: Self = Self::universal(0);
    pub const BOOLEAN: Self = Self::universal(1);
    pub const INTEGER: Self = Self::universal(2);
    pub const BIT_STRING: Self = Self::universal(3);
    pub const OCTET_STRING: Self = Self::universal(4);
    pub const NULL: Self = Self::universal(5);
    pub const OID: Self = Self::universal(6);
    pub const ENUMERATED: Self = Self::universal(10);
    pub const UTF8_STRING: Self = Self::universal(12);
    pub const NUMERIC_STRING: Self = Self::universal(18);
    pub const PRINTABLE_STRING: Self = Self::universal(19);
    pub const TELETEX_STRING: Self = Self::universal(20);
    pub const IA5_STRING: Self = Self::universal(22);
    pub const UTC_TIME: Self = Self::universal(23);
    pub const GENERALIZED_TIME: Self = Self::universal(24);
    pub const VISIBLE_STRING: Self = Self::universal(26);
    pub const GENERAL_STRING: Self = Self::universal(27);
    pub const UNIVERSAL_STRING: Self = Self::universal(28);
    pub const BMP_STRING: Self = Self::universal(30);
    pub const SEQUENCE: Self = Self { class: Class::Universal, constructed: true, number: 16 };
    pub const SET: Self = Self { class: Class::Universal, constructed: true, number: 17 };
}

impl Tag {
    /// A primitive tag of the universal class.
    #[must_use]
    pub const fn universal(number: u32) -> Self {
        Self { class: Class::Universal, constructed: false, number }
    }

    /// `[number]` of the context class.
    #[must_use]
    pub const fn context(number: u32, constructed: bool) -> Self {
        Self { class: Class::Context, constructed, number }
    }

    /// Whether BER lets the type come in pieces and DER makes it primitive (X.690 §10.2): the universal string
    /// and time types. EXTERNAL, EMBEDDED PDV, SEQUENCE and SET are constructed by nature.
    pub(crate) fn may_be_in_pieces(self) -> bool {
        self.class == Class::Universal && matches!(self.number, 3 | 4 | 12 | 18..=28 | 30)
    }

    /// The same tag, whether primitive or constructed: BER may cut a string into pieces (X.690 §8.7.3).
    #[must_use]
    pub fn same_type(self, other: Self) -> bool {
        self.class == other.class && self.number == other.number
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match (self.class, self.number) {
            (Class::Universal, 0) => "end-of-contents",
            (Class::Universal, 1) => "BOOLEAN",
            (Class::Universal, 2) => "INTEGER",
            (Class::Universal, 3) => "BIT STRING",
            (Class::Universal, 4) => "OCTET STRING",
            (Class::Universal, 5) => "NULL",
            (Class::Universal, 6) => "OBJECT IDENTIFIER",
            (Class::Universal, 10) => "ENUMERATED",
            (Class::Universal, 12) => "UTF8String",
            (Class::Universal, 16) => "SEQUENCE",
            (Class::Universal, 17) => "SET",
            (Class::Universal, 23) => "UTCTime",
            (Class::Universal, 24) => "GeneralizedTime",
            (Class::Universal, number) => return write!(f, "[UNIVERSAL {number}]"),
            (Class::Application, number) => return write!(f, "[APPLICATION {number}]"),
            (Class::Context, number) => return write!(f, "[{number}]"),
            (Class::Private, number) => return write!(f, "[PRIVATE {number}]"),
        };
        f.write_str(name)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}{}", if self.constructed { " constructed" } else { "" })
    }
}

use std::fmt;

/// Which canonical form, and its parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalizationMethod {
    /// The family.
    pub form: CanonicalForm,
    /// Whether comments stay.
    pub comments: bool,
    /// Exclusive C14N's InclusiveNamespaces PrefixList; "" stands for `#default`. Empty for the other forms.
    pub inclusive_prefixes: Vec<String>,
}

/// The three recommendations of the W3C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanonicalForm {
    /// Canonical XML 1.0.
    Inclusive10,
    /// Canonical XML 1.1: as 1.0, but `xml:id` isn't inherited and `xml:base` is joined.
    Inclusive11,
    /// Exclusive XML Canonicalization 1.0.
    Exclusive,
}

const INCLUSIVE_10: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const INCLUSIVE_11: &str = "http://www.w3.org/2006/12/xml-c14n11";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

impl CanonicalizationMethod {
    /// Canonical XML 1.0 without comments: what XMLDSig takes where a transform gives nodes and none is named.
    pub const DEFAULT: Self = Self::new(CanonicalForm::Inclusive10);
    /// Canonical XML 1.1 without comments.
    pub const INCLUSIVE_11: Self = Self::new(CanonicalForm::Inclusive11);
    /// Exclusive C14N without comments and without prefix list.
    pub const EXCLUSIVE: Self = Self::new(CanonicalForm::Exclusive);

    const fn new(form: CanonicalForm) -> Self {
        Self { form, comments: false, inclusive_prefixes: Vec::new() }
    }

    /// The method that an Algorithm attribute names; `None` where it is no canonicalization.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        let (form, comments) = match uri {
            INCLUSIVE_10 => (CanonicalForm::Inclusive10, false),
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments" => {
                (CanonicalForm::Inclusive10, true)
            }
            INCLUSIVE_11 => (CanonicalForm::Inclusive11, false),
            "http://www.w3.org/2006/12/xml-c14n11#WithComments" => (CanonicalForm::Inclusive11, true),
            EXCLUSIVE => (CanonicalForm::Exclusive, false),
            "http://www.w3.org/2001/10/xml-exc-c14n#WithComments" => (CanonicalForm::Exclusive, true),
            _ => return None,
        };
        Some(Self { comments, ..Self::new(form) })
    }

    /// Its Algorithm attribute.
    #[must_use]
    pub fn uri(&self) -> &'static str {
        match (self.form, self.comments) {
            (CanonicalForm::Inclusive10, false) => INCLUSIVE_10,
            (CanonicalForm::Inclusive10, true) => {
                "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"
            }
            (CanonicalForm::Inclusive11, false) => INCLUSIVE_11,
            (CanonicalForm::Inclusive11, true) => "http://www.w3.org/2006/12/xml-c14n11#WithComments",
            (CanonicalForm::Exclusive, false) => EXCLUSIVE,
            (CanonicalForm::Exclusive, true) => "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        }
    }

    /// The same with an InclusiveNamespaces PrefixList, whose tokens white space separates (exclusive C14N §4).
    #[must_use]
    pub fn with_prefix_list(mut self, list: &str) -> Self {
        self.inclusive_prefixes = list
            .split_ascii_whitespace()
            .map(|prefix| if prefix == "#default" { String::new() } else { prefix.to_owned() })
            .collect();
        self
    }

    /// The same with comments.
    #[must_use]
    pub fn with_comments(mut self) -> Self {
        self.comments = true;
        self
    }
}

impl fmt::Display for CanonicalizationMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.uri())
    }
}

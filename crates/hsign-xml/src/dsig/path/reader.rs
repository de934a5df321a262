use crate::Node;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dsig) enum Test {
    /// Namespace and local name.
    Name(String, String),
    /// `*`
    AnyElement,
    /// `node()`
    AnyNode,
}

/// Tokens of an expression, read by trying.
pub(super) struct Reader<'e, 'n> {
    pub(super) rest: &'e str,
    /// Where prefixes get their meaning.
    pub(super) context: Node<'n>,
}

impl<'e> Reader<'e, '_> {
    pub(super) fn take(&mut self, token: &str) -> bool {
        let trimmed = self.rest.trim_start();
        let found = trimmed.strip_prefix(token);
        if let Some(rest) = found {
            self.rest = rest;
        }
        found.is_some()
    }

    /// A sequence of tokens, or nothing.
    pub(super) fn take_all(&mut self, tokens: &[&str]) -> bool {
        let before = self.rest;
        let found = tokens.iter().all(|token| self.take(token));
        if !found {
            self.rest = before;
        }
        found
    }

    pub(super) fn word(&mut self, word: &str) -> bool {
        let before = self.rest;
        let ends = |rest: &str| !rest.starts_with(|c: char| crate::characters::is_name_char(c) || c == ':');
        if self.take(word) && ends(self.rest) {
            return true;
        }
        self.rest = before;
        false
    }

    pub(super) fn literal(&mut self) -> Option<String> {
        let trimmed = self.rest.trim_start();
        let quote = trimmed.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, rest) = trimmed.get(1..)?.split_once(quote)?;
        self.rest = rest;
        Some(value.to_owned())
    }

    pub(super) fn nc_name(&mut self) -> Option<&'e str> {
        let trimmed = self.rest.trim_start();
        let (name, rest) = trimmed.split_at_checked(crate::characters::nc_name_length(trimmed))?;
        if name.is_empty() {
            return None;
        }
        self.rest = rest;
        Some(name)
    }

    /// A node test that selects elements or all nodes.
    pub(super) fn test(&mut self) -> Option<Test> {
        if self.take("*") {
            return Some(Test::AnyElement);
        }
        if self.take_all(&["node", "(", ")"]) {
            return Some(Test::AnyNode);
        }
        let first = self.nc_name()?;
        if !self.rest.starts_with(':') {
            let function = self.rest.trim_start().starts_with('(') || self.rest.starts_with("::");
            // Unprefixed names have no namespace in XPath 1.0.
            return (!function).then(|| Test::Name(String::new(), first.to_owned()));
        }
        self.rest = self.rest.strip_prefix(':').filter(|rest| !rest.starts_with(':'))?;
        let namespace = self.context.namespace_of_prefix(first)?.to_owned();
        Some(Test::Name(namespace, self.nc_name()?.to_owned()))
    }

    pub(super) fn at_end(&self) -> bool {
        self.rest.trim().is_empty()
    }
}

impl Test {
    pub(super) fn fits(&self, node: Node<'_>) -> bool {
        match self {
            Self::Name(namespace, local) => node.is(namespace, local),
            Self::AnyElement => node.is_element(),
            Self::AnyNode => true,
        }
    }
}

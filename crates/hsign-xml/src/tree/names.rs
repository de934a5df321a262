//! Prefixes and namespace names by number, and what is bound to what where the parser stands.

use std::borrow::Cow;
use std::collections::HashMap;

use super::build::short;
use super::{Declaration, Interned, NONE, XML, XML_NAMESPACE};
use crate::Error;

pub(super) struct Names<'t> {
    prefixes: Vec<&'t str>,
    namespaces: Vec<Cow<'t, str>>,
    prefix_ids: HashMap<&'t str, Interned>,
    namespace_ids: HashMap<Cow<'t, str>, Interned>,
    /// By prefix; [`NONE`] for nothing.
    bound: Vec<Interned>,
    last_prefix: (&'t str, Interned),
}

/// Bindings to restore when an element ends.
pub(super) type Shadowed = Vec<(Interned, Interned)>;

impl<'t> Names<'t> {
    pub(super) fn new() -> Self {
        Self {
            prefixes: vec!["", "xml"],
            namespaces: vec![Cow::Borrowed(""), Cow::Borrowed(XML_NAMESPACE)],
            prefix_ids: HashMap::from([("", NONE), ("xml", XML)]),
            namespace_ids: HashMap::from([(Cow::Borrowed(""), NONE), (Cow::Borrowed(XML_NAMESPACE), XML)]),
            bound: vec![NONE, XML],
            last_prefix: ("", NONE),
        }
    }

    pub(super) fn finish(self) -> (Vec<&'t str>, Vec<Cow<'t, str>>) {
        (self.prefixes, self.namespaces)
    }

    pub(super) fn prefix(&mut self, prefix: &'t str) -> Interned {
        if prefix.is_empty() {
            return NONE;
        }
        if self.last_prefix.0 == prefix {
            return self.last_prefix.1;
        }
        let id = *self.prefix_ids.entry(prefix).or_insert_with(|| {
            self.prefixes.push(prefix);
            self.bound.push(NONE);
            short(self.prefixes.len() - 1)
        });
        self.last_prefix = (prefix, id);
        id
    }

    pub(super) fn namespace(&mut self, namespace: Cow<'t, str>) -> Interned {
        if let Some(id) = self.namespace_ids.get(&namespace) {
            return *id;
        }
        let id = short(self.namespaces.len());
        self.namespaces.push(namespace.clone());
        self.namespace_ids.insert(namespace, id);
        id
    }

    pub(super) fn resolve(&self, prefix: Interned, position: usize) -> Result<Interned, Error> {
        match self.bound.get(prefix as usize) {
            Some(namespace) if *namespace != NONE || prefix == NONE => Ok(*namespace),
            _ => Err(Error::at(position, "a prefix without namespace")),
        }
    }

    /// Brings an element's declarations into force.
    pub(super) fn enter(&mut self, declarations: &[Declaration]) -> Shadowed {
        let replace = |declaration: &Declaration| {
            let bound = self.bound.get_mut(declaration.prefix as usize)?;
            Some((declaration.prefix, std::mem::replace(bound, declaration.namespace)))
        };
        declarations.iter().filter_map(replace).collect()
    }

    pub(super) fn leave(&mut self, shadowed: Shadowed) {
        for (prefix, namespace) in shadowed {
            if let Some(bound) = self.bound.get_mut(prefix as usize) {
                *bound = namespace;
            }
        }
    }
}

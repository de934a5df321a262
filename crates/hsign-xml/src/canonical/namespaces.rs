//! Which namespace declarations an element of the canonical form carries.

use std::collections::HashSet;

use crate::tree::{Interned, NONE, XML};
use crate::{Document, Node};

use super::output::Output;
use super::{CanonicalForm, CanonicalizationMethod, needs_declaration};

/// Bindings in force in the document and in what was written, by prefix. Both are undone when an element ends, so
/// the work is that of the declarations met, not of those in scope.
pub(super) struct Namespaces<'d> {
    document: &'d Document<'d>,
    exclusive: bool,
    /// By prefix: whether exclusive C14N treats it as inclusive.
    listed: Vec<bool>,
    in_scope: Vec<Interned>,
    written: Vec<Interned>,
    undo: Vec<Undo>,
    /// Undo entries at the start of each open element.
    marks: Vec<usize>,
    chosen: Vec<Interned>,
}

enum Undo {
    Scope(Interned, Interned),
    Written(Interned, Interned),
}

impl<'d> Namespaces<'d> {
    pub(super) fn new(apex: Node<'d>, method: &CanonicalizationMethod) -> Self {
        let document = apex.document();
        let prefixes = document.prefixes();
        let list: HashSet<&str> = method.inclusive_prefixes.iter().map(String::as_str).collect();
        let listed = prefixes.iter().map(|prefix| list.contains(prefix));
        let mut in_scope = vec![NONE; prefixes.len()];
        let mut above: Vec<Node<'d>> = apex.ancestors().collect();
        above.reverse();
        for declaration in above.iter().flat_map(|node| document.declarations(node.index())) {
            set(&mut in_scope, declaration.prefix, declaration.namespace);
        }
        Self {
            document,
            exclusive: method.form == CanonicalForm::Exclusive,
            listed: if list.is_empty() { Vec::new() } else { listed.collect() },
            written: vec![NONE; in_scope.len()],
            in_scope,
            undo: Vec::new(),
            marks: Vec::new(),
            chosen: Vec::new(),
        }
    }

    pub(super) fn enter(&mut self, node: Node<'d>) {
        self.marks.push(self.undo.len());
        for declaration in self.document.declarations(node.index()) {
            let before = set(&mut self.in_scope, declaration.prefix, declaration.namespace);
            self.undo.push(Undo::Scope(declaration.prefix, before));
        }
    }

    pub(super) fn leave(&mut self) {
        let mark = self.marks.pop().unwrap_or(0);
        while self.undo.len() > mark {
            match self.undo.pop() {
                Some(Undo::Scope(prefix, before)) => set(&mut self.in_scope, prefix, before),
                Some(Undo::Written(prefix, before)) => set(&mut self.written, prefix, before),
                None => break,
            };
        }
    }

    /// The declarations of `node`, an element of the set; `orphan` when its parent isn't in it.
    pub(super) fn render(&mut self, node: Node<'d>, orphan: bool, output: &mut Output<'_>) {
        let mut chosen = std::mem::take(&mut self.chosen);
        if !self.exclusive || !self.listed.is_empty() {
            self.inclusive(node, orphan, &mut chosen);
        }
        if self.exclusive {
            chosen.push(node.data().prefix());
            chosen.extend(
                self.document
                    .attribute_data(node.index())
                    .iter()
                    .map(|a| a.prefix)
                    .filter(|p| needs_declaration(*p)),
            );
        }
        chosen.retain(|prefix| *prefix != XML && get(&self.in_scope, *prefix) != get(&self.written, *prefix));
        if chosen.len() > 1 {
            let document = self.document;
            chosen.sort_unstable_by_key(|prefix| document.prefix_name(*prefix));
            chosen.dedup();
        }
        for prefix in chosen.drain(..) {
            self.write(prefix, output);
        }
        self.chosen = chosen;
    }

    /// Candidates of inclusive C14N: what the element declares, or all in scope where its parent is left out.
    fn inclusive(&self, node: Node<'d>, orphan: bool, chosen: &mut Vec<Interned>) {
        let listed = |prefix: &Interned| !self.exclusive || self.listed.get(*prefix as usize) == Some(&true);
        if orphan {
            chosen.extend((0..).take(self.in_scope.len()).filter(listed));
        } else {
            let own = self.document.declarations(node.index());
            chosen.extend(own.iter().map(|declaration| declaration.prefix).filter(listed));
        }
    }

    fn write(&mut self, prefix: Interned, output: &mut Output<'_>) {
        let namespace = get(&self.in_scope, prefix);
        let before = set(&mut self.written, prefix, namespace);
        self.undo.push(Undo::Written(prefix, before));
        output.note_namespace(self.document.namespace_name(namespace));
        // A prefix can't be undeclared in Namespaces 1.0: one that went out of scope is simply not written.
        if prefix == NONE {
            output.push_attribute("xmlns", self.document.namespace_name(namespace));
        } else if namespace != NONE {
            output.push_attribute_of(
                "xmlns:",
                self.document.prefix_name(prefix),
                self.document.namespace_name(namespace),
            );
        }
    }
}

fn get(bindings: &[Interned], prefix: Interned) -> Interned {
    bindings.get(prefix as usize).copied().unwrap_or(NONE)
}

/// The binding before.
fn set(bindings: &mut [Interned], prefix: Interned, namespace: Interned) -> Interned {
    bindings.get_mut(prefix as usize).map_or(NONE, |bound| std::mem::replace(bound, namespace))
}

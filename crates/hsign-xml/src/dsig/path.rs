//! The part of XPath 1.0 that signature profiles write into filters. An expression outside of it isn't read, and its
//! transform is unsupported. All evaluation is linear in the document for each step.

use super::{NAMESPACE, Unresolved};
use crate::tree::Index;
use crate::{Document, Found, Ids, Kind, Node};

const DEEPEST: usize = 16;
const MOST_STEPS: usize = 32;

/// A condition for which an element's attributes and namespaces always go with the element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    All(Vec<Rule>),
    Any(Vec<Rule>),
    Not(Box<Rule>),
    /// `ancestor-or-self::name`
    Within(Test),
    /// `self::text()`
    Text,
    /// XMLDSig §6.6.4's definition of the enveloped-signature transform, written out.
    OutsideOwnSignature,
}

/// Elements that a path selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LocationPath {
    start: Start,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Start {
    Document,
    Id(String),
    Here,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    axis: Axis,
    test: Test,
    predicate: Option<Predicate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Child,
    Descendant,
    DescendantOrSelf,
    /// With `[1]`: the nearest.
    NearestAncestor,
    Own,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// Namespace and local name.
    Name(String, String),
    /// `*`
    AnyElement,
    /// `node()`
    AnyNode,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Predicate {
    Any(Vec<Predicate>),
    All(Vec<Predicate>),
    Attribute(String, String),
    QualifiedName(String),
    LocalName(String),
    LocalNameStartsWith(String),
}

/// Tokens of an expression, read by trying.
struct Reader<'e, 'n> {
    rest: &'e str,
    /// Where prefixes get their meaning.
    context: Node<'n>,
}

impl<'e> Reader<'e, '_> {
    fn take(&mut self, token: &str) -> bool {
        let trimmed = self.rest.trim_start();
        let found = trimmed.strip_prefix(token);
        if let Some(rest) = found {
            self.rest = rest;
        }
        found.is_some()
    }

    /// A sequence of tokens, or nothing.
    fn take_all(&mut self, tokens: &[&str]) -> bool {
        let before = self.rest;
        let found = tokens.iter().all(|token| self.take(token));
        if !found {
            self.rest = before;
        }
        found
    }

    fn word(&mut self, word: &str) -> bool {
        let before = self.rest;
        let ends = |rest: &str| !rest.starts_with(|c: char| crate::characters::is_name_char(c) || c == ':');
        if self.take(word) && ends(self.rest) {
            return true;
        }
        self.rest = before;
        false
    }

    fn literal(&mut self) -> Option<String> {
        let trimmed = self.rest.trim_start();
        let quote = trimmed.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, rest) = trimmed.get(1..)?.split_once(quote)?;
        self.rest = rest;
        Some(value.to_owned())
    }

    fn nc_name(&mut self) -> Option<&'e str> {
        let trimmed = self.rest.trim_start();
        let (name, rest) = trimmed.split_at_checked(crate::characters::nc_name_length(trimmed))?;
        if name.is_empty() {
            return None;
        }
        self.rest = rest;
        Some(name)
    }

    /// A node test that selects elements or all nodes.
    fn test(&mut self) -> Option<Test> {
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

    fn at_end(&self) -> bool {
        self.rest.trim().is_empty()
    }
}

impl Rule {
    pub(super) fn parse(expression: &str, context: Node<'_>) -> Option<Self> {
        let mut reader = Reader { rest: expression, context };
        let rule = Self::any(&mut reader, DEEPEST)?;
        reader.at_end().then_some(rule)
    }

    fn any(reader: &mut Reader<'_, '_>, depth: usize) -> Option<Self> {
        let mut rules = vec![Self::all(reader, depth)?];
        while reader.word("or") {
            rules.push(Self::all(reader, depth)?);
        }
        if rules.len() > 1 { Some(Self::Any(rules)) } else { rules.pop() }
    }

    fn all(reader: &mut Reader<'_, '_>, depth: usize) -> Option<Self> {
        let mut rules = vec![Self::one(reader, depth)?];
        while reader.word("and") {
            rules.push(Self::one(reader, depth)?);
        }
        if rules.len() > 1 { Some(Self::All(rules)) } else { rules.pop() }
    }

    fn one(reader: &mut Reader<'_, '_>, depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        if reader.take_all(&["not", "("]) {
            let inner = Self::any(reader, depth)?;
            return reader.take(")").then(|| Self::Not(Box::new(inner)));
        }
        if reader.take("(") {
            let inner = Self::any(reader, depth)?;
            return reader.take(")").then_some(inner);
        }
        if reader.take_all(&["self", "::", "text", "(", ")"]) {
            return Some(Self::Text);
        }
        if reader.take_all(&["ancestor-or-self", "::"]) {
            return reader.test().filter(|test| *test != Test::AnyNode).map(Self::Within);
        }
        Self::own_signature(reader)
    }

    /// `count(ancestor-or-self::ds:Signature | here()/ancestor::ds:Signature[1]) > count(ancestor-or-self::ds:Signature)`
    fn own_signature(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let signature = Some(Test::Name(NAMESPACE.to_owned(), "Signature".to_owned()));
        let fits = reader.take_all(&["count", "(", "ancestor-or-self", "::"])
            && reader.test() == signature
            && reader.take_all(&["|", "here", "(", ")", "/", "ancestor", "::"])
            && reader.test() == signature
            && reader.take_all(&["[", "1", "]", ")", ">", "count", "(", "ancestor-or-self", "::"])
            && reader.test() == signature
            && reader.take(")");
        fits.then_some(Self::OutsideOwnSignature)
    }

    /// Its parts, each of which looks at every node.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::All(rules) | Self::Any(rules) => rules.iter().map(Self::size).sum::<usize>() + 1,
            Self::Not(rule) => rule.size() + 1,
            Self::Within(_) | Self::Text | Self::OutsideOwnSignature => 1,
        }
    }

    /// One flag for each node of the document; `None` where `here()` has no meaning.
    pub(super) fn members(&self, document: &Document<'_>, here: Option<Node<'_>>) -> Option<Vec<bool>> {
        let size = document.node().after();
        let combine = |rules: &[Self], start: bool, with: fn(bool, bool) -> bool| {
            let mut flags = vec![start; size as usize];
            for rule in rules {
                let other = rule.members(document, here)?;
                flags.iter_mut().zip(other).for_each(|(flag, other)| *flag = with(*flag, other));
            }
            Some(flags)
        };
        match self {
            Self::All(rules) => combine(rules, true, |a, b| a && b),
            Self::Any(rules) => combine(rules, false, |a, b| a || b),
            Self::Not(rule) => Some(rule.members(document, here)?.into_iter().map(|flag| !flag).collect()),
            Self::Within(test) => Some(below(document, |node| test.fits(node))),
            Self::Text => Some((0..size).map(|index| document.at(index).kind() == Kind::Text).collect()),
            Self::OutsideOwnSignature => {
                let own = own_signature(here?)?;
                Some(below(document, |node| node == own).into_iter().map(|flag| !flag).collect())
            }
        }
    }
}

/// The ds:Signature that a transform is in.
pub(super) fn own_signature<'d>(here: Node<'d>) -> Option<Node<'d>> {
    here.ancestors().find(|node| node.is(NAMESPACE, "Signature"))
}

/// A flag for each node: whether it is in the subtree of one that fits. Subtrees are nested or apart, so one pass does.
fn below(document: &Document<'_>, fits: impl Fn(Node<'_>) -> bool) -> Vec<bool> {
    let mut end = 0;
    (0..document.node().after())
        .map(|index| {
            let node = document.at(index);
            if index >= end && fits(node) {
                end = node.after();
            }
            index < end
        })
        .collect()
}

impl Test {
    fn fits(&self, node: Node<'_>) -> bool {
        match self {
            Self::Name(namespace, local) => node.is(namespace, local),
            Self::AnyElement => node.is_element(),
            Self::AnyNode => true,
        }
    }
}

impl LocationPath {
    pub(super) fn parse(expression: &str, context: Node<'_>) -> Option<Self> {
        let mut reader = Reader { rest: expression, context };
        let reader = &mut reader;
        let start = if reader.take_all(&["id", "("]) {
            let id = reader.literal()?;
            reader.take(")").then_some(Start::Id(id))?
        } else if reader.take_all(&["here", "(", ")"]) {
            Start::Here
        } else {
            Start::Document
        };
        let mut steps = Vec::new();
        while reader.take("/") {
            if steps.is_empty() && start == Start::Document && reader.at_end() {
                break;
            }
            let anywhere = reader.take("/");
            steps.push(Step::parse(reader, anywhere)?);
        }
        let complete = reader.at_end() && steps.len() <= MOST_STEPS && !expression.is_empty();
        (complete && (start != Start::Document || expression.starts_with('/')))
            .then_some(Self { start, steps })
    }

    /// A flag for each node: whether it is in the subtree of a selected one.
    pub(super) fn subtrees(
        &self,
        document: &Document<'_>,
        here: Option<Node<'_>>,
        ids: &Ids<'_>,
    ) -> Result<Vec<bool>, Unresolved> {
        let start: Option<Index> = match &self.start {
            Start::Document => Some(0),
            Start::Here => Some(here.ok_or(Unresolved::Misfit)?.index()),
            Start::Id(id) => match ids.find(id) {
                Found::Element(node) => Some(node.index()),
                Found::Several => return Err(Unresolved::DuplicateId),
                Found::Nothing => None,
            },
        };
        let size = document.node().after() as usize;
        let mut selected = vec![false; size];
        if let Some(flag) = start.and_then(|start| selected.get_mut(start as usize)) {
            *flag = true;
        }
        for step in &self.steps {
            selected = step.from(document, &selected);
        }
        Ok(below(document, |node| selected.get(node.index() as usize) == Some(&true)))
    }
}

impl Step {
    /// `anywhere` is `//`, short for a step down to all nodes and then this one.
    fn parse(reader: &mut Reader<'_, '_>, anywhere: bool) -> Option<Self> {
        let axis = if reader.take_all(&["descendant-or-self", "::"]) {
            Axis::DescendantOrSelf
        } else if reader.take_all(&["descendant", "::"]) {
            Axis::Descendant
        } else if reader.take_all(&["ancestor", "::"]) {
            Axis::NearestAncestor
        } else if reader.take_all(&["self", "::"]) {
            Axis::Own
        } else {
            reader.take_all(&["child", "::"]);
            Axis::Child
        };
        let test = reader.test()?;
        let nearest = axis == Axis::NearestAncestor;
        if nearest && !reader.take_all(&["[", "1", "]"]) {
            return None;
        }
        let predicate = if reader.take("[") {
            let predicate = Predicate::any(reader)?;
            Some(reader.take("]").then_some(predicate)?)
        } else {
            None
        };
        if reader.rest.trim_start().starts_with('[') || nearest && predicate.is_some() {
            return None;
        }
        let axis = match (anywhere, axis) {
            (false, axis) => axis,
            (true, Axis::Child | Axis::Descendant) => Axis::Descendant,
            (true, _) => return None,
        };
        Some(Self { axis, test, predicate })
    }

    /// The nodes that the step reaches from those flagged.
    fn from(&self, document: &Document<'_>, from: &[bool]) -> Vec<bool> {
        let is_from = |index: Index| from.get(index as usize) == Some(&true);
        let size = document.node().after();
        let fits = |node: Node<'_>| {
            self.test.fits(node) && self.predicate.as_ref().is_none_or(|predicate| predicate.holds(node))
        };
        if self.axis == Axis::NearestAncestor {
            let mut reached = vec![false; size as usize];
            for index in (0..size).filter(|index| is_from(*index)) {
                let nearest = document.at(index).ancestors().find(|node| fits(*node));
                if let Some(flag) = nearest.and_then(|node| reached.get_mut(node.index() as usize)) {
                    *flag = true;
                }
            }
            return reached;
        }
        let inside = below(document, |node| is_from(node.index()));
        let is_inside = |index: Index| inside.get(index as usize) == Some(&true);
        let reached = |node: Node<'_>| match self.axis {
            Axis::Child => node.parent().is_some_and(|parent| is_from(parent.index())),
            Axis::Descendant => node.parent().is_some_and(|parent| is_inside(parent.index())),
            Axis::DescendantOrSelf => is_inside(node.index()),
            Axis::Own | Axis::NearestAncestor => is_from(node.index()),
        };
        (0..size).map(|index| document.at(index)).map(|node| reached(node) && fits(node)).collect()
    }
}

impl Predicate {
    fn any(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let mut parts = vec![Self::all(reader)?];
        while reader.word("or") {
            parts.push(Self::all(reader)?);
        }
        Some(Self::Any(parts))
    }

    fn all(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let mut parts = vec![Self::one(reader)?];
        while reader.word("and") {
            parts.push(Self::one(reader)?);
        }
        Some(Self::All(parts))
    }

    fn one(reader: &mut Reader<'_, '_>) -> Option<Self> {
        if reader.take_all(&["starts-with", "(", "local-name", "(", ")", ","]) {
            let start = reader.literal()?;
            return reader.take(")").then_some(Self::LocalNameStartsWith(start));
        }
        let of: fn(String) -> Self = if reader.take_all(&["local-name", "(", ")", "="]) {
            Self::LocalName
        } else if reader.take_all(&["name", "(", ")", "="]) {
            Self::QualifiedName
        } else {
            let name = if reader.take("@") { reader.nc_name()?.to_owned() } else { return None };
            let value = if reader.take("=") { reader.literal()? } else { return None };
            return Some(Self::Attribute(name, value));
        };
        reader.literal().map(of)
    }

    fn holds(&self, node: Node<'_>) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.holds(node)),
            Self::All(parts) => parts.iter().all(|part| part.holds(node)),
            Self::Attribute(name, value) => {
                node.attribute("", name).is_some_and(|found| found == value.as_str())
            }
            Self::QualifiedName(name) => node.qualified_name() == name,
            Self::LocalName(name) => node.name().1 == name,
            Self::LocalNameStartsWith(start) => node.name().1.starts_with(start.as_str()),
        }
    }
}

use super::below;
use super::predicate::Predicate;
use super::reader::{Reader, Test};
use crate::dsig::Unresolved;
use crate::tree::Index;
use crate::{Document, Found, Ids, Node};

const MOST_STEPS: usize = 32;

/// Elements that a path selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dsig) struct LocationPath {
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

impl LocationPath {
    pub(in crate::dsig) fn parse(expression: &str, context: Node<'_>) -> Option<Self> {
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
    pub(in crate::dsig) fn subtrees(
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

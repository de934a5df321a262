use super::reader::{Reader, Test};
use super::{below, own_signature};
use crate::dsig::NAMESPACE;
use crate::{Document, Kind, Node};

const DEEPEST: usize = 16;

/// A condition for which an element's attributes and namespaces always go with the element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dsig) enum Rule {
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

impl Rule {
    pub(in crate::dsig) fn parse(expression: &str, context: Node<'_>) -> Option<Self> {
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
    pub(in crate::dsig) fn size(&self) -> usize {
        match self {
            Self::All(rules) | Self::Any(rules) => rules.iter().map(Self::size).sum::<usize>() + 1,
            Self::Not(rule) => rule.size() + 1,
            Self::Within(_) | Self::Text | Self::OutsideOwnSignature => 1,
        }
    }

    /// One flag for each node of the document; `None` where `here()` has no meaning.
    pub(in crate::dsig) fn members(
        &self,
        document: &Document<'_>,
        here: Option<Node<'_>>,
    ) -> Option<Vec<bool>> {
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

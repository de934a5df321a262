//! Every ds:Signature of a document, and what to call it.

use std::collections::HashMap;

use hsign_core::{Budget, BudgetExhausted};
use hsign_xml::{Document, Node};

use crate::names::DS;

/// Signatures in one document: real ones have a few, containers some dozens.
const MOST_SIGNATURES: u64 = 2_000;
/// A longer Id is no name for people.
const LONGEST_ID: usize = 200;

/// A signature where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Found<'d> {
    /// ds:Signature.
    pub(crate) node: Node<'d>,
    /// Its Id attribute, or its number in document order where it has none or shares it.
    pub(crate) id: String,
}

/// All of them in document order, those inside others too.
///
/// # Errors
/// When there are too many.
pub(crate) fn signatures<'d>(document: &'d Document<'d>) -> Result<Vec<Found<'d>>, BudgetExhausted> {
    let mut budget = Budget::new("signatures in a document", MOST_SIGNATURES);
    let mut nodes = Vec::new();
    for node in document.node().descendants_named(DS, "Signature") {
        budget.spend(1)?;
        nodes.push((node, own_id(node)));
    }
    let mut shared: HashMap<&str, usize> = HashMap::new();
    for (_, id) in &nodes {
        *shared.entry(id.as_deref().unwrap_or_default()).or_default() += 1;
    }
    let unique = |id: &&str| !id.is_empty() && shared.get(*id) == Some(&1);
    let mut found = Vec::with_capacity(nodes.len());
    for (number, (node, id)) in (1..).zip(&nodes) {
        let id = match id.as_deref().filter(unique) {
            Some(id) => id.to_owned(),
            None => numbered(number, &shared),
        };
        found.push(Found { node: *node, id });
    }
    Ok(found)
}

fn own_id(signature: Node<'_>) -> Option<String> {
    let id = signature.attribute("", "Id")?;
    let sane = id.len() <= LONGEST_ID && !id.is_empty() && !id.chars().any(char::is_control);
    sane.then(|| id.into_owned())
}

/// `Signature3`, unless another one has that as its Id.
fn numbered(number: usize, taken: &HashMap<&str, usize>) -> String {
    let mut name = format!("Signature{number}");
    while taken.contains_key(name.as_str()) {
        name.push('\'');
    }
    name
}

#[cfg(test)]
mod tests {
    use hsign_xml::Limits;

    use super::*;

    fn ids(text: &str) -> Vec<String> {
        let document = Document::parse(text, &Limits::default()).unwrap();
        signatures(&document).unwrap().into_iter().map(|found| found.id).collect()
    }

    #[test]
    fn a_signature_has_its_id_where_that_is_its_own() {
        let text = r#"<a xmlns:x="http://www.w3.org/2000/09/xmldsig#"><x:Signature Id="one"><x:Object>
            <x:Signature/></x:Object></x:Signature><x:Signature Id="same"/><x:Signature Id="same"/>
            <x:Signature Id="Signature4"/><Signature Id="other"/></a>"#;
        assert_eq!(ids(text), ["one", "Signature2", "Signature3", "Signature4'", "Signature4"]);
    }
}

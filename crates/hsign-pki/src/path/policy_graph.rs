//! Certificate policies as a graph (RFC 9618): one node per policy and depth, so that hostile mappings
//! can't make it grow exponentially as the tree of RFC 5280 §6.1 could.

use std::collections::{BTreeMap, BTreeSet};

use super::ANY_POLICY;

/// Nodes over all depths. Real hierarchies have a dozen; certval stops at 300.
const MAX_NODES: usize = 4096;

#[derive(Clone, Debug, Default)]
struct Node {
    expected: BTreeSet<String>,
    parents: BTreeSet<String>,
}

type Level = BTreeMap<String, Node>;

/// valid_policy_graph. No levels: NULL.
#[derive(Clone, Debug)]
pub(super) struct PolicyGraph {
    levels: Vec<Level>,
}

/// The graph would have grown beyond its limit.
#[derive(Debug)]
pub(super) struct TooManyPolicies;

impl PolicyGraph {
    /// RFC 9618 §5.2: one node of depth 0 for anyPolicy.
    pub(super) fn initial() -> Self {
        let any = Node { expected: BTreeSet::from([ANY_POLICY.to_owned()]), parents: BTreeSet::new() };
        Self { levels: vec![Level::from([(ANY_POLICY.to_owned(), any)])] }
    }

    pub(super) fn is_null(&self) -> bool {
        self.levels.is_empty()
    }

    /// RFC 5280 §6.1.3 (e): a certificate without policies leaves none valid.
    pub(super) fn clear(&mut self) {
        self.levels.clear();
    }

    /// RFC 9618 §5.3 (d): one level more, from the policies a certificate asserts.
    pub(super) fn add_level(
        &mut self,
        policies: &[String],
        any_policy_counts: bool,
    ) -> Result<(), TooManyPolicies> {
        let Some(above) = self.levels.last() else { return Ok(()) };
        let mut level = Level::new();
        for policy in policies.iter().filter(|policy| *policy != ANY_POLICY) {
            let mut parents = expecting(above, policy);
            if parents.is_empty() && above.contains_key(ANY_POLICY) {
                parents.insert(ANY_POLICY.to_owned());
            }
            if !parents.is_empty() {
                level.insert(policy.clone(), node(policy, parents));
            }
        }
        if any_policy_counts && policies.iter().any(|policy| policy == ANY_POLICY) {
            let expected: BTreeSet<&String> = above.values().flat_map(|node| &node.expected).collect();
            for policy in expected {
                if !level.contains_key(policy) {
                    level.insert(policy.clone(), node(policy, expecting(above, policy)));
                }
            }
        }
        self.levels.push(level);
        self.prune();
        self.check_size()
    }

    /// RFC 9618 §5.4 (b)(1): mappings replace what a node expects below.
    pub(super) fn map(
        &mut self,
        mappings: &BTreeMap<String, BTreeSet<String>>,
    ) -> Result<(), TooManyPolicies> {
        let above_has_any =
            self.levels.iter().rev().nth(1).is_some_and(|level| level.contains_key(ANY_POLICY));
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        let any_here = level.contains_key(ANY_POLICY);
        for (issuer_policy, subject_policies) in mappings {
            if let Some(node) = level.get_mut(issuer_policy) {
                node.expected.clone_from(subject_policies);
            } else if any_here && above_has_any {
                let parents = BTreeSet::from([ANY_POLICY.to_owned()]);
                level.insert(issuer_policy.clone(), Node { expected: subject_policies.clone(), parents });
            }
        }
        self.check_size()
    }

    /// RFC 9618 §5.4 (b)(2): with mapping inhibited a mapped policy is lost.
    pub(super) fn remove(&mut self, mappings: &BTreeMap<String, BTreeSet<String>>) {
        if let Some(level) = self.levels.last_mut() {
            level.retain(|policy, _| !mappings.contains_key(policy));
            self.prune();
        }
    }

    /// RFC 9618 §5.5 (g): the policies of the anchor's domain for which the path is valid, as far as the
    /// relying party asked for them.
    pub(super) fn user_constrained(&self, initial: &BTreeSet<String>) -> BTreeSet<String> {
        let authority = self.authority_constrained();
        if initial.contains(ANY_POLICY) {
            authority
        } else if authority.contains(ANY_POLICY) {
            initial.clone()
        } else {
            authority.intersection(initial).cloned().collect()
        }
    }

    /// Every policy whose node stands directly below anyPolicy, at whatever depth; and anyPolicy itself if
    /// it reached the last depth.
    fn authority_constrained(&self) -> BTreeSet<String> {
        let mut set: BTreeSet<String> = self
            .levels
            .iter()
            .skip(1)
            .flatten()
            .filter(|(policy, node)| *policy != ANY_POLICY && node.parents.contains(ANY_POLICY))
            .map(|(policy, _)| policy.clone())
            .collect();
        if self.levels.last().is_some_and(|level| level.contains_key(ANY_POLICY)) {
            set.insert(ANY_POLICY.to_owned());
        }
        set
    }

    /// RFC 9618 §5.3 (d)(3): nodes without children go, from the last level but one upwards. An empty last
    /// level empties all.
    fn prune(&mut self) {
        for depth in (0..self.levels.len().saturating_sub(1)).rev() {
            let used: BTreeSet<String> = self
                .levels
                .get(depth + 1)
                .map(|below| below.values().flat_map(|node| node.parents.iter().cloned()).collect())
                .unwrap_or_default();
            if let Some(level) = self.levels.get_mut(depth) {
                level.retain(|policy, _| used.contains(policy));
            }
        }
        if self.levels.first().is_none_or(Level::is_empty) {
            self.levels.clear();
        }
    }

    fn check_size(&self) -> Result<(), TooManyPolicies> {
        let nodes: usize = self.levels.iter().map(Level::len).sum();
        if nodes > MAX_NODES { Err(TooManyPolicies) } else { Ok(()) }
    }
}

fn node(policy: &str, parents: BTreeSet<String>) -> Node {
    Node { expected: BTreeSet::from([policy.to_owned()]), parents }
}

fn expecting(level: &Level, policy: &str) -> BTreeSet<String> {
    level
        .iter()
        .filter(|(_, node)| node.expected.contains(policy))
        .map(|(parent, _)| parent.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(policies: &[&str]) -> BTreeSet<String> {
        policies.iter().map(|policy| (*policy).to_owned()).collect()
    }

    fn list(policies: &[&str]) -> Vec<String> {
        policies.iter().map(|policy| (*policy).to_owned()).collect()
    }

    fn mapping(pairs: &[(&str, &str)]) -> BTreeMap<String, BTreeSet<String>> {
        let mut map = BTreeMap::<_, BTreeSet<String>>::new();
        for (from, to) in pairs {
            map.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        map
    }

    #[test]
    fn rfc9618_mapped_policies_are_told_in_the_anchors_domain() {
        let mut graph = PolicyGraph::initial();
        graph.add_level(&list(&["1.1"]), true).unwrap();
        graph.map(&mapping(&[("1.1", "1.2")])).unwrap();
        graph.add_level(&list(&["1.2"]), true).unwrap();
        assert_eq!(graph.user_constrained(&set(&[ANY_POLICY])), set(&["1.1"]));
        assert_eq!(graph.user_constrained(&set(&["1.2"])), set(&[]));
    }

    #[test]
    fn rfc5280_6_1_3_d_a_policy_the_issuer_lacks_is_lost() {
        let mut graph = PolicyGraph::initial();
        graph.add_level(&list(&["1.1"]), true).unwrap();
        graph.add_level(&list(&["1.9"]), true).unwrap();
        assert!(graph.is_null());
    }

    #[test]
    fn rfc5280_6_1_3_d_2_any_policy_stands_for_all_unless_inhibited() {
        let mut graph = PolicyGraph::initial();
        graph.add_level(&list(&[ANY_POLICY]), true).unwrap();
        graph.add_level(&list(&["1.1"]), true).unwrap();
        assert_eq!(graph.user_constrained(&set(&[ANY_POLICY])), set(&["1.1"]));

        let mut inhibited = PolicyGraph::initial();
        inhibited.add_level(&list(&[ANY_POLICY]), false).unwrap();
        assert!(inhibited.is_null());
    }

    #[test]
    fn rfc5280_6_1_4_b_2_mapping_inhibited_deletes_the_mapped_policy() {
        let mut graph = PolicyGraph::initial();
        graph.add_level(&list(&["1.1", "1.3"]), true).unwrap();
        graph.remove(&mapping(&[("1.1", "1.2")]));
        graph.add_level(&list(&["1.1", "1.2", "1.3"]), true).unwrap();
        assert_eq!(graph.user_constrained(&set(&[ANY_POLICY])), set(&["1.3"]));
    }

    #[test]
    fn rfc9618_1_exponential_growth_does_not_happen() {
        let policies: Vec<String> = (0..20).map(|n| format!("1.2.{n}")).collect();
        let mut every = BTreeMap::new();
        for policy in &policies {
            every.insert(policy.clone(), policies.iter().cloned().collect());
        }
        let mut graph = PolicyGraph::initial();
        for _ in 0..18 {
            graph.add_level(&policies, true).unwrap();
            graph.map(&every).unwrap();
        }
        assert_eq!(graph.levels.iter().map(Level::len).max(), Some(20));
    }

    #[test]
    fn more_policies_than_the_limit_are_refused() {
        let policies: Vec<String> = (0..=MAX_NODES).map(|n| format!("1.2.{n}")).collect();
        assert!(PolicyGraph::initial().add_level(&policies, true).is_err());
    }
}

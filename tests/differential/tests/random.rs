//! Random graphs of certificates, each path in them judged by three.

use hsign_differential::{Graph, Tally, judge_all};
use hsign_testkit::Dice;

/// Graphs. Raise it by hand to search longer: DIFFERENTIAL_GRAPHS=100000.
const GRAPHS: u64 = 600;

#[test]
fn three_judges_agree_on_every_path_of_random_graphs() {
    let graphs = std::env::var("DIFFERENTIAL_GRAPHS").ok().and_then(|n| n.parse().ok()).unwrap_or(GRAPHS);
    let mut dice = Dice::new(5280);
    let mut tally = Tally::default();
    for number in 0..graphs {
        let graph = Graph::random(&mut dice);
        let case = format!("graph {number}");
        judge_all(&case, &graph.target, &graph.pool, &[graph.anchor], &graph.settings, &mut tally);
    }
    tally.print("random graphs");
    assert!(tally.accepted > 200 && tally.refused > 200, "the cases are one-sided: {tally:?}");
}

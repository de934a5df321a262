/// A limit on how much work one input may cause. Each parser and search states where its number comes
/// from; running out is a clear error, never a hang.
#[derive(Debug, Clone)]
pub struct Budget {
    purpose: &'static str,
    limit: u64,
    left: u64,
}

/// More was asked than the limit allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("limit reached: {purpose} (at most {limit})")]
pub struct BudgetExhausted {
    /// What the limit counts.
    pub purpose: &'static str,
    /// The limit.
    pub limit: u64,
}

impl BudgetExhausted {
    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> crate::Finding {
        crate::Finding::error("work-limit-reached").with("purpose", self.purpose).with("limit", self.limit)
    }
}

impl Budget {
    /// A budget of `limit` units for `purpose` ("nesting depth", "decompressed bytes").
    #[must_use]
    pub const fn new(purpose: &'static str, limit: u64) -> Self {
        Self { purpose, limit, left: limit }
    }

    /// Uses up `units`.
    ///
    /// # Errors
    /// When fewer than `units` are left.
    pub fn spend(&mut self, units: u64) -> Result<(), BudgetExhausted> {
        match self.left.checked_sub(units) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(BudgetExhausted { purpose: self.purpose, limit: self.limit }),
        }
    }

    /// Units not yet used.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_out_is_an_error_and_keeps_what_is_left() {
        let mut budget = Budget::new("objects", 3);
        assert!(budget.spend(2).is_ok());
        assert_eq!(budget.spend(2), Err(BudgetExhausted { purpose: "objects", limit: 3 }));
        assert_eq!(budget.left(), 1);
    }
}

use std::sync::atomic::{AtomicU64, Ordering};

use hsign_core::BudgetExhausted;

/// A budget that everything about one document draws from.
#[derive(Debug)]
pub(crate) struct Work {
    limit: u64,
    left: AtomicU64,
}

impl Work {
    /// Small documents get something on top.
    const LEAST: u64 = 64 << 20;

    pub(super) fn new(bytes: usize, factor: u64) -> Self {
        let limit = (bytes as u64).saturating_mul(factor).saturating_add(Self::LEAST);
        Self { limit, left: AtomicU64::new(limit) }
    }

    /// Uses up `units`; once exhausted it stays so.
    ///
    /// # Errors
    /// When fewer are left.
    pub(crate) fn spend(&self, units: usize) -> Result<(), BudgetExhausted> {
        let before = self.left.load(Ordering::Relaxed);
        let left = before.checked_sub(units as u64);
        self.left.store(left.unwrap_or(0), Ordering::Relaxed);
        left.map(|_| ()).ok_or(BudgetExhausted { purpose: "octets of XML references", limit: self.limit })
    }
}

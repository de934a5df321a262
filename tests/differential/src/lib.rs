//! One path, three judges: ours, certval and OpenSSL. Each disagreement has to have a rule that explains it.

mod certval;
mod graph;
mod openssl;
mod verdicts;

pub use certval::certval;
pub use graph::Graph;
pub use openssl::openssl;
pub use verdicts::{Settings, Tally, explain, judge_all};

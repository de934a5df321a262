//! Points at which a crash must lose nothing: named, so that a test can end the process at each of them.

/// Told at every named point of the work. The archive's tests end the process there; otherwise nobody listens.
pub trait Checkpoints {
    /// The work has come to this point.
    fn reached(&self, point: &'static str);
}

impl Checkpoints for () {
    fn reached(&self, _point: &'static str) {}
}

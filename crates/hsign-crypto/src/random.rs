use hsign_core::ErrorKind;
use hsign_core::ports::{PortError, Randomness};

/// The operating system's generator by way of OpenSSL. Only the rim makes one; everything else is given
/// its randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Randomness for SystemRandom {
    #[allow(clippy::disallowed_methods, reason = "this is the port's one implementation")]
    fn fill(&self, buffer: &mut [u8]) -> Result<(), PortError> {
        openssl::rand::rand_bytes(buffer).map_err(|stack| {
            PortError::new(ErrorKind::Local, format!("the random generator failed: {stack}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        let (mut one, mut two) = ([0; 32], [0; 32]);
        SystemRandom.fill(&mut one).unwrap();
        SystemRandom.fill(&mut two).unwrap();
        assert_ne!(one, two);
        assert_ne!(one, [0; 32]);
    }
}

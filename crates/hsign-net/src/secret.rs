//! Where passwords come from. This crate reads no environment and keeps no secret in a configuration.

use hsign_core::ports::PortError;
use hsign_core::{Secret, SecretReference};

/// Reads a secret from its place; the caller's closure.
pub type SecretResolver = dyn Fn(&SecretReference) -> Result<Secret, PortError> + Send + Sync;

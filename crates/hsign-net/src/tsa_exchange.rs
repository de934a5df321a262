//! One finished request to one authority: for whoever decides elsewhere when it is asked, and keeps its answer before
//! looking at it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Error;
use crate::connection::Connection;
use crate::endpoint::TsaEndpoint;
use crate::exchange::post;
use crate::secret::SecretResolver;

/// Sends time-stamp requests to one authority, each once. The connection is kept.
pub struct TsaExchange {
    endpoint: TsaEndpoint,
    secrets: Arc<SecretResolver>,
    connection: Mutex<Option<Arc<Connection>>>,
}

impl TsaExchange {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the endpoint contradicts itself.
    pub fn new(endpoint: TsaEndpoint, secrets: Arc<SecretResolver>) -> Result<Self, Error> {
        endpoint.validate()?;
        Ok(Self { endpoint, secrets, connection: Mutex::new(None) })
    }

    /// The body of the answer to a TimeStampReq (RFC 3161 §3.4), as it came.
    ///
    /// # Errors
    /// When there is no answer, or one with another HTTP status than success.
    pub fn send(&self, request: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(post(&self.endpoint, &*self.connection()?, request)?.body)
    }

    fn connection(&self) -> Result<Arc<Connection>, Error> {
        let mut kept = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = kept.as_ref() {
            return Ok(Arc::clone(connection));
        }
        let opened = Arc::new(self.endpoint.open(self.secrets.as_ref())?);
        *kept = Some(Arc::clone(&opened));
        Ok(opened)
    }
}

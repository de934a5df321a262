//! Requests to one bucket: asynchronous inside, and nothing of that outside.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use hsign_core::Budget;
use object_store::aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut};
use object_store::path::Path;
use object_store::{
    BackoffConfig, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutOptions, RetryConfig,
};
use tokio::runtime::{Builder, Runtime};

use super::ObjectStoreSettings;
use super::connect::{Connector, Openssl};
use super::source::ObjectSource;
use crate::Error;

/// Objects of a bucket, below a prefix.
#[derive(Clone)]
pub struct Bucket {
    runtime: Arc<Runtime>,
    client: Arc<AmazonS3>,
    /// `s3://bucket/prefix`.
    address: Arc<str>,
    name: Arc<str>,
    prefix: Arc<str>,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Bucket").field(&self.address).finish()
    }
}

/// Some octets of an object, and what is known of the whole.
pub(super) struct Range {
    pub(super) bytes: Vec<u8>,
    pub(super) length: u64,
    /// Which version of the object they are of.
    pub(super) tag: Option<String>,
}

impl Bucket {
    /// The bucket of these settings; nothing is asked of the server yet.
    ///
    /// # Errors
    /// When the settings make no sense.
    pub fn open(settings: &ObjectStoreSettings) -> Result<Self, Error> {
        let (name, prefix) = settings.place()?;
        let text = |secret: &hsign_core::Secret| match std::str::from_utf8(secret.expose()) {
            Ok(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(Error::Settings("the key of an object store is empty, or no text")),
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&name)
            .with_region(&settings.region)
            .with_access_key_id(text(&settings.access_key)?)
            .with_secret_access_key(text(&settings.secret_key)?)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_disable_bulk_delete(true)
            .with_crypto_provider(Arc::new(Openssl))
            .with_http_connector(Connector::new(settings)?)
            .with_retry(retries(settings));
        if let Some(token) = &settings.session_token {
            builder = builder.with_token(text(token)?);
        }
        if let Some(server) = settings.server()? {
            builder = builder.with_endpoint(server.as_str().trim_end_matches('/')).with_allow_http(true);
        }
        let client = builder.build().map_err(|_| Error::Settings("the object store can't be set up"))?;
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let address =
            if prefix.is_empty() { format!("s3://{name}") } else { format!("s3://{name}/{prefix}") };
        Ok(Self {
            runtime: Arc::new(runtime),
            client: Arc::new(client),
            address: address.into(),
            name: name.into(),
            prefix: prefix.into(),
        })
    }

    /// `s3://bucket/prefix`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A document at `s3://bucket/key`, to be read piece by piece. The key is the whole one, the prefix of the settings
    /// included; it must lie below that.
    ///
    /// # Errors
    /// When it lies elsewhere, isn't there, or the server fails.
    pub fn source(&self, location: &str) -> Result<ObjectSource, Error> {
        ObjectSource::open(self.clone(), self.document(location)?)
    }

    /// Takes a document away that the law wants gone. One that isn't there is no error.
    ///
    /// # Errors
    /// When it lies elsewhere, or the server fails.
    pub fn erase(&self, location: &str) -> Result<(), Error> {
        self.delete(&self.document(location)?)
    }

    fn document(&self, location: &str) -> Result<Path, Error> {
        let key = location.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
        let Some((_, key)) = key.filter(|(bucket, _)| **bucket == *self.name) else {
            return Err(Error::Settings("the document lies in another bucket"));
        };
        let below = self.prefix.is_empty()
            || key.strip_prefix(&*self.prefix).is_some_and(|rest| rest.starts_with('/'));
        let path = Path::parse(key).map_err(|_| Error::Name)?;
        if !below || path.as_ref() != key {
            return Err(Error::Settings(
                "the document lies outside the prefix, or its key can't be asked for",
            ));
        }
        Ok(path)
    }

    /// Creates an object; `false` where there is one of that name.
    pub(super) fn create(&self, name: &str, bytes: &[u8]) -> Result<bool, Error> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let path = self.path(name);
        match self.runtime.block_on(self.client.put_opts(&path, bytes.to_vec().into(), options)) {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(self.failed(&error)),
        }
    }

    pub(super) fn get(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let got = self.runtime.block_on(async {
            let got = self.client.get(&self.path(name)).await?;
            if got.meta.size > limit {
                return Ok(None);
            }
            Ok(Some(got.bytes().await?.to_vec()))
        });
        match got {
            Ok(Some(bytes)) => Ok(Some(bytes)),
            Ok(None) => Err(Error::too_long(limit)),
            Err(error) if is_no_object(&error) => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Octets of an object, of the version with this tag only where one is given; `None` where there is no object.
    pub(super) fn range(
        &self,
        path: &Path,
        range: std::ops::Range<u64>,
        tag: Option<&str>,
    ) -> Result<Option<Range>, Error> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            if_match: tag.map(str::to_owned),
            ..GetOptions::default()
        };
        let got = self.runtime.block_on(async {
            let got = self.client.get_opts(path, options).await?;
            let (length, tag) = (got.meta.size, got.meta.e_tag.clone());
            Ok(Range { bytes: got.bytes().await?.to_vec(), length, tag })
        });
        match got {
            Ok(range) => Ok(Some(range)),
            Err(error) if is_no_object(&error) => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Length and tag of an object; `None` where there is none.
    pub(super) fn head(&self, path: &Path) -> Result<Option<(u64, Option<String>)>, Error> {
        match self.runtime.block_on(self.client.head(path)) {
            Ok(meta) => Ok(Some((meta.size, meta.e_tag))),
            // An answer to HEAD has no body that would tell a bucket that isn't there from an object.
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    pub(super) fn has(&self, name: &str) -> Result<bool, Error> {
        Ok(self.head(&self.path(name))?.is_some())
    }

    /// The names below a folder, in their order.
    pub(super) fn list(&self, folder: &str, budget: &mut Budget) -> Result<Vec<String>, Error> {
        let below = self.path(folder);
        let own = if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) };
        let listed: Result<Vec<String>, Listing> = self.runtime.block_on(async {
            let mut names = Vec::new();
            let mut objects = self.client.list(Some(&below));
            while let Some(object) = objects.try_next().await? {
                budget.spend(1)?;
                let name: &str = object.location.as_ref();
                names.extend(name.strip_prefix(&own).map(str::to_owned));
            }
            Ok(names)
        });
        match listed {
            Ok(mut names) => {
                names.sort_unstable();
                Ok(names)
            }
            Err(Listing::Store(error)) => Err(self.failed(&error)),
            Err(Listing::Budget(error)) => Err(error.into()),
        }
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), Error> {
        self.delete(&self.path(name))
    }

    fn delete(&self, path: &Path) -> Result<(), Error> {
        match self.runtime.block_on(self.client.delete(path)) {
            Ok(()) => Ok(()),
            Err(error) if is_no_object(&error) => Ok(()),
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn path(&self, name: &str) -> Path {
        if self.prefix.is_empty() { Path::from(name) } else { Path::from(format!("{}/{name}", self.prefix)) }
    }

    pub(super) fn failure(&self, reason: &str) -> Error {
        Error::Remote { store: self.address.to_string(), reason: reason.to_owned() }
    }

    fn failed(&self, error: &object_store::Error) -> Error {
        self.failure(&reason(error))
    }
}

enum Listing {
    Store(object_store::Error),
    Budget(hsign_core::BudgetExhausted),
}

impl From<object_store::Error> for Listing {
    fn from(error: object_store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<hsign_core::BudgetExhausted> for Listing {
    fn from(error: hsign_core::BudgetExhausted) -> Self {
        Self::Budget(error)
    }
}

/// A bucket that isn't there is also "not found", and must not look like an empty one.
fn is_no_object(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::NotFound { .. }) && code(&error.to_string()) != Some("NoSuchBucket")
}

/// What the server said, without the address, which has names of files in it.
fn reason(error: &object_store::Error) -> String {
    let text = error.to_string();
    if let Some(code) = code(&text) {
        return code.to_owned();
    }
    let mut last: &dyn std::error::Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    // The last cause says what happened: "connection refused", "operation timed out", "server returned 503".
    last.to_string().chars().take(200).collect()
}

/// The word by which S3 names an error: `<Code>NoSuchBucket</Code>`.
fn code(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code)
}

fn retries(settings: &ObjectStoreSettings) -> RetryConfig {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(200),
        max_backoff: Duration::from_secs(5),
        base: 2.0,
    };
    let retry_timeout = settings.silence.saturating_mul(4);
    RetryConfig { backoff, max_retries: settings.retries, retry_timeout }
}

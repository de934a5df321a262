//! Development only: an S3 server on loopback that fails when it is told to.
//!
//! The server is other people's (s3s, with files in a throw-away folder); it checks the signature of every request. Around
//! it: what it does not do itself (creating an object once, whoever comes at the same time), and faults.

mod faults;
mod objects;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub use faults::Fault;

/// The name of the key that the server knows.
pub const ACCESS_KEY: &str = "testkit";
/// The key.
pub const SECRET_KEY: &str = "testkit-secret";

/// A running server; it ends with the value.
pub struct S3Server {
    endpoint: String,
    root: tempfile::TempDir,
    state: Arc<faults::State>,
    // Dropped last: ends the server.
    _runtime: Runtime,
}

impl S3Server {
    /// A server with one bucket, `archive`.
    ///
    /// # Errors
    /// When there is no port, thread or folder for it.
    pub fn start() -> io::Result<Self> {
        let root = tempfile::tempdir()?;
        std::fs::create_dir(root.path().join("archive"))?;
        let state = Arc::new(faults::State::default());
        let files = FileSystem::new(root.path()).map_err(|_| io::ErrorKind::Other)?;
        let objects = objects::Objects::new(root.path().to_owned(), files, Arc::clone(&state));
        let mut builder = S3ServiceBuilder::new(objects);
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = faults::Faulty::new(builder.build(), Arc::clone(&state));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let server = Builder::new(TokioExecutor::new());
                    // A connection that breaks concerns only its client.
                    let _ = server.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Ok(Self { endpoint, root, state, _runtime: runtime })
    }

    /// Its address, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Where the objects are as files, `BUCKET/KEY`: to damage them behind the server's back.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The next so many requests meet this fault.
    pub fn fail(&self, fault: Fault, times: usize) {
        self.state.fail(fault, times);
    }

    /// From now on `If-None-Match` is passed over, as servers do that don't know it.
    pub fn ignore_conditions(&self, ignore: bool) {
        self.state.ignore_conditions.store(ignore, Ordering::Relaxed);
    }

    /// Requests so far, by method.
    #[must_use]
    pub fn requests(&self, method: &str) -> usize {
        self.state.requests(method)
    }
}

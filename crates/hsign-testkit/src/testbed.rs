//! Clock, PKI and server in one.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use crate::clock::Clock;
use crate::faults::{Endpoint, Fault};
use crate::http::{Listener, ListenerOptions, RecordedRequest, Router};
use crate::pki::{Ca, Identity, Pki, Protection};
use crate::remote::RemoteMode;
use crate::tsa::{Tsa, TsaOptions};
use crate::{Error, Person, Unit, folder};

/// A running test PKI: its files in a folder, its services on 127.0.0.1. Stops when dropped.
#[derive(Debug)]
pub struct Testbed {
    router: Arc<Router>,
    listeners: Mutex<Vec<Listener>>,
    base_url: String,
    folder: PathBuf,
    notes: Vec<String>,
    _temporary: Option<TempDir>,
}

impl Testbed {
    /// With the system's clock, files in a temporary folder.
    ///
    /// # Errors
    /// No port or folder, or what OpenSSL says.
    pub fn start() -> Result<Self, Error> {
        Self::start_at(Clock::system())
    }

    /// With this clock, files in a temporary folder. Certificates are issued as seen from what the clock shows now.
    ///
    /// # Errors
    /// No port or folder, or what OpenSSL says.
    pub fn start_at(clock: Clock) -> Result<Self, Error> {
        let temporary = tempfile::Builder::new().prefix("hsign-testkit-").tempdir()?;
        let folder = temporary.path().to_owned();
        Self::start_in(clock, &folder, 0, Some(temporary))
    }

    /// With this clock, files left in `folder`, on this port (0: any).
    ///
    /// # Errors
    /// The port is taken, the folder can't be written, or what OpenSSL says.
    pub fn start_in_folder(clock: Clock, folder: &Path, port: u16) -> Result<Self, Error> {
        Self::start_in(clock, folder, port, None)
    }

    fn start_in(clock: Clock, folder: &Path, port: u16, temporary: Option<TempDir>) -> Result<Self, Error> {
        let socket = Listener::bind(port)?;
        let base_url = format!("http://127.0.0.1:{}", socket.local_addr()?.port());
        let now = clock.now();
        let pki = Arc::new(Pki::new(&base_url, now)?);
        let notes = folder::write(&pki, folder, now)?;
        let router = Arc::new(Router::new(pki, clock, &base_url));
        let listener = Listener::start(socket, Arc::clone(&router), ListenerOptions::http())?;
        let listeners = Mutex::new(vec![listener]);
        Ok(Self { router, listeners, base_url, folder: folder.to_owned(), notes, _temporary: temporary })
    }

    /// One more listener with demands of its own, before the same endpoints. Gives its base URL, e.g.
    /// `https://127.0.0.1:40001`; append `/tsa`, or use it as a proxy. TLS clients look at the system's clock, so HTTPS
    /// wants a testbed whose clock was near it when it started.
    ///
    /// # Errors
    /// No port, or what OpenSSL says.
    pub fn listen(&self, options: ListenerOptions) -> Result<String, Error> {
        let scheme = if options.tls.is_some() { "https" } else { "http" };
        let listener = Listener::start(Listener::bind(0)?, Arc::clone(&self.router), options)?;
        let base_url = format!("{scheme}://127.0.0.1:{}", listener.port());
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
        Ok(base_url)
    }

    /// Takes all services off the network; files and getters stay.
    pub fn stop_serving(&self) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The clock of TSA, CRLs and OCSP.
    pub fn clock(&self) -> &Clock {
        &self.router.clock
    }

    /// The certificates and keys.
    pub fn pki(&self) -> &Pki {
        &self.router.pki
    }

    /// The time-stamp authority, without HTTP.
    pub fn tsa(&self) -> &Tsa {
        &self.router.tsa
    }

    /// How the authority stamps from now on.
    pub fn set_tsa_options(&self, options: TsaOptions) {
        self.router.tsa.set_options(options);
    }

    /// How remote keys are authorised from now on.
    pub fn set_remote_mode(&self, mode: RemoteMode) {
        self.router.remote.set_mode(mode);
    }

    /// The remote signing service that speaks the CSC API v2.
    pub fn csc_url(&self) -> String {
        format!("{}/csc/v2", self.base_url)
    }

    /// The remote signing service that gives whole XML signatures.
    pub fn element_service_url(&self) -> String {
        format!("{}/element", self.base_url)
    }

    /// Authorization and token endpoint of the login.
    pub fn login_urls(&self) -> (String, String) {
        (format!("{}/login/authorize", self.base_url), format!("{}/login/token", self.base_url))
    }

    /// `http://127.0.0.1:PORT`; also usable as a proxy.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The time-stamp authority.
    pub fn tsa_url(&self) -> String {
        format!("{}/tsa", self.base_url)
    }

    /// The same authority at a second place, with a script of faults of its own.
    pub fn second_tsa_url(&self) -> String {
        format!("{}/tsa/second", self.base_url)
    }

    /// The folder with all files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What was left out of the folder, and why: PKCS#12 with RC2-40 where OpenSSL has no legacy provider.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The trust registry (TOML).
    pub fn registry_path(&self) -> PathBuf {
        self.folder.join("trust.toml")
    }

    /// The root (PEM) that HTTPS clients have to trust.
    pub fn tls_root_path(&self) -> PathBuf {
        self.folder.join("ca/commercial-root.pem")
    }

    /// A file that holds the passphrase of the PKCS#12 files and a line feed.
    pub fn passphrase_path(&self) -> PathBuf {
        self.folder.join("passphrase.txt")
    }

    /// A sample document by its name, see [`documents`](crate::documents).
    pub fn document_path(&self, name: &str) -> PathBuf {
        self.folder.join("documents").join(name)
    }

    /// A person's certificate, key and files.
    pub fn person(&self, person: Person) -> Files<'_> {
        let folder = folder::person_folder(&self.folder, person);
        Files { identity: self.router.pki.person(person), folder }
    }

    /// A machine's certificate, key and files.
    pub fn unit(&self, unit: Unit) -> Files<'_> {
        Files { identity: self.router.pki.unit(unit), folder: self.folder.join("units").join(unit.name()) }
    }

    /// The person's certificate is revoked from what the clock shows now.
    pub fn revoke(&self, person: Person) {
        self.router.pki.revoke(person.issuer(), person.serial(), self.router.clock.now());
    }

    /// A machine's certificate is revoked from what the clock shows now.
    pub fn revoke_unit(&self, unit: Unit) {
        self.router.pki.revoke(unit.issuer(), unit.serial(), self.router.clock.now());
    }

    /// An authority's certificate is revoked from what the clock shows now.
    pub fn revoke_authority(&self, ca: Ca) {
        self.router.pki.revoke(ca.issuer(), ca.serial(), self.router.clock.now());
    }

    /// The next request to `endpoint` that nothing waits for yet meets this fault.
    pub fn queue_fault(&self, endpoint: Endpoint, fault: Fault) {
        self.queue_faults(endpoint, &[fault]);
    }

    /// The next request that nothing waits for yet meets all of these; an empty list lets one request pass.
    pub fn queue_faults(&self, endpoint: Endpoint, faults: &[Fault]) {
        self.router.faults.queue(endpoint, faults.to_vec());
    }

    /// Every request to `endpoint` that nothing is queued for meets these.
    pub fn always_fault(&self, endpoint: Endpoint, faults: &[Fault]) {
        self.router.faults.always(endpoint, faults.to_vec());
    }

    /// Forgets all scripted faults.
    pub fn clear_faults(&self) {
        self.router.faults.clear();
    }

    /// The requests since the last call, oldest first.
    pub fn take_requests(&self) -> Vec<RecordedRequest> {
        self.router.take_requests()
    }
}

/// Somebody's [`Identity`] and where its files are.
#[derive(Debug)]
pub struct Files<'a> {
    identity: &'a Identity,
    folder: PathBuf,
}

impl Files<'_> {
    /// PKCS#12 with AES, passphrase [`PASSPHRASE`](crate::PASSPHRASE). People only.
    pub fn pkcs12_path(&self) -> PathBuf {
        self.folder.join(Protection::Aes.file_name())
    }

    /// PKCS#12 under another protection, if it was written: old ones exist for doctor and pharmacist.
    pub fn pkcs12_path_with(&self, protection: Protection) -> Option<PathBuf> {
        Some(self.folder.join(protection.file_name())).filter(|path| path.exists())
    }

    /// PKCS#8 PEM, not encrypted.
    pub fn key_path(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    /// PEM: own certificate, issuer, root.
    pub fn chain_path(&self) -> PathBuf {
        self.folder.join("chain.pem")
    }

    /// The certificate alone, PEM.
    pub fn certificate_path(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }
}

impl Deref for Files<'_> {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        self.identity
    }
}

#[cfg(test)]
mod tests {
    use super::Testbed;

    #[test]
    fn threads_may_share_a_testbed() {
        fn shared<T: Send + Sync>() {}
        shared::<Testbed>();
    }
}

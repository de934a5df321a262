//! A throw-away PostgreSQL server on a socket of its own, for tests that need a real one.
//!
//! It is stopped, and everything in it removed, when the value is dropped. PostgreSQL refuses to run as root, so that it
//! runs as another account then (`postgres`, as Debian makes it, else `nobody`).

use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use openssl::x509::X509;

use crate::{Error, Pki, Unit};

/// The password of everybody who doesn't come through the socket.
pub const PASSWORD: &str = "open sesame";
/// The usual port; without TCP it only names the socket.
const PORT: u16 = 5432;

/// How long the server may take to come up.
const STARTING: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_millis(50);

/// A running server.
#[derive(Debug)]
pub struct Server {
    folder: tempfile::TempDir,
    programs: PathBuf,
    account: Option<&'static str>,
    process: Option<Child>,
    port: u16,
    /// Whether it listens on loopback, with the certificate in its folder.
    tls: bool,
}

/// The folder of PostgreSQL's programs where distributions put it; `None` where it isn't installed.
#[must_use]
pub fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    versions.sort();
    let others =
        ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/usr/local/pgsql/bin"].map(PathBuf::from);
    versions.into_iter().rev().chain(others).find(|path| path.join("initdb").is_file())
}

impl Server {
    /// Starts a new, empty server; `None` where PostgreSQL isn't installed.
    ///
    /// # Errors
    /// It can't be made or started; what it said stands in the error.
    pub fn start() -> Result<Option<Self>, Error> {
        Self::start_with(None)
    }

    /// As [`Server::start`], and on a port of 127.0.0.1 too, with TLS under the certificate of this PKI's server; there
    /// it asks for [`PASSWORD`].
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_with_tls(pki: &Pki) -> Result<Option<Self>, Error> {
        Self::start_with(Some(pki))
    }

    fn start_with(pki: Option<&Pki>) -> Result<Option<Self>, Error> {
        let Some(programs) = programs() else { return Ok(None) };
        // Paths of sockets are short; the account must be let in.
        let folder = tempfile::Builder::new().prefix("hsign-pg-").tempdir_in("/tmp")?;
        let account = if is_root()? { Some(account()?) } else { None };
        let port = if pki.is_some() { TcpListener::bind("127.0.0.1:0")?.local_addr()?.port() } else { PORT };
        let mut server = Self { folder, programs, account, process: None, port, tls: pki.is_some() };
        let path = |name: &str| server.folder.path().join(name);
        std::fs::write(path("password"), PASSWORD)?;
        if let Some(pki) = pki {
            let unit = pki.unit(Unit::TlsServer);
            let mut chain = Vec::new();
            for certificate in
                std::iter::once(unit.certificate_der()).chain(unit.chain_der().iter().map(Vec::as_slice))
            {
                chain.extend(X509::from_der(certificate)?.to_pem()?);
            }
            std::fs::write(path("server.crt"), chain)?;
            std::fs::write(path("server.key"), unit.private_key_pem())?;
            run(Command::new("chmod").arg("600").arg(path("server.key")))?;
        }
        if let Some(account) = account {
            run(Command::new("chown").arg("-R").arg(account).arg(server.folder.path()))?;
        }
        let mut initdb = server.command("initdb");
        initdb.args([
            "--username=hsign",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
        ]);
        initdb.args(["--locale=C", "--no-sync"]).arg("--pwfile").arg(path("password"));
        run(initdb.arg("-D").arg(server.data()))?;
        server.launch()?;
        Ok(Some(server))
    }

    /// A new, empty database in it; its address.
    ///
    /// # Errors
    /// The server refuses.
    pub fn database(&self, name: &str) -> Result<String, Error> {
        let mut createdb = self.command("createdb");
        createdb.args(["--username=hsign", "-p", &self.port.to_string(), "-h"]);
        run(createdb.arg(self.socket()).arg(name))?;
        Ok(self.url(name))
    }

    /// The address of a database in it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let socket = self.socket().to_string_lossy().replace('/', "%2F");
        format!("postgres://hsign@{socket}:{}/{database}", self.port)
    }

    /// The address of a database through TLS, without the password.
    #[must_use]
    pub fn tls_url(&self, database: &str) -> String {
        format!("postgres://hsign@127.0.0.1:{}/{database}?sslmode=require", self.port)
    }

    /// What `psql` says to these statements, a line for each row.
    ///
    /// # Errors
    /// The server refuses.
    pub fn query(&self, database: &str, sql: &str) -> Result<String, Error> {
        let mut psql = self.command("psql");
        psql.args(["--username=hsign", "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1"]);
        psql.args(["-p", &self.port.to_string(), "-h"]);
        run(psql.arg(self.socket()).args(["-d", database, "-c", sql]))
    }

    /// Kills the server and everything of it at once, as a power cut would.
    ///
    /// # Errors
    /// The process can't be killed.
    pub fn kill(&mut self) -> Result<(), Error> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let mut all = children(process.id());
        all.push(process.id().to_string());
        let killed = run(Command::new("kill").arg("-9").args(&all));
        // One of them may have been gone already.
        process.kill()?;
        process.wait()?;
        killed.or(Ok(String::new())).map(drop)
    }

    /// Starts it again after [`Server::kill`] or [`Server::stop`]; what was committed is there.
    ///
    /// # Errors
    /// It doesn't come up.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.launch()
    }

    /// Ends it in an orderly way; connections are cut.
    ///
    /// # Errors
    /// It doesn't end.
    pub fn stop(&mut self) -> Result<(), Error> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let mut stop = self.command("pg_ctl");
        run(stop.args(["stop", "-w", "-m", "fast", "-D"]).arg(self.data()))?;
        process.wait()?;
        Ok(())
    }

    fn launch(&mut self) -> Result<(), Error> {
        let begun = Instant::now();
        let mut process = self.spawn()?;
        loop {
            let mut ready = self.command("pg_isready");
            if ready.args(["-q", "-p", &self.port.to_string(), "-h"]).arg(self.socket()).status()?.success() {
                break;
            }
            if begun.elapsed() > STARTING {
                return Err(failed(&self.said()));
            }
            // What a killed server left in memory may have to go first.
            if process.try_wait()?.is_some() {
                process = self.spawn()?;
            }
            thread::sleep(PATIENCE);
        }
        self.process = Some(process);
        Ok(())
    }

    fn spawn(&self) -> Result<Child, Error> {
        let log = std::fs::File::create(self.folder.path().join("server.log"))?;
        let mut server = self.command("postgres");
        server.arg("-D").arg(self.data()).arg("-k").arg(self.socket());
        // That a machine loses its power isn't tried: nothing is synchronised.
        server.args(["-c", "max_connections=60", "-c", "fsync=off", "-p", &self.port.to_string()]);
        if self.tls {
            server.args(["-c", "listen_addresses=127.0.0.1", "-c", "ssl=on"]);
            for (option, file) in [("ssl_cert_file", "server.crt"), ("ssl_key_file", "server.key")] {
                server.arg("-c").arg(format!("{option}={}", self.folder.path().join(file).display()));
            }
        } else {
            server.args(["-c", "listen_addresses="]);
        }
        Ok(server.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?)
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn socket(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let Some(account) = self.account else { return Command::new(program) };
        let mut command = Command::new("setpriv");
        command.args([&format!("--reuid={account}"), "--clear-groups", "--"]).arg(program);
        command.current_dir("/");
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.kill();
    }
}

/// Where the system doesn't tell, they end by themselves once they notice.
fn children(process: u32) -> Vec<String> {
    let list = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    list.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

fn is_root() -> Result<bool, Error> {
    Ok(run(Command::new("id").arg("-u"))?.trim() == "0")
}

fn account() -> Result<&'static str, Error> {
    let there =
        |name: &&&str| Command::new("id").args(["-u", name]).output().is_ok_and(|id| id.status.success());
    ["postgres", "nobody"].iter().find(there).copied().ok_or_else(|| failed("no account for PostgreSQL"))
}

fn run(command: &mut Command) -> Result<String, Error> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let program = command.get_program().to_string_lossy().into_owned();
    Err(failed(&format!("{program}: {}", String::from_utf8_lossy(&output.stderr))))
}

fn failed(reason: &str) -> Error {
    Error::Io(io::Error::other(reason.to_owned()))
}

//! One listening socket and its connections, a thread each.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use openssl::ssl::{SslAcceptor, SslRef, SslStream};

use super::delivery::{self, After};
use super::demands::ListenerOptions;
use super::message::{Request, Response};
use super::router::{RecordedRequest, Router, TlsFacts};
use super::{proxy, tls};
use crate::Error;

/// A listener that stops, with all its connections, when dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    stopped: AtomicBool,
    /// Those that are open, by number.
    connections: Mutex<HashMap<u64, TcpStream>>,
    options: ListenerOptions,
    acceptor: Option<SslAcceptor>,
    router: Arc<Router>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shared").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Listener {
    /// A socket on 127.0.0.1; port 0 lets the system choose.
    pub(crate) fn bind(port: u16) -> io::Result<TcpListener> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port))
    }

    /// Answers on the socket from now on.
    pub(crate) fn start(
        socket: TcpListener,
        router: Arc<Router>,
        options: ListenerOptions,
    ) -> Result<Self, Error> {
        let address = socket.local_addr()?;
        let acceptor = tls::acceptor(&router.pki, &options)?;
        let shared = Arc::new(Shared {
            stopped: AtomicBool::new(false),
            connections: Mutex::default(),
            options,
            acceptor,
            router,
        });
        let accepting = Arc::clone(&shared);
        let accepting =
            thread::Builder::new().name("testkit-accept".into()).spawn(move || accepting.accept(&socket))?;
        Ok(Self { address, shared, accepting: Some(accepting) })
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes accept(), which then sees the flag and lets go of the port.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        for (_, connection) in self.shared.connections().drain() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, socket: &TcpListener) {
        for (number, connection) in (0..).zip(socket.incoming()) {
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            let Ok(connection) = connection else { continue };
            let Ok(handle) = connection.try_clone() else { continue };
            self.connections().insert(number, handle);
            let shared = Arc::clone(self);
            // A client that goes away in the middle is part of the tests, not an error.
            let _ = thread::Builder::new().name("testkit-connection".into()).spawn(move || {
                let _ = shared.serve(&connection);
                let _ = connection.shutdown(Shutdown::Both);
                shared.connections().remove(&number);
            });
        }
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<u64, TcpStream>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, connection: &TcpStream) -> io::Result<()> {
        connection.set_nodelay(true)?;
        let Some(acceptor) = &self.acceptor else {
            return self.converse(BufReader::new(connection.try_clone()?), connection, None);
        };
        let stream = acceptor.accept(connection.try_clone()?).map_err(io::Error::other)?;
        let facts = tls_facts(stream.ssl());
        self.converse::<SslStream<TcpStream>>(BufReader::new(stream), connection, Some(&facts))
    }

    fn converse<S: Read + Write>(
        &self,
        mut stream: BufReader<S>,
        connection: &TcpStream,
        tls: Option<&TlsFacts>,
    ) -> io::Result<()> {
        loop {
            let proceed =
                |stream: &mut BufReader<S>| stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
            let Some(request) = Request::read(&mut stream, proceed)? else { return Ok(()) };
            if let Some(refusal) = self.options.refuse(&request) {
                self.record(request, None, tls, refusal.status);
                delivery::send(stream.get_mut(), &refusal, &[], false)?;
                return Ok(());
            }
            if request.method == "CONNECT" && tls.is_none() {
                return self.tunnel(request, connection);
            }
            if self.respond(stream.get_mut(), request, tls)? == After::Close {
                return Ok(());
            }
        }
    }

    fn respond<W: Write>(
        &self,
        stream: &mut W,
        request: Request,
        tls: Option<&TlsFacts>,
    ) -> io::Result<After> {
        let endpoint = Router::endpoint(request.path());
        let faults = endpoint.map_or_else(Vec::new, |endpoint| self.router.faults.take(endpoint));
        let response = self.router.answer(endpoint, &request, &faults);
        let keep_alive = request.keeps_alive();
        let response = delivery::distort(response, &faults);
        self.record(request, endpoint, tls, response.as_ref().map_or(0, |response| response.status));
        match response {
            Some(response) => delivery::send(stream, &response, &faults, keep_alive),
            None => Ok(After::Close),
        }
    }

    fn tunnel(&self, request: Request, mut connection: &TcpStream) -> io::Result<()> {
        match proxy::connect(&request.target) {
            Ok(server) => {
                self.record(request, None, None, 200);
                connection.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
                proxy::tunnel(connection, server)
            }
            Err(_) => {
                self.record(request, None, None, 502);
                delivery::send(&mut connection, &Response::status(502), &[], false).map(|_| ())
            }
        }
    }

    fn record(
        &self,
        request: Request,
        endpoint: Option<crate::Endpoint>,
        tls: Option<&TlsFacts>,
        status: u16,
    ) {
        self.router.record(RecordedRequest { request, endpoint, tls: tls.cloned(), status });
    }
}

fn tls_facts(ssl: &SslRef) -> TlsFacts {
    TlsFacts {
        version: ssl.version_str().to_owned(),
        cipher: ssl.current_cipher().map(|cipher| cipher.name().to_owned()).unwrap_or_default(),
        client_certificate: ssl.peer_certificate().and_then(|certificate| certificate.to_der().ok()),
    }
}

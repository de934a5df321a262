//! The tunnel of a forward proxy (RFC 9110 §9.3.6), to this machine only.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::thread;

/// Connects to the target of a CONNECT request; anything but a port of this machine is refused.
pub(crate) fn connect(target: &str) -> io::Result<TcpStream> {
    let refused = || io::Error::new(io::ErrorKind::PermissionDenied, "only 127.0.0.1 and localhost");
    let (host, port) = target.rsplit_once(':').ok_or_else(refused)?;
    let port = port.parse().map_err(|_| refused())?;
    if host != "127.0.0.1" && host != "localhost" {
        return Err(refused());
    }
    TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// Copies both ways until both sides have finished.
pub(crate) fn tunnel(client: &TcpStream, server: TcpStream) -> io::Result<()> {
    let (back_from, back_to) = (server.try_clone()?, client.try_clone()?);
    let back = thread::spawn(move || pump(back_from, back_to));
    let forth = pump(client.try_clone()?, server);
    let _ = back.join();
    forth
}

fn pump(mut from: TcpStream, mut to: TcpStream) -> io::Result<()> {
    let mut buffer = [0u8; 16_384];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return to.shutdown(Shutdown::Write);
        }
        to.write_all(buffer.get(..count).unwrap_or_default())?;
    }
}

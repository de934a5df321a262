use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// A request as it came: the number of its connection and its head.
pub(super) type Seen = (usize, String);

/// Serves every request with `answer`; gives its port and what it was asked.
pub(super) fn serve(
    answer: impl Fn(&mut dyn Write) -> std::io::Result<()> + Send + Sync + 'static,
) -> (u16, Receiver<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = channel();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let (mut stream, sender, answer) = (stream.unwrap(), sender.clone(), Arc::clone(&answer));
            thread::spawn(move || {
                while let Some(head) = read_request(&mut stream) {
                    // The test may have ended while we were at it.
                    let _ = sender.send((number, head));
                    if answer(&mut stream).is_err() {
                        break;
                    }
                }
            });
        }
    });
    (port, receiver)
}

/// The head of a request whose body has come too; `None` at the end of the connection.
pub(super) fn read_request(stream: &mut impl Read) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.extend_from_slice(&byte);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned))
        .map_or(0, |value| value.trim().parse().unwrap());
    stream.read_exact(&mut vec![0; length]).ok()?;
    Some(head)
}

pub(super) fn send(
    text: &'static str,
) -> impl Fn(&mut dyn Write) -> std::io::Result<()> + Send + Sync + 'static {
    move |stream| stream.write_all(text.as_bytes())
}

/// Says something and hangs up.
pub(super) fn send_and_close(
    text: &'static str,
) -> impl Fn(&mut dyn Write) -> std::io::Result<()> + Send + Sync + 'static {
    move |stream| {
        stream.write_all(text.as_bytes())?;
        Err(std::io::ErrorKind::ConnectionAborted.into())
    }
}

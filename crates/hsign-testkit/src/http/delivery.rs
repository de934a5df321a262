//! An answer on its way out, with the faults of transport.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use super::message::Response;
use crate::faults::Fault;

/// What comes after the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    KeepAlive,
    Close,
}

/// The answer as the faults change it; `None` if there shall be none.
pub(crate) fn distort(mut response: Response, faults: &[Fault]) -> Option<Response> {
    for fault in faults {
        match fault {
            Fault::Disconnect => return None,
            Fault::Latency(pause) => thread::sleep(*pause),
            Fault::Status(status) => response = Response::status(*status),
            Fault::Redirect(place) => {
                response = Response::status(302).with_header("Location", place.clone());
            }
            Fault::Garbage => {
                response.body = b"<!DOCTYPE html><title>not what was asked for</title>".to_vec()
            }
            Fault::WrongContentType => response.content_type = "text/html",
            _ => {}
        }
    }
    Some(response)
}

/// Sends it; slowly, too much or too little if the faults say so.
pub(crate) fn send<W: Write>(
    stream: &mut W,
    response: &Response,
    faults: &[Fault],
    keep_alive: bool,
) -> io::Result<After> {
    let body = response.body.as_slice();
    let honest = u64::try_from(body.len()).unwrap_or(u64::MAX);
    let length = faults.iter().fold(honest, |length, fault| match fault {
        Fault::OversizedBody(size) => length.max(*size),
        _ => length,
    });
    stream.write_all(&response.head(length, keep_alive))?;
    if faults.contains(&Fault::TruncatedBody) {
        let (half, _) = body.split_at(body.len() / 2);
        stream.write_all(half)?;
        stream.flush()?;
        return Ok(After::Close);
    }
    let drip = faults.iter().find_map(|fault| match fault {
        Fault::SlowDrip(pause) => Some(*pause),
        _ => None,
    });
    match drip {
        Some(pause) => trickle(stream, body, pause)?,
        None => stream.write_all(body)?,
    }
    let zeroes = io::repeat(0);
    io::copy(&mut io::Read::take(zeroes, length - honest), stream)?;
    stream.flush()?;
    Ok(if keep_alive { After::KeepAlive } else { After::Close })
}

fn trickle<W: Write>(stream: &mut W, body: &[u8], pause: Duration) -> io::Result<()> {
    for octet in body {
        stream.write_all(&[*octet])?;
        stream.flush()?;
        thread::sleep(pause);
    }
    Ok(())
}

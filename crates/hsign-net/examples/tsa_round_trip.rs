//! How long a time stamp takes: `tsa_round_trip URL [COUNT]`. The first one includes setting up and connecting.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hsign_core::ports::PortError;
use hsign_core::{Digest, ErrorKind, Time};
use hsign_crypto::{OpensslVerifier, SystemRandom};
use hsign_net::{HttpTimestamper, Ports, TsaEndpoint};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: tsa_round_trip URL [COUNT]")?;
    let count: u32 = arguments.next().map_or(Ok(100), |count| count.parse())?;
    let begin = Instant::now();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let now = Time::from_unix_seconds(i64::try_from(now)?)?;
    let ports = Ports {
        randomness: Box::new(SystemRandom),
        verifier: Box::new(OpensslVerifier::new()),
        now: Box::new(move || now.plus_seconds(i64::try_from(begin.elapsed().as_secs()).unwrap_or(0))),
        secrets: Box::new(|_| Err(PortError::new(ErrorKind::Usage, "no secrets here"))),
    };
    let start = Instant::now();
    let timestamper = HttpTimestamper::new(vec![TsaEndpoint::at(&url)], ports)?;
    let imprint = Digest::new(timestamper.digest(), vec![7; timestamper.digest().length()]);
    timestamper.obtain(&imprint)?;
    println!("first: {:?}", start.elapsed());
    let start = Instant::now();
    for _ in 0..count {
        timestamper.obtain(&imprint)?;
    }
    println!("each of {count} more: {:?}", start.elapsed() / count.max(1));
    Ok(())
}

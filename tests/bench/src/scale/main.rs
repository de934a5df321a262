//! What `make scale` is made of: batches of documents that don't exist, in an archive that does. Each role is a process:
//!
//! | role | what it does |
//! |---|---|
//! | `serve FOLDER` | the authorities of two generations over HTTP, and PostgreSQL; told by lines what time it is |
//! | `make FOLDER HOME INDEX LEAVES` | an archive, with one batch |
//! | `plant HOME FROM TO EVERY` | batches of these numbers, stamped but for one of every so many |
//! | `renew FOLDER HOME WHEN THREADS` | whatever is due in this archive at this point of its life |
//! | `verify FOLDER HOME COUNT BATCHES` | the evidence of so many documents, chosen by chance |
//!
//! A role that works answers with one line of JSON: what was done, its time, that of processors, and the most memory it had.

mod documents;
mod planting;
mod roles;
mod server;
mod stores;
mod world;

use std::time::Instant;

use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

#[allow(clippy::print_stdout, reason = "what it answers is heard there")]
fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["serve", folder] = words.as_slice() {
        return server::serve(folder.as_ref());
    }
    let start = Instant::now();
    let mut done = match words.as_slice() {
        ["make", folder, home, index, leaves] => {
            roles::make(folder.as_ref(), home.as_ref(), index, leaves.parse()?)
        }
        ["plant", home, from, to, every] => {
            planting::plant(home.as_ref(), from.parse()?..to.parse()?, every.parse()?)
        }
        ["renew", folder, home, when, threads] => {
            roles::renew(folder.as_ref(), home.as_ref(), when, threads.parse()?)
        }
        ["verify", folder, home, count, batches] => {
            roles::verify(folder.as_ref(), home.as_ref(), count.parse()?, batches.parse()?)
        }
        other => Err(format!("unknown role {other:?}").into()),
    }?;
    let seconds = start.elapsed().as_secs_f64();
    if let Some(done) = done.as_object_mut() {
        let own = json!({ "seconds": seconds, "cpu_seconds": cpu_seconds(), "peak_kib": peak_kib()? });
        done.extend(own.as_object().cloned().unwrap_or_default());
    }
    println!("{done}");
    Ok(())
}

fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    std::time::Duration::try_from(time).map_or(f64::NAN, |time| time.as_secs_f64())
}

fn peak_kib() -> Result<u64, Failure> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// What a role answers.
type Answer = Result<Value, Failure>;

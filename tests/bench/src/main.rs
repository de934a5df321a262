//! Measures this library for `make bench`: reads one operation per line (its words apart by tabs), carries it out
//! once, answers with one line of JSON. `tests/bench/run.py` asks it and the peers in turn.
//!
//! | operation | what is timed |
//! |---|---|
//! | `sign LEVEL FILE` | bytes in, bytes out, self-check included |
//! | `sign-limit LEVEL` | what the last such signature can't do without |
//! | `extend LEVEL` | evidence and a further stamp over the last such signature |
//! | `verify LEVEL` | the last such signature, from bytes to verdict |
//! | `verify-limit LEVEL` | what that can't do without |
//! | `sign-often LEVEL FILE N` | not for its time: one document with N signatures, named `LEVEL x N` from now on |
//! | `read LEVEL` | the last such signature, from bytes to facts |
//! | `sign-files LEVEL FILE FOLDER N` | not for its time: N signed files |
//! | `files-verify FOLDER FROM TO THREADS` | these files to verdicts |
//! | `file-sign LEVEL IN OUT` | file in, file in place |
//! | `file-verify FILE` | file to verdict |
//! | `detached-verify FILE CONTENT` | a CMS and the file beside it to verdict |
//! | `file-limit IN OUT` | two passes of SHA-256 over IN and a durable copy put in place at OUT |
//! | `file-pass IN...` | one pass over each |
//! | `sign-as FORM LEVEL OUT IN...` | files in, one file in place: `cades-detached`, `cades-enveloping`, `xades-enveloped`, `asic-e-cades`, `asic-e-xades` |
//! | `file-verify-limit FILE [CONTENT]` | what verifying it can't do without |
//! | `file-sign-limit FILE N [CONTENT]` | what making it and putting it in place can't do without, N round trips to the time-stamp authority among it |
//! | `files-sign LEVEL FILE FOLDER FROM TO` | one file signed again and again, into files of these numbers |
//! | `token FILE OUT` | a time-stamp token over a file, put in place |
//! | `token-limit FILE` | two passes over it and a round trip |
//! | `files-token FOLDER FROM TO` | tokens over these files, put beside them |
//! | `pdf-stamp FILE` | a document time stamp, bytes in, bytes out |
//! | `tree-pass FOLDER THREADS DIGESTS` | all files of a folder opened, read and hashed by so many threads, with SHA-256 or with SHA-512 too |
//! | `archive-make HOME BATCH` | not for its time: an archive without documents, with batches of so many |
//! | `archive-add HOME FOLDER THREADS` | the files of a folder taken, by so many threads |
//! | `archive-age HOME` | not for its time: all batches stamped, and years gone by until that is to be renewed |
//! | `archive-renew HOME` | the time stamps of all batches renewed |
//! | `archive-renew-limit FOLDER N` | what renewing N batches can't do without |
//! | `hash-tree N` | the tree of an evidence record over N digests |
//! | `hash-tree-nodes N` | its nodes' hashes alone |
//! | `path WHAT` | the doctor's certification path many times: `from-bytes`, `from-certificates`, or its `signatures` alone |
//! | `engine WHAT LEVEL N SIGNERS` | verdicts from facts of N signatures of so many people: `memoised`, `checked`, or the checks alone, `bare` |
//! | `peak` | nothing; tells the most memory this process had |

mod archive;
mod engine;
mod forms;
mod limit;
mod paths;
mod stamps;
mod tree;
mod workbench;

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;

use serde_json::{Value, json};

use workbench::Workbench;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(tsa)) = (arguments.next(), arguments.next()) else {
        return Err("usage: hsign-bench FOLDER_OF_HSIGN_TESTKIT TSA_URL [PERSON]".into());
    };
    let person = arguments.next().unwrap_or_else(|| "doctor".to_owned());
    let mut bench = Workbench::open(folder.as_ref(), &tsa, &person)?;
    let chain = paths::Chain::open(folder.as_ref())?;
    let mut cases = Cases::new();
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split('\t').collect();
        writeln!(output, "{}", answer(&mut bench, &chain, &mut cases, &words)?)?;
        output.flush()?;
    }
    Ok(())
}

/// Facts are made once, before the clock runs.
type Cases = BTreeMap<(String, usize, usize), engine::Case>;

fn answer(
    bench: &mut Workbench,
    chain: &paths::Chain,
    cases: &mut Cases,
    words: &[&str],
) -> Result<Value, Failure> {
    bench.forget();
    match words {
        ["sign", level, file] => {
            let source = std::fs::read(file)?;
            timed(|| bench.sign(level, source))
        }
        ["sign-limit", level] => {
            let limit = bench.sign_limit(level)?;
            timed(|| limit.run())
        }
        ["extend", level] => timed(|| bench.extend(level)),
        ["verify", level] => timed(|| bench.verify(level)),
        ["verify-limit", level] => {
            let limit = bench.verify_limit(level)?;
            timed(|| limit.run())
        }
        ["sign-often", level, file, count] => {
            let (source, count) = (std::fs::read(file)?, count.parse()?);
            timed(|| bench.sign_often(level, source, count))
        }
        ["read", level] => timed(|| bench.read(level)),
        ["pdf-stamp", file] => {
            let source = std::fs::read(file)?;
            timed(|| bench.stamp_pdf(&source))
        }
        ["path", "from-bytes"] => timed(|| chain.parsing()),
        ["path", "from-certificates"] => timed(|| chain.parsed()),
        ["path", "signatures"] => timed(|| chain.signatures()),
        ["engine", what, level, signatures, signers] => {
            let key = ((*level).to_owned(), signatures.parse()?, signers.parse()?);
            if !cases.contains_key(&key) {
                cases.insert(key.clone(), engine::Case::new(level, key.1, key.2)?);
            }
            let case = cases.get(&key).ok_or("no facts")?;
            match *what {
                "memoised" => timed(|| case.memoised()),
                "checked" => timed(|| case.checked()),
                "bare" => timed(|| case.bare()),
                other => Err(format!("unknown measurement {other:?}").into()),
            }
        }
        ["hash-tree", count] => {
            let leaves = tree::leaves(count.parse()?);
            timed(|| tree::over(&leaves))
        }
        ["hash-tree-nodes", count] => {
            let leaves = tree::leaves(count.parse()?);
            timed(|| tree::nodes_alone(&leaves))
        }
        ["peak"] => Ok(json!({ "peak_kib": peak_kib()? })),
        _ => answer_about_files(bench, words),
    }
}

fn answer_about_files(bench: &Workbench, words: &[&str]) -> Result<Value, Failure> {
    match words {
        ["file-sign", level, input, output] => {
            timed(|| bench.sign_file(level, input.as_ref(), output.as_ref()))
        }
        ["file-verify", file] => timed(|| bench.verify_file(file.as_ref())),
        ["detached-verify", file, content] => {
            timed(|| bench.verify_detached(file.as_ref(), content.as_ref()))
        }
        ["file-limit", input, output] => timed(|| limit::passes_and_copy(input.as_ref(), output.as_ref())),
        ["file-pass", inputs @ ..] => {
            let inputs = paths(inputs);
            timed(|| limit::pass(&inputs))
        }
        ["sign-as", form, level, output, inputs @ ..] => {
            let inputs = paths(inputs);
            timed(|| bench.sign_as(form, level, output.as_ref(), &inputs))
        }
        ["file-verify-limit", file, beside @ ..] => {
            let files = forms::Files::open(file.as_ref(), beside.first().map(Path::new))?;
            let limit = bench.limit_of_file(&files)?;
            timed(|| limit.run())
        }
        ["file-sign-limit", file, round_trips, beside @ ..] => {
            let files = forms::Files::open(file.as_ref(), beside.first().map(Path::new))?;
            let limit = bench.limit_of_signing_file(&files, round_trips.parse()?)?;
            timed(|| limit.run())
        }
        ["sign-files", level, file, folder, count] => {
            let count = count.parse()?;
            timed(|| bench.sign_files(level, file.as_ref(), folder.as_ref(), 0..count))
        }
        ["files-sign", level, file, folder, from, to] => {
            let numbers = from.parse()?..to.parse()?;
            timed(|| bench.sign_files(level, file.as_ref(), folder.as_ref(), numbers))
        }
        ["files-verify", folder, from, to, threads] => {
            let (from, to, threads) = (from.parse()?, to.parse()?, threads.parse()?);
            timed(|| bench.verify_files(folder.as_ref(), from, to, threads))
        }
        ["token", file, output] => timed(|| bench.stamp_file(file.as_ref(), output.as_ref())),
        ["token-limit", file] => {
            let content = std::fs::read(file)?;
            let limit = bench.token_limit(&content)?;
            timed(|| limit.run())
        }
        ["files-token", folder, from, to] => {
            let numbers = from.parse()?..to.parse()?;
            timed(|| bench.stamp_files(folder.as_ref(), numbers))
        }
        ["tree-pass", folder, threads, digests] => {
            let (files, threads, digests) =
                (tree::files(folder.as_ref())?, threads.parse()?, digests.parse()?);
            timed(|| tree::pass(&files, threads, digests))
        }
        [operation, ..] if operation.starts_with("archive-") => answer_about_archives(words),
        other => Err(format!("unknown operation {other:?}").into()),
    }
}

fn answer_about_archives(words: &[&str]) -> Result<Value, Failure> {
    /// Their keys take a second to make.
    static ERAS: OnceLock<archive::Eras> = OnceLock::new();
    if ERAS.get().is_none() {
        let _ = ERAS.set(archive::Eras::new()?);
    }
    let eras = ERAS.get().ok_or("no authorities")?;
    match words {
        ["archive-make", home, batch] => {
            let batch = batch.parse()?;
            timed(|| eras.make(home.as_ref(), batch))
        }
        ["archive-add", home, folder, threads] => {
            let (files, threads) = (archive::Files::of(folder.as_ref())?, threads.parse()?);
            timed(|| eras.add(home.as_ref(), &files, threads))
        }
        ["archive-age", home] => timed(|| eras.age(home.as_ref())),
        ["archive-renew", home] => timed(|| eras.renew(home.as_ref())),
        ["archive-renew-limit", folder, batches] => {
            let batches = batches.parse()?;
            timed(|| eras.renew_limit(folder.as_ref(), batches))
        }
        other => Err(format!("unknown operation {other:?}").into()),
    }
}

fn paths<'w>(words: &'w [&'w str]) -> Vec<&'w Path> {
    words.iter().map(Path::new).collect()
}

/// What `work` says was done, with the time it took: on the wall, and on processors, all threads together.
fn timed(work: impl FnOnce() -> Result<Value, Failure>) -> Result<Value, Failure> {
    let (wall, cpu) = (Instant::now(), cpu_milliseconds());
    let mut done = work()?;
    let (wall, cpu) = (wall.elapsed(), cpu_milliseconds() - cpu);
    if let Some(done) = done.as_object_mut() {
        done.insert("ms".to_owned(), json!(wall.as_secs_f64() * 1e3));
        done.insert("cpu_ms".to_owned(), json!(cpu));
    }
    Ok(done)
}

fn cpu_milliseconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    std::time::Duration::try_from(time).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

fn peak_kib() -> Result<u64, Failure> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

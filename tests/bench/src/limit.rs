//! What no implementation can do without: passes of a hash, signature values, a round trip, a file in place. Keys are
//! decoded, requests encoded and connections open before the clock runs.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use hsign::crypto::{Hasher, OpensslVerifier, digest};
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{DigestAlgorithm, SignatureAlgorithm};
use hsign_tsp::{TimestampRequest, nonce};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use serde_json::{Value, json};

use crate::Failure;

/// Verifies, and remembers what it was asked. One instance has each key decoded after its first use.
#[derive(Default)]
pub(crate) struct Recorder {
    verifier: OpensslVerifier,
    asked: RefCell<Vec<Question>>,
}

#[derive(PartialEq)]
struct Question {
    algorithm: SignatureAlgorithm,
    key: Vec<u8>,
    message: Vec<u8>,
    value: Vec<u8>,
}

impl SignatureVerifier for Recorder {
    fn verify(
        &self,
        algorithm: &SignatureAlgorithm,
        key: &[u8],
        message: &[u8],
        value: &[u8],
    ) -> SignatureValidity {
        let question = Question {
            algorithm: algorithm.clone(),
            key: key.to_vec(),
            message: message.to_vec(),
            value: value.to_vec(),
        };
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&question) {
            asked.push(question);
        }
        self.verifier.verify(algorithm, key, message, value)
    }
}

pub(crate) struct Limit<'a> {
    document: &'a [u8],
    passes: usize,
    recorder: Recorder,
    key: Option<PKey<Private>>,
    round_trip: Option<RoundTrip>,
    /// What is put in place, and where.
    file: Option<(&'a [u8], PathBuf)>,
}

struct RoundTrip {
    agent: ureq::Agent,
    url: String,
    query: Vec<u8>,
    times: usize,
}

impl<'a> Limit<'a> {
    pub(crate) fn of_verification(document: &'a [u8], recorder: Recorder) -> Result<Self, Failure> {
        if recorder.asked.borrow().is_empty() {
            return Err("nothing was verified".into());
        }
        Ok(Self { recorder, ..Self::of_passes(document) })
    }

    pub(crate) fn of_passes(document: &'a [u8]) -> Self {
        Self { document, passes: 1, recorder: Recorder::default(), key: None, round_trip: None, file: None }
    }

    pub(crate) fn and_one_more_pass(mut self) -> Self {
        self.passes += 1;
        self
    }

    pub(crate) fn signs_with(&mut self, key: &Path) -> Result<(), Failure> {
        let key = PKey::private_key_from_pem(&std::fs::read(key)?)?;
        // The first use of a key sets up its arithmetic.
        sign(&key)?;
        self.key = Some(key);
        Ok(())
    }

    pub(crate) fn puts_in_place(&mut self, file: &'a [u8], path: PathBuf) {
        self.file = Some((file, path));
    }

    pub(crate) fn stamps_at(&mut self, url: &str, times: usize) -> Result<(), Failure> {
        let request = TimestampRequest {
            imprint: digest(DigestAlgorithm::Sha256, self.document)?,
            nonce: Some(nonce(&[1; 8])),
            policy: None,
            certificate_requested: true,
        };
        let agent = ureq::Agent::new_with_defaults();
        let round_trip = RoundTrip { agent, url: url.to_owned(), query: request.to_der()?, times };
        round_trip.run()?;
        self.round_trip = Some(round_trip);
        Ok(())
    }

    pub(crate) fn run(&self) -> Result<Value, Failure> {
        for _ in 0..self.passes {
            digest(DigestAlgorithm::Sha256, self.document)?;
        }
        let asked = self.recorder.asked.borrow();
        for question in asked.iter() {
            let verifier = &self.recorder.verifier;
            verifier.verify(&question.algorithm, &question.key, &question.message, &question.value);
        }
        if let Some(key) = &self.key {
            sign(key)?;
        }
        let round_trips = self.round_trip.as_ref().map_or(0, |round_trip| round_trip.times);
        if let Some(round_trip) = &self.round_trip {
            (0..round_trips).try_for_each(|_| round_trip.run())?;
        }
        if let Some((bytes, path)) = &self.file {
            put_in_place(path, |file| file.write_all(bytes))?;
        }
        let work = self.document.len() * self.passes;
        Ok(json!({ "work": work, "verifications": asked.len(), "round_trips": round_trips }))
    }
}

fn sign(key: &PKey<Private>) -> Result<(), Failure> {
    let mut signer = Signer::new(MessageDigest::sha256(), key)?;
    signer.sign_oneshot_to_vec(&[0; 200])?;
    Ok(())
}

impl RoundTrip {
    fn run(&self) -> Result<(), Failure> {
        let call = self.agent.post(&self.url).header("Content-Type", "application/timestamp-query");
        let mut answer = call.send(&self.query)?;
        if answer.body_mut().read_to_vec()?.is_empty() {
            return Err("the time-stamp authority said nothing".into());
        }
        Ok(())
    }
}

/// One pass of SHA-256 over each file, in constant memory.
pub(crate) fn pass(inputs: &[&Path]) -> Result<Value, Failure> {
    pass_of(inputs, &[DigestAlgorithm::Sha256])
}

/// One pass over each file for all these digests.
pub(crate) fn pass_of(inputs: &[&Path], algorithms: &[DigestAlgorithm]) -> Result<Value, Failure> {
    let (mut buffer, mut bytes) = (vec![0; 64 * 1024], 0);
    for input in inputs {
        let mut file = File::open(input)?;
        let mut hashers = algorithms.iter().map(|one| Hasher::new(*one)).collect::<Result<Vec<_>, _>>()?;
        loop {
            let count = file.read(&mut buffer)?;
            let Some(chunk) = buffer.get(..count).filter(|chunk| !chunk.is_empty()) else { break };
            hashers.iter_mut().try_for_each(|hasher| hasher.update(chunk))?;
            bytes += count;
        }
        for hasher in hashers {
            hasher.finish()?;
        }
    }
    Ok(json!({ "work": bytes }))
}

/// The passes of signing and of the self-check, and a copy that stands in place as durably as ours.
pub(crate) fn passes_and_copy(input: &Path, output: &Path) -> Result<Value, Failure> {
    pass(&[input])?;
    let done = pass(&[input])?;
    put_in_place(output, |file| io::copy(&mut File::open(input)?, file).map(|_| ()))?;
    Ok(done)
}

fn put_in_place(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), Failure> {
    let unfinished = path.with_extension("unfinished");
    let mut file = File::create(&unfinished)?;
    write(&mut file)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    Ok(File::open(path.parent().ok_or("no folder")?)?.sync_all()?)
}

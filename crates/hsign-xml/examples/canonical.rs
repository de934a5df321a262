//! Digest and length of a file's canonical form, to be measured beside `xmllint --c14n` and `xmlsec1`:
//! `cargo run --release -p hsign-xml --example canonical FILE [exclusive]`.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use hsign_core::DigestAlgorithm;
use hsign_crypto::Hasher;
use hsign_xml::{CanonicalizationMethod, Document, Limits, NodeSet, canonicalize, decode};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let bytes = std::fs::read(arguments.next().ok_or("a file is needed")?)?;
    let method = match arguments.next() {
        Some(_) => CanonicalizationMethod::EXCLUSIVE,
        None => CanonicalizationMethod::DEFAULT,
    };
    let text = decode(&bytes)?;
    let document = Document::parse(text.as_str(), &Limits::default())?;
    let mut hasher = Hasher::new(DigestAlgorithm::Sha256)?;
    let mut octets = 0;
    let mut outcome = Ok(());
    canonicalize(&NodeSet::document(&document), &method, &mut |piece| {
        octets += piece.len();
        if outcome.is_ok() {
            outcome = hasher.update(piece);
        }
    });
    outcome?;
    println!("{}  {octets} octets", hasher.finish()?.hex());
    Ok(())
}

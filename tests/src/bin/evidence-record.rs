//! Writes evidence records (RFC 4998) for other implementations to judge: `evidence-record initial|timestamp|tree ALGORITHM
//! FOLDER FILE...`, where the record of `FILE` is `FOLDER/NAME.ers`. `timestamp` and `tree` renew the records that are there.
//!
//! Prints the digest to be stamped as hexadecimal digits, and reads the name of the token's file from stdin.

use std::path::{Path, PathBuf};

use hsign_core::{Digest, DigestAlgorithm};
use hsign_ers::{
    Group, HashTree, Record, initial, timestamp_renewal, tree_renewal, with_renewed_timestamp,
    with_renewed_tree,
};
use openssl::hash::{MessageDigest, hash};

const USAGE: &str = "evidence-record initial|timestamp|tree sha256|sha384|sha512 FOLDER FILE...";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, algorithm, folder, files @ ..] = arguments.as_slice() else { panic!("{USAGE}") };
    let kind = Kind::of(kind);
    let algorithm = match algorithm.as_str() {
        "sha256" => DigestAlgorithm::Sha256,
        "sha384" => DigestAlgorithm::Sha384,
        "sha512" => DigestAlgorithm::Sha512,
        other => panic!("{other}: {USAGE}"),
    };
    let objects: Vec<Object> =
        files.iter().map(|file| Object::read(Path::new(file), Path::new(folder), kind, algorithm)).collect();
    let groups: Vec<Group> = objects.iter().map(|object| object.group.clone()).collect();
    let tree = HashTree::over(&groups, algorithm).unwrap();
    let root: String = tree.root().value.as_slice().iter().map(|octet| format!("{octet:02x}")).collect();
    println!("{root}");
    let mut name = String::new();
    std::io::stdin().read_line(&mut name).unwrap();
    let token = std::fs::read(name.trim_end()).unwrap();
    for object in &objects {
        std::fs::write(&object.place, object.record(kind, &tree, &token)).unwrap();
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Initial,
    Timestamp,
    Tree,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            "initial" => Self::Initial,
            "timestamp" => Self::Timestamp,
            "tree" => Self::Tree,
            other => panic!("{other}: {USAGE}"),
        }
    }
}

/// A file, where its record is, and what stands for it in the new tree.
struct Object {
    place: PathBuf,
    before: Option<Record>,
    group: Group,
}

impl Object {
    fn read(file: &Path, folder: &Path, kind: Kind, algorithm: DigestAlgorithm) -> Self {
        let name = file.file_name().unwrap().to_str().unwrap();
        let place = folder.join(format!("{name}.ers"));
        let digest = || digest(&std::fs::read(file).unwrap(), algorithm);
        let record = || Record::parse(&std::fs::read(&place).unwrap()).unwrap();
        match kind {
            Kind::Initial => {
                let group = Group::new(&[digest()]).unwrap();
                Self { place, before: None, group }
            }
            Kind::Timestamp => {
                let before = record();
                Self { group: timestamp_renewal(&before).unwrap(), before: Some(before), place }
            }
            Kind::Tree => {
                let before = record();
                let group = Group::new(&[tree_renewal(&before, &digest()).unwrap()]).unwrap();
                Self { group, before: Some(before), place }
            }
        }
    }

    fn record(&self, kind: Kind, tree: &HashTree, token: &[u8]) -> Vec<u8> {
        let reduced = tree.reduced(&self.group).unwrap();
        match (kind, &self.before) {
            (Kind::Timestamp, Some(before)) => with_renewed_timestamp(before, &reduced, token),
            (Kind::Tree, Some(before)) => with_renewed_tree(before, &reduced, token),
            _ => initial(&reduced, token),
        }
        .unwrap()
    }
}

fn digest(data: &[u8], algorithm: DigestAlgorithm) -> Digest {
    let computed = match algorithm {
        DigestAlgorithm::Sha384 => MessageDigest::sha384(),
        DigestAlgorithm::Sha512 => MessageDigest::sha512(),
        _ => MessageDigest::sha256(),
    };
    Digest::new(algorithm, hash(computed, data).unwrap().to_vec())
}

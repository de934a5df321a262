//! The `openssl` command as judge, a bare HTTP client, and time-stamp requests octet by octet.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

/// 2026-09-21T14:13:20Z.
pub(crate) const NOW: i64 = 1_790_000_000;

/// Whether the `openssl` command is there; its absence is a failure under REQUIRE_ALL=1.
pub(crate) fn has_openssl() -> bool {
    let there = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    if !there {
        assert!(std::env::var("REQUIRE_ALL").as_deref() != Ok("1"), "the openssl command is missing");
        println!("skipped: the openssl command is missing");
    }
    there
}

/// Runs `openssl` in a folder; success, and both outputs together.
pub(crate) fn openssl(folder: &Path, arguments: &str) -> (bool, String) {
    let output =
        Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// Runs `openssl`, which must succeed.
pub(crate) fn openssl_ok(folder: &Path, arguments: &str) -> String {
    let (success, text) = openssl(folder, arguments);
    assert!(success, "openssl {arguments}\n{text}");
    text
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// One request on a connection of its own; reads until the server closes.
pub(crate) fn exchange<S: Read + Write>(mut stream: S, request: &[u8]) -> Option<Reply> {
    stream.write_all(request).ok()?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..split]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Reply { status, head, body: answer[split + 4..].to_vec() })
}

pub(crate) fn address(base_url: &str) -> &str {
    base_url.split_once("://").unwrap().1.split('/').next().unwrap()
}

pub(crate) fn request(method: &str, target: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

pub(crate) fn get(base_url: &str, target: &str) -> Option<Reply> {
    exchange(TcpStream::connect(address(base_url)).unwrap(), &request("GET", target, "", b""))
}

pub(crate) const QUERY: &str = "Content-Type: application/timestamp-query\r\n";

pub(crate) fn stamp(base_url: &str, path: &str, query: &[u8]) -> Option<Reply> {
    exchange(TcpStream::connect(address(base_url)).unwrap(), &request("POST", path, QUERY, query))
}

fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    assert!(contents.len() < 128);
    [&[tag, contents.len() as u8], contents].concat()
}

/// What can be chosen in a TimeStampReq.
pub(crate) struct Query {
    pub(crate) digest: Vec<u8>,
    pub(crate) algorithm: &'static [u8],
    pub(crate) policy: Option<&'static [u8]>,
    pub(crate) nonce: Option<Vec<u8>>,
    pub(crate) certificates: bool,
}

/// SHA-256, SHA-384, SHA-512: contents of their OIDs.
pub(crate) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
pub(crate) const SHA384: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
pub(crate) const SHA512: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];
pub(crate) const SHA1: &[u8] = &[0x2B, 0x0E, 3, 2, 0x1A];

impl Default for Query {
    fn default() -> Self {
        let digest = openssl::sha::sha256(b"data").to_vec();
        Self { digest, algorithm: SHA256, policy: None, nonce: Some(vec![0x11, 0x22]), certificates: true }
    }
}

impl Query {
    pub(crate) fn der(&self) -> Vec<u8> {
        let algorithm = element(0x30, &[element(6, self.algorithm), vec![5, 0]].concat());
        let imprint = element(0x30, &[algorithm, element(4, &self.digest)].concat());
        let policy = self.policy.map(|policy| element(6, policy)).unwrap_or_default();
        let nonce = self.nonce.as_ref().map(|nonce| element(2, nonce)).unwrap_or_default();
        let certificates = if self.certificates { vec![1, 1, 0xFF] } else { Vec::new() };
        element(0x30, &[vec![2, 1, 1], imprint, policy, nonce, certificates].concat())
    }
}

/// Whether `needle` stands somewhere in `bytes`.
pub(crate) fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

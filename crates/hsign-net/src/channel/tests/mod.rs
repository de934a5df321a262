//! Both engines against servers that misbehave.

mod plain;
mod server;
mod tls;

use std::time::Duration;

use reqwest::Url;

use super::{Answer, Channel, Failure, Request, Settings};

fn settings() -> Settings {
    Settings {
        connect_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(5),
        ..Settings::default()
    }
}

fn post(channel: &Channel, url: &str) -> Result<Answer, Failure> {
    channel.exchange(&Request {
        url: &Url::parse(url).unwrap(),
        headers: &[],
        body: Some(("application/timestamp-query", b"query")),
        accept: "application/timestamp-reply",
        max_bytes: 1000,
    })
}

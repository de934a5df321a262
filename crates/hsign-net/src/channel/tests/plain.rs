use std::thread;
use std::time::Duration;

use super::server::{send, send_and_close, serve};
use super::{Channel, Failure, Settings, post, settings};
use crate::channel::Proxy;
use hsign_core::Secret;

/// The same server, asked by each engine: without a proxy, and as the proxy itself.
fn both(port: u16, settings: fn() -> Settings) -> [Result<super::Answer, Failure>; 2] {
    let proxy = Proxy { url: format!("http://127.0.0.1:{port}").parse().unwrap(), credentials: None };
    let proxied = Channel::new(Settings { proxy: Some(proxy), ..settings() });
    [
        post(&Channel::new(settings()), &format!("http://127.0.0.1:{port}/tsa")),
        post(&proxied, "http://tsa.invalid/tsa"),
    ]
}

fn brief() -> Settings {
    Settings { total_timeout: Duration::from_millis(400), ..settings() }
}

#[test]
fn an_answer_is_given_with_its_status_and_type() {
    let (port, _heads) =
        serve(send("HTTP/1.1 201 Fine\r\nContent-Type: a/b; c=d\r\nContent-Length: 2\r\n\r\nok"));
    for answer in both(port, settings) {
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.body.as_slice(), answer.tls), (201, &b"ok"[..], None));
        assert_eq!(answer.content_type.as_deref(), Some("a/b; c=d"));
    }
}

#[test]
fn the_connection_is_kept() {
    let (port, heads) = serve(send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    let channel = Channel::new(settings());
    for _ in 0..3 {
        post(&channel, &format!("http://127.0.0.1:{port}/")).unwrap();
    }
    let connections: Vec<usize> = heads.try_iter().map(|(connection, _)| connection).collect();
    assert_eq!(connections, [0, 0, 0]);
}

#[test]
fn a_stalled_server_is_left_in_time() {
    let (port, _heads) = serve(|_| {
        thread::sleep(Duration::from_secs(3));
        Ok(())
    });
    for answer in both(port, brief) {
        assert!(matches!(answer, Err(Failure::Timeout { .. })), "{answer:?}");
    }
}

#[test]
fn a_slow_drip_ends_at_the_total_time() {
    let (port, _heads) = serve(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")?;
        for _ in 0..60 {
            stream.write_all(b".")?;
            stream.flush()?;
            thread::sleep(Duration::from_millis(50));
        }
        Err(std::io::ErrorKind::ConnectionAborted.into())
    });
    for answer in both(port, brief) {
        assert!(matches!(answer, Err(Failure::Timeout { .. })), "ended by the server, not by us: {answer:?}");
    }
}

#[test]
fn a_body_shorter_than_announced_is_noticed() {
    let (port, _heads) = serve(send_and_close("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nstart"));
    for answer in both(port, settings) {
        assert_eq!(answer.unwrap_err(), Failure::Truncated);
    }
}

#[test]
fn a_chunked_body_cut_off_is_noticed() {
    let (port, _heads) =
        serve(send_and_close("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nstart\r\n"));
    for answer in both(port, settings) {
        let failure = answer.unwrap_err();
        assert!(matches!(failure, Failure::Truncated | Failure::Broken(_)), "{failure:?}");
    }
}

#[test]
fn an_answer_over_the_limit_is_not_read() {
    let (port, _heads) = serve(send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegin"));
    for answer in both(port, settings) {
        assert_eq!(answer.unwrap_err(), Failure::TooLarge { limit: 1000 });
    }
    let (port, _heads) = serve(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
        // No length announced: as long as we go on reading.
        for _ in 0..100_000 {
            stream.write_all(&[b'.'; 1000])?;
        }
        Ok(())
    });
    for answer in both(port, settings) {
        assert_eq!(answer.unwrap_err(), Failure::TooLarge { limit: 1000 });
    }
}

#[test]
fn nobody_there_is_told() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for answer in both(port, settings) {
        let failure = answer.unwrap_err();
        assert!(matches!(failure, Failure::Connect(_) | Failure::Proxy(_)), "{failure:?}");
        assert!(failure.to_string().contains("refused"), "{failure}");
    }
}

#[test]
fn an_unknown_host_is_told() {
    let failure = post(&Channel::new(settings()), "http://tsa.invalid/").unwrap_err();
    assert_eq!(failure, Failure::UnknownHost);
}

#[test]
fn what_is_not_http_is_told() {
    let (port, _heads) = serve(send_and_close("220 mail.example ESMTP\r\n\r\n"));
    for answer in both(port, settings) {
        let failure = answer.unwrap_err();
        assert!(matches!(failure, Failure::Protocol(_)), "{failure:?}");
    }
}

#[test]
fn redirects_are_answers_and_credentials_stay_here() {
    let (port, heads) =
        serve(send("HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n"));
    for answer in both(port, settings) {
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.location.as_deref()), (302, Some("http://elsewhere/")));
    }
    assert_eq!(heads.try_iter().count(), 2);
}

#[test]
fn the_proxy_gets_its_password_and_the_whole_address() {
    let (port, heads) = serve(send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    let proxy = Proxy {
        url: format!("http://127.0.0.1:{port}").parse().unwrap(),
        credentials: Some(("Aladdin".into(), Secret::new(b"open sesame".to_vec()))),
    };
    post(&Channel::new(Settings { proxy: Some(proxy), ..settings() }), "http://tsa.invalid/tsa").unwrap();
    let (_, head) = heads.recv().unwrap();
    assert!(head.starts_with("POST http://tsa.invalid/tsa HTTP/1.1"), "{head}");
    assert!(head.to_ascii_lowercase().contains("proxy-authorization: basic"), "{head}");
    assert!(head.contains("QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "{head}");
}

#[test]
fn a_proxy_that_wants_a_password_is_told_apart() {
    let (port, _heads) = serve(send("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"));
    let proxy = Proxy { url: format!("http://127.0.0.1:{port}").parse().unwrap(), credentials: None };
    let channel = Channel::new(Settings { proxy: Some(proxy), ..settings() });
    assert_eq!(post(&channel, "http://tsa.invalid/").unwrap().status, 407);
    let failure = post(&channel, "https://tsa.invalid/").unwrap_err();
    assert!(matches!(failure, Failure::Proxy(_)), "{failure:?}");
}

#[test]
fn a_pinned_name_is_not_looked_up() {
    let (port, _heads) = serve(send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    let pinned = Some(("tsa.invalid".to_owned(), vec![([127, 0, 0, 1], port).into()]));
    let channel = Channel::new(Settings { pinned, ..settings() });
    assert_eq!(post(&channel, &format!("http://tsa.invalid:{port}/")).unwrap().body, b"ok");
}

//! Fuzz targets for bytes that a client of the management server can send; see `crate::fuzzing`.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use warp::http::header::{ACCEPT, ACCEPT_ENCODING, HOST};
use warp::http::{HeaderMap, HeaderValue};

use super::access::{Access, Addressed, Asker};
use super::connection::{self, Shared};
use super::connection_slots::Slots;
use super::limits::Limits;
use super::turns::Turns;
use super::{Context, negotiate, routes};
use crate::base::escape::is_unseen;
use crate::fuzzing::{headers, text};
use crate::health::{BlockingLimits, Health, Service};
use crate::http::accept::Ends;
use crate::metrics;

pub(crate) fn accept(input: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(input) else {
        return;
    };
    let headers = HeaderMap::from_iter([(ACCEPT, value.clone()), (ACCEPT_ENCODING, value)]);
    let said = text(input).to_ascii_lowercase();
    let named = match negotiate::format(&headers) {
        metrics::Format::Text => true,
        metrics::Format::OpenMetrics => said.contains("application/") || said.contains("*/*"),
        metrics::Format::Protobuf => said.contains("protobuf") && said.contains("delimited"),
    };
    assert!(named, "it was not asked for");
    if negotiate::gzip(&headers) {
        assert!(
            said.contains("gzip") || said.contains('*'),
            "it was not asked for"
        );
    }
}

pub(crate) fn access(input: &[u8]) {
    const TOKEN: &str = "0123456789abcdef";
    let mut headers = headers(input);
    let (near, far) = (
        SocketAddr::from(([127, 0, 0, 1], 1)),
        SocketAddr::from(([192, 0, 2, 1], 1)),
    );
    let asker = |headers: &HeaderMap, peer| {
        let host = headers.get(HOST).map(|host| host.as_bytes().try_into());
        Asker {
            headers: headers.clone(),
            ends: Some(Ends::of_peer(peer)),
            addressed: match host {
                None => Addressed::Unnamed,
                Some(Ok(name)) => Addressed::To(name),
                Some(Err(_)) => Addressed::Unclear,
            },
        }
    };
    for body in [false, true] {
        for (peer, token) in [
            (near, None),
            (far, None),
            (near, Some(TOKEN)),
            (far, Some(TOKEN)),
        ] {
            let access = Access::from(token.map(str::to_owned));
            let asker = asker(&headers, peer);
            let sees = access.may_see_details(&asker);
            let changes = access.may_change(&asker, body).is_ok();
            assert!(sees || !changes, "who may change may read");
            let given = text(input).contains(TOKEN) && token.is_some();
            assert!(
                !sees || peer == near || given,
                "a stranger without the token"
            );
        }
    }
    let foreign = HeaderValue::from_static("https://evil.example");
    headers.insert("origin", foreign);
    let access = Access::default();
    assert!(access.may_change(&asker(&headers, near), false).is_err());
}

pub(crate) fn log_level(input: &[u8]) {
    if let Err(problem) = routes::log_level_body(input) {
        assert!(problem.contains("allowed: "), "{problem}");
        assert!(!problem.trim_end().contains(is_unseen), "{problem:?}");
    }
}

/// Bytes of a client on a connection, to the last answer.
pub(crate) fn connection(input: &[u8]) {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime")
    });
    static ROUTES: LazyLock<routes::Routes> = LazyLock::new(|| {
        let service = Service {
            id: "shop".into(),
            version: "1".into(),
        };
        let health = Health::new(service, vec![], BlockingLimits::default()).expect("no checks");
        let page = |_| Box::new(std::iter::once(b"up 1\n".to_vec())) as super::Chunks;
        routes::all(Context::new(
            metrics::Service::default(),
            health,
            page,
            None,
        ))
    });
    let answers = RUNTIME.block_on(async {
        let (mut client, server) = tokio::io::duplex(1 << 20);
        let (_stop, stopped) = watch::channel(None);
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        let seat = Slots::new(1, 1).take(peer.ip()).await;
        let limits = Limits {
            head_time: Duration::from_millis(20),
            ..Limits::default()
        };
        let shared = Shared {
            routes: ROUTES.clone(),
            limits,
            turns: Turns::new(),
            stop: stopped,
        };
        let serve = connection::serve(server, Ends::of_peer(peer), seat, shared);
        let ask = async {
            let _ = client.write_all(input).await;
            // Ends the request above, if its end is waited for.
            let _ = client
                .write_all(b"\r\n\r\nGET /livez HTTP/1.0\r\n\r\n")
                .await;
            // A body that is still waited for has broken off.
            let _ = client.shutdown().await;
            let mut answers = Vec::new();
            let _ = client.read_to_end(&mut answers).await;
            answers
        };
        tokio::join!(serve, ask).1
    });
    let answers = text(&answers);
    // A body may name the version, too; a status follows it in a head only.
    let begins = |rest: &&str| rest.starts_with(|first: char| first.is_ascii_digit());
    for head in answers.split("HTTP/1.1 ").skip(1).filter(begins) {
        assert!(!head.starts_with("500"), "{answers}");
        let head = head.split("\r\n\r\n").next().unwrap_or_default();
        let interim = head.starts_with('1');
        assert!(
            interim || head.contains("x-content-type-options: nosniff"),
            "{answers}"
        );
    }
}

//! The routes inside a warp app of the service.

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use warp::Filter;
use warp::http::{HeaderMap, HeaderName, Request, Version};

use super::{PAGE, context, health};
use crate::health::Check;
use crate::http::accept::Ends;
use crate::server::access::{Access, Addressed, Asker};
use crate::server::{health_routes, metrics_routes};

#[tokio::test]
async fn foreign_paths_reach_the_users_routes() {
    let context = context(&health(vec![Check::new("database", || async {
        Ok::<_, String>(())
    })]));
    let orders = warp::path!("orders" / u32).map(|id| format!("order {id}"));
    let app = warp::path("admin")
        .and(health_routes(context.clone()).or(metrics_routes(context)))
        .or(orders);
    let service = TowerToHyperService::new(warp::service(app));
    // The order of the filters must not make another path than the user's own a 405.
    for (method, path, status, body) in [
        ("GET", "/admin/livez", 200, "ok\n"),
        ("GET", "/admin/metrics", 200, PAGE),
        // The peer is unknown here, so no details.
        ("GET", "/admin/health", 200, r#"{"status":"warn"}"#),
        (
            "POST",
            "/admin/health",
            405,
            "only GET and HEAD are allowed\n",
        ),
        ("GET", "/orders/7", 200, "order 7"),
        ("POST", "/orders/7", 200, "order 7"),
        ("GET", "/livez", 404, ""),
        ("GET", "/admin/nope", 404, ""),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Empty::<Bytes>::new());
        let answer = service.call(request.unwrap()).await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let answer = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(answer, body, "{path}");
    }
}

/// An app with the routes, asked by a client of this machine over HTTP/2, and by one over HTTP/1.1.
#[tokio::test]
async fn the_name_that_a_request_was_sent_to_counts_in_every_version() {
    let context = context(&health(vec![]));
    let service = TowerToHyperService::new(warp::service(health_routes(context)));
    let detailed = r#"{"status":"ok","serviceId":"shop","version":"1.2.3"}"#;
    let (bare, none) = (r#"{"status":"ok"}"#, None);
    for (version, target, host, status, expected) in [
        (
            Version::HTTP_2,
            "http://localhost:80/health",
            none,
            200,
            detailed,
        ),
        (Version::HTTP_2, "http://[::1]/health", none, 200, detailed),
        (
            Version::HTTP_2,
            "http://evil.example/health",
            none,
            200,
            bare,
        ),
        (
            Version::HTTP_2,
            "http://evil@localhost/health",
            none,
            200,
            bare,
        ),
        (
            Version::HTTP_2,
            "http://localhost/health",
            Some("evil.example"),
            200,
            bare,
        ),
        (Version::HTTP_2, "/health", Some("localhost"), 200, detailed),
        (Version::HTTP_2, "/health", none, 200, bare),
        (
            Version::HTTP_11,
            "/health",
            Some("localhost"),
            200,
            detailed,
        ),
        (
            Version::HTTP_11,
            "http://evil.example/health",
            Some("localhost"),
            200,
            bare,
        ),
        (
            Version::HTTP_11,
            "/health",
            none,
            400,
            "the request has no Host header, which HTTP/1.1 requires\n",
        ),
        (
            Version::HTTP_11,
            "/health",
            Some("evil@localhost"),
            400,
            "the Host header is not a host with an optional port\n",
        ),
        (
            Version::HTTP_11,
            "/health",
            Some("[localhost]"),
            400,
            "the Host header is not a host with an optional port\n",
        ),
        (Version::HTTP_10, "/health", none, 200, detailed),
    ] {
        let mut request = Request::builder().version(version).uri(target);
        if let Some(host) = host {
            request = request.header("host", host);
        }
        let ends = Ends {
            version: Some(version),
            ..Ends::of_peer(([127, 0, 0, 1], 80).into())
        };
        let request = request.extension(ends).body(Empty::<Bytes>::new());
        let answer = service.call(request.unwrap()).await.unwrap();
        assert_eq!(answer.status(), status, "{version:?} {target} {host:?}");
        let answer = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(answer, expected, "{version:?} {target} {host:?}");
    }
}

/// Asks for details as this peer, at this address of the machine, with these headers beside a `Host`.
fn sees(access: &Access, peer: &str, local: Option<&str>, headers: &[(&str, &str)]) -> bool {
    let name = |name: &str| HeaderName::from_bytes(name.as_bytes()).unwrap();
    let headers = headers.iter().chain([&("host", "localhost")]);
    let ends = Ends {
        peer: peer.parse().unwrap(),
        local: local.map(|local| local.parse().unwrap()),
        version: Some(Version::HTTP_11),
    };
    access.may_see_details(&Asker {
        headers: headers
            .map(|(key, value)| (name(key), value.parse().unwrap()))
            .collect(),
        ends: Some(ends),
        addressed: Addressed::To("localhost".parse().unwrap()),
    })
}

#[test]
fn only_a_client_of_this_machine_is_of_this_machine() {
    let access = Access::default();
    for (peer, local, expected) in [
        ("127.0.0.1:80", Some("127.0.0.1:9464"), true),
        ("127.0.0.1:80", Some("127.0.0.5:9464"), true),
        ("127.0.0.1:80", None, true),
        ("[::1]:80", Some("[::1]:9464"), true),
        ("[::ffff:127.0.0.1]:80", Some("[::ffff:127.0.0.1]:80"), true),
        // Istio's sidecar, and what a transparent proxy looks like.
        ("127.0.0.6:80", Some("127.0.0.1:9464"), false),
        ("[::6]:80", Some("[::1]:9464"), false),
        ("127.0.0.1:80", Some("10.0.0.7:9464"), false),
        ("10.0.0.1:80", Some("10.0.0.7:9464"), false),
        ("[2001:db8::1]:80", None, false),
    ] {
        assert_eq!(
            sees(&access, peer, local, &[]),
            expected,
            "{peer} {local:?}"
        );
    }
}

#[test]
fn the_mark_of_a_proxy_makes_a_stranger() {
    let access = Access::default();
    for header in [
        "Forwarded",
        "Via",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Port",
        "X-Forwarded-Server",
        "X-Forwarded-Prefix",
        "X-Forwarded-Scheme",
        "X-Forwarded-Client-Cert",
        "X-Forwarded",
        "X-Real-IP",
        "X-Envoy-Attempt-Count",
        "X-Envoy-External-Address",
        "L5d-Client-Id",
        "l5d-dst-canonical",
        "CF-Connecting-IP",
        "CF-Ray",
        "CF-IPCountry",
        "True-Client-IP",
        "X-Client-IP",
        "X-Cluster-Client-IP",
        "Fastly-Client-IP",
        "Fastly-FF",
        "Fly-Client-IP",
        "Fly-Forwarded-Proto",
        "X-Original-Forwarded-For",
        "X-Original-Host",
        "X-Original-URL",
        "X-Amzn-Trace-Id",
        "X-Cloud-Trace-Context",
        "CDN-Loop",
        "Max-Forwards",
        "X-Azure-ClientIP",
        "X-Appengine-User-IP",
        "X-Vercel-Forwarded-For",
        "X-NF-Client-Connection-IP",
        "Akamai-Origin-Hop",
        "CloudFront-Viewer-Address",
        "Proxy-Connection",
        "WL-Proxy-Client-IP",
        "X-ARR-LOG-ID",
        "X-Proxy-User",
        "X-Remote-Addr",
        "X-Kong-Request-Id",
        "X-Varnish",
        "Client-IP",
    ] {
        assert!(
            !sees(&access, "127.0.0.1:80", None, &[(header, "1")]),
            "{header}"
        );
    }
    for header in [
        "Accept",
        "User-Agent",
        "X-Request-Id",
        "traceparent",
        "Cache-Control",
        "Origin",
    ] {
        assert!(
            sees(&access, "127.0.0.1:80", None, &[(header, "1")]),
            "{header}"
        );
    }
}

#[test]
fn an_unknown_or_distant_peer_needs_the_token_and_so_may_all() {
    let token = Access::from(Some("s3cret".to_owned()));
    let bearer = [("authorization", "Bearer s3cret")];
    assert!(sees(&token, "10.0.0.1:80", None, &bearer));
    assert!(!sees(&token, "10.0.0.1:80", None, &[]));
    assert!(!sees(&Access::default(), "10.0.0.1:80", None, &bearer));
    let strict = token.strict(true, false);
    assert!(!sees(&strict, "127.0.0.1:80", None, &[]));
    assert!(sees(&strict, "127.0.0.1:80", None, &bearer));
    assert!(!strict.may_see_details(&Asker {
        headers: HeaderMap::new(),
        ends: None,
        addressed: Addressed::Unnamed,
    }));
}

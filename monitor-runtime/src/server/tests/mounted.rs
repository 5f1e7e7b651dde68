//! The routes inside somebody else's warp app.

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use warp::Filter;
use warp::http::{HeaderMap, Request};

use super::{PAGE, context, health};
use crate::health::Check;
use crate::server::access::may_see_details;
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

#[test]
fn an_unknown_or_distant_peer_needs_the_token() {
    let headers = HeaderMap::new();
    for (peer, may) in [
        (None, false),
        (Some("10.0.0.1:80"), false),
        (Some("[2001:db8::1]:80"), false),
        (Some("[::1]:80"), true),
        (Some("[::ffff:127.0.0.1]:80"), true),
    ] {
        let addr = peer.map(|peer| peer.parse().unwrap());
        assert_eq!(
            may_see_details(&headers, addr, Some("s3cret")),
            may,
            "{peer:?}"
        );
    }
    let mut headers = HeaderMap::new();
    headers.insert("authorization", "Bearer s3cret".parse().unwrap());
    assert!(may_see_details(&headers, None, Some("s3cret")));
    assert!(!may_see_details(&headers, None, None));
}

//! The HTTP edge around filters of warp.
//!
//! A wrapper for `Filter::with` could neither see the response that a rejection becomes nor catch a
//! panic, so the edge goes around all filters at once: [`serve`] replaces `warp::serve`,
//! [`service`] replaces `warp::service`. A filter does not know its path as a template; [`route`],
//! placed behind the path, names it.
//!
//! ```no_run
//! use monitor_runtime::http::warp::{route, serve};
//! use warp::Filter;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let monitor = monitor_runtime::builder!().start().await?;
//! let order = warp::path!("orders" / u64)
//!     .and(route("/orders/{id}"))
//!     .map(|id| format!("order {id}"));
//! let server = serve(order).bind(([127, 0, 0, 1], 8080)).await?;
//! server.graceful(monitor.drained()).run().await;
//! monitor.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod server;

use std::convert::Infallible;

use ::warp::{Filter, Reply};
use http::{Request, Response};
use hyper::body::{Body as HttpBody, Bytes, Incoming};

use super::request::name_current;
use super::route::template::check_name;
use super::{Body, layer, metrics};

pub use server::{Bound, Server};

/// Names the route of a request, behind the filter that matches its path.
///
/// The last name counts, also for the response that a rejection becomes; requests that are not
/// named are `unmatched`.
pub fn route(
    template: &'static str,
) -> impl Filter<Extract = (), Error = Infallible> + Copy + Send + Sync + 'static {
    check_name(template);
    metrics::declare(template);
    ::warp::any()
        .map(move || name_current(template))
        .untuple_one()
}

/// Wraps filters in the HTTP edge, as a service for your own server.
///
/// ```
/// use warp::Filter;
///
/// let service = monitor_runtime::http::warp::service(warp::any().map(|| "hello"));
/// let service = hyper_util::service::TowerToHyperService::new(service);
/// # drop(service);
/// ```
pub fn service<F>(filters: F) -> impl Monitored
where
    F: Filter + Clone + Send + Sync + 'static,
    F::Extract: Reply,
{
    layer().wrap(::warp::service(filters))
}

/// Serves filters with the HTTP edge around them, over HTTP/1 and HTTP/2, as `warp::serve` does.
///
/// `warp::addr::remote()` is for `warp::serve` alone; here,
/// `warp::ext::get::<std::net::SocketAddr>()` extracts the address of the peer.
pub fn serve<F>(filters: F) -> Server<impl Monitored>
where
    F: Filter + Clone + Send + Sync + 'static,
    F::Extract: Reply,
{
    Server::new(service(filters))
}

/// The type that [`service`] returns: a `tower` service that hyper can serve, and that never fails.
pub trait Monitored:
    tower_service::Service<
        Request<Incoming>,
        Response = Response<Body<Self::Inner>>,
        Error = Infallible,
        Future: Send,
    > + Clone
    + Send
    + Sync
    + 'static
{
    /// The body of warp's own response.
    type Inner: HttpBody<Data = Bytes, Error = ::warp::Error> + Send + Sync + 'static;
}

impl<S, B> Monitored for S
where
    S: tower_service::Service<
            Request<Incoming>,
            Response = Response<Body<B>>,
            Error = Infallible,
            Future: Send,
        > + Clone
        + Send
        + Sync
        + 'static,
    B: HttpBody<Data = Bytes, Error = ::warp::Error> + Send + Sync + 'static,
{
    type Inner = B;
}

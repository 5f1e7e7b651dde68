//! The `tower` layer, and the service it makes.

use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Extensions, Request, Response};

use super::body::Body;
use super::exchange::Exchange;
use super::future::{Payload, ResponseFuture};
use super::route::Rules;
use crate::base::unwind::discard;

/// Monitors every request of a service; made by [`layer`].
#[derive(Clone, Default)]
pub struct Layer {
    rules: Rules,
    grpc_timeout: Option<Duration>,
}

/// Returns a layer that monitors every request: metrics, access line, trace context, request id,
/// Sentry.
///
/// Put it outermost. It does not see layers outside of it, and a time-out outside of it looks like
/// a client that left. If one such layer is inside another, the outermost counts and the others
/// name the route.
///
/// With axum and the feature `axum`, `Router::layer` is all there is to do; routes are those of the
/// router:
///
/// ```
/// # #[cfg(feature = "axum")]
/// # fn router() -> axum::Router {
/// axum::Router::new()
///     .route("/orders/{id}", axum::routing::get(|| async { "an order" }))
///     .layer(monitor_runtime::http::layer())
/// # }
/// ```
///
/// For `tonic`, `Server::builder().layer(monitor_runtime::http::layer().routes([..]))`, with
/// [`grpc_timeout`](Layer::grpc_timeout) where the server has a time-out; for `hyper`,
/// [`wrap`](Layer::wrap).
pub fn layer() -> Layer {
    Layer::default()
}

impl Layer {
    /// Names routes by templates: `{name}` stands for one segment, `{*rest}` for one or more.
    ///
    /// The first template that matches the path is the route. A template that never matches gets a
    /// line of level `WARN`: it is spelled as in another framework (`/orders/:id`), or an earlier
    /// one matches all its paths.
    ///
    /// ```
    /// let layer = monitor_runtime::http::layer()
    ///     .routes(["/orders/{id}", "/files/{*path}", "/greet.Greeter/SayHello"]);
    /// ```
    pub fn routes(mut self, templates: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.rules.add_templates(templates);
        self
    }

    /// Names routes by a value that a router left in the request's extensions.
    ///
    /// The name must be a template: beyond 1,000 different names, routes are `other`. With an axum
    /// other than that of the feature `axum`:
    ///
    /// ```
    /// # #[cfg(feature = "axum")]
    /// # fn layer() -> monitor_runtime::http::Layer {
    /// use axum::extract::MatchedPath;
    ///
    /// monitor_runtime::http::layer()
    ///     .route_by(|extensions| extensions.get::<MatchedPath>().map(MatchedPath::as_str))
    /// # }
    /// ```
    pub fn route_by<F>(mut self, rule: F) -> Self
    where
        F: Fn(&Extensions) -> Option<&str> + Send + Sync + 'static,
    {
        self.rules.set_rule(rule);
        self
    }

    /// Names the time-out of a gRPC server, which is outside of its layers.
    ///
    /// tonic itself answers a call that takes longer; the layer only sees that the handler was
    /// dropped. With the same time-out here, the call is recorded as `DEADLINE_EXCEEDED`. A
    /// client's `grpc-timeout` is known without this.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// const TIMEOUT: Duration = Duration::from_secs(5);
    /// let layer = monitor_runtime::http::layer().grpc_timeout(TIMEOUT);
    /// // tonic::transport::Server::builder().timeout(TIMEOUT).layer(layer)
    /// ```
    pub fn grpc_timeout(mut self, timeout: Duration) -> Self {
        self.grpc_timeout = Some(timeout);
        self
    }

    /// Puts the layer around a service.
    ///
    /// ```
    /// # fn served<S: Clone>(service: S) {
    /// let service = monitor_runtime::http::layer().wrap(service);
    /// // hyper_util::service::TowerToHyperService::new(service)
    /// # }
    /// ```
    pub fn wrap<S>(&self, inner: S) -> Service<S> {
        Service {
            inner,
            broken: false,
            rules: self.rules.clone(),
            grpc_timeout: self.grpc_timeout,
        }
    }
}

impl<S> tower_layer::Layer<S> for Layer {
    type Service = Service<S>;

    fn layer(&self, inner: S) -> Service<S> {
        self.wrap(inner)
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layer").finish_non_exhaustive()
    }
}

/// A service whose requests are monitored.
#[derive(Clone)]
pub struct Service<S> {
    inner: S,
    /// `true` if `poll_ready` panicked. The next request then does not reach the service.
    broken: bool,
    rules: Rules,
    grpc_timeout: Option<Duration>,
}

impl<S: fmt::Debug> fmt::Debug for Service<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Service").field(&self.inner).finish()
    }
}

/// Marks a request that an outer layer of this crate has seen.
#[derive(Clone, Copy)]
struct Seen;

impl<S, B, R> tower_service::Service<Request<B>> for Service<S>
where
    S: tower_service::Service<Request<B>, Response = Response<R>>,
    R: http_body::Body,
{
    type Response = Response<Body<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        let ready = catch_unwind(AssertUnwindSafe(|| self.inner.poll_ready(context)));
        ready.unwrap_or_else(|payload| {
            discard(payload);
            // Remembered, because only a request can be answered.
            self.broken = true;
            Poll::Ready(Ok(()))
        })
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let broken = mem::take(&mut self.broken);
        let ruled = catch_unwind(AssertUnwindSafe(|| self.rules.find(&request)));
        if request.extensions_mut().insert(Seen).is_some() {
            // The layer around this one answers after a panic.
            let route = ruled.unwrap_or_else(|payload| resume_unwind(payload));
            if broken {
                resume_unwind(Box::new("`poll_ready` of the service panicked"));
            }
            route.into_iter().for_each(super::request::name_current);
            return ResponseFuture::passing(self.inner.call(request));
        }
        let route = ruled.as_ref().ok().copied().flatten();
        let exchange = Exchange::begin(&request, route, self.grpc_timeout);
        let called = match ruled {
            Err(payload) => Err(payload),
            Ok(_) if broken => Err(Box::new(()) as Payload),
            Ok(_) => {
                let call = || catch_unwind(AssertUnwindSafe(|| self.inner.call(request)));
                exchange.request().within(call)
            }
        };
        ResponseFuture::monitored(called, exchange)
    }
}

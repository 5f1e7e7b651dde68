//! The future of a response.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Response, StatusCode};
use http_body::Body as HttpBody;
use pin_project_lite::pin_project;

use super::body::Body;
use super::exchange::{Exchange, RequestEnd};
use crate::base::unwind::discard;

pin_project! {
    /// The future of a monitored response.
    #[project = Projected]
    pub struct ResponseFuture<F> {
        // `None` once it is done, or if the service panicked before it returned a future.
        #[pin]
        inner: Option<F>,
        // `None` below another layer of this crate, and once the response has it.
        exchange: Option<Exchange>,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(exchange) = this.exchange {
                exchange.abandon(|| this.inner.set(None));
            }
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn passing(inner: F) -> Self {
        Self {
            inner: Some(inner),
            exchange: None,
        }
    }

    pub(super) fn monitored(called: Result<F, Payload>, exchange: Exchange) -> Self {
        let inner = called.map_err(discard).ok();
        Self {
            inner,
            exchange: Some(exchange),
        }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: HttpBody,
{
    type Output = Result<Response<Body<R>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Projected {
            mut inner,
            exchange,
        } = self.project();
        let mut poll = |context: &mut Context<'_>| match inner.as_mut().as_pin_mut() {
            Some(future) => future.poll(context).map(Some),
            None => Poll::Ready(None),
        };
        let Some(running) = exchange.as_mut() else {
            // Polled after its end.
            return match poll(context) {
                Poll::Ready(Some(result)) => {
                    Poll::Ready(result.map(|response| response.map(Body::passing)))
                }
                _ => Poll::Pending,
            };
        };
        let polled = running.poll(context, |context| {
            catch_unwind(AssertUnwindSafe(|| poll(context)))
        });
        let result = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(result)) => result,
            Err(payload) => {
                discard(payload);
                None
            }
        };
        // Values that the future drops belong to the request. A panic in their `Drop` must not cost the
        // response.
        let clear = || catch_unwind(AssertUnwindSafe(|| inner.set(None)));
        let _ = running.request().within(clear).map_err(discard);
        let Some(exchange) = exchange.take() else {
            return Poll::Pending;
        };
        Poll::Ready(conclude(result, exchange))
    }
}

/// The payload of a panic, which the panic hook has reported.
pub(super) type Payload = Box<dyn Any + Send>;

/// Hands the exchange to the response; `None` for a service that panicked.
fn conclude<R: HttpBody, E>(
    result: Option<Result<Response<R>, E>>,
    mut exchange: Exchange,
) -> Result<Response<Body<R>>, E> {
    match result {
        Some(Ok(mut response)) => {
            exchange.answered(&mut response);
            // A server does not poll a body that is known to be empty.
            let body = response.body();
            let over = catch_unwind(AssertUnwindSafe(|| body.is_end_stream()));
            if over.unwrap_or_else(|payload| {
                discard(payload);
                false
            }) {
                exchange.fate = Some(RequestEnd::Complete);
            }
            Ok(response.map(|body| Body::monitored(Some(body), exchange)))
        }
        Some(Err(error)) => {
            exchange.fate = Some(RequestEnd::ServiceFailed);
            Err(error)
        }
        None => {
            let mut response = Response::new(());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            exchange.answered(&mut response);
            exchange.fate = Some(RequestEnd::Panicked);
            Ok(response.map(|()| Body::monitored(None, exchange)))
        }
    }
}

//! The body of a response, on its way out.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::exchange::{Exchange, RequestEnd};

pin_project! {
    /// The body of a monitored response: the service's own, frame by frame, trailers included.
    #[project = Projected]
    pub struct Body<B> {
        // `None` for the response to a panic, and once it has ended.
        #[pin]
        inner: Option<B>,
        // `None` below another layer of this crate, and once the body has ended.
        exchange: Option<Exchange>,
    }

    impl<B> PinnedDrop for Body<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(exchange) = this.exchange {
                exchange.abandon(|| this.inner.set(None));
            }
        }
    }
}

impl<B> Body<B> {
    pub(super) fn passing(inner: B) -> Self {
        Self {
            inner: Some(inner),
            exchange: None,
        }
    }

    pub(super) fn monitored(inner: Option<B>, exchange: Exchange) -> Self {
        Self {
            inner,
            exchange: Some(exchange),
        }
    }
}

impl<B: HttpBody> HttpBody for Body<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(mut inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let Some(exchange) = this.exchange.as_mut() else {
            return inner.poll_frame(context);
        };
        let before = exchange.fate.replace(RequestEnd::Panicked);
        let polled = exchange.poll(context, |context| inner.as_mut().poll_frame(context));
        exchange.fate = before;
        let frame = ready!(polled);
        let over = match &frame {
            Some(Ok(frame)) => {
                frame
                    .data_ref()
                    .into_iter()
                    .for_each(|data| exchange.sent(data));
                frame
                    .trailers_ref()
                    .into_iter()
                    .for_each(|trailers| exchange.trailed(trailers));
                // A server does not poll a body again after its trailers.
                let last = frame.is_trailers() || inner.is_end_stream();
                last.then_some(RequestEnd::Complete)
            }
            Some(Err(_)) => Some(RequestEnd::BodyFailed),
            None => Some(RequestEnd::Complete),
        };
        if let Some(fate) = over {
            exchange.fate.get_or_insert(fate);
            *this.exchange = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Some(inner) => inner.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

//! Adds the default headers to answers that hyper makes itself.
//!
//! A request that hyper cannot read (400), or whose head is too large (431), never reaches the
//! routes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection_slots::Slot;
use super::routes::PROTECTION;

/// A stream that completes hyper's own answers as they are written, and notes when its client
/// reads.
pub(super) struct HeaderFixer<S> {
    stream: S,
    seat: Arc<Slot>,
    /// The bytes to write in place of hyper's answer, and the length of hyper's.
    instead: Vec<u8>,
    length: usize,
}

impl<S> HeaderFixer<S> {
    pub(super) fn new(stream: S, seat: Arc<Slot>) -> Self {
        Self {
            stream,
            seat,
            instead: Vec::new(),
            length: 0,
        }
    }

    fn noted(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(written, Poll::Ready(Ok(_))) {
            self.seat.progressed();
        }
        written
    }
}

/// Adds the default headers to an answer that hyper makes itself. hyper writes such an answer at
/// once, and without a body.
fn completed(written: &[u8]) -> Option<Vec<u8>> {
    let head = written.strip_suffix(b"\r\n")?;
    // hyper answers a client that has spoken HTTP/1.0 in that version.
    let is_own = (written.starts_with(b"HTTP/1.1 4") || written.starts_with(b"HTTP/1.0 4"))
        && head.ends_with(b"\r\n")
        && !head.windows(7).any(|window| window == b"nosniff");
    is_own.then(|| {
        let headers = PROTECTION.map(|(name, value)| format!("{name}: {value}\r\n"));
        [head, headers.concat().as_bytes(), b"\r\n"].concat()
    })
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeaderFixer<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.instead.is_empty() {
            let Some(instead) = completed(bytes) else {
                let written = Pin::new(&mut self.stream).poll_write(context, bytes);
                return self.noted(written);
            };
            (self.instead, self.length) = (instead, bytes.len());
        }
        let this = &mut *self;
        while !this.instead.is_empty() {
            let written = ready!(Pin::new(&mut this.stream).poll_write(context, &this.instead))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.instead.drain(..written);
        }
        Poll::Ready(Ok(this.length))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [bytes] = pieces {
            return self.poll_write(context, bytes);
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.noted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for HeaderFixer<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

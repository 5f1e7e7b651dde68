//! A request that asks for its log lines, whatever the log's filter says: `x-monitor-log: debug`.

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Uri, Version};
use tracing::Level;

use crate::logs;

pub(super) const X_MONITOR_LOG: HeaderName = HeaderName::from_static("x-monitor-log");

/// A request that asks for its log lines, as far as it decides if it gets them.
pub(crate) struct LinesRequest<'r> {
    pub(crate) headers: &'r HeaderMap,
    pub(crate) uri: &'r Uri,
    pub(crate) version: Version,
    /// `None` if the server does not know it.
    pub(crate) peer: Option<SocketAddr>,
    /// The address that the peer connected to; `None` if the server does not know it.
    pub(crate) local: Option<SocketAddr>,
    /// The token in the header itself.
    pub(crate) token: Option<&'r str>,
}

/// Returns `true` for a request that gets its lines.
pub(crate) type Gate = dyn Fn(&LinesRequest<'_>) -> bool + Send + Sync;

static GATE: RwLock<Option<Arc<Gate>>> = RwLock::new(None);

/// Sets the rule that decides which requests get their lines. Without one, none does.
pub(crate) fn set_gate(gate: impl Fn(&LinesRequest<'_>) -> bool + Send + Sync + 'static) {
    *GATE.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(gate));
}

/// The answer to a request that asks for its lines, which the response has in the same header.
pub(super) enum LinesAnswer {
    Granted(Level),
    Refused(&'static str),
}

impl LinesAnswer {
    /// Returns `None` for a request that does not ask.
    pub(super) fn to<B>(request: &http::Request<B>) -> Option<Self> {
        let given = request.headers().get(X_MONITOR_LOG)?;
        Some(Self::decide(given, request))
    }

    fn decide<B>(given: &HeaderValue, request: &http::Request<B>) -> Self {
        let text = given.to_str().unwrap_or_default();
        let (level, token) = match text.split_once(';') {
            Some((level, rest)) => (level, rest.trim().strip_prefix("token=")),
            None => (text, None),
        };
        let level = level.trim();
        // A number is a level to `tracing`.
        let is_word = level.bytes().all(|byte| byte.is_ascii_alphabetic());
        let Some(level) = Level::from_str(level).ok().filter(|_| is_word) else {
            return Self::Refused("not a level: send debug or trace");
        };
        let (peer, local) = ends(request.extensions());
        let asking = LinesRequest {
            headers: request.headers(),
            uri: request.uri(),
            version: request.version(),
            peer,
            local,
            token,
        };
        let gate = GATE.read().unwrap_or_else(PoisonError::into_inner).clone();
        if !gate.is_some_and(|gate| gate(&asking)) {
            Self::Refused("needs the token: debug; token=<MONITOR_TOKEN>")
        } else if logs::is_ours() {
            Self::Granted(level)
        } else {
            Self::Refused("the log's subscriber was installed by the service")
        }
    }

    /// Returns the value of the response's header.
    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Granted(Level::ERROR) => "error",
            Self::Granted(Level::WARN) => "warn",
            Self::Granted(Level::INFO) => "info",
            Self::Granted(Level::DEBUG) => "debug",
            Self::Granted(Level::TRACE) => "trace",
            Self::Refused(reason) => reason,
        })
    }
}

/// Returns the addresses of the peer and of the service, as far as the server put them there.
fn ends(extensions: &Extensions) -> (Option<SocketAddr>, Option<SocketAddr>) {
    #[cfg(any(feature = "server", feature = "warp"))]
    if let Some(ends) = extensions.get::<super::accept::Ends>() {
        return (Some(ends.peer), ends.local);
    }
    #[cfg(feature = "axum")]
    if let Some(info) = extensions.get::<axum::extract::ConnectInfo<SocketAddr>>() {
        return (Some(info.0), None);
    }
    (extensions.get::<SocketAddr>().copied(), None)
}

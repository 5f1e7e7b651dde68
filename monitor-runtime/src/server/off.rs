//! The room without the feature `server`: nothing listens, and there is no route.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::health::Health;
use crate::http::verbose::LinesRequest;
use crate::metrics::{Page, Service};
use crate::settings::config::ServerSettings;

/// The management server's address cannot be listened on. Without the feature `server` that never happens.
#[derive(Debug)]
pub enum BindError {}

impl fmt::Display for BindError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl Error for BindError {}

/// A bound address, which never exists here.
pub(crate) enum Listener {}

/// Binds nothing.
pub(crate) fn listen(_: &ServerSettings) -> Result<Option<Listener>, BindError> {
    Ok(None)
}

/// The state that routes would share.
#[derive(Clone)]
pub(crate) struct Context;

impl Context {
    pub(crate) fn configured(_: Service, _: Arc<Health>, _: Page, _: ServerSettings) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "the method with the feature")]
    pub(crate) fn read(&self) {}

    #[expect(clippy::unused_self, reason = "the method with the feature")]
    pub(crate) fn watch(&self) {}

    /// Returns the rule that lets no request have its log lines: there is no token.
    #[expect(clippy::unused_self, reason = "the method with the feature")]
    pub(crate) fn lines_gate(&self) -> impl Fn(&LinesRequest<'_>) -> bool + Send + Sync + 'static {
        |_| false
    }

    /// Returns the reason why nothing listens.
    pub(crate) fn state(&self, _: Option<&Server>) -> String {
        "off: built without the feature `server`".to_owned()
    }

    pub(crate) fn announce(&self, _: Option<&Server>) {}
}

/// Returns the number of incidents that began, by trigger: there is no evidence without a server
/// that shows it.
pub(crate) fn incidents_begun() -> [(&'static str, u64); 3] {
    [("objective", 0), ("check", 0), ("stuck", 0)]
}

/// A running server, which never exists here.
pub(crate) enum Server {}

/// Answers on a listener, which never exists here.
pub(crate) fn serve(listener: Listener, _: Context) -> io::Result<Server> {
    match listener {}
}

impl Server {
    pub(crate) fn close_by(&self, _: Duration) {
        match *self {}
    }
}

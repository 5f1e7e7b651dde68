//! The lines of the log about the server, when the service has started.

use super::{Context, Server};
use crate::settings::config::Address;

impl Context {
    /// Returns where the server listens.
    #[expect(clippy::unused_self, reason = "the method without the feature")]
    pub(crate) fn state(&self, server: Option<&Server>) -> String {
        match server.map(Server::bound) {
            None => "off".to_owned(),
            Some(Address::Tcp(addr)) => format!("http://{addr}"),
            Some(socket) => socket.to_string(),
        }
    }

    /// Logs that other machines see little, if they can reach the server and there is no token for them.
    pub(crate) fn announce(&self, server: Option<&Server>) {
        let bound = server.map(Server::bound);
        let is_reachable = matches!(bound, Some(Address::Tcp(addr)) if !addr.ip().is_loopback());
        if is_reachable && !self.access.has_token() {
            tracing::info!(
                "other machines see /metrics and the probes, but no details, and change nothing: \
                 no MONITOR_TOKEN"
            );
        }
    }
}

//! The handle's side of the management server: its address, and its routes for another server.

use std::net::SocketAddr;
use std::path::Path;

use warp::{Filter, Rejection, reply::Response};

use super::Monitor;
use crate::server;
use crate::settings::config::Address;

impl Monitor {
    /// Returns the address the management server listens on; `None` when it is off or has no port.
    pub fn addr(&self) -> Option<SocketAddr> {
        match self.parts.server.as_ref()?.bound() {
            Address::Tcp(addr) => Some(*addr),
            Address::Unix(_) => None,
        }
    }

    /// Returns the socket in the file system that the management server listens on, if it is one.
    pub fn socket_path(&self) -> Option<&Path> {
        match self.parts.server.as_ref()?.bound() {
            Address::Tcp(_) => None,
            Address::Unix(path) => Some(path),
        }
    }

    /// Returns the routes `/health`, `/livez`, `/readyz`, `/startupz`, `/live` and `/ready` for
    /// your own warp app, with the paths below them, such as `/readyz/<check>`.
    ///
    /// Other paths are rejected as not found, so routes after it are tried.
    pub fn health_routes(
        &self,
    ) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static + use<>
    {
        server::health_routes(self.context.clone())
    }

    /// Returns the route `/metrics` for your own warp app.
    pub fn metrics_routes(
        &self,
    ) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static + use<>
    {
        server::metrics_routes(self.context.clone())
    }
}

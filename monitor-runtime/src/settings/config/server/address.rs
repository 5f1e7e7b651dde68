//! The address of the management server.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::super::{ConfigError, Given};

/// A network port, or a socket in the file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl Default for Address {
    fn default() -> Self {
        Self::Tcp(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464))
    }
}

impl From<SocketAddr> for Address {
    fn from(addr: SocketAddr) -> Self {
        Self::Tcp(addr)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(addr) => addr.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Parses an address; `None` for `off`.
pub(super) fn parse(given: Given) -> Result<Option<Address>, ConfigError> {
    if given.says("off") {
        return Ok(None);
    }
    let (scheme, path) = given.value.split_at_checked(5).unwrap_or_default();
    let parsed = if scheme.eq_ignore_ascii_case("unix:") {
        socket_path(path)
    } else {
        let port = port_of_localhost(&given.value);
        let local = port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let addr = local.or_else(|| given.value.parse().ok());
        addr.map(Address::Tcp)
            .ok_or("is not an address to listen on")
    };
    parsed.map(Some).map_err(|problem| given.refuse(problem))
}

/// Returns the port of `localhost`, the one name that means the same on every machine.
fn port_of_localhost(value: &str) -> Option<u16> {
    let (host, port) = value.rsplit_once(':')?;
    let is_local = host.eq_ignore_ascii_case("localhost");
    port.parse().ok().filter(|_| is_local)
}

#[cfg(unix)]
fn socket_path(path: &str) -> Result<Address, &'static str> {
    let path = Path::new(path);
    if !path.is_absolute() {
        // The path is removed at the end, when the working directory may be another one.
        return Err("does not have an absolute path");
    }
    std::os::unix::net::SocketAddr::from_pathname(path)
        .map(|_| Address::Unix(path.to_owned()))
        .map_err(|_| "has a path that is too long for a socket")
}

#[cfg(not(unix))]
fn socket_path(_: &str) -> Result<Address, &'static str> {
    Err("is a socket in the file system, which only Unix has")
}

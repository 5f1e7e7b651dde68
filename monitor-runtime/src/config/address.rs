//! Where the management server listens.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::{ConfigError, Given};

/// A port of the network, or a socket in the file system.
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

/// `None` for `off`.
pub(super) fn parse(given: Given) -> Result<Option<Address>, ConfigError> {
    if given.value == "off" {
        return Ok(None);
    }
    let parsed = match given.value.strip_prefix("unix:") {
        Some(path) => socket_path(path),
        None => given
            .value
            .parse()
            .map(Address::Tcp)
            .map_err(|_| "is not an address to listen on"),
    };
    parsed.map(Some).map_err(|problem| given.refuse(problem))
}

#[cfg(unix)]
fn socket_path(path: &str) -> Result<Address, &'static str> {
    let path = Path::new(path);
    if !path.is_absolute() {
        // It is removed in the end, by when the process may stand elsewhere.
        return Err("does not have an absolute path");
    }
    std::os::unix::net::SocketAddr::from_pathname(path)
        .map(|_| Address::Unix(path.to_owned()))
        .map_err(|_| "has a path that the system takes for no socket's: it is too long")
}

#[cfg(not(unix))]
fn socket_path(_: &str) -> Result<Address, &'static str> {
    Err("is a socket in the file system, which only Unix has")
}

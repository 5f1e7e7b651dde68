//! The error of an address that cannot be listened on.

use std::error::Error;
use std::fmt;
use std::io;

use crate::base::escape::spelled_out;
use crate::settings::config::Address;

/// The management server's address cannot be listened on.
#[derive(Debug)]
pub struct BindError {
    pub(super) addr: Address,
    pub(super) source: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { addr, source } = self;
        let shown = addr.to_string();
        let shown = spelled_out(&shown);
        write!(f, "the management server cannot listen on {shown}: ")?;
        let is_port = matches!(addr, Address::Tcp(_));
        match source.kind() {
            io::ErrorKind::AddrInUse if is_port => f.write_str("another socket has this port"),
            io::ErrorKind::AddrInUse => f.write_str("another process answers on this socket"),
            io::ErrorKind::AddrNotAvailable => f.write_str("this machine has no such address"),
            io::ErrorKind::NotFound => f.write_str("there is no such directory"),
            _ => source.fmt(f),
        }
    }
}

impl Error for BindError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

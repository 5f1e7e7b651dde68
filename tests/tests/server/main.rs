//! The management server of a real process: probes, the port, a Unix socket, the live page,
//! incidents.

mod descriptors;
mod health;
mod incidents;
mod live;
mod port;
#[cfg(unix)]
mod unix_socket;

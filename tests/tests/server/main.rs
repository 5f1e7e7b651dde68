//! The management server of a real process: probes, the port, a Unix socket, the live page,
//! incidents.

mod blocked_workers;
mod descriptors;
mod health;
mod incidents;
mod live;
mod port;
mod several_runtimes;
#[cfg(unix)]
mod unix_socket;

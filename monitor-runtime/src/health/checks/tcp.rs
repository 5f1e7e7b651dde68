//! A check that connects to a port.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// The number of addresses of a host that are tried.
const MAX_ADDRESSES: usize = 8;

/// The shortest time that an address is given.
const MIN_TIMEOUT: Duration = Duration::from_millis(1);

/// Returns `true` if the text is `HOST:PORT`.
pub(super) fn is_target(target: &str) -> bool {
    target.rsplit_once(':').is_some_and(|(host, port)| {
        let port = port.parse().is_ok_and(|port: u16| port > 0);
        let is_v6 = host.starts_with('[') && host.ends_with(']');
        port && !host.is_empty() && (is_v6 || !host.contains([':', '/', '@', ' ']))
    })
}

/// Connects to the first address that accepts.
pub(super) fn connect(target: &str, limit: Duration) -> Result<(), String> {
    let deadline = Instant::now() + limit;
    let found = target.to_socket_addrs();
    let found = found.map_err(|error| format!("{target} cannot be looked up: {error}"))?;
    let addresses: Vec<SocketAddr> = found.take(MAX_ADDRESSES).collect();
    let mut failure = format!("{target} has no address");
    for (tried, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let others = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        match TcpStream::connect_timeout(address, (left / others).max(MIN_TIMEOUT)) {
            Ok(_) => return Ok(()),
            Err(error) => failure = format!("{target} ({address}): {error}"),
        }
    }
    Err(failure)
}

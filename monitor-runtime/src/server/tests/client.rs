//! A client that sees every byte of an answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::SECOND;

/// A response, taken apart.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    /// Behind its transfer coding; of a compressed one, what is text in it.
    pub(super) body: String,
    pub(super) bytes: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

pub(super) fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&addr, 10 * SECOND).expect("a connection");
    stream
        .set_read_timeout(Some(20 * SECOND))
        .expect("a timeout");
    stream
}

/// A connection from another address of this machine, which is another peer.
#[cfg(target_os = "linux")]
pub(super) fn connect_from(source: [u8; 4], addr: SocketAddr) -> TcpStream {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket
        .bind(&SocketAddr::from((source, 0)).into())
        .expect("all of 127.0.0.0/8 is this machine's");
    socket.connect(&addr.into()).expect("a connection");
    let stream = TcpStream::from(socket);
    stream
        .set_read_timeout(Some(20 * SECOND))
        .expect("a timeout");
    stream
}

pub(super) fn finish(mut stream: TcpStream) -> Answer {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).expect("a whole answer");
    let end = all.windows(4).position(|four| four == b"\r\n\r\n");
    let bytes = all.split_off(end.expect("a head") + 4);
    let head = String::from_utf8(all).expect("a head is text");
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    let mut answer = Answer {
        status: status.expect("a status"),
        head,
        body: String::new(),
        bytes,
    };
    if answer.header("transfer-encoding") == Some("chunked") && !answer.bytes.is_empty() {
        answer.bytes = unchunked(&answer.bytes).expect("a last chunk");
    }
    answer.body = String::from_utf8_lossy(&answer.bytes).into_owned();
    answer
}

/// A body behind `Transfer-Encoding: chunked`; `None` if it was cut.
pub(super) fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        if length == 0 {
            return Some(body);
        }
        let chunk = end + 2..end + 2 + length;
        body.extend_from_slice(rest.get(chunk.clone())?);
        rest = rest.get(chunk.end + 2..)?;
    }
}

/// Sends a request with these further header lines and reads its answer.
pub(super) fn ask_with(addr: SocketAddr, request: &str, headers: &[&str]) -> Answer {
    let mut stream = connect(addr);
    let mut text = format!("{request} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|header| header.starts_with("Host:")) {
        text.push_str("Host: localhost\r\n");
    }
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes()).expect("sent");
    finish(stream)
}

pub(super) fn ask(addr: SocketAddr, request: &str) -> Answer {
    ask_with(addr, request, &["Host: localhost:9464"])
}

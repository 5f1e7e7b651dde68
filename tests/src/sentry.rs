//! A Sentry on loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// A Sentry on loopback that keeps the events it is sent.
pub struct Sentry {
    addr: SocketAddr,
    kept: Arc<Kept>,
}

/// The items that a Sentry has received, and its answer.
struct Kept {
    /// Items of envelopes: their types, and what they are.
    items: Mutex<Vec<(String, Value)>>,
    requests: AtomicUsize,
    head: &'static str,
    delay: Duration,
}

impl Sentry {
    /// Listens on a free port, and takes everything.
    pub fn start() -> Self {
        Self::answering("200 OK", Duration::ZERO)
    }

    /// Listens on a free port; answers with `head`, a status and headers, after `delay`.
    pub fn answering(head: &'static str, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let kept = Arc::new(Kept {
            items: Mutex::default(),
            requests: AtomicUsize::new(0),
            head,
            delay,
        });
        let sink = Arc::clone(&kept);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let sink = Arc::clone(&sink);
                thread::spawn(move || sink.receive(&stream));
            }
        });
        Self { addr, kept }
    }

    /// Returns the DSN of a project on it.
    pub fn dsn(&self) -> String {
        format!("http://public@{}/7", self.addr)
    }

    /// Returns the events received so far.
    pub fn events(&self) -> Vec<Value> {
        self.items("event")
    }

    /// Returns the items of a type received so far, such as `transaction`.
    pub fn items(&self, kind: &str) -> Vec<Value> {
        let items = self.kept.items.lock().unwrap();
        let of_kind = items.iter().filter(|(known, _)| known == kind);
        of_kind.map(|(_, item)| item.clone()).collect()
    }

    /// Returns the number of requests so far, with any answer.
    pub fn requests(&self) -> usize {
        self.kept.requests.load(Ordering::Relaxed)
    }
}

impl Kept {
    /// Answers the requests of one connection, and keeps the items of their envelopes.
    fn receive(&self, stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).ok()? == 0 {
                    return None;
                }
                let line = line.trim().to_ascii_lowercase();
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().ok()?;
                }
                if line.is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            self.requests.fetch_add(1, Ordering::Relaxed);
            let items = items_of(&String::from_utf8(body).ok()?);
            self.items.lock().unwrap().extend(items);
            thread::sleep(self.delay);
            let head = self.head;
            let mut stream = stream;
            write!(stream, "HTTP/1.1 {head}\r\nContent-Length: 2\r\n\r\n{{}}").ok()?;
        }
    }
}

/// The items of an envelope: <https://develop.sentry.dev/sdk/data-model/envelopes/>.
fn items_of(envelope: &str) -> Vec<(String, Value)> {
    let mut lines = envelope.lines().skip(1);
    let mut items = Vec::new();
    while let (Some(header), Some(payload)) = (lines.next(), lines.next()) {
        let header: Value = serde_json::from_str(header).expect("an item begins with a header");
        if let (Some(kind), Ok(item)) = (header["type"].as_str(), serde_json::from_str(payload)) {
            items.push((kind.to_owned(), item));
        }
    }
    items
}

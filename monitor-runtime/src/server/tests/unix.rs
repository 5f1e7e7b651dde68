//! The server on a socket in the file system.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use super::{context, health};
use crate::server::{Server, bind, serve};
use crate::settings::config::Address;

/// A folder of a test, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("monitor-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("monitor.sock")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn start(path: &Path) -> Server {
    let listener = bind(Address::Unix(path.to_owned())).expect("a free path");
    serve(listener, context(&health(vec![]))).expect("a server")
}

fn ask(path: &Path, head: &str) -> String {
    let mut stream = UnixStream::connect(path).expect("a listener");
    write!(stream, "{head}\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn refusal(path: &Path) -> String {
    bind(Address::Unix(path.to_owned()))
        .expect_err("refused")
        .to_string()
}

#[test]
fn it_answers_its_owner_alone_and_goes_with_the_server() {
    let folder = Folder::new("owner");
    let path = folder.socket();
    let server = start(&path);
    let mode = fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        server.bound().to_string(),
        format!("unix:{}", path.display())
    );
    let page = ask(&path, "GET /health HTTP/1.0");
    assert!(
        page.contains("serviceId"),
        "those who may open it see details: {page}"
    );
    // A request that a proxy passed on is not local any more.
    let page = ask(&path, "GET /health HTTP/1.0\r\nHost: shop.example");
    assert!(page.ends_with(r#"{"status":"ok"}"#), "{page}");
    let page = ask(&path, "GET /health HTTP/1.0\r\nX-Forwarded-For: 1.2.3.4");
    assert!(page.ends_with(r#"{"status":"ok"}"#), "{page}");
    server.close(super::SECOND);
    assert!(!path.exists());
}

#[test]
fn a_socket_without_a_listener_is_taken_over() {
    let folder = Folder::new("stale");
    let path = folder.socket();
    drop(UnixListener::bind(&path).expect("a socket"));
    assert!(path.exists(), "left behind");
    let server = start(&path);
    assert!(ask(&path, "GET /livez HTTP/1.0").ends_with("ok\n"));
    // Not by a second server, and the first one goes on.
    assert_eq!(
        refusal(&path),
        format!(
            "the management server cannot listen on unix:{}: another process answers on this socket",
            path.display()
        )
    );
    assert!(ask(&path, "GET /livez HTTP/1.0").ends_with("ok\n"));
    // If another socket took its place, the end of this one leaves it alone.
    fs::remove_file(&path).expect("removed");
    let theirs = UnixListener::bind(&path).expect("a socket");
    server.close(super::SECOND);
    assert!(path.exists());
    drop(theirs);
}

#[test]
fn of_many_starts_at_once_one_owns_the_path() {
    let folder = Folder::new("race");
    for round in 0..50 {
        let path = folder.0.join(format!("{round}.sock"));
        // Left behind by a process that has ended.
        drop(UnixListener::bind(&path).expect("a socket"));
        let barrier = std::sync::Barrier::new(4);
        let started: Vec<_> = std::thread::scope(|scope| {
            let start = || {
                barrier.wait();
                bind(Address::Unix(path.clone())).ok()
            };
            let starts: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
            let done = starts
                .into_iter()
                .map(|start| start.join().expect("no panic"));
            done.flatten().collect()
        });
        assert_eq!(started.len(), 1, "round {round}");
        UnixStream::connect(&path).expect("it answers");
    }
}

#[test]
fn a_start_waits_for_one_that_does_not_listen_yet() {
    let folder = Folder::new("slow-start");
    let path = folder.socket();
    let other = fs::File::open(&folder.0).expect("a folder");
    other.lock().expect("a lock");
    // As far as another start has come: bound, and refusing connections.
    let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None);
    let socket = socket.expect("a socket");
    let addr = socket2::SockAddr::unix(&path).expect("a path");
    socket.bind(&addr).expect("a free path");
    let second = std::thread::spawn({
        let path = path.clone();
        move || refusal(&path)
    });
    std::thread::sleep(super::SECOND / 5);
    assert!(!second.is_finished(), "it took the path of the other");
    socket.listen(1).expect("listening");
    drop(other);
    let refused = second.join().expect("no panic");
    assert!(
        refused.ends_with("another process answers on this socket"),
        "{refused}"
    );
}

#[test]
fn what_is_not_a_socket_stays() {
    let folder = Folder::new("file");
    let path = folder.socket();
    fs::write(&path, "precious").expect("a file");
    assert!(refusal(&path).ends_with("the file at this path is not a socket"));
    assert_eq!(fs::read_to_string(&path).expect("a file"), "precious");
    let link = folder.0.join("link.sock");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    assert!(refusal(&link).ends_with("the file at this path is not a socket"));
    assert!(refusal(&folder.0.join("nowhere/m.sock")).ends_with("there is no such directory"));
    assert!(refusal(&folder.0).ends_with("the file at this path is not a socket"));
}

//! Sentry and a health check behind a certificate of a private authority, which `SSL_CERT_FILE` names.
//!
//! `tls/` has the authority, and the server's certificate and key. They are for nothing else.

use std::env;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use monitor_runtime::{health::Check, monitored};
use monitor_tests::process::{get, wait_for};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The variable that makes a test the service: the port of the server.
const PORT: &str = "PRIVATE_CA_PORT";

fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tls");
    folder.join(name).to_string_lossy().into_owned()
}

/// The first lines of the requests that a server with the certificate was sent.
struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let certificate = CertificateDer::from_pem_file(file("server.pem")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(file("server.key")).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("they belong together");
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (config, kept) = (Arc::clone(&config), Arc::clone(&kept));
                thread::spawn(move || drop(answer(stream, config, &kept)));
            }
        });
        Self { port, requests }
    }

    /// Returns the number of requests of a method.
    fn count(&self, method: &str) -> usize {
        let requests = self.requests.lock().expect("not poisoned");
        requests
            .iter()
            .filter(|head| head.starts_with(method))
            .count()
    }

    /// Runs the service against it; returns what that wrote.
    fn serve(&self, env: &[(&str, &str)]) -> String {
        let mut command = Command::new(env::current_exe().expect("this test"));
        command.args([
            "--exact",
            "private_ca::the_service",
            "--nocapture",
            "--include-ignored",
        ]);
        command
            .env_remove("SSL_CERT_FILE")
            .env_remove("SSL_CERT_DIR");
        command
            .env(PORT, self.port.to_string())
            .envs(env.iter().copied());
        let output = command.output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

fn answer(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    kept: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let (mut request, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let Some((head, _)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"));
        let length = length.and_then(|length| length.trim().parse::<usize>().ok());
        if request.len() >= head.len() + 4 + length.unwrap_or_default() {
            let head = String::from_utf8_lossy(&request)
                .lines()
                .next()
                .map(str::to_owned);
            kept.lock().expect("not poisoned").extend(head);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")?;
            request.clear();
        }
    }
}

#[monitored]
fn fails() -> Result<(), String> {
    Err("it fails".into())
}

#[test]
#[ignore = "the other test runs it in a process of its own"]
fn the_service() {
    let Ok(port) = env::var(PORT) else { return };
    let url = format!("https://localhost:{port}/");
    let monitor = monitor_runtime::builder!()
        .addr("127.0.0.1:0")
        .sentry_dsn(format!("https://public@localhost:{port}/7"))
        .check_with(Check::http("stock", url).critical())
        .start_blocking()
        .expect("the runtime starts");
    fails().expect_err("it fails");
    let addr = monitor.addr().expect("it listens");
    let verdict = wait_for("a verdict", || {
        let (_, page) = get(addr, "/readyz?verbose");
        let verdicts = ["[+]stock", "GET https"];
        verdicts
            .iter()
            .any(|verdict| page.contains(verdict))
            .then_some(page)
    });
    let client = sentry::Hub::main().client().expect("a client is bound");
    client.flush(Some(Duration::from_secs(20)));
    monitor.shutdown_blocking();
    println!("{verdict}");
}

#[test]
fn a_private_authority_is_trusted_where_it_is_named() {
    let server = Server::start();
    let refused = server.serve(&[]);
    assert_eq!(
        (server.count("POST"), server.count("GET")),
        (0, 0),
        "{refused}"
    );
    assert!(refused.contains("[-]stock"), "{refused}");
    let trusted = server.serve(&[("SSL_CERT_FILE", &file("ca.pem"))]);
    assert_eq!(server.count("POST"), 1, "{trusted}");
    assert!(
        server.count("GET") > 0 && trusted.contains("[+]stock"),
        "{trusted}"
    );
    let unreadable = server.serve(&[("SSL_CERT_FILE", "/nowhere/ca.pem")]);
    assert!(
        unreadable.contains("certificate authorities of SSL_CERT_FILE"),
        "{unreadable}"
    );
}

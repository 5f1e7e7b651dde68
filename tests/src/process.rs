//! Real processes: an example as a user runs it, and a Sentry that keeps what it is sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cargo;

pub use crate::sentry::Sentry;

/// The longest wait for anything in these tests, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks until there is an answer. Panics with `what` if none comes in time.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Returns the path of an example, built if it is missing or older than its source.
pub fn example(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let here = std::env::current_exe().expect("a test has a path");
        let profile = here
            .parent()
            .and_then(Path::parent)
            .expect("target/<profile>/deps");
        let mut build = cargo();
        // The whole workspace, as `tests/run` builds it: other features would build all anew.
        build.args(["build", "--quiet", "--workspace", "--examples"]);
        if cfg!(feature = "real") {
            build.args(["--features", "monitor-tests/real"]);
        }
        if profile.ends_with("release") {
            build.arg("--release");
        }
        let status = build.status().expect("cargo runs");
        assert!(
            status.success(),
            "cargo build --workspace --examples: {status}"
        );
        profile.join("examples")
    };
    FOLDER.get_or_init(build).join(name)
}

/// A running program.
pub struct Service {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    errors: Arc<Mutex<Vec<String>>>,
    /// The address of its management server.
    pub management: SocketAddr,
    /// The address of the service itself; the management address for a service without a port.
    pub addr: SocketAddr,
}

impl Service {
    /// Starts the quickstart on ports of its own, with `env` added to a clean environment.
    pub fn quickstart(env: &[(&str, &str)]) -> Self {
        Self::example("quickstart", env)
    }

    /// Starts an example that says where it listens, like the quickstart.
    pub fn example(name: &str, env: &[(&str, &str)]) -> Self {
        Self::serving(&example(name), env)
    }

    /// Starts a program that says where it listens, like the quickstart.
    pub fn serving(program: &Path, env: &[(&str, &str)]) -> Self {
        Self::start(program, env).that_serves()
    }

    /// Starts a program with an argument that says where it listens, like the quickstart.
    pub fn serving_as(program: &Path, argument: &str, env: &[(&str, &str)]) -> Self {
        Self::run_as(program, &[argument], env).that_serves()
    }

    /// Starts a program with arguments.
    pub fn run_as(program: &Path, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let mut command = command(program, env);
        command.args(arguments);
        Self::run(command)
    }

    fn that_serves(mut self) -> Self {
        let service = &mut self;
        service.addr = wait_for("the address of the service", || {
            let lines = service.lines();
            lines.iter().find_map(|line| {
                let message = message(line)?;
                let words = message.strip_prefix("try: ")?.split(' ');
                words.rev().find_map(|word| {
                    let word = word.strip_prefix("http://").unwrap_or(word);
                    word.split('/').next()?.parse().ok()
                })
            })
        });
        self
    }

    /// Starts a program.
    pub fn start(program: &Path, env: &[(&str, &str)]) -> Self {
        Self::run(command(program, env))
    }

    fn run(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let lines = keep_lines(child.stdout.take().expect("piped"));
        let errors = keep_lines(child.stderr.take().expect("piped"));
        let management = wait_for("the address of the management server", || {
            let lines = lines.lock().unwrap();
            if let Some(status) = child.try_wait().expect("a child") {
                let errors = errors.lock().unwrap();
                panic!("the program ended: {status}\n{lines:#?}\n{errors:#?}");
            }
            let started = lines
                .iter()
                .find(|line| message(line).as_deref() == Some("monitoring started"))?;
            let line: Value = serde_json::from_str(started).ok()?;
            line["fields"]["server"]
                .as_str()?
                .strip_prefix("http://")?
                .parse()
                .ok()
        });
        Self {
            child,
            lines,
            errors,
            management,
            addr: management,
        }
    }

    /// Asks for `/slow` so many times and hangs up on all of them, once they are in flight.
    pub fn hang_up_on_slow(&self, times: usize) {
        let in_flight = |calls: usize| {
            let gauge = format!(
                "function_calls_concurrent{{function=\"slow\",module=\"quickstart\",service_name=\"quickstart\"}} {calls}\n"
            );
            wait_for(&gauge, || {
                get(self.management, "/metrics")
                    .1
                    .contains(&gauge)
                    .then_some(())
            });
        };
        let ask = |_| {
            let mut stream = TcpStream::connect(self.addr).expect("the service listens");
            let request = format!("GET /slow HTTP/1.1\r\nHost: {}\r\n\r\n", self.addr);
            stream
                .write_all(request.as_bytes())
                .expect("a request can be sent");
            stream
        };
        let connections: Vec<TcpStream> = (0..times).map(ask).collect();
        in_flight(times);
        drop(connections);
        in_flight(0);
    }

    /// Returns the lines of its standard output so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Returns the lines of its standard error so far.
    pub fn errors(&self) -> Vec<String> {
        self.errors.lock().unwrap().clone()
    }

    /// Returns its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let kill = Command::new("kill")
            .args([format!("-{name}"), self.pid().to_string()])
            .status();
        assert!(kill.expect("kill runs").success());
    }

    /// Returns its exit status if it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        wait_for("the program to end", || self.ended())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads lines on a thread of their own.
fn keep_lines(from: impl Read + Send + 'static) -> Arc<Mutex<Vec<String>>> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            sink.lock().unwrap().push(line);
        }
    });
    lines
}

/// Returns the message of a JSON log line.
fn message(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    Some(line["fields"]["message"].as_str()?.to_owned())
}

/// Returns a program with free ports, and without the settings of this process.
pub fn command(program: &Path, env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    for variable in monitor_runtime::SETTINGS {
        command.env_remove(variable.variable);
    }
    command
        .env("MONITOR_ADDR", "127.0.0.1:0")
        .env("EXAMPLE_ADDR", "127.0.0.1:0")
        .env("QUICKSTART_ADDR", "127.0.0.1:0");
    command.envs(env.iter().copied());
    heed_terminal(&mut command);
    command
}

/// Undoes what a shell does to programs it starts in the background, which ignore SIGINT and SIGQUIT,
/// and what `nohup` does, under which they ignore SIGHUP.
#[expect(
    unsafe_code,
    reason = "nothing safe sets the action of a signal in a child"
)]
fn heed_terminal(command: &mut Command) {
    let heed = || {
        for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT] {
            // SAFETY: signal(2) is one of the calls that a child may make before `exec`.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        Ok(())
    };
    // SAFETY: as above; it allocates nothing and takes no lock.
    unsafe { command.pre_exec(heed) };
}

/// Sends `GET path` and returns status and body; `None` without an answer.
pub fn try_get(addr: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&addr, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {addr}\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

/// Sends [`try_get`], and panics without an answer.
pub fn get(addr: SocketAddr, path: &str) -> (u16, String) {
    try_get(addr, path).unwrap_or_else(|| panic!("GET {path} from {addr}: no answer"))
}

/// Returns the calls of a function with this result on a page that is only skimmed, as by many
/// scrapers at once.
pub fn count_of(page: &str, function: &str, result: &str) -> u64 {
    let begin = format!("function_calls_total{{function=\"{function}\",");
    let result = format!("result=\"{result}\"");
    let samples = page
        .lines()
        .filter(|line| line.starts_with(&begin) && line.contains(&result));
    samples
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}

//! One health check, as the user declares it.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::CheckError;

/// The error of a failed check.
pub(super) type Failure = Box<dyn Error + Send + Sync>;

/// A check's function, with its types erased. Its argument is the time-out.
pub(super) type Run =
    dyn Fn(Duration) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>> + Send + Sync;

/// The runtime or thread that runs a check's function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunOn {
    /// On the service's runtime if there is one, with its pools and clients.
    Users,
    /// On a thread of its own, because it blocks.
    Thread,
    /// Between the other checks, on their thread: it neither blocks nor waits.
    Here,
}

const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest time-out that a function is given.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// A question about something the service needs, asked in the background.
///
/// The answer is cached: probes read it and never wait for it. A check that fails, panics or does
/// not answer in time makes the service *degraded* (`warn`, still ready); a [critical] one makes it
/// *unready* (`fail`). Neither ever makes it dead: a restart does not mend a database.
///
/// Its future runs on the tokio runtime the monitor was started in. In a program without one it
/// runs on a thread of its own, where it may also block.
///
/// ```
/// use monitor_runtime::health::Check;
/// use std::time::Duration;
/// # async fn ping() -> Result<u64, std::io::Error> { Ok(1) }
///
/// let database = Check::new("database", || async { ping().await })
///     .critical()
///     .interval(Duration::from_secs(30))
///     .timeout(Duration::from_secs(2));
/// # let _ = database;
/// ```
///
/// [critical]: Check::critical
pub struct Check {
    pub(super) name: String,
    pub(super) run: Arc<Run>,
    pub(super) home: RunOn,
    pub(super) critical: bool,
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
    /// The number of runs in a row that must fail before the check counts as failing.
    pub(super) failures: u32,
    /// The number of runs in a row that must pass before it counts as passing again.
    pub(super) successes: u32,
    pub(super) groups: Vec<String>,
    /// The reason why it cannot be run, found by its constructor.
    pub(super) problem: Option<CheckError>,
}

impl Check {
    /// Creates a degraded check called `name` that passes when `run` returns `Ok`.
    ///
    /// The name has 1 to 64 letters, digits, `_`, `.` and `-`, and is unique. `start()` returns an
    /// error for any other.
    ///
    /// ```
    /// use monitor_runtime::health::Check;
    ///
    /// let disk = Check::new("scratch-disk", || async {
    ///     std::fs::metadata("/tmp").map_err(|error| format!("no scratch disk: {error}"))
    /// });
    /// # let _ = disk;
    /// ```
    pub fn new<F, Fut, T, E>(name: impl Into<String>, run: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let run: Arc<Run> = Arc::new(move |_| {
            let answer = run();
            Box::pin(async move { answer.await.map(drop).map_err(Into::into) })
        });
        Self::from_run(name.into(), RunOn::Users, run)
    }

    /// Creates a degraded check whose function may block: it runs on a thread of its own.
    ///
    /// Never two at once: while one run blocks, the next waits, and the check fails at its timeout.
    /// Name and defaults are those of [`new`](Check::new).
    ///
    /// ```
    /// use monitor_runtime::health::Check;
    ///
    /// let config = Check::blocking("config", || std::fs::read_to_string("/etc/hostname"));
    /// # let _ = config;
    /// ```
    pub fn blocking<F, T, E>(name: impl Into<String>, run: F) -> Self
    where
        F: Fn() -> Result<T, E> + Send + Sync + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Self::blocking_within(name.into(), move |_| run().map(drop).map_err(Into::into))
    }

    /// Creates a [`blocking`](Check::blocking) check whose function is given its time-out.
    pub(super) fn blocking_within<F>(name: String, run: F) -> Self
    where
        F: Fn(Duration) -> Result<(), Failure> + Send + Sync + 'static,
    {
        let run = Arc::new(run);
        let run: Arc<Run> = Arc::new(move |limit| {
            let run = Arc::clone(&run);
            // A deadline that is further away cannot be represented.
            Box::pin(async move { run(limit.min(MAX_TIMEOUT)) })
        });
        Self::from_run(name, RunOn::Thread, run)
    }

    pub(super) fn from_run(name: String, home: RunOn, run: Arc<Run>) -> Self {
        Self {
            name,
            run,
            home,
            critical: false,
            interval: DEFAULT_INTERVAL,
            timeout: DEFAULT_TIMEOUT,
            failures: 1,
            successes: 1,
            groups: Vec::new(),
            problem: None,
        }
    }

    /// Makes the service unready while this check fails, instead of degraded.
    ///
    /// Use it for what no request can do without, and only if other replicas may still have it:
    /// when a dependency they all share fails, they all become unready at once.
    ///
    /// ```
    /// use monitor_runtime::health::Check;
    /// # async fn ping() -> Result<(), std::io::Error> { Ok(()) }
    ///
    /// let own_disk = Check::new("own-disk", || async { ping().await }).critical();
    /// # let _ = own_disk;
    /// ```
    pub fn critical(mut self) -> Self {
        self.critical = true;
        self
    }

    /// Sets the pause between the end of one run and the start of the next; 10 seconds if not set.
    ///
    /// ```
    /// use monitor_runtime::health::Check;
    /// use std::time::Duration;
    /// # async fn ping() -> Result<(), std::io::Error> { Ok(()) }
    ///
    /// let cheap = Check::new("cache", || async { ping().await }).interval(Duration::from_secs(1));
    /// # let _ = cheap;
    /// ```
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets how long a run may take before it counts as failed; 5 seconds if not set.
    ///
    /// The run's future is then dropped.
    ///
    /// ```
    /// use monitor_runtime::health::Check;
    /// use std::time::Duration;
    /// # async fn ping() -> Result<(), std::io::Error> { Ok(()) }
    ///
    /// let strict =
    ///     Check::new("cache", || async { ping().await }).timeout(Duration::from_millis(200));
    /// # let _ = strict;
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how many runs in a row must fail before a passing check counts as failing; 1 if not set.
    ///
    /// The very first run counts at once. `failures` and [`successes`](Check::successes) keep a
    /// check that flaps from making the service flap.
    ///
    /// ```
    /// use monitor_runtime::health::Check;
    /// # async fn ping() -> Result<(), std::io::Error> { Ok(()) }
    ///
    /// let patient = Check::new("cache", || async { ping().await }).failures(3).successes(2);
    /// # let _ = patient;
    /// ```
    pub fn failures(mut self, in_a_row: u32) -> Self {
        self.failures = in_a_row;
        self
    }

    /// Sets how many runs in a row must pass before a failing check counts as passing; 1 if not set.
    ///
    /// ```
    /// use monitor_runtime::health::Check;
    ///
    /// let steady = Check::tcp("queue", "127.0.0.1:5672").successes(3);
    /// # let _ = steady;
    /// ```
    pub fn successes(mut self, in_a_row: u32) -> Self {
        self.successes = in_a_row;
        self
    }

    /// Puts the check into a group, which `/health/<group>` reports on; call it again for more.
    ///
    /// The rules for names hold for groups, too.
    ///
    /// ```
    /// use monitor_runtime::health::Check;
    ///
    /// let primary = Check::tcp("primary", "127.0.0.1:5432").group("db").group("storage");
    /// # let _ = primary;
    /// ```
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.groups.push(group.into());
        self
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.name)
            .field("critical", &self.critical)
            .field("interval", &self.interval)
            .field("timeout", &self.timeout)
            .field("failures", &self.failures)
            .field("successes", &self.successes)
            .field("groups", &self.groups)
            .finish_non_exhaustive()
    }
}

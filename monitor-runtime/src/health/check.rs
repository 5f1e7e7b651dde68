//! One health check, as the user declares it.

use std::collections::HashSet;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// What a failed check returns.
pub(super) type Failure = Box<dyn Error + Send + Sync>;

/// A check's function, with its types erased.
pub(super) type Run =
    dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>> + Send + Sync;

const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest name a check may have, in characters.
const NAME_LIMIT: usize = 64;

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
/// use monitor_runtime::Check;
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
    pub(super) critical: bool,
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
}

impl Check {
    /// A degraded check called `name` that passes when `run` returns `Ok`.
    ///
    /// The name is 1 to 64 characters out of letters, digits, `_`, `.` and `-`, and no other check
    /// has it. Starting the monitor refuses anything else.
    ///
    /// ```
    /// use monitor_runtime::Check;
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
        Self {
            name: name.into(),
            run: Arc::new(move || {
                let answer = run();
                Box::pin(async move { answer.await.map(drop).map_err(Into::into) })
            }),
            critical: false,
            interval: DEFAULT_INTERVAL,
            timeout: DEFAULT_TIMEOUT,
        }
    }

    /// Makes the service unready while this check fails, instead of degraded.
    ///
    /// Use it for what no request can do without, and only if other replicas may still have it:
    /// when a dependency they all share fails, they all become unready at once.
    ///
    /// ```
    /// use monitor_runtime::Check;
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
    /// use monitor_runtime::Check;
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
    /// use monitor_runtime::Check;
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
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.name)
            .field("critical", &self.critical)
            .field("interval", &self.interval)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// A check that cannot be run as declared.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidCheck {
    /// The name is empty, too long or has a character that is not allowed.
    Name(String),
    /// Two checks have this name.
    Duplicate(String),
    /// The named setting of the named check is zero.
    Zero {
        /// The name of the check.
        check: String,
        /// The setting that is zero.
        setting: &'static str,
    },
}

impl fmt::Display for InvalidCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(
                f,
                "health check {name:?}: the name must be 1 to {NAME_LIMIT} characters out of \
                 letters, digits, `_`, `.` and `-`"
            ),
            Self::Duplicate(name) => {
                write!(
                    f,
                    "health check {name:?} is there twice: each name must be used once"
                )
            }
            Self::Zero { check, setting } => {
                write!(
                    f,
                    "health check {check:?}: {setting} is 0s but must be longer than zero"
                )
            }
        }
    }
}

impl Error for InvalidCheck {}

/// Refuses what cannot be run or cannot be told apart in a report.
pub(super) fn validate(checks: &[Check]) -> Result<(), InvalidCheck> {
    let mut names = HashSet::new();
    for Check {
        name,
        interval,
        timeout,
        ..
    } in checks
    {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if name.is_empty() || name.len() > NAME_LIMIT || !name.chars().all(allowed) {
            return Err(InvalidCheck::Name(name.clone()));
        }
        if !names.insert(name) {
            return Err(InvalidCheck::Duplicate(name.clone()));
        }
        for (setting, value) in [("interval", interval), ("timeout", timeout)] {
            if value.is_zero() {
                return Err(InvalidCheck::Zero {
                    check: name.clone(),
                    setting,
                });
            }
        }
    }
    Ok(())
}

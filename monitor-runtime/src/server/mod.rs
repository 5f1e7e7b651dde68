//! The management server: probes, `/health` and `/metrics` on a port and a thread of their own.
//!
//! It answers while the service's runtime is blocked, when its answers matter most. Everything a
//! client can make it do is bounded: connections, header bytes, time.

mod access;
mod address;
mod announce;
mod connection;
mod connection_slots;
mod default_headers;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod gzip;
mod incidents;
mod limits;
mod lines;
mod listener;
mod live;
mod negotiate;
mod page_stream;
mod requests;
mod reserved_descriptors;
mod routes;
#[cfg(test)]
mod tests;
mod turns;
mod wrong_tokens;

use std::io;
#[cfg(test)]
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use access::Access;
pub use gzip::Gzip;
use incidents::Incidents;
pub(crate) use incidents::begun as incidents_begun;
pub use listener::BindError;
pub(crate) use listener::{Listener, bind};
use live::Live;
pub(crate) use routes::{health_routes, metrics_routes};

use crate::base::worker::Worker;
use crate::health::Health;
use crate::metrics::process::Reader;
use crate::metrics::{Chunks, Format, Page, Service};
use crate::server::live::Around;
use crate::settings::config::{Address, PageLinks, ServerSettings};
use limits::Limits;
use page_stream::PageSlots;

/// The longest time that running requests can be given to end.
const MAX_GRACE: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest wait for its thread when a [`Server`] is dropped.
const DROP_LIMIT: Duration = Duration::from_millis(100);

/// Threads that make pages: one that begins the next page, and one for pages that are being sent.
/// More would let a flood of scrapes use more cores, and memory that each thread's allocator keeps.
const MAKERS: usize = 2;

/// The state that the routes share.
#[derive(Clone)]
pub(crate) struct Context {
    service: Arc<Service>,
    health: Arc<Health>,
    incidents: Arc<Incidents>,
    live: Arc<Live>,
    metrics: Page,
    access: Access,
    /// Shared by all clones, so that any number of scrapers cannot fill memory with pages.
    scrapes: PageSlots,
}

impl Context {
    /// Creates the state. `metrics` begins a page in a format; it may take its time and may panic.
    pub(crate) fn new<M>(
        service: Service,
        health: Arc<Health>,
        metrics: M,
        access: impl Into<Access>,
    ) -> Self
    where
        M: Fn(Format) -> Chunks + Send + Sync + 'static,
    {
        let incidents = Arc::new(Incidents::new(&service, Arc::clone(&health)));
        let around = Around {
            health: Some(Arc::clone(&health)),
            incidents: Some(lines_of(&incidents)),
            ..Around::default()
        };
        Self {
            incidents,
            live: Arc::new(Live::new(&service, around)),
            service: Arc::new(service),
            health,
            metrics: Arc::new(metrics),
            access: access.into(),
            scrapes: PageSlots::default(),
        }
    }

    /// Creates the state of a service with these settings.
    pub(crate) fn configured(
        service: Service,
        health: Arc<Health>,
        page: Page,
        settings: ServerSettings,
    ) -> Self {
        let access = Access::from(settings.token)
            .strict(settings.loopback_needs_token, settings.metrics_need_token);
        Self::new(service, health, move |format| page(format), access)
            .with_page(Reader::new(), settings.page_links)
    }

    /// Adds the process's numbers to the live page, and the addresses that it links to.
    fn with_page(mut self, process: Reader, links: PageLinks) -> Self {
        let around = Around {
            health: Some(Arc::clone(&self.health)),
            incidents: Some(lines_of(&self.incidents)),
            process: Some(process),
            links,
        };
        self.live = Arc::new(Live::new(&self.service, around));
        self
    }

    /// Takes a reading for the live page. The upkeep calls it every five seconds.
    pub(crate) fn read(&self) {
        self.live.tick();
    }

    /// Looks for what begins an incident. The upkeep calls it every five seconds.
    pub(crate) fn watch(&self) {
        self.incidents.watch(&self.live);
    }
}

/// Returns what makes a line of each incident, for the live page.
fn lines_of(incidents: &Arc<Incidents>) -> Box<dyn Fn() -> serde_json::Value + Send + Sync> {
    let incidents = Arc::clone(incidents);
    Box::new(move || incidents.lines())
}

/// A running management server. Dropping it closes the port without waiting for requests.
pub(crate) struct Server {
    bound: Address,
    /// The time by which the server has to be gone, once it is to stop.
    deadline: watch::Sender<Option<Instant>>,
    worker: Worker,
}

/// Binds the address of the settings, if they have one.
pub(crate) fn listen(settings: &ServerSettings) -> Result<Option<Listener>, BindError> {
    settings.addr.clone().map(bind).transpose()
}

/// Answers on `listener`, on a thread called "monitor-server".
pub(crate) fn serve(listener: Listener, context: Context) -> io::Result<Server> {
    serve_within(listener, context, Limits::of_process)
}

/// Serves within limits that are asked for when the server's runtime has its file descriptors.
fn serve_within(
    listener: Listener,
    context: Context,
    limits: impl FnOnce() -> Limits + Send + 'static,
) -> io::Result<Server> {
    let bound = listener.bound().clone();
    if let Address::Tcp(addr) = &bound {
        context.incidents.served_at(format!("http://{addr}"));
    }
    let (deadline, stop) = watch::channel(None);
    let worker = Worker::start("monitor-server", MAKERS, move || {
        let listener = listener.into_tokio()?;
        Ok(listener::accept_until(
            listener,
            routes::all(context),
            limits(),
            stop,
        ))
    })?;
    Ok(Server {
        bound,
        deadline,
        worker,
    })
}

impl Server {
    /// Returns the address it listens on, with the port that the system chose for port 0.
    pub(crate) fn bound(&self) -> &Address {
        &self.bound
    }

    /// Returns the address of a server with a port.
    #[cfg(test)]
    fn local_addr(&self) -> SocketAddr {
        match self.bound {
            Address::Tcp(addr) => addr,
            Address::Unix(_) => unreachable!("this test asked for a port"),
        }
    }

    /// Closes the port, gives running requests `grace` to end, and waits for that. Blocks.
    ///
    /// A second call may shorten the grace, never lengthen it.
    #[cfg(test)]
    fn close(&self, grace: Duration) {
        self.close_within(grace);
        self.worker
            .join(grace.saturating_add(Duration::from_secs(1)));
    }

    /// Closes the port and gives running requests up to a second to end. Blocks for at most
    /// `limit`.
    pub(crate) fn close_by(&self, limit: Duration) {
        self.close_within((limit / 2).min(Duration::from_secs(1)));
        self.worker.join(limit);
    }

    fn close_within(&self, grace: Duration) {
        let wanted = Instant::now() + grace.min(MAX_GRACE);
        self.deadline.send_if_modified(|deadline| {
            let sooner = deadline.is_none_or(|deadline| wanted < deadline);
            if sooner {
                *deadline = Some(wanted);
            }
            sooner
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close_within(Duration::ZERO);
        self.worker.join(DROP_LIMIT);
    }
}

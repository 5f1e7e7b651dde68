//! Service level objectives: makes Prometheus rules and a Grafana dashboard from the inventory, and
//! computes in process how much error budget is left.
//!
//! A function's promise is an [`Objective`](crate::Objective). [`rules`] and [`dashboard`] make the
//! documents behind `GET /rules.yaml` and `GET /grafana.json`; a test or a build step can call
//! them, too. [`status`] is behind `GET /objectives`, and [`check`] makes a health check of it.
//!
//! Alerts follow the SRE workbook, with several windows and burn rates:
//! <https://sre.google/workbook/alerting-on-slos/>.

mod budget;
mod dashboard;
mod parameters;
mod promise;
mod rules;
mod scope;
mod window;
mod yaml;

use std::sync::{Mutex, PoisonError};

use crate::health::Check;
use crate::settings::config::INSTANCE;

pub use crate::settings::objective::{CountAs, Kind};
pub use budget::{BurnRate, ObjectiveStatus, status};
pub(crate) use budget::{Burning, begin, burning, sample};
pub use dashboard::{Dashboard, dashboard};
pub(crate) use parameters::Parameters;
pub(crate) use promise::agree;
pub(crate) use rules::STUCK_SECONDS;
pub use rules::{Rules, rules};
pub use scope::ParameterError;
pub use window::Severity;

/// Addresses that annotations of alerts link to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    /// The address to which an alert's name is appended.
    pub(crate) runbooks: Option<String>,
    /// The Grafana with the dashboard.
    pub(crate) grafana: Option<String>,
    /// The management server; [`INSTANCE`] in it stands for the instance.
    pub(crate) server: Option<String>,
}

/// The links of the runtime that was started last.
static LINKS: Mutex<Links> = Mutex::new(Links {
    runbooks: None,
    grafana: None,
    server: None,
});

/// Sets the links of annotations from now on.
pub(crate) fn lead_to(links: Links) {
    *LINKS.lock().unwrap_or_else(PoisonError::into_inner) = links;
}

/// Returns the address of this process's server, if people know it by one.
pub(crate) fn server_address() -> Option<String> {
    let server = links().server.filter(|url| !url.contains(INSTANCE))?;
    Some(server.trim_end_matches('/').to_owned())
}

fn links() -> Links {
    LINKS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Creates a health check called `slo`, which fails while an objective burns its budget so fast
/// that its alert would page. It makes the service *degraded*, never unready.
///
/// ```no_run
/// let builder = monitor_runtime::builder!().check_with(monitor_runtime::slo::check());
/// ```
pub fn check() -> Check {
    Check::new("slo", || async {
        let burning = status().into_iter();
        let burning = burning.filter(|status| status.alert == Some(Severity::Page));
        let burning: Vec<String> = burning.map(|status| status.to_string()).collect();
        if burning.is_empty() {
            Ok(())
        } else {
            Err(burning.join("; "))
        }
    })
}

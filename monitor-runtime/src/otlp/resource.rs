//! The resource: the attributes of the service that everything it exports has.
//!
//! <https://opentelemetry.io/docs/specs/semconv/resource/>.

use std::sync::{Mutex, PoisonError};

use super::encode::attributes::{int, text};
use super::messages::common::Resource;
use crate::settings::config::Config;
use crate::traces::TraceId;

/// Returns the resource of a service. Attributes of the settings win.
pub(super) fn resource(config: &Config) -> Resource {
    let mut attributes = vec![
        text("service.name", &config.service_name),
        text("service.version", &config.service_version),
        text("service.instance.id", instance().to_string()),
        text("deployment.environment.name", &config.environment),
        int("process.pid", std::process::id()),
        text("telemetry.sdk.name", "monitor-runtime"),
        text("telemetry.sdk.language", "rust"),
        text("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
    ];
    for (name, value) in &config.resource_attributes {
        // The settings of name, version and environment were decided from these and others.
        if [
            "service.name",
            "service.version",
            "deployment.environment.name",
        ]
        .contains(&&**name)
        {
            continue;
        }
        attributes.retain(|known| known.key != *name);
        attributes.push(text(name, value));
    }
    Resource { attributes }
}

/// Returns the random id of this process. Another start in it has the same one, and a forked process has its own.
fn instance() -> TraceId {
    static LAST: Mutex<Option<(u32, TraceId)>> = Mutex::new(None);
    let own = std::process::id();
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let known = last.filter(|(process, _)| *process == own);
    let id = known.map_or_else(random, |(_, id)| id);
    *last = Some((own, id));
    id
}

fn random() -> TraceId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&crate::traces::random());
    id[8..].copy_from_slice(&crate::traces::random());
    TraceId(id)
}

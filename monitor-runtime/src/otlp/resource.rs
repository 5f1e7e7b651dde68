//! The resource: the attributes of the service that everything it exports has.
//!
//! <https://opentelemetry.io/docs/specs/semconv/resource/>.

use super::encode::attributes::{int, text};
use super::messages::common::Resource;
use crate::settings::config::Config;
use crate::traces::TraceId;

/// Returns the resource of a service. Attributes of the settings win.
pub(super) fn resource(config: &Config) -> Resource {
    let mut instance = [0; 16];
    instance[..8].copy_from_slice(&crate::traces::random());
    instance[8..].copy_from_slice(&crate::traces::random());
    let mut attributes = vec![
        text("service.name", &config.service_name),
        text("service.version", &config.service_version),
        text("service.instance.id", TraceId(instance).to_string()),
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

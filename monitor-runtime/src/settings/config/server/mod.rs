//! The settings of the management server.

mod access;
mod address;
mod page_links;

use self::access::{needs_token, parse_token};
pub(crate) use self::address::Address;
pub(crate) use self::page_links::PageLinks;
use self::page_links::page_links;
use super::{
    ConfigError, Env, Given, MONITOR_ADDR, MONITOR_LOOPBACK, MONITOR_METRICS, MONITOR_TOKEN,
};

/// The settings of the builder for the server; `None` leaves a setting to the environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerOverrides {
    pub(crate) addr: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) loopback_needs_token: Option<bool>,
    pub(crate) metrics_need_token: Option<bool>,
    pub(crate) trace_url: Option<String>,
    pub(crate) source_url: Option<String>,
}

/// The settings of the server, decided.
#[derive(Debug)]
pub(crate) struct ServerSettings {
    /// `None` for no server.
    pub(crate) addr: Option<Address>,
    pub(crate) token: Option<String>,
    pub(crate) loopback_needs_token: bool,
    pub(crate) metrics_need_token: bool,
    pub(crate) page_links: PageLinks,
}

impl ServerSettings {
    pub(super) fn resolve(given: ServerOverrides, env: Env<'_>) -> Result<Self, ConfigError> {
        let addr = Given::find(&MONITOR_ADDR, given.addr, env)?;
        let token = Given::find(&MONITOR_TOKEN, given.token, env)?;
        let has_token = token.is_some();
        let needs = |setting, builder| needs_token(setting, builder, has_token, env);
        Ok(Self {
            addr: addr.map_or_else(|| Ok(Some(Address::default())), address::parse)?,
            token: token.map(parse_token).transpose()?,
            loopback_needs_token: needs(&MONITOR_LOOPBACK, given.loopback_needs_token)?,
            metrics_need_token: needs(&MONITOR_METRICS, given.metrics_need_token)?,
            page_links: page_links(given.trace_url, given.source_url, env)?,
        })
    }
}

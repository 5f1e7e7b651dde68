//! The settings of the management server.

use std::fmt;

use super::Builder;

impl Builder {
    /// Sets the address of the management server: `IP:PORT`, `unix:/PATH` or `off`. Wins over `MONITOR_ADDR`.
    pub fn addr(mut self, addr: impl fmt::Display) -> Self {
        self.overrides.server.addr = Some(format!("{addr}"));
        self
    }

    /// Sets the token that opens details to remote peers. Wins over `MONITOR_TOKEN`.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.overrides.server.token = Some(token.into());
        self
    }

    /// Sets whether requests of this machine need the token, too. Wins over `MONITOR_LOOPBACK`.
    ///
    /// For a proxy on this machine that leaves no mark on a request, or a machine whose users are
    /// not to see each other's services.
    ///
    /// ```no_run
    /// let builder = monitor_runtime::builder!().token("0123456789abcdef").loopback_needs_token(true);
    /// ```
    pub fn loopback_needs_token(mut self, needed: bool) -> Self {
        self.overrides.server.loopback_needs_token = Some(needed);
        self
    }

    /// Sets whether `/metrics` is only for clients that may see details. Wins over
    /// `MONITOR_METRICS`.
    ///
    /// ```no_run
    /// let builder = monitor_runtime::builder!().token("0123456789abcdef").metrics_need_token(true);
    /// ```
    pub fn metrics_need_token(mut self, needed: bool) -> Self {
        self.overrides.server.metrics_need_token = Some(needed);
        self
    }

    /// Sets the URL that trace ids on the live page link to. Wins over `MONITOR_TRACE_URL`.
    ///
    /// ```no_run
    /// let builder = monitor_runtime::builder!()
    ///     .trace_url("https://jaeger.example.com/trace/{trace_id}")
    ///     .source_url("https://git.example.com/shop/blob/v{version}/{file}#L{line}");
    /// ```
    pub fn trace_url(mut self, template: impl Into<String>) -> Self {
        self.overrides.server.trace_url = Some(template.into());
        self
    }

    /// Sets the URL that places in the source link to on the live page. Wins over
    /// `MONITOR_SOURCE_URL`.
    ///
    /// `{version}` is the service's version, and `{commit}` the commit that `builder!()` found. A
    /// place has no link if the template needs a value that is not known, or if it is outside the
    /// service's own source.
    pub fn source_url(mut self, template: impl Into<String>) -> Self {
        self.overrides.server.source_url = Some(template.into());
        self
    }
}

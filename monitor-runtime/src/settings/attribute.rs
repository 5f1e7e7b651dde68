//! The settings that the attribute writes, as a const builder with one method per argument.

use tracing::Level;

use super::bounds::Bounds;
use crate::base::rate_limit::Throttle;
use crate::base::verdict::ErrorFormat;
use crate::settings::objective::Objective;
use crate::settings::sentry_level::SentryLevel;

/// The attribute's settings for one function.
#[expect(
    clippy::struct_excessive_bools,
    reason = "one per signal that can be switched off"
)]
pub struct Settings {
    pub(crate) given_name: Option<&'static str>,
    pub(crate) given_target: Option<&'static str>,
    pub(crate) level: Level,
    pub(crate) span: bool,
    pub(crate) log: bool,
    /// Names of declared fields. Recorded values of Sentry's tags and fingerprint follow the
    /// fields' values.
    pub(crate) fields: &'static [&'static str],
    pub(crate) error_format: ErrorFormat,
    pub(crate) error_level: Level,
    pub(crate) error_log: bool,
    /// The level of a completion event that shows the returned value; `None` without `ret`.
    pub(crate) ret_level: Option<Level>,
    /// Nanoseconds beyond which a call is slow.
    pub(crate) slow: Option<u64>,
    pub(crate) sentry: bool,
    /// `true` if every error is an event, even one that is expected or that an inner function
    /// suppressed.
    pub(crate) sentry_always: bool,
    pub(crate) sentry_level: SentryLevel,
    pub(crate) tags: &'static [&'static str],
    pub(crate) fingerprint: usize,
    /// Names of the labels that the attribute declares.
    pub(crate) labels: &'static [&'static str],
    /// The limit of Sentry events of a class; `None` if the attribute has none.
    pub(crate) throttle: Option<Throttle>,
    pub(crate) counted: bool,
    pub(crate) timed: bool,
    /// `None` for the default buckets.
    pub(crate) own_bounds: Option<&'static [f64]>,
    pub(crate) objective: Option<&'static Objective>,
    /// Classes of its error type, if the attribute can name it.
    pub(crate) known_classes: &'static [&'static str],
    /// The first paragraph of its documentation; empty without documentation.
    pub(crate) doc: &'static str,
    /// `true` if the function is an `async fn`.
    pub(crate) async_fn: bool,
    /// `true` if its calls are futures.
    pub(crate) is_future: bool,
}

/// The settings of an attribute without arguments.
pub(crate) static DEFAULT: Settings = Settings::new();
/// The settings of an attribute without arguments on an `async fn`.
pub(crate) static ASYNC: Settings = Settings::of_async();

impl Settings {
    /// Returns the settings of an attribute without arguments.
    pub const fn new() -> Self {
        Self {
            given_name: None,
            given_target: None,
            level: Level::INFO,
            span: true,
            log: true,
            fields: &[],
            error_format: ErrorFormat::Display,
            error_level: Level::ERROR,
            error_log: true,
            ret_level: None,
            slow: None,
            sentry: true,
            sentry_always: false,
            sentry_level: SentryLevel::Error,
            tags: &[],
            fingerprint: 0,
            labels: &[],
            throttle: None,
            counted: true,
            timed: true,
            own_bounds: None,
            objective: None,
            known_classes: &[],
            doc: "",
            async_fn: false,
            is_future: false,
        }
    }

    /// Returns the settings of an attribute without arguments on an `async fn`.
    pub const fn of_async() -> Self {
        let mut settings = Self::new();
        settings.async_fn = true;
        settings.future()
    }

    /// Sets that its calls are futures, which may be cancelled.
    pub const fn future(mut self) -> Self {
        self.is_future = true;
        self
    }

    /// Sets `name = "…"`, instead of the type-qualified name.
    pub const fn name(mut self, name: &'static str) -> Self {
        self.given_name = Some(name);
        self
    }

    /// Sets `target = …`, instead of the module.
    pub const fn target(mut self, target: &'static str) -> Self {
        self.given_target = Some(target);
        self
    }

    /// Sets `level = …`, of the span and the completion event.
    pub const fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Sets `span = false`: calls open no span.
    pub const fn span(mut self, on: bool) -> Self {
        self.span = on;
        self
    }

    /// Sets `log = false`: calls write no line at their end, for any result.
    pub const fn log(mut self, on: bool) -> Self {
        self.log = on;
        self
    }

    /// Sets the names of `fields(..)` and `args(..)`, in order.
    pub const fn fields(mut self, fields: &'static [&'static str]) -> Self {
        self.fields = fields;
        self
    }

    /// Sets the names of `labels(..)`, in order.
    pub const fn labels(mut self, names: &'static [&'static str]) -> Self {
        self.labels = names;
        self
    }

    /// Sets `err(Debug)`.
    pub const fn err(mut self, format: ErrorFormat) -> Self {
        self.error_format = format;
        self
    }

    /// Sets `err(level = …)`.
    pub const fn err_level(mut self, level: Level) -> Self {
        self.error_level = level;
        self
    }

    /// Sets `err = false`: errors are counted and reported, with no line of their own in the log.
    pub const fn err_log(mut self, on: bool) -> Self {
        self.error_log = on;
        self
    }

    /// Sets `ret`: the completion of a call that is ok shows its value, which the verdict carries.
    pub const fn ret(mut self) -> Self {
        self.ret_level = Some(self.level);
        self
    }

    /// Sets `ret(level = …)`, of that completion, instead of the function's level.
    pub const fn ret_level(mut self, level: Level) -> Self {
        self.ret_level = Some(level);
        self
    }

    /// Sets `slow = "…"`, in nanoseconds.
    pub const fn slow(mut self, nanoseconds: u64) -> Self {
        self.slow = Some(nanoseconds);
        self
    }

    /// Sets `metrics = false`: calls are not counted, and the function is not on the page.
    pub const fn metrics(mut self, on: bool) -> Self {
        self.counted = on;
        self
    }

    /// Sets `latency = false`: calls are counted and not timed; their histogram is one bucket.
    pub const fn latency(mut self, on: bool) -> Self {
        self.timed = on;
        if !on {
            self.own_bounds = Some(&[]);
        }
        self
    }

    /// Sets `buckets = …`: upper bounds in seconds.
    pub const fn buckets(mut self, bounds: &'static [f64]) -> Self {
        self.own_bounds = Some(bounds);
        self
    }

    /// Sets `objective = …`, after the signals and buckets. `bounds` are these buckets with its
    /// threshold.
    ///
    /// # Panics
    ///
    /// If calls do not produce the numbers that the objective needs. The attribute turns the panic
    /// into a compiler error.
    pub const fn objective(
        mut self,
        objective: &'static Objective,
        bounds: &'static Bounds,
    ) -> Self {
        assert!(
            objective.success_rate.is_some() || objective.latency.is_some(),
            "this objective promises nothing: give it `success_rate(99.9)` or `latency(threshold, 99.0)`"
        );
        assert!(
            self.counted,
            "with `metrics = false` the objective cannot be measured; remove one"
        );
        if objective.latency.is_some() {
            assert!(
                self.timed,
                "with `latency = false` the objective's latency cannot be measured; remove one"
            );
            self.own_bounds = Some(bounds.as_slice());
        }
        self.objective = Some(objective);
        self
    }

    /// Sets the classes of its error type, which exist on the page before they are counted.
    pub const fn classes(mut self, classes: &'static [&'static str]) -> Self {
        self.known_classes = classes;
        self
    }

    /// Sets the first paragraph of the function's documentation.
    pub const fn doc(mut self, text: &'static str) -> Self {
        self.doc = text;
        self
    }

    /// Sets `sentry = false`: errors and panics of this function make no event.
    pub const fn sentry(mut self, on: bool) -> Self {
        self.sentry = on;
        self
    }

    /// Sets `sentry(always)`: errors make events even if they are expected, or if an inner function
    /// suppressed them.
    pub const fn sentry_always(mut self) -> Self {
        self.sentry_always = true;
        self
    }

    /// Sets `sentry(level = …)`, of an error's event; a panic's stays fatal.
    pub const fn sentry_level(mut self, level: SentryLevel) -> Self {
        self.sentry_level = level;
        self
    }

    /// Sets the names of `sentry(tags(..))`. The values are recorded after those of the fields.
    pub const fn tags(mut self, names: &'static [&'static str]) -> Self {
        self.tags = names;
        self
    }

    /// Sets the number of parts of `sentry(fingerprint = [..])`. Their values are recorded after
    /// the tags'.
    pub const fn fingerprint(mut self, parts: usize) -> Self {
        self.fingerprint = parts;
        self
    }

    /// Sets `sentry(throttle = "10/min")`: so many events in so many nanoseconds.
    pub const fn throttle(mut self, events: u32, nanoseconds: u64) -> Self {
        self.throttle = Some(Throttle::new(events, nanoseconds));
        self
    }

    /// Sets `sentry(throttle = false)`: as many events as there are errors.
    pub const fn unthrottled(mut self) -> Self {
        self.throttle = Some(Throttle::OFF);
        self
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

//! The procedural macros of `monitor-runtime`, which re-exports them: depend on that crate.
//!
//! `#[monitored]` is a pipeline of three steps, and each step is a module. `parse` reads the attribute and the
//! item, `decide` makes a `Model` of each function, and `print` turns the model into tokens. Start reading in
//! `pipeline`. `derive` has the two derive macros.

#[cfg(feature = "enable")]
mod decide;
#[cfg(feature = "enable")]
mod derive;
#[cfg(feature = "enable")]
mod parse;
#[cfg(feature = "enable")]
mod pipeline;
#[cfg(not(feature = "enable"))]
#[path = "disabled.rs"]
mod pipeline;
#[cfg(feature = "enable")]
mod print;
#[cfg(all(test, feature = "enable"))]
mod tests;

/// Monitors a function: each call is counted, timed, logged, and reported when it fails.
///
/// It stands on functions, `async` functions, methods, trait methods with a body, and whole `impl`
/// blocks, above or below `#[async_trait]`. The signature stays as it is; an `async fn` may become the
/// `fn … -> impl Future` that it stands for, unless another macro below is to see it, or documentation.
///
/// ```ignore
/// use monitor_runtime::monitored;
///
/// #[monitored]
/// async fn create_order(order: NewOrder) -> Result<Order, OrderError> { /* … */ }
///
/// #[monitored(name = "checkout", level = "debug", fields(order.id, total = %order.total()))]
/// fn check_out(order: &Order) -> Result<Receipt, PaymentError> { /* … */ }
///
/// #[monitored(err(Debug))]          // for every method
/// impl Orders {
///     #[monitored(args(id))]        // one method more precisely
///     fn find(&self, id: u64) -> Option<&Order> { /* … */ }
///
///     #[monitored(skip)]            // one method not at all
///     fn len(&self) -> usize { /* … */ }
/// }
/// ```
///
/// # Arguments
///
/// In any order, each once. Nothing is recorded of a call's arguments unless it is listed.
///
/// | argument | meaning |
/// |---|---|
/// | `"…"`, `name = "…"` | the name, instead of the type-qualified one (`Orders::find`) |
/// | `target = "…"` | target of the span and the line, or a constant that has it; the module if not given |
/// | `level = "debug"` | level of the span and of the line at a call's end; also `1` to `5` or a path such as `Level::DEBUG`; `info` if not given |
/// | `parent = …` | the span's parent, as in `tracing`: a span, an id, or `None` for a root; evaluated when somebody would see it |
/// | `follows_from = …` | spans or ids the span follows from, as in `tracing` |
/// | `fields(…)` | values to record, as in `tracing`: `name = value`, `name = %value` (by `Display`), `name = ?value` (by `Debug`), `"quoted.name" = value`, or an argument's own name or path: `user`, `?user`, `user.id` |
/// | `args(a, b)` | arguments to record under their names, in whichever way their type allows |
/// | `err = false` | an error gets no line of its own in the log |
/// | `err(Debug)` | errors are logged by `Debug` instead of `Display` |
/// | `err(level = "warn")` | errors are logged at this level instead of `error` |
/// | `ret`, `ret(Display)` | the line of a call that is ok shows its value, or what is in `Ok`, as `return`; formatted only when the line is written |
/// | `ret(level = "debug")` | that line has this level |
/// | `ok_if = rule`, `error_if = rule` | a function of `&` the returned value says `true` or `false`: it decides, whatever the type says |
/// | `classify = rule` | a function of `&` the returned value says a `Class`, or `Some("class")` for an error |
/// | `slow = "500ms"` | a call that is ok and takes longer is logged as `warn`, with the threshold |
/// | `labels(tier = order.tier, region = bounded(text, max = 20))` | labels of the function's metrics, see below |
/// | `buckets = [0.01, 0.1, 1]` | upper bounds of the histogram in seconds, or `fast` (1 µs to 100 ms), `slow` (100 ms to 10 min), `default` |
/// | `objective = API` | the [`Objective`](../monitor_runtime/struct.Objective.html) the function keeps, a constant; its latency's threshold becomes one of the buckets |
/// | `metrics = false` | calls are not counted, and the function is not on the page |
/// | `latency = false` | calls are counted and not timed: no look at a clock, no histogram |
/// | `span = false`, `log = false` | no span; no line at a call's end, whichever it is |
/// | `sentry = false` | errors and panics are not sent to Sentry from here |
/// | `sentry(level = "warning")` | level of an error's event; a panic's stays fatal |
/// | `sentry(tags(a = %b))` | tags of the event, in the notation of `fields` |
/// | `sentry(fingerprint = ["a", b])` | what Sentry groups the events by |
/// | `sentry(when = rule)` | an error is an event only if this function of `&` the returned value says `true` |
/// | `sentry(throttle = "10/min")` | at most so many events of this function, on average and at once; `false`: as many as there are |
/// | `sentry(always)` | errors are events also where they are expected, or an inner function kept them from Sentry |
/// | `skip` | leaves a method of a monitored `impl` block out |
/// | `skip(a, b)`, `skip_all` | accepted for those who come from `tracing`; nothing is recorded unasked anyway |
/// | `track_concurrency` | accepted for those who come from autometrics; calls in flight are always counted |
/// | `crate = path` | where `monitor_runtime` is found if not at `::monitor_runtime` |
///
/// Labels are told for every call, before the body runs: `labels(tier = order.tier)` of a type that derives
/// `MonitorLabel` or a `bool` is an index, and a call costs a few nanoseconds more;
/// `bounded(text, max = 20)` tells 20 values apart and calls all others `other`. A function has at most 8
/// labels with 10,000 combinations, and `MONITOR_LABEL_SERIES` bounds those of the process.
///
/// Rules see the returned value only, and one that panics is ignored. Values of `fields`, `args`, `tags`
/// and `fingerprint` are taken before the body runs, and only when a log or Sentry would show them.
///
/// A method's own `#[monitored(…)]` overrides the `impl` block's, argument by argument, also where it stands
/// under a condition, as `#[cfg_attr(feature = "monitor", monitored(…))]`. `name`, `fields`, `args` and
/// `labels` belong to one function and cannot stand on an `impl` block.
///
/// # What is an error
///
/// Where the return type can be a `Result`, also under another name such as `io::Result`, the compiler
/// decides by type. A `Result` inside of something (`Option<Result>`, `&Result`, `Box<Result>`, a tuple) is a value
/// like any other; `error_if` says otherwise. A function that returns a future is monitored through the future: from its first
/// poll to its end, or to its being dropped. It is recognised by an `async` block at its end, boxed or
/// not, or by its return type: `impl Future`, `Pin<Box<dyn Future>>`, `BoxFuture`, `LocalBoxFuture`.
///
/// # What it expands to
///
/// ```ignore
/// #[monitored(fields(order.id))]
/// async fn create_order(order: NewOrder) -> Result<Order, OrderError> {
///     insert(order).await
/// }
/// ```
///
/// becomes, with `P` for `::monitor_runtime::__private`,
///
/// ```ignore
/// async fn create_order(order: NewOrder) -> Result<Order, OrderError> {
///     P::run_async_by_type(
///         P::site!(of_async .with(&const { P::Settings::of_async().fields(&["order.id"]) }))
///             .start_with(|__monitor_fields| __monitor_fields.value(&order.id))
///             .wait(),
///         async move {
///             // Tells the compiler the type of the block; never runs.
///             if false { return P::never::<Result<Order, OrderError>>(); }
///             // Captures the arguments whole, to be dropped in the usual order.
///             let _ = (&order,);
///             ({ insert(order).await })
///         },
///         // Never called: its type says how a value of that type is judged.
///         |__monitor_returned: &_| P::judge!(__monitor_returned),
///     )
///     .await
/// }
/// ```
///
/// `site!` is a reference to a static, which stands on the list of all functions. A plain function becomes
/// `P::run_by_type(P::site!(of).begin(), || body, judge)` instead. Where the declared type rules an error out,
/// it is `run_plain` or `run_async_plain`, without a judge; where the attribute has a say in the verdict (`ok_if`,
/// `ret` and the like), `run` or `run_async`, and the closure is called.
///
/// # Limits
///
/// * A `const fn`, a C-variadic or naked function and a trait function without a body cannot be monitored. The
///   methods of a `#[global_allocator]` must not be: to count a call may take memory, and would call them again.
/// * `Location::caller()` in a `#[track_caller]` function is its caller as long as the body can only be left
///   at its end: with no `return`, no `?`, and no macro but those of `std`, `tracing` and `log` that cannot hide
///   one, by their bare name or a path such as `std::format!`. In others it is a place in the runtime: a closure
///   cannot pass a caller on. If a bare name turns out to be a macro of your own that returns, the call is
///   counted as an error without a class. Where only the declaration of a trait's method has `#[track_caller]`,
///   the attribute cannot see it, but for `Index` and `IndexMut`.
/// * Of an error like `Failed<&str>`, or `Failed<T>` where the function does not say `T: 'static`, only the
///   `Display` is shown, not its sources: whether it is an `Error` may depend on what nobody can ask. Where such
///   an error is written as `Self::Error`, the attribute cannot see it (E0310): write the type itself.
/// * A function that hands on the boxed future of another one, of a `T` that need not be `'static`, is monitored
///   until it returns, not until the future's end: a box around that box could not be of its type. One that boxes
///   such a future by a method has to say how long `T` lives (E0309, E0310), or write `Box::pin(future)` at its end
///   and behind each `return`: there the box is around ours.
/// * Where the declared type is an alias of a boxed future, such as `Self::Future`, a `return` that hands on a box
///   made elsewhere leaves unmonitored.
/// * An `async` function that returns a closure has to write the types of the closure's arguments (E0282): only
///   the function's own block gets them from the signature.
/// * A macro that gives a body a meaning of its own, as those do that put `Ok` around its value, has to stand above
///   `#[monitored]`: below it, it would look at ours.
/// * A dynamic library (`dylib`) that shares the runtime with the service, and is not what `builder!` is called in,
///   has its functions on the page of metrics from their first call on, and must not be unloaded after that; the live
///   page and the budgets of objectives, which take their list at the start, do not have them.
/// * An argument bound to `_` gets a name, which rustdoc shows. What a pattern such as `(a, _)` leaves unbound
///   is dropped after all arguments where the attribute itself names `a`, as in `args(a)`.
/// * A future is at most 64 bytes larger than the plain one, and a poll one stack frame deeper before
///   inlining; a call is two deeper, and so is a poll where values or labels of arguments are recorded.
/// * Lints that look at a whole function, such as clippy's `needless_pass_by_value` and `unused_async`,
///   do not see through the closure, nor `missing_errors_doc` through an `async fn`. clippy's `implicit_return`
///   finds one at the attribute. In an `async` function that assigns to a `mut` argument, rustc's
///   `unused_assignments` is switched off: it would take a last assignment to a field for unread even where
///   the argument's `Drop` reads it.
#[proc_macro_attribute]
pub fn monitored(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    pipeline::monitored(args, item)
}

/// Gives an error type its classes: each variant is one, called by its name; a struct is one.
///
/// The class is the `error` label of `function_calls_total`, and a tag of the Sentry event. The
/// derive implements `Classify`, and asks nothing else of the type.
///
/// ```ignore
/// #[derive(Debug, thiserror::Error, Classify)]
/// enum PaymentError {
///     #[error("the bank does not answer")]
///     BankDown,                                   // error="BankDown"
///     #[error("the card was declined")]
///     #[monitor(expected)]                        // counted, and nobody is woken
///     Declined,
///     #[error("the order could not be stored")]
///     #[monitor(class = "Storage")]               // error="Storage"
///     Db(#[source] sqlx::Error),
///     #[error("there is no such payment")]
///     #[monitor(ok)]                              // result="ok": the answer was given
///     NotFound,
///     #[error(transparent)]
///     #[monitor(transparent)]                     // the class of the error inside
///     Order(#[from] OrderError),
///     #[error(transparent)]
///     #[monitor(transparent)]                     // error="Other": `anyhow::Error` has no class
///     Other(#[from] anyhow::Error),
/// }
/// ```
///
/// | option | on | meaning |
/// |---|---|---|
/// | `ok` | variant, type | the call is ok: counted as `result="ok"`, logged like any that is, no event, nothing off an objective's budget |
/// | `expected` | variant, type | counted as an error of its class, logged at the function's ordinary level, never an event |
/// | `transparent` | variant or struct with one field | what the inner error says, if it has `Classify`; if not, the name of the variant or struct. A type that is no `Error` and has no `Display` shows the inner error |
/// | `class = "…"` | variant, struct | the class, instead of the name |
/// | `crate = path` | type | where `monitor_runtime` is found if not at `::monitor_runtime` |
///
/// `ok` or `expected` on an enum is for every variant that does not say one of them itself.
///
/// The error type of axum's examples, which has neither `Debug` nor `Display`, is counted under `AppError` and
/// shows the text and the sources of the error in it:
///
/// ```ignore
/// #[derive(Classify)]
/// #[monitor(transparent)]
/// struct AppError(anyhow::Error);
/// ```
#[proc_macro_derive(Classify, attributes(monitor))]
pub fn monitor_error(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    pipeline::monitor_error(item)
}

/// Makes an enum without fields a type of labels: each variant is a value, called by its name.
///
/// The derive implements `MonitorLabel`; `#[monitored(labels(tier = order.tier))]` then has a series
/// per value, found by index.
///
/// ```ignore
/// #[derive(Clone, Copy, MonitorLabel)]
/// enum Tier {
///     Free,                            // tier="Free"
///     #[monitor(name = "paid_up")]     // tier="paid_up"
///     Paid,
/// }
/// ```
///
/// | option | on | meaning |
/// |---|---|---|
/// | `name = "…"` | variant | the value, instead of the variant's name |
/// | `crate = path` | type | where `monitor_runtime` is found if not at `::monitor_runtime` |
#[proc_macro_derive(MonitorLabel, attributes(monitor))]
pub fn monitor_label(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    pipeline::monitor_label(item)
}

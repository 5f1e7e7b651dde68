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
/// It works on functions, `async` functions, methods, trait methods with a body, and whole `impl`
/// blocks, above or below `#[async_trait]`. The signature stays as it is. Only an `async fn` may become
/// the `fn … -> impl Future` that it stands for, unless another macro or rustdoc will see it.
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
///     #[monitored(args(id))]        // further arguments for one method
///     fn find(&self, id: u64) -> Option<&Order> { /* … */ }
///
///     #[monitored(skip)]            // not this method
///     fn len(&self) -> usize { /* … */ }
/// }
/// ```
///
/// # Arguments
///
/// In any order, each once. Arguments of a call are recorded only if they are listed.
///
/// | argument | meaning |
/// |---|---|
/// | `"…"`, `name = "…"` | the name, instead of the type-qualified one (`Orders::find`) |
/// | `target = "…"` | target of the span and the line, as text or a constant; the module if not given |
/// | `level = "debug"` | level of the span and of the line at a call's end; also `1` to `5` or a path such as `Level::DEBUG`; `info` if not given |
/// | `parent = …` | the span's parent, as in `tracing`: a span, an id, or `None` for a root; evaluated only if a subscriber wants the span |
/// | `follows_from = …` | spans or ids the span follows from, as in `tracing` |
/// | `fields(…)` | values to record, as in `tracing`: `name = value`, `name = %value` (by `Display`), `name = ?value` (by `Debug`), `"quoted.name" = value`, or an argument's own name or path: `user`, `?user`, `user.id` |
/// | `args(a, b)` | arguments to record under their names, in the best way that their type allows |
/// | `err = false` | an error gets no line of its own in the log; the function around it that passes it on writes one |
/// | `err(Debug)` | errors are logged by `Debug` instead of `Display` |
/// | `err(level = "warn")` | errors are logged at this level instead of `error` |
/// | `ret`, `ret(Display)` | the line of a successful call shows its value, or the value in its `Ok`, as `return`; formatted only when the line is written |
/// | `ret(level = "debug")` | that line has this level |
/// | `ok_if = rule`, `error_if = rule` | a function of a reference to the returned value, which returns a `bool`; it overrules the type |
/// | `classify = rule` | a function of a reference to the returned value, which returns a `Class`, or `Some("class")` for an error |
/// | `slow = "500ms"` | a successful call that takes longer is logged as `warn`, with the threshold |
/// | `labels(tier = order.tier, region = bounded(text, max = 20))` | labels of the function's metrics, see below |
/// | `buckets = [0.01, 0.1, 1]` | upper bounds of the histogram in seconds, or `fast` (1 µs to 100 ms), `slow` (100 ms to 10 min), `default` |
/// | `objective = API` | the [`Objective`](../monitor_runtime/struct.Objective.html) of the function, a constant; its latency's threshold becomes one of the buckets |
/// | `metrics = false` | calls are not counted, and the function is not on the page |
/// | `latency = false` | calls are counted and not timed: no clock is read, and there is no histogram |
/// | `span = false`, `log = false` | no span; no line at a call's end, for any result |
/// | `sentry = false` | errors and panics of this function are not sent to Sentry |
/// | `sentry(level = "warning")` | level of an error's event; a panic's stays fatal |
/// | `sentry(tags(a = %b))` | tags of the event, in the notation of `fields` |
/// | `sentry(fingerprint = ["a", b])` | the values by which Sentry groups the events |
/// | `sentry(when = rule)` | an error is an event only if this function of a reference to the returned value returns `true` |
/// | `sentry(throttle = "10/min")` | at most so many events of this function, on average and at once; `false` for no limit |
/// | `sentry(always)` | every error is an event, even one that is expected or that an inner function suppressed |
/// | `skip` | leaves a method of a monitored `impl` block out |
/// | `skip(a, b)`, `skip_all` | no effect; accepted for code that comes from `tracing`, because only listed arguments are recorded |
/// | `track_concurrency` | no effect; accepted for code that comes from autometrics, because calls in flight are always counted |
/// | `crate = path` | the path of `monitor_runtime`, if not `::monitor_runtime` |
///
/// Labels are evaluated for every call, before the body runs. A label such as `labels(tier = order.tier)`,
/// whose type derives `MonitorLabel` or is `bool`, is an index and costs a few nanoseconds.
/// `bounded(text, max = 20)` tells 20 values apart and counts all others as `other`. A function has at most
/// 8 labels with 10,000 combinations, and `MONITOR_LABEL_SERIES` bounds the combinations of the process.
///
/// Rules see only the returned value, and a rule that panics is ignored. Values of `fields`, `args`, `tags`
/// and `fingerprint` are evaluated before the body runs, and only if a log or Sentry would show them.
///
/// A method's own `#[monitored(…)]` overrides the `impl` block's, argument by argument, even under a
/// condition such as `#[cfg_attr(feature = "monitor", monitored(…))]`. `name`, `fields`, `args` and
/// `labels` belong to one function, so an `impl` block cannot have them.
///
/// # Errors and futures
///
/// The compiler decides by type whether a returned value is a `Result`, also under another name such as
/// `io::Result`. A `Result` nested in another type (`Option<Result<_, _>>`, `&Result<_, _>`, a tuple) counts
/// as success; use `error_if` to change that.
///
/// A function that returns a future is monitored from the future's first poll until it ends or is dropped.
/// Such a function is recognised by an `async` block at its end, boxed or not, or by its return type:
/// `impl Future`, `Pin<Box<dyn Future>>`, `BoxFuture`, `LocalBoxFuture`.
///
/// # Expansion
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
///         P::site!(with_settings(&const { P::Settings::of_async().fields(&["order.id"]) }))
///             .start_with(|__monitor_fields| __monitor_fields.value(&order.id))
///             .wait(),
///         async move {
///             // Tells the compiler the type of the block; never runs.
///             if false { return P::never::<Result<Order, OrderError>>(); }
///             // Captures the arguments whole, to be dropped in the usual order.
///             let _ = (&order,);
///             ({ insert(order).await })
///         },
///         // The judge of the returned value, selected by the type.
///         P::judge!([Result<Order, OrderError>]),
///     )
///     .await
/// }
/// ```
///
/// `site!` defines a static on the list of all functions and returns a reference to it. A plain function
/// becomes `P::run_by_type(P::site!(of).begin(), || body, judge)` instead. Other calls are:
///
/// * `run_plain` and `run_async_plain`, without a judge, if the declared type cannot be an error;
/// * `run_by_inferred_type` and `run_async_by_inferred_type`, if there is an `impl Trait` in the type or the
///   function returns a future: the type of a closure, which is never called, selects the judge;
/// * `run` and `run_async` with a closure that returns the verdict, if the attribute has rules (`ok_if`, `ret`
///   and the like).
///
/// With `latency = false` the judge is wrapped in `Untimed`, or the name has `untimed` in it.
///
/// # Limits
///
/// * A `const fn`, a C-variadic or naked function and a trait function without a body cannot be monitored.
///   The methods of a `#[global_allocator]` must not be: counting a call may allocate, which would call them
///   again.
/// * In a `#[track_caller]` function `Location::caller()` is the caller only if the body can be left nowhere
///   but at its end: without `return`, without `?`, and without macros that may hide one. Known not to hide one
///   are macros of `std`, `tracing` and `log`, by their bare name or a path such as `std::format!`. In any
///   other function it is a place in the runtime, because a closure cannot pass a caller on. If a bare name
///   belongs to a macro of your own that returns, the call is counted as an error without a class. If only the
///   declaration of a trait's method has `#[track_caller]`, the attribute cannot see it, except for `Index` and
///   `IndexMut`.
/// * An error such as `Failed<&str>`, or `Failed<T>` in a function without `T: 'static`, is shown only by
///   `Display`, without its sources: it may be an `Error` only for some lifetimes. If such an error is written
///   as `Self::Error`, the attribute cannot see it (E0310): write the type itself.
/// * If a function returns a boxed future created elsewhere, and its type has a parameter without a `'static`
///   bound, only the call that creates the future is measured, not the future itself. Return
///   `Box::pin(future)` to measure it. A function that boxes such a future by a method has to bound the
///   parameter's lifetime (E0309, E0310), or to write `Box::pin(future)` at its end and behind each `return`.
/// * If the declared type is an alias of a boxed future, such as `Self::Future`, a `return` of a box created
///   elsewhere is not monitored.
/// * An `async` function that returns a closure has to write the types of the closure's arguments (E0282): only
///   the function's own block infers them from the signature.
/// * A macro that changes the meaning of a body, for example by putting `Ok` around its value, has to stand
///   above `#[monitored]`. Below it, the macro would see the printed body.
/// * A dynamic library (`dylib`) may share the runtime with the service without calling `builder!` itself. Its
///   functions are then on the page of metrics from their first call on, and it must not be unloaded after that.
///   The live page and the budgets of objectives list their functions at the start, and do not have them.
/// * An argument bound to `_` gets a name, which rustdoc shows. In a pattern such as `(a, _)`, the unbound part
///   is dropped after all arguments if the attribute names `a`, as in `args(a)`.
/// * A future is at most 64 bytes larger than the plain one. Before inlining, a poll is one stack frame deeper
///   and a call two. A poll is also two deeper if values or labels of arguments are recorded.
/// * Lints on a whole function, such as clippy's `needless_pass_by_value` and `unused_async`, do not see through
///   the closure, nor does `missing_errors_doc` through an `async fn`. clippy's `implicit_return` reports the
///   attribute. In an `async` function that assigns to a `mut` argument, rustc's `unused_assignments` is switched
///   off: it would report the last assignment to a field as unread even if the argument's `Drop` reads it.
#[proc_macro_attribute]
pub fn monitored(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    pipeline::monitored(args, item)
}

/// Implements `Classify` for an error type: each variant, or a whole struct, is a class of its name.
///
/// The class is the `error` label of `function_calls_total`, and a tag of the Sentry event. The type
/// needs no other trait.
///
/// ```ignore
/// #[derive(Debug, thiserror::Error, Classify)]
/// enum PaymentError {
///     #[error("the bank does not answer")]
///     BankDown,                                   // error="BankDown"
///     #[error("the card was declined")]
///     #[monitor(expected)]                        // counted, but never pages
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
/// | `ok` | variant, type | the call counts as success: `result="ok"`, the usual log line, no event, no use of an objective's budget |
/// | `expected` | variant, type | counted as an error of its class, logged at the function's ordinary level, never an event |
/// | `transparent` | variant or struct with one field | the class of the inner error, if it has `Classify`; else the name of the variant or struct. A type without `Error` and `Display` shows the inner error |
/// | `class = "…"` | variant, struct | the class, instead of the name |
/// | `crate = path` | type | the path of `monitor_runtime`, if not `::monitor_runtime` |
///
/// `ok` or `expected` on an enum applies to every variant without one of the two.
///
/// The error type of axum's examples has neither `Debug` nor `Display`. It is counted as `AppError`, and shows
/// the text and the sources of the inner error:
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

/// Implements `MonitorLabel` for an enum without fields: each variant is a value of its name.
///
/// With `#[monitored(labels(tier = order.tier))]` the function then has a series per value, found by index.
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
/// | `crate = path` | type | the path of `monitor_runtime`, if not `::monitor_runtime` |
#[proc_macro_derive(MonitorLabel, attributes(monitor))]
pub fn monitor_label(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    pipeline::monitor_label(item)
}

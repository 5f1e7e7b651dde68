//! Every message, word for word; the item is left as it was written.

use super::refuse;
use quote::quote;

macro_rules! messages {
    ($($name:ident: #[monitored $(($($args:tt)*))?] { $($item:tt)* } => [$($message:expr),* $(,)?])*) => {$(
        #[test]
        fn $name() {
            let item = quote!($($item)*);
            let (messages, rest) = refuse(quote!($($($args)*)?), item.clone());
            assert_eq!(messages, [$($message),*]);
            assert_eq!(rest, item.to_string());
        }
    )*};
}

const ARGUMENTS: &str = "(the arguments are `name`, `target`, `level`, `parent`, `follows_from`, \
                         `fields`, `args`, `skip`, `skip_all`, `err`, `ret`, `ok_if`, `error_if`, \
                         `classify`, `labels`, `buckets`, `objective`, `slow`, `sentry`, `metrics`, \
                         `latency`, `span`, `log`, `track_concurrency`, `crate`)";

messages! {
    unknown_key: #[monitored(nmae = "x", colour, lables(a), fields)] { fn f() {} } => [
        format!("unknown argument `nmae`, did you mean `name`? {ARGUMENTS}"),
        format!("unknown argument `colour` {ARGUMENTS}"),
        format!("unknown argument `lables`, did you mean `labels`? {ARGUMENTS}"),
        "`fields` takes a list: `fields(user.id, total = %order.total())`".to_owned(),
    ]

    objective: #[monitored(objective = 1)] { fn f() {} } => [
        "`objective` takes a constant: `objective = API`",
    ]

    objective_without_metrics: #[monitored(metrics = false, objective = API)] { fn f() {} } => [
        "`objective` has no effect with `metrics = false`; remove one",
    ]

    label_names: #[monitored(labels(a-b = 1, "a b" = x, __own, module = 1, t = x, t = y))] { fn f() {} } => [
        "expected `,`",
        "`a b` is not a Prometheus label name; use letters, digits and `_`, and no digit first",
        "label `__own`: Prometheus reserves names that begin with `__`; choose another name",
        "label `module` is written by the runtime (`function`, `module`, `service_name`, `result`, \
         `error`, `le`, `quantile`, `objective_name`, `objective_percentile`, \
         `objective_latency_threshold`); choose another name",
        "label `t` is given twice; keep one",
    ]

    label_values: #[monitored(labels("a", b =, c = bounded(x), d = bounded(x, max = 0), e = bounded(x, most = 3)))] { fn f() {} } => [
        "a label is a name and its value: `tier = order.tier`",
        "`b` needs a value; a label is a name and its value: `tier = order.tier`",
        "`bounded` takes a text and how many values of it are told apart: \
         `bounded(&order.region, max = 20)`",
        "`max` is a number from 1 to 1000",
        "`bounded` takes a text and how many values of it are told apart: \
         `bounded(&order.region, max = 20)`",
    ]

    labels_without_metrics: #[monitored(metrics = false, labels(a))] { fn f() {} } => [
        "`labels` has no effect with `metrics = false`; remove one",
    ]

    labels_of_a_block: #[monitored(labels(a))] { impl S { fn f(&self) {} } } => [
        "`labels` cannot stand on an impl block; put it on a method",
    ]

    rules: #[monitored(ok_if = a, error_if = b, ok_if = c, classify)] { fn f() {} } => [
        "`error_if` and `ok_if` exclude each other; keep one",
        "`ok_if` is given twice; keep one",
        "`classify` takes a function of the returned value: `classify = |value| value.class()`",
    ]

    rule_value: #[monitored(ok_if, parent =, follows_from, target = 1)] { fn f() {} } => [
        "`ok_if` takes a function of the returned value: `ok_if = Option::is_some`",
        "`parent` takes a span or its id: `parent = &span`",
        "`follows_from` takes spans or their ids: `follows_from = [&span]`",
        "`target` takes a string or a constant: `target = \"shop\"`",
    ]

    switches: #[monitored(metrics, latency = 0, span = "x", log)] { fn f() {} } => [
        "`metrics` takes `true` or `false`: `metrics = false`",
        "`latency` takes `true` or `false`: `latency = false`",
        "`span` takes `true` or `false`: `span = false`",
        "`log` takes `true` or `false`: `log = false`",
    ]

    conflicts: #[monitored(latency = false, slow = "1s", buckets = fast, log = false, ret)] { fn f() {} } => [
        "`slow` has no effect with `latency = false`; remove one",
        "`buckets` has no effect with `latency = false`; remove one",
        "`slow` has no effect with `log = false`; remove one",
        "`ret` has no effect with `log = false`; remove one",
    ]

    span_conflicts: #[monitored(span = false, parent = None, follows_from = [], metrics = false, buckets = slow)] { fn f() {} } => [
        "`buckets` has no effect with `metrics = false`; remove one",
        "`parent` has no effect with `span = false`; remove one",
        "`follows_from` has no effect with `span = false`; remove one",
    ]

    no_duration: #[monitored(slow = "500")] { fn f() {} } => [
        "`500` is not a duration; write a number and a unit (`ns`, `us`, `ms`, `s`, `m`, `h`, `d`): `500ms`",
    ]

    no_time: #[monitored(slow = "0s")] { fn f() {} } => ["`0s` is too short; write at least `1ns`"]

    long_time: #[monitored(slow = "101d")] { fn f() {} } => [
        "`101d` is too long; write at most `100d`",
    ]

    slow_number: #[monitored(slow = 5)] { fn f() {} } => ["`slow` takes a duration: `slow = \"500ms\"`"]

    bounds: #[monitored(buckets = [0.1, 0.1, x, -1, 0, 1e999, "1"])] { fn f() {} } => [
        "bounds rise, and `0.1` stands behind `0.1`",
        "a bound is a number of seconds: `0.25`",
        "a bound is a number of seconds: `0.25`",
        "a bound is above 0",
        "a bound is a number of seconds: `0.25`",
        "a bound is a number of seconds: `0.25`",
    ]

    no_bounds: #[monitored(buckets = [])] { fn f() {} } => [
        "there is no bound; `latency = false` counts calls without timing them",
    ]

    many_bounds: #[monitored(buckets = [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41,
    ])] { fn f() {} } => [
        "a function has at most 40 buckets",
    ]

    preset: #[monitored(buckets = quick)] { fn f() {} } => [
        "`buckets` takes `fast`, `default`, `slow` or seconds: `buckets = [0.01, 0.1, 1]`",
    ]

    sentry_options: #[monitored(sentry(
        lvel = "x", level = "warn", tags(function = 1, trace_id = 1, suppressed = 1, a = 1, a = 2),
        throttle = "0/s", when, fingerprint = [], always, always,
    ))] { fn f() {} } => [
        "unknown option `lvel`, did you mean `level`? \
         (the options are `level`, `tags`, `fingerprint`, `throttle`, `when`, `always`)",
        "unknown level `warn` (the levels of Sentry are `debug`, `info`, `warning`, `error`, `fatal`)",
        "tag `function` is written by the runtime; choose another name",
        "tag `trace_id` is written by the runtime; choose another name",
        "tag `suppressed` is written by the runtime; choose another name",
        "tag `a` is declared twice; keep one",
        "a rate of 0 lets nothing through; write `sentry = false`",
        "`when` takes a function of the returned value: `when = |value| value.is_err()`",
        "`fingerprint` takes a list: `fingerprint = [\"{{ default }}\", tenant.id]`",
        "`always` is given twice; keep one",
    ]

    throttle: #[monitored(sentry(throttle = "10 per minute"))] { fn f() {} } => [
        "`10 per minute` is not a rate; write a count and a unit (`s`, `min`, `h`, `d`): `10/min`",
    ]

    throttle_value: #[monitored(sentry(throttle = true))] { fn f() {} } => [
        "`throttle` takes a rate or `false`: `throttle = \"10/min\"`, `throttle = false`",
    ]

    ret_option: #[monitored(ret(debug, level = "warm"))] { fn f() {} } => [
        "unknown option `debug`, did you mean `Debug`? (the options are `Debug`, `Display`, `level`)",
        "unknown level `warm`, did you mean `warn`? \
         (the levels are `trace`, `debug`, `info`, `warn`, `error`, or 1 to 5)",
    ]

    twice: #[monitored("x", name = "y", sentry = false, sentry = true, err, err = false)] { fn f() {} } => [
        "`name` is given twice; keep one",
        "`sentry` is given twice; keep one",
        "`err` is given twice; keep one",
    ]

    wrong_value: #[monitored(name = 1, level = [], err = "x", sentry = 0, crate = "x", args = a)] { fn f() {} } => [
        "`name` takes a string: `name = \"checkout\"`",
        "`level` takes a level: `level = \"debug\"`, `level = 2` or `level = Level::DEBUG`",
        "`err` takes `true`, `false` or options: `err = false`, `err(Debug, level = \"warn\")`",
        "`sentry` takes `true`, `false` or options: `sentry = false`, `sentry(level = \"warning\")`",
        "`crate` takes a path: `crate = my_crate::monitor`",
        "`args` takes a list: `args(user, total)`",
    ]

    missing_value: #[monitored(name, level =, crate)] { fn f() {} } => [
        "`name` takes a string: `name = \"checkout\"`",
        "`level` takes a level: `level = \"debug\"`, `level = 2` or `level = Level::DEBUG`",
        "`crate` takes a path: `crate = my_crate::monitor`",
    ]

    empty_name: #[monitored("")] { fn f() {} } => [
        "the name is empty; leave it out to get the function's own",
    ]

    no_comma: #[monitored(name = "x" level = "info", sentry false)] { fn f() {} } => [
        "expected `,`",
        "`sentry` takes `true`, `false` or options: `sentry = false`, `sentry(level = \"warning\")`",
    ]

    err_option: #[monitored(err(debug, colour, level = "warm"))] { fn f() {} } => [
        "unknown option `debug`, did you mean `Debug`? (the options are `Debug`, `Display`, `level`)",
        "unknown option `colour` (the options are `Debug`, `Display`, `level`)",
        "unknown level `warm`, did you mean `warn`? \
         (the levels are `trace`, `debug`, `info`, `warn`, `error`, or 1 to 5)",
    ]

    err_option_twice: #[monitored(err(Debug, Display, level = 1, level = 2))] { fn f() {} } => [
        "one of `Debug` and `Display` is enough",
        "`level` is given twice; keep one",
    ]

    unknown_level: #[monitored(level = "loud")] { fn f() {} } => [
        "unknown level `loud` (the levels are `trace`, `debug`, `info`, `warn`, `error`, or 1 to 5)",
    ]

    level_without_quotes: #[monitored(level = debug, err(level = warn))] { fn f() {} } => [
        "write the level's name as a string: `level = \"warn\"`",
        "write the level's name as a string: `level = \"debug\"`",
    ]

    option_of_sentry: #[monitored(throttle = "1/s", always)] { fn f() {} } => [
        "`throttle` is an option of `sentry`; write it in there: `sentry(throttle …)`",
        "`always` is an option of `sentry`; write it in there: `sentry(always …)`",
    ]

    level_number: #[monitored(level = 6)] { fn f() {} } => [
        "unknown level `6` (the levels are `trace`, `debug`, `info`, `warn`, `error`, or 1 to 5)",
    ]

    missing_argument: #[monitored(args(oder, x), skip(z))] { fn f(order: u32, (a, b): (u32, u32)) {} } => [
        "there is no argument `oder`, did you mean `order`? (the arguments are `order`, `a`, `b`)",
        "there is no argument `x` (the arguments are `order`, `a`, `b`)",
        "there is no argument `z` (the arguments are `order`, `a`, `b`)",
    ]

    no_argument_at_all: #[monitored(args(x))] { fn f(&self) {} } => [
        "there is no argument `x`; the function takes none",
    ]

    self_argument: #[monitored(args(self), skip(self))] { fn f(&self) {} } => [
        "`self` cannot be recorded as a whole; record parts of it: `fields(self.id)`",
    ]

    formatted_argument: #[monitored(args(?a, %b))] { fn f(a: u32, b: u32) {} } => [
        "`args` takes bare names; formats belong in `fields(?name)`",
        "`args` takes bare names; formats belong in `fields(?name)`",
    ]

    pattern_as_argument: #[monitored(
        args(Path(id), State(Db { pool, .. }), (a, b), &c, mut d, (e): u32, f: u32), skip(Path(id)), level = "debug",
    )] { fn f(Path(id): Path<u32>) {} } => [
        "`args` takes bare names, without the pattern around them: `args(id)`",
        "`args` takes bare names, without the pattern around them: `args(pool)`",
        "`args` takes bare names, without the pattern around them: `args(a, b)`",
        "`args` takes bare names, without the pattern around them: `args(c)`",
        "`args` takes bare names, without the pattern around them: `args(d)`",
        "`args` takes bare names, without the pattern around them: `args(e)`",
        "`args` takes bare names, without the pattern around them: `args(f)`",
        "`skip` takes bare names, without the pattern around them: `skip(id)`",
    ]

    value_as_argument: #[monitored(args(a.b, "a", 1, a::b, a + 1, a = 1, a()))] { fn f(a: u32) {} } => [
        "`args` takes bare names; values belong in `fields(…)`",
        "`args` takes bare names; values belong in `fields(…)`",
        "`args` takes bare names; values belong in `fields(…)`",
        "`args` takes bare names; values belong in `fields(…)`",
        "`args` takes bare names; values belong in `fields(…)`",
        "`args` takes bare names; values belong in `fields(…)`",
        "`args` takes bare names; values belong in `fields(…)`",
    ]

    option_of_the_derive: #[monitored(expected, ok, transparent, class = "x")] { fn f() {} } => [
        "`expected` belongs to the error type, not to the function: derive `Classify` for the type and write `#[monitor(expected)]` on the variant",
        "`ok` belongs to the error type, not to the function: derive `Classify` for the type and write `#[monitor(ok)]` on the variant",
        "`transparent` belongs to the error type, not to the function: derive `Classify` for the type and write `#[monitor(transparent)]` on the variant",
        "`class` belongs to the error type, not to the function: derive `Classify` for the type and write `#[monitor(class = \"…\")]` on the variant",
    ]

    field_value: #[monitored(fields("http.route", a =, b = %, c.d + 1, 5))] { fn f() {} } => [
        "a quoted field needs a value: `\"http.route\" = %route`",
        "`a` needs a value: `a = %value`",
        "`b` needs a value: `b = %value`",
        "only a name or a path can stand alone, anything else needs a name: `name = value`",
        "only a name or a path can stand alone, anything else needs a name: `name = value`",
    ]

    reserved_field: #[monitored(fields(message = 1, error), args(result))] { fn f(result: u32) {} } => [
        "field `message` is written by the runtime; choose another name",
        "field `error` is written by the runtime; choose another name",
        "field `result` is written by the runtime; choose another name",
    ]

    duplicate_field: #[monitored(fields(a = 1, a = 2), args(a))] { fn f(a: u32) {} } => [
        "field `a` is declared twice; keep one",
        "field `a` is declared twice; keep one",
    ]

    too_many_fields: #[monitored(fields(
        a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y,
    ))] { fn f() {} } => [
        "a function records at most 24 fields; leave some out",
    ]

    const_fn: #[monitored] { const fn f() {} } => [
        "a `const fn` cannot be monitored, it may run at compile time; \
         remove `const` or the attribute (in an impl block: `#[monitored(skip)]`)",
    ]

    const_method: #[monitored] { impl S { const fn f() {} } } => [
        "a `const fn` cannot be monitored, it may run at compile time; \
         remove `const` or the attribute (in an impl block: `#[monitored(skip)]`)",
    ]

    naked: #[monitored] { #[unsafe(naked)] extern "C" fn f() { naked_asm!("ret") } } => [
        "a naked function cannot be monitored, its body is assembly and nothing else; \
         remove the attribute (in an impl block: `#[monitored(skip)]`)",
    ]

    no_body: #[monitored] { async fn get(&self); } => [
        "`get` has no body to monitor; put `#[monitored]` on the impl or give it a body",
    ]

    variadic: #[monitored] { unsafe extern "C" fn f(a: u32, ...) {} } => [
        "a C-variadic function cannot be monitored, its arguments cannot be passed on; \
         monitor a function it calls",
    ]

    on_block: #[monitored(name = "x", fields(a), args(b), skip(c))] { impl S { fn f() {} } } => [
        "`name` cannot stand on an impl block; put it on a method",
        "`fields` cannot stand on an impl block; put it on a method",
        "`args` cannot stand on an impl block; put it on a method",
        "`skip` cannot stand on an impl block; put it on a method",
    ]

    lone_skip: #[monitored(skip)] { fn f() {} } => [
        "`skip` alone leaves a method of a `#[monitored]` impl block out; \
         on this function, remove the attribute",
    ]

    trait_object_without_dyn: #[monitored] { impl S { fn f(&self, a: &Fn(u8)) {} fn g() {} } } => [
        "`#[monitored]` cannot read this method: expected `,`; write `dyn` before a trait object, or \
         leave the method out with `#[monitored(skip)]`",
    ]

    on_struct: #[monitored] { pub struct S; } => [
        "`#[monitored]` stands on functions, methods and impl blocks, and this is a struct; \
         put it on the type's impl block or on its methods",
    ]

    on_enum: #[monitored] { pub(crate) enum E { A } } => [
        "`#[monitored]` stands on functions, methods and impl blocks, and this is an enum; \
         put it on the type's impl block or on its methods",
    ]

    on_trait: #[monitored] { pub unsafe trait T { fn f(); } } => [
        "`#[monitored]` stands on functions, methods and impl blocks, and this is a trait; \
         put it on the trait's methods that have a body, or on the impl block",
    ]

    on_module: #[monitored] { mod m { fn f() {} } } => [
        "`#[monitored]` stands on functions, methods and impl blocks, and this is a module; \
         put it on the functions in it",
    ]

    on_constant: #[monitored] { const X: u32 = 1; } => [
        "`#[monitored]` stands on functions, methods and impl blocks, and this is a constant; \
         put it on the function that does the work",
    ]

    all_at_once: #[monitored(lvel = 1, name = 2)] { #[derive(Debug)] struct S; } => [
        format!("unknown argument `lvel`, did you mean `level`? {ARGUMENTS}"),
        "`name` takes a string: `name = \"checkout\"`".to_owned(),
        "`#[monitored]` stands on functions, methods and impl blocks, and this is a struct; \
         put it on the type's impl block or on its methods".to_owned(),
    ]
}

/// Our own attributes go, lest they report their part once more.
#[test]
fn own_attributes_are_removed() {
    let item = quote!(impl S { #[inline] #[monitored(nope)] #[rt::monitored] fn f() {} #[monitored = 1] fn g() {} });
    let (messages, rest) = refuse(quote!(), item);
    assert_eq!(
        messages,
        [
            "`#[monitored]` is given twice; merge the arguments into one".to_owned(),
            format!("unknown argument `nope` {ARGUMENTS}"),
            "write the arguments in parentheses: `#[monitored(…)]`".to_owned(),
        ]
    );
    assert_eq!(
        rest,
        quote!(impl S { #[inline] fn f() {} fn g() {} }).to_string()
    );

    let (messages, rest) = refuse(
        quote!(),
        quote!(
            #[monitored]
            fn f() {}
        ),
    );
    assert_eq!(
        messages,
        ["`#[monitored]` is given twice; merge the arguments into one"]
    );
    assert_eq!(
        rest,
        quote!(
            fn f() {}
        )
        .to_string()
    );
}

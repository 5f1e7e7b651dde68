//! The decisions: how a function runs, which verdict it gets, what it records and under which name.

use crate::args::{Arg, Args, Rule};
use crate::bindings::{self, Binding};
use crate::body;
use crate::buckets::Buckets;
use crate::check;
use crate::errors::Errors;
use crate::fields::Field;
use crate::input::{self, Body, Function, Input, Member};
use crate::returns;
use crate::sentry::SentryArg;
use crate::values::{ErrArg, RetArg};
use proc_macro2::{Span, TokenStream};
use syn::parse::Parser;
use syn::{Block, Expr, GenericParam, Ident, LitStr, Path, Signature, Stmt, Type};

/// All that is needed to print one monitored function.
pub(crate) struct Model {
    pub(crate) runtime: Option<Path>,
    pub(crate) name: Option<LitStr>,
    pub(crate) target: Option<TokenStream>,
    pub(crate) level: Option<Level>,
    pub(crate) parent: Option<Expr>,
    pub(crate) follows_from: Option<Expr>,
    pub(crate) records: Vec<Record>,
    pub(crate) err: ErrLog,
    pub(crate) ret: Option<Ret>,
    pub(crate) rule: Option<Rule>,
    pub(crate) buckets: Buckets,
    pub(crate) slow: Option<u64>,
    pub(crate) sentry: SentryArg,
    pub(crate) off: Off,
    pub(crate) run: Run,
    pub(crate) verdict: Verdict,
    /// What a future resolves to, where inference needs telling and a body can name it.
    pub(crate) output: Option<Type>,
    /// The declared return type with `_` for `impl Trait`; `None` where none is declared.
    pub(crate) returns: Option<Type>,
    /// What the monitored body owns, in the order a plain function drops it.
    pub(crate) captures: Vec<Binding>,
}

/// How an error is logged.
pub(crate) struct ErrLog {
    pub(crate) log: bool,
    pub(crate) debug: bool,
    pub(crate) level: Option<Level>,
}

/// How a returned value is shown.
pub(crate) struct Ret {
    pub(crate) key: Span,
    pub(crate) display: bool,
    pub(crate) level: Option<Level>,
}

/// The signals a function does not give.
#[expect(
    clippy::struct_excessive_bools,
    reason = "four switches, each by itself"
)]
pub(crate) struct Off {
    pub(crate) metrics: bool,
    pub(crate) latency: bool,
    pub(crate) span: bool,
    pub(crate) log: bool,
}

pub(crate) enum Run {
    Sync,
    /// The body stays in the function itself, between the call's beginning and its end.
    Inline,
    /// The body becomes one future.
    Async,
    /// The async block these statements end in is run where it stands.
    Tail(Vec<Stmt>),
    /// The body makes its future in some other way; what it returns is run.
    Future {
        boxed: bool,
    },
}

pub(crate) enum Verdict {
    /// The spelling of the type rules an error out.
    Plain,
    /// The compiler finds out by type.
    Probe,
}

pub(crate) enum Level {
    Known(&'static str),
    Path(Path),
}

/// One recorded field.
pub(crate) enum Record {
    Field(Field),
    Argument(Ident),
}

/// One answer per function of the input; `None` leaves the function as it is.
pub(crate) fn decide(args: Args, input: &Input, errors: &mut Errors) -> Vec<Option<Model>> {
    match input {
        Input::Refused(_) => Vec::new(),
        Input::Function(function) => {
            check::once(&function.own, errors);
            if let Some(Arg { key, value: None }) = args.skip {
                let message = "`skip` alone leaves a method of a `#[monitored]` impl block out; \
                               on this function, remove the attribute";
                errors.at(key, message);
            }
            vec![Model::new(args, function, errors)]
        }
        Input::Impl(block) => {
            check::block(&args, errors);
            // What only a method may say is reported; it must not be reported once more for each.
            let outer = Args {
                name: None,
                fields: None,
                arguments: None,
                skip: None,
                ..args
            };
            let functions = block.members.iter().filter_map(|member| match member {
                Member::Function(function) => Some(function),
                Member::Other(_) => None,
            });
            functions
                .map(|function| method(&outer, function, errors))
                .collect()
        }
    }
}

fn method(outer: &Args, function: &Function, errors: &mut Errors) -> Option<Model> {
    check::once(function.own.get(1..).unwrap_or_default(), errors);
    let own = match function.own.first().map(input::arguments) {
        None => Args::default(),
        Some(Ok(tokens)) => Args::parse(tokens, errors),
        Some(Err(error)) => {
            errors.push(error);
            Args::default()
        }
    };
    check::conflicts(&own, errors);
    if let Some(Arg { value: None, .. }) = own.skip {
        return None;
    }
    Model::new(own.over(outer), function, errors)
}

impl Model {
    /// `None` where there is no body to monitor, which is an error too.
    fn new(args: Args, function: &Function, errors: &mut Errors) -> Option<Self> {
        let sig = &function.sig;
        let bindings = bindings::of(sig);
        check::signature(function, errors);
        check::name(args.name.as_ref().map(|name| &name.value), errors);
        check::names(&args, &bindings, errors);
        let err = ErrLog::of(args.err, errors);
        let ret = args.ret.and_then(|ret| ret.value);
        let ret = ret.map(|ret| Ret::of(ret, errors));
        let level = args
            .level
            .and_then(|level| check::level(level.value, errors));
        let records = check::records(args.fields, args.arguments, errors);
        let body = function.body.as_ref()?;
        let (run, verdict, output) = how(sig, body);
        let run = match run {
            // What is to be looked at must be in our hands first.
            Run::Inline if ret.is_some() || args.rule.is_some() => Run::Sync,
            run => run,
        };
        let off = |switch: Option<Arg<bool>>| switch.is_some_and(|switch| !switch.value);
        Some(Self {
            runtime: args.runtime.map(|path| path.value),
            name: args.name.map(|name| name.value),
            target: args.target.map(|target| target.value.0),
            level,
            parent: args.parent.map(|parent| parent.value),
            follows_from: args.follows_from.map(|causes| causes.value),
            records,
            err,
            ret,
            rule: args.rule.map(|rule| rule.value),
            buckets: args
                .buckets
                .map_or(Buckets::Default, |buckets| buckets.value),
            slow: args.slow.map(|slow| slow.value),
            sentry: args.sentry.map(|sentry| sentry.value).unwrap_or_default(),
            off: Off {
                metrics: off(args.metrics),
                latency: off(args.latency),
                span: off(args.span),
                log: off(args.log),
            },
            run,
            verdict,
            output,
            returns: returns::declared(&sig.output).map(returns::erase),
            captures: bindings::captured(bindings, &body.block.stream()),
        })
    }
}

impl ErrLog {
    fn of(arg: Option<Arg<ErrArg>>, errors: &mut Errors) -> Self {
        let Some(Arg { value: err, .. }) = arg else {
            return Self {
                log: true,
                debug: false,
                level: None,
            };
        };
        Self {
            log: err.log,
            debug: err.debug,
            level: err.level.and_then(|level| check::level(level, errors)),
        }
    }
}

impl Ret {
    fn of(ret: RetArg, errors: &mut Errors) -> Self {
        Self {
            key: ret.key,
            display: ret.display,
            level: ret.level.and_then(|level| check::level(level, errors)),
        }
    }
}

fn how(sig: &Signature, body: &Body) -> (Run, Verdict, Option<Type>) {
    let declared = returns::declared(&sig.output);
    if sig.asyncness.is_some() {
        let output = declared.map_or_else(|| Some(syn::parse_quote!(())), writable);
        return (Run::Async, verdict(declared), output);
    }
    let Some(ty) = declared.filter(|ty| !returns::is_plain(ty)) else {
        return (Run::Sync, Verdict::Plain, None);
    };
    if returns::is_closure(ty) {
        // A closure takes its signature from the return type, which only the function itself has.
        return (Run::Inline, Verdict::Plain, None);
    }
    let future = returns::future(ty);
    let boxed = future.as_ref().map(|future| future.boxed);
    let statements = statements(body).filter(|statements| {
        // An early return would leave with a future nobody runs.
        body::ends_in_future(statements) && !(boxed.is_some() && body::returns_early(statements))
    });
    let run = match (statements, boxed) {
        (Some(statements), _) => Run::Tail(statements),
        (None, Some(boxed)) => Run::Future { boxed },
        (None, None) => return (Run::Sync, Verdict::Probe, None),
    };
    // An alias of a future, such as `Self::Future`: its output has a name all the same.
    if future.is_none() && returns::is_alias(ty) {
        let output = syn::parse_quote!(<#ty as ::core::future::Future>::Output);
        return (run, Verdict::Probe, Some(output));
    }
    let Some(output) = future.and_then(|future| future.output) else {
        return (run, Verdict::Probe, None);
    };
    // `#[async_trait]` has written the type into its block already.
    let named = if from_async_trait(sig) {
        None
    } else {
        writable(&output)
    };
    (run, verdict(Some(&output)), named)
}

fn verdict(ty: Option<&Type>) -> Verdict {
    if ty.is_none_or(returns::is_plain) {
        Verdict::Plain
    } else {
        Verdict::Probe
    }
}

/// The type as a body may name it; `None` if it says nothing there, or is `!`.
fn writable(ty: &Type) -> Option<Type> {
    let ty = returns::erase(ty);
    (!matches!(ty, Type::Infer(_) | Type::Never(_))).then_some(ty)
}

/// `None` for a body without an `async` block, and for one that does not parse, as while it is
/// being typed.
fn statements(body: &Body) -> Option<Vec<Stmt>> {
    let body = body.block.stream();
    if !body::mentions_word(&body, "async") {
        return None;
    }
    Block::parse_within.parse2(body).ok()
}

fn from_async_trait(sig: &Signature) -> bool {
    sig.generics.params.iter().any(|param| match param {
        GenericParam::Lifetime(param) => param.lifetime.ident == "async_trait",
        _ => false,
    })
}

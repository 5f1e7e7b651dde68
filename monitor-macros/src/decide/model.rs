//! All that is needed to print one monitored function.

use super::captures::{Captures, Mentions};
use super::record::{Level, Record};
use super::strategy::{Strategy, Verdict};
use super::{check, desugar, doc, record, static_bounds, strategy};
use crate::parse::arg::{Arg, value};
use crate::parse::args::{Args, Rule};
use crate::parse::buckets::Buckets;
use crate::parse::errors::Errors;
use crate::parse::idents::Idents;
use crate::parse::input::Function;
use crate::parse::labels::Label;
use crate::parse::return_type;
use crate::parse::sentry::SentryArg;
use crate::parse::signature;
use crate::parse::values::{ErrArg, RetArg};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Expr, LitStr, Path, Signature, Type};

/// All that is needed to print one monitored function.
pub(crate) struct Model {
    pub(crate) runtime: Option<Path>,
    pub(crate) name: Option<LitStr>,
    pub(crate) target: Option<TokenStream>,
    pub(crate) level: Option<Level>,
    pub(crate) parent: Option<Expr>,
    pub(crate) follows_from: Option<Expr>,
    pub(crate) records: Vec<Record>,
    pub(crate) labels: Vec<Label>,
    /// The span of the key `labels`.
    pub(crate) labels_key: Option<Span>,
    pub(crate) err: ErrLog,
    pub(crate) ret: Option<Ret>,
    pub(crate) rule: Option<Rule>,
    pub(crate) buckets: Buckets,
    pub(crate) objective: Option<Path>,
    /// The first paragraph of the documentation.
    pub(crate) doc: Option<String>,
    pub(crate) slow: Option<u64>,
    pub(crate) sentry: SentryArg,
    pub(crate) off: Off,
    pub(crate) run: Strategy,
    pub(crate) verdict: Verdict,
    pub(crate) questions: Questions,
    /// The type that the future resolves to, where inference needs it and a body can name it.
    pub(crate) output: Option<Type>,
    /// The declared return type with `_` for `impl Trait`; `None` where none is declared.
    pub(crate) returns: Option<Type>,
    /// `true` if an `impl Trait` is in the declared return type: a body can write `_` for it only.
    pub(crate) opaque: bool,
    /// `true` if the output may be a future itself, which clippy's `async_yields_async` would report.
    pub(crate) yields: bool,
    pub(crate) captures: Captures,
}

/// The questions that the judge asks about a returned type.
pub(crate) enum Questions {
    All,
    /// None about the value in the `Ok`, whose spelling answers it.
    PlainOk,
    /// Not whether an error is an `Error`: its type may not be `'static`, and it shows its text only.
    Text,
}

impl Questions {
    fn about(ty: &Type, sig: &Signature) -> Self {
        if static_bounds::has_open_error(ty, sig) {
            Self::Text
        } else if return_type::has_plain_ok(ty) {
            Self::PlainOk
        } else {
            Self::All
        }
    }
}

/// The log settings of an error.
pub(crate) struct ErrLog {
    pub(crate) log: bool,
    pub(crate) debug: bool,
    pub(crate) level: Option<Level>,
}

/// The format and the level of a returned value in the log.
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

impl Model {
    /// Decides the model of a function; `None` if it has no body to monitor, which is also an
    /// error. `last` is `false` if another macro will see the printed function.
    pub(super) fn new(
        args: Args,
        function: &Function,
        last: bool,
        errors: &mut Errors,
    ) -> Option<Self> {
        let sig = &function.sig;
        let bindings = signature::of(sig);
        check::signature(function, errors);
        check::name(args.name.as_ref().map(|name| &name.value), errors);
        check::names(&args, &bindings, errors);
        let err = ErrLog::of(args.err, errors);
        let ret = args.ret.and_then(|ret| ret.value);
        let ret = ret.map(|ret| Ret::of(ret, errors));
        let level = args
            .level
            .and_then(|level| record::level(level.value, errors));
        let records = record::records(args.fields, args.arguments, errors);
        let body = function.body.as_ref()?;
        let judged = ret.is_some() || args.rule.is_some();
        let (run, verdict, output) = strategy::choose(function, body, judged);
        let declared = return_type::declared(&sig.output);
        let returned = declared.map(return_type::settled);
        let questions = returned.map_or(Questions::All, |ty| Questions::about(&ty, sig));
        let labels_key = args.labels.as_ref().map(|labels| labels.key);
        let labels = value(args.labels).unwrap_or_default();
        let sentry = value(args.sentry).unwrap_or_default();
        let [parent, follows_from] = [args.parent, args.follows_from].map(value);
        let mentions = Mentions {
            body: &body.words,
            said: &recorded_idents(&records, &labels, &sentry),
            taken: &expression_idents([&parent, &follows_from].into_iter().flatten()),
        };
        let captures = Captures::new(sig, &run, &mentions);
        let off = Off::new(args.metrics, args.latency, args.span, args.log);
        // A method that is not counted keeps nothing of its block's objective.
        let objective = value(args.objective).filter(|_| !off.metrics);
        let model = Self {
            runtime: value(args.runtime),
            name: value(args.name),
            target: value(args.target).map(|target| target.0),
            level,
            parent,
            follows_from,
            records,
            labels,
            labels_key,
            err,
            ret,
            rule: value(args.rule),
            buckets: value(args.buckets).unwrap_or(Buckets::Default),
            objective: objective.map(|objective| objective.0),
            doc: doc::first_paragraph(&function.attrs),
            slow: value(args.slow),
            sentry,
            off,
            run,
            verdict,
            questions,
            output,
            returns: declared.map(return_type::erase),
            opaque: declared.is_some_and(return_type::is_opaque),
            yields: yields(sig),
            captures,
        };
        Some(model.desugared(function, last))
    }

    /// Lets an `async fn` return its future where that is possible.
    fn desugared(mut self, function: &Function, last: bool) -> Self {
        if last && self.may_return_its_future() && desugar::is_possible(function, &self.captures) {
            self.run = Strategy::Desugared;
            self.captures.desugar();
        }
        self.captures.leave_the_rest(&self.run);
        self
    }

    /// Returns `true` if nothing of it has to happen at the first poll, inside the `async fn`, and its output
    /// can be that of an `impl Future`.
    fn may_return_its_future(&self) -> bool {
        let named = self.output.is_some() && !self.opaque;
        named && matches!(self.run, Strategy::Async) && !self.looks_at_arguments()
    }

    /// Returns the type that judges what the body returns; `None` if only inference knows it, or if the
    /// strategy gives the body no type of its own.
    pub(crate) fn judged_type(&self) -> Option<&Type> {
        let ty = match self.run {
            Strategy::Sync => self.returns.as_ref(),
            Strategy::Async | Strategy::Desugared => self.output.as_ref(),
            Strategy::Inline { .. } | Strategy::Tail { .. } | Strategy::Future { .. } => None,
        };
        ty.filter(|_| !self.opaque)
    }

    /// Returns `true` if a call evaluates expressions from the attribute when it begins.
    pub(crate) fn looks_at_arguments(&self) -> bool {
        !self.records_nothing()
            || !self.labels.is_empty()
            || self.parent.is_some()
            || self.follows_from.is_some()
    }

    /// Returns `true` if a call records no values.
    pub(crate) fn records_nothing(&self) -> bool {
        let SentryArg {
            tags, fingerprint, ..
        } = &self.sentry;
        self.records.is_empty() && tags.is_empty() && fingerprint.is_empty()
    }
}

/// Returns `true` if the output of an `async fn` may be a future itself.
fn yields(sig: &Signature) -> bool {
    let output = return_type::declared(&sig.output);
    sig.asyncness.is_some() && output.is_some_and(return_type::sounds_like_future)
}

/// Returns the identifiers in the expressions that a call records.
fn recorded_idents(records: &[Record], labels: &[Label], sentry: &SentryArg) -> Idents {
    let mut idents = Idents::default();
    idents.extend(records.iter().map(Record::tokens));
    idents.extend(labels.iter().map(Label::tokens));
    idents.extend(sentry.tags.iter().map(|tag| tag.value.clone()));
    idents.extend(sentry.fingerprint.iter().map(ToTokens::to_token_stream));
    idents
}

fn expression_idents<'a>(expressions: impl Iterator<Item = &'a Expr>) -> Idents {
    let mut idents = Idents::default();
    idents.extend(expressions.map(ToTokens::to_token_stream));
    idents
}

impl Off {
    fn new(
        metrics: Option<Arg<bool>>,
        latency: Option<Arg<bool>>,
        span: Option<Arg<bool>>,
        log: Option<Arg<bool>>,
    ) -> Self {
        let off = |switch: Option<Arg<bool>>| switch.is_some_and(|switch| !switch.value);
        Self {
            metrics: off(metrics),
            latency: off(latency),
            span: off(span),
            log: off(log),
        }
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
            level: err.level.and_then(|level| record::level(level, errors)),
        }
    }
}

impl Ret {
    fn of(ret: RetArg, errors: &mut Errors) -> Self {
        Self {
            key: ret.key,
            display: ret.display,
            level: ret.level.and_then(|level| record::level(level, errors)),
        }
    }
}

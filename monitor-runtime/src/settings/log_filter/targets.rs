//! Finds directives that match no target which the process is known to log.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::words::distance;
use super::{is_level, is_off};

/// Crates that log and that many services use.
///
/// `tracing` knows their call sites only once they are reached, and a hint must not doubt a correct
/// filter.
const COMMON: [&str; 47] = [
    "actix_http",
    "actix_server",
    "actix_web",
    "async_nats",
    "axum",
    "bb8",
    "deadpool",
    "diesel",
    "elasticsearch",
    "fred",
    "h2",
    "hyper",
    "hyper_util",
    "kube",
    "lapin",
    "mio",
    "mongodb",
    "monitor_runtime",
    "mysql",
    "notify",
    "opentelemetry",
    "opentelemetry_sdk",
    "poem",
    "polling",
    "quinn",
    "r2d2",
    "rdkafka",
    "redis",
    "reqwest",
    "rocket",
    "rumqttc",
    "runtime",
    "rustls",
    "sea_orm",
    "sentry",
    "sqlx",
    "tantivy",
    "tarpc",
    "tokio",
    "tonic",
    "tower",
    "tower_http",
    "tracing",
    "tungstenite",
    "ureq",
    "want",
    "warp",
];

/// Targets of the monitored functions, as of the last start.
static FUNCTIONS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Targets of the call sites that `tracing` has shown to the filter.
static SEEN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Notes the targets of all monitored functions, before a filter is read.
pub(crate) fn note_functions(targets: impl Iterator<Item = &'static str>) {
    functions().extend(targets);
}

fn functions() -> MutexGuard<'static, BTreeSet<&'static str>> {
    FUNCTIONS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes the target of a call site.
pub(crate) fn note(target: &'static str) {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    seen.insert(target);
}

/// Returns the targets of monitored functions, and those seen so far.
fn known() -> BTreeSet<&'static str> {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    functions().union(&seen).copied().collect()
}

/// Returns the targets that are known, and their crates, in alphabetical order.
pub(crate) fn targets() -> Vec<&'static str> {
    let mut targets = known();
    let crates: Vec<&str> = targets.iter().map(|known| crate_of(known)).collect();
    targets.extend(crates);
    targets.into_iter().collect()
}

/// Returns `true` if an event may have a target with this beginning.
pub(super) fn may_be(target: &str) -> bool {
    COMMON.contains(&crate_of(target))
        || target.starts_with("tokio")
        || known().iter().any(|known| known.starts_with(target))
}

/// Returns a hint about a directive that matches no known target; `None` if each matches one.
pub(super) fn unmatched(filter: &str) -> Option<String> {
    let target = directives(filter).find(|target| !may_be(target))?;
    let known = known();
    let meant = nearest(target, &known).map(|meant| format!("; did you mean `{meant}`?"));
    let meant = meant.unwrap_or_else(|| {
        let crates: BTreeSet<&str> = known.iter().map(|known| crate_of(known)).collect();
        let crates: Vec<&str> = crates.into_iter().take(10).collect();
        let known = if crates.is_empty() {
            String::new()
        } else {
            format!("; known are {}", crates.join(", "))
        };
        let hyphen = if target.contains('-') {
            let right = target.replace('-', "_");
            format!("; the target of a crate has `_` in place of `-`, did you mean `{right}`?")
        } else {
            String::new()
        };
        format!(", as far as it has logged yet{known}{hyphen}")
    });
    Some(format!(
        "no target of this process begins with `{target}`{meant}"
    ))
}

/// Returns the hint only if it is likely to be a mistake: a directive is nearly a known target, or
/// has a hyphen, or the whole filter matches no monitored function.
pub(super) fn mistaken(filter: &str) -> Option<String> {
    if let Some(misspelt) = misspelt(filter) {
        return Some(misspelt);
    }
    let functions = functions().clone();
    if functions.is_empty() {
        return None;
    }
    let shows = |directive: &str| match directive.split_once('=') {
        _ if directive.contains(['[', '{']) => true,
        None if is_level(directive) => !is_off(directive),
        Some((_, level)) if is_off(level) => false,
        named => {
            let target = named.map_or(directive, |(target, _)| target);
            functions
                .iter()
                .any(|function| function.starts_with(target))
        }
    };
    let hidden = !filter.split(',').any(shows) && directives(filter).next().is_some();
    hidden.then(|| {
        let some: Vec<&str> = functions.into_iter().take(10).collect();
        format!(
            "it hides the lines of every monitored function: put a level before it, as in \
             `info,{filter}`, or name a target of theirs ({})",
            some.join(", ")
        )
    })
}

/// Returns the hint only about a directive that is nearly a known target, or has a hyphen. Another one
/// may be right: a crate without monitored functions is unknown until it logs.
pub(super) fn misspelt(filter: &str) -> Option<String> {
    let known = known();
    let wrong = |target: &&str| {
        !may_be(target) && (target.contains('-') || nearest(target, &known).is_some())
    };
    directives(filter).find(wrong).and_then(unmatched)
}

/// Returns the targets that a filter names.
fn directives(filter: &str) -> impl Iterator<Item = &str> {
    let plain = |directive: &&str| !directive.is_empty() && !directive.contains(['[', '{', '}']);
    let plain = filter.split(',').filter(plain);
    plain.filter_map(|directive| match directive.split_once('=') {
        Some((target, _)) => Some(target),
        None => (!is_level(directive)).then_some(directive),
    })
}

/// Returns a known target, or the crate of one, that is nearly this one.
fn nearest(target: &str, known: &BTreeSet<&'static str>) -> Option<String> {
    let wanted = target.replace('-', "_").to_lowercase();
    let crates = known.iter().map(|known| crate_of(known));
    let near = |candidate: &&str| {
        let edits = if wanted.len() < 5 { 1 } else { 2 };
        candidate.starts_with(&wanted) || distance(candidate, &wanted) <= edits
    };
    let whole = known.iter().copied().chain(crates).filter(near);
    let nearest = whole.min_by_key(|candidate| (distance(candidate, &wanted), candidate.len()));
    nearest.map(|nearest| {
        if nearest.starts_with(&wanted) {
            wanted.clone()
        } else {
            nearest.to_owned()
        }
    })
}

fn crate_of(target: &str) -> &str {
    target.split("::").next().unwrap_or(target)
}

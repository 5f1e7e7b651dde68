// The current problems, one line each. They are first on the page, and determine the table's order and the tab's title.

import { byId, el, fill, setText } from "./dom.js";
import { bitsOf } from "./draw.js";
import * as format from "./format.js";

/// The most lines that are shown; the rest are counted.
const MOST = 6;
/// Calls, now and before, that a comparison with the past needs.
const ENOUGH = [20, 50];
const ICON = byId("icon").href;

/// Returns the approximate number of calls that has so many bits.
const callsOf = (bits) => (bits <= 1 ? bits : 0.75 * 2 ** bits);

/// Returns p95 and p99 of the minutes before the last one, from the columns; null with too few calls.
function past(store, of) {
  const latest = store.time.latest;
  if (latest === undefined) return null;
  if (of.past?.latest === latest) return of.past.numbers;
  const buckets = new Array(of.bounds.length + 1).fill(0);
  for (const column of store.history(of)) {
    if (column.at > latest - 65_000) break;
    for (let offset = 0; offset < column.heat.length; offset += 1) buckets[column.first + offset] += callsOf(bitsOf(column.heat, offset));
  }
  const all = buckets.reduce((a, b) => a + b, 0);
  const quantile = (share) => {
    let below = 0;
    const bucket = buckets.findIndex((calls) => (below += calls) >= share * all);
    return of.bounds[bucket] ?? Infinity;
  };
  const numbers = all < ENOUGH[1] || of.bounds.length === 0 ? null : { p95: quantile(0.95), p99: quantile(0.99) };
  of.past = { latest, numbers };
  return numbers;
}

/// Returns the current and the past p95 of a function that has become slower, else null. Past quantiles are upper bounds of
/// buckets, so a function that is reported as slower is slower.
function slower(store, of) {
  const now = store.numbers(of, 1);
  if (!now || now.calls < ENOUGH[0] || now.p95 === null) return null;
  const before = past(store, of);
  if (before === null || before.p99 === Infinity) return null;
  const p95 = Math.abs(now.p95);
  return p95 >= 2 * before.p95 && p95 > before.p99 && p95 - before.p95 > 0.001 ? { now: now.p95, before: before.p95 } : null;
}

/// Returns `true` if the error's type calls every failure of the last minute expected.
function isExpected(store, of) {
  const recent = store.failures.filter((one) => one.id === of.id && one.at >= store.at - 65_000);
  return recent.length > 0 && recent.every((one) => one.expected);
}

/// Returns `true` if a call runs much longer than usual for its function. If no call of a function has ever
/// ended, one that began with the process is a loop that is meant to run.
function isStuck(store, of) {
  const age = store.oldest(of);
  if (age < 30) return false;
  if (of.total.every((calls) => calls === 0)) return age >= 60 && of.since > store.began + 60_000;
  return age > 10 * (past(store, of)?.p99 ?? Math.abs(store.numbers(of, 1)?.p99 ?? 0));
}

/// Returns the problems of a function, the worst first: `{rank, text}`; empty for a healthy one.
export function troublesOf(store, of) {
  const found = [];
  const now = store.numbers(of, 1);
  if (now?.errors > 0 && !isExpected(store, of)) {
    const kinds = store.failures.filter((one) => one.id === of.id && !one.expected);
    const classes = [...new Set(kinds.map((one) => one.class).filter(Boolean))].slice(0, 3);
    const share = `${format.percent(now.errors / now.calls)} of ${format.plural(now.calls, "call")} failed in the last minute`;
    found.push({ rank: 3, text: `${share}${classes.length > 0 ? `: ${classes.join(", ")}` : ""}` });
  }
  if (isStuck(store, of)) found.push({ rank: 2, text: `${format.plural(of.flight, "call")} in flight, the oldest for at least ${format.uptime(store.oldest(of))}` });
  const slow = slower(store, of);
  if (slow) found.push({ rank: 1, text: `slower than before: p95 ${format.quantile(slow.now, of.bounds)}, it was at most ${format.duration(slow.before)}` });
  return found;
}

/// Returns all problems: `{level, what, text, of}`, the worst first.
export function troubles(store) {
  const found = [];
  const [status, output] = store.health;
  if (output) found.push({ level: status === "fail" ? "bad" : "warn", what: "Health", text: output });
  for (const one of store.objectives) {
    if (!one.alert) continue;
    const burn = Math.max(...Object.values(one.burn_rate ?? {}).map(Number));
    const left = one.budget_left === null ? "" : `; ${format.percent(Math.max(0, one.budget_left))} left`;
    found.push({ level: one.alert === "page" ? "bad" : "warn", what: one.name, text: `error budget burning at ${format.times(burn)}${left}` });
  }
  for (const [runtime, worker, text] of store.blocked ?? []) {
    found.push({ level: "bad", what: runtime === "main" ? `Worker ${worker}` : `Worker ${worker} of ${runtime}`, text });
  }
  for (const one of store.checks) {
    if (one.status !== "ok") found.push({ level: one.status === "fail" ? "bad" : "warn", what: `Check ${one.name}`, text: one.output ?? one.status });
  }
  const functions = [];
  for (const of of store.functions) {
    of.troubles = of.windows[1] === 0 && of.flight === 0 ? [] : troublesOf(store, of);
    for (const { rank, text } of of.troubles) functions.push({ rank, level: rank > 1 ? "bad" : "warn", what: of.name, text, of, errors: of.windows[1] ? of.windows[1][1] : 0 });
  }
  functions.sort((a, b) => b.rank - a.rank || b.errors - a.errors);
  return [...found, ...functions];
}

/// Shows them, and their number in the tab's title.
export function show(store, list, open) {
  const bad = list.length;
  setText(byId("verdict-title"), bad === 0 ? "Nothing is wrong" : `${bad === 1 ? "1 thing is" : `${format.whole(bad)} things are`} wrong`);
  byId("verdict").className = bad === 0 ? "ok" : list.some((one) => one.level === "bad") ? "bad" : "warn";
  fill(byId("troubles"), list.slice(0, MOST + 1).map(({ what, text, level, of }) => [what, text, level, of?.id]).concat(bad), () => [
    ...list.slice(0, MOST).map(({ what, text, level, of }) => el("li", { class: level },
      of ? el("button", { type: "button", class: "name", "data-key": `trouble ${of.id}`, onclick: () => open(of) }, what) : el("b", {}, what), " ", el("span", {}, text))),
    bad > MOST ? el("li", { class: "quiet" }, `and ${format.whole(bad - MOST)} more`) : null,
  ].filter(Boolean));
  title(`${bad > 0 ? `(${bad}) ` : ""}${store.service.name} · monitor`, bad > 0);
}

export function title(text, isBad) {
  if (document.title !== text) document.title = text;
  const href = isBad ? ICON.replace("%232f6fde", "%23d3342c") : ICON;
  if (byId("icon").href !== href) byId("icon").href = href;
}

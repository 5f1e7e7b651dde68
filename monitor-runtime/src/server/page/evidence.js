// Tables and lists of a function's calls: windows, totals, durations, labels, slow calls.

import { el, time } from "./dom.js";
import { facts, kind } from "./failures.js";
import * as format from "./format.js";

const head = (names) => el("thead", {}, el("tr", {}, ...names.map((name) => el("th", { scope: "col" }, name))));
const number = (text) => el("td", { class: "number" }, text);

/// Shows all numbers of both windows side by side.
export function windows(store, of) {
  const both = [1, 0].map((window) => store.numbers(of, window));
  const names = [1, 0].map((window) => `last ${format.duration(Math.round(store.windows[window]))}`);
  const isTimed = of.bounds.length > 0;
  const rows = [
    ["Calls/s", (now) => format.rate(now.rate)],
    ["Errors", (now) => `${format.whole(now.errors)} (${format.percent(now.errors / now.calls)})`],
    ["Cancelled", (now) => `${format.whole(now.cancelled)} (${format.percent(now.cancelled / now.calls)})`],
    ...(both.some((now) => now?.running != null) ? [["Running", (now) => (now.running === null ? "–" : format.percent(now.running))], ["Waiting", (now) => (now.running === null ? "–" : format.percent(1 - now.running))]] : []),
    ...(isTimed ? [["Mean", (now) => format.duration(now.mean)], ...["p50", "p95", "p99"].map((key) => [key, (now) => format.quantile(now[key], of.bounds)])] : []),
  ];
  return el("table", { class: "plain windows" }, head(["Calls", ...names]),
    el("tbody", {}, ...rows.map(([name, show]) => el("tr", {}, el("th", { scope: "row" }, name), ...both.map((now) => number(now ? show(now) : "–"))))));
}

/// Shows calls since the start, by result and by class.
export function totals({ results, errors, cancelled: reasons }) {
  const { ok, error, cancelled } = results;
  const most = (classes) => Object.entries(classes).sort((a, b) => b[1] - a[1]);
  const list = (classes, kind, unknown) => (classes.length > 0 ? el("ul", { class: "classes" }, ...classes.map(([name, calls]) => el("li", {}, el("span", { class: kind }, name || unknown), ` ${format.whole(calls)}`))) : null);
  return [
    el("h3", {}, "Calls since the start"),
    el("ul", { class: "totals" }, ...[["ok", ok], ["error", error], ["cancelled", cancelled]].map(([name, { calls }]) =>
      el("li", { class: calls > 0 ? `total-${name}` : "quiet" }, el("b", {}, format.whole(calls)), ` ${name}`))),
    list(most(errors), "tag bad", "unclassified"),
    list(most(reasons), "tag", "cancelled for no known reason"),
  ].filter(Boolean);
}

/// Shows calls by duration. A bucket without calls has no bar.
export function buckets({ bounds, minute }) {
  const [most, all] = [Math.max(...minute), minute.reduce((a, b) => a + b, 0)];
  if (all === 0 || bounds.length === 0) return [];
  const first = minute.findIndex((calls) => calls > 0);
  const last = minute.findLastIndex((calls) => calls > 0);
  const rows = minute.slice(first, last + 1).map((calls, offset) => {
    const bar = el("span", { class: "bar" });
    bar.style.width = calls === 0 ? "0" : `max(2px, ${(calls / most) * 100}%)`;
    const bound = bounds[first + offset];
    const name = bound === undefined ? `> ${format.duration(bounds.at(-1))}` : `≤ ${format.duration(bound)}`;
    return el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: "bars" }, bar), number(format.whole(calls)));
  });
  return [el("h3", {}, "Call duration, last minute"), el("table", { class: "buckets" }, el("tbody", {}, ...rows))];
}

export function combinations({ combinations }) {
  if (combinations.length === 0) return [];
  const rows = combinations.map((one) => el("tr", {},
    el("th", { scope: "row" }, Object.entries(one.labels).map(([name, value]) => `${name}=${value}`).join(" ")),
    ...[one.ok, one.error, one.cancelled, one.in_flight].map((count) => number(format.whole(count)))));
  return [el("h3", {}, "By labels, since the start"), el("table", { class: "plain" }, head(["Labels", "ok", "error", "cancelled", "in flight"]), el("tbody", {}, ...rows))];
}

export function failed(store, of, { failures }) {
  if (failures.length === 0) return [];
  return [el("h3", {}, "Last failures"), el("ol", { class: "list" }, ...failures.map((failure) => kind(store, failure, of, null)))];
}

export function slow(store, { slow }) {
  if (slow.length === 0) return [];
  const one = (call, place) => el("li", {},
    el("div", { class: "line" }, el("b", {}, format.duration(call.seconds)), call.result === "ok" ? null : el("span", { class: "tag bad" }, call.reason ? `${call.result}: ${call.reason}` : call.result), time(call.at, { class: "end" })),
    facts(store, call, `slow ${place}`));
  return [el("h3", {}, "Slowest calls of the last ten minutes"), el("ol", { class: "list" }, ...slow.map(one))];
}

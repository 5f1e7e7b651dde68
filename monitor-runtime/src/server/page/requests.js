// Requests of the HTTP edge, by method and route.

import { breakable, byId, el, fill } from "./dom.js";
import * as format from "./format.js";

/// The most rows that are shown. Routes without requests come last.
const MOST = 300;

export function requests(store, { words, show, window }) {
  const isFailing = (one) => one.windows[1] !== 0 && one.windows[1][1] > 0;
  const isActive = (one) => one.flight > 0 || one.windows[1] !== 0;
  const shown = store.routes
    .filter((one) => (show === "all" || (show === "active" ? isActive(one) : isFailing(one))) && words.every((word) => one.text.includes(word)))
    .map((one) => ({ one, now: store.numbers(one, window) }))
    .sort((a, b) => Number(isFailing(b.one)) - Number(isFailing(a.one)) || (b.now?.calls ?? 0) - (a.now?.calls ?? 0) || a.one.route.localeCompare(b.one.route));
  const rows = shown.slice(0, MOST).map(({ one, now }) => [
    one.method, one.route, now ? format.rate(now.rate) : "0",
    now ? format.percent(now.errors / now.calls) : "–", now?.errors > 0,
    now?.cancelled > 0 ? `${format.percent(now.cancelled / now.calls)} cancelled` : "",
    ...["p50", "p95", "p99"].map((key) => format.quantile(now?.[key], store.routeBounds)), format.whole(one.flight),
  ]);
  fill(byId("requests"), rows, () => (rows.length === 0 ? [] : [el("table", { "aria-label": "Requests" },
    el("thead", {}, el("tr", {}, ...["Route", "Requests/s", "Errors", "p50", "p95", "p99", "In flight"].map((name, place) => el("th", { scope: "col", class: ["", "", "", "p50", "", "p99", ""][place] }, name)))),
    el("tbody", {}, ...rows.map(row)))]));
  return { shown: shown.length, all: store.routes.length };
}

function row([method, route, rate, errors, isBad, cancelled, p50, p95, p99, flight]) {
  const number = (text, kind, title) => el("td", { class: `number ${kind}`, "data-title": title }, text);
  return el("tr", {}, el("th", { scope: "row" }, el("span", { class: "method" }, method), " ", ...breakable(route)), number(rate, "", "Requests/s"),
    el("td", { class: `number errors${isBad ? " bad" : ""}`, "data-title": "Errors" }, errors, cancelled ? el("span", { class: "beneath" }, cancelled) : null),
    number(p50, "p50", "p50"), number(p95, "", "p95"), number(p99, "p99", "p99"), number(flight, "", "In flight"));
}

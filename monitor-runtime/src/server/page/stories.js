// The kept requests and those in flight. Each row opens its request.

import { ask } from "./data.js";
import { breakable, byId, el, fill, time } from "./dom.js";
import * as format from "./format.js";

/// The most rows that are shown of each list.
const MOST = 200;

/// Heads of columns of numbers.
const NUMBERS = new Set(["Duration", "Started", "Age"]);

const seconds = (ms) => format.duration(ms / 1000);
const has = (words, text) => words.every((word) => text.toLowerCase().includes(word));

/// Shows the outcome of a request or call as a tag.
export const outcome = (said, reason) => el("span", { class: said === "error" || said === "panic" ? "tag bad" : "tag" }, reason ? `${said}: ${reason}` : said ?? "running");

const name = (request, open) => (request.trace_id
  ? el("button", { type: "button", class: "name", "data-key": request.trace_id, title: request.trace_id, onclick: () => open(request.trace_id) }, ...breakable(request.name))
  : el("span", {}, ...breakable(request.name), ` on thread ${request.thread}`));

const fields = (one) => Object.entries(one.fields ?? {}).map(([key, value]) => el("span", { class: "field" }, el("i", {}, `${key}=`), String(value)));

const table = (id, label, heads, rows) => el("table", { class: "stories", id, "aria-label": label },
  el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col", class: NUMBERS.has(head) ? "number" : null }, head)))),
  el("tbody", {}, ...rows));

/// Requests the kept requests, and shows those that match.
export async function kept(words, open) {
  const { requests } = await ask("requests");
  const shown = requests.filter((one) => has(words, `${one.name} ${one.reason} ${one.outcome} ${one.cancel_reason ?? ""} ${one.trace_id}`));
  const row = (one) => el("tr", {},
    el("th", { scope: "row" }, name(one, open)),
    el("td", {}, el("span", { class: one.reason === "failed" ? "tag bad" : "tag" }, one.reason ?? "")),
    el("td", {}, outcome(one.outcome, one.cancel_reason)),
    el("td", { class: "number" }, seconds(one.duration_ms)),
    el("td", { class: "number" }, time(Date.parse(one.started))));
  fill(byId("kept"), shown.slice(0, MOST), () => [
    el("h3", {}, "Kept requests"),
    shown.length === 0 ? el("p", { class: "quiet" }, requests.length === 0 ? "None is kept yet" : "None matches")
      : table("kept-table", "Kept requests", ["Request", "Kept", "Outcome", "Duration", "Started"], shown.slice(0, MOST).map(row)),
  ]);
}

/// Shows requests in flight, each with its open calls.
export function inFlight(id, requests, open) {
  const call = (one) => {
    const inside = el("li", {}, el("span", { class: "age" }, seconds(one.age_ms)), el("code", {}, ...breakable(one.name)), ...fields(one));
    inside.style.setProperty("--depth", one.depth - 1);
    return inside;
  };
  const row = (one) => el("tr", {},
    el("th", { scope: "row" }, name(one, open), ...fields(one).flatMap((field) => [" ", field]), one.calls.length > 0 ? el("ul", { class: "open-calls" }, ...one.calls.map(call)) : null),
    el("td", { class: "number" }, seconds(one.age_ms)));
  return table(id, "In flight", ["Request, and its open calls", "Age"], requests.map(row));
}

/// Requests those in flight, and shows those that match. Returns how many are shown, and how many there are.
export async function calls(words, open) {
  const { in_flight: all, requests } = await ask("calls");
  const shown = requests.filter((one) => has(words, `${one.name} ${one.trace_id ?? one.thread} ${one.calls.map((call) => call.name).join(" ")}`));
  fill(byId("calls"), shown.slice(0, MOST), () => [inFlight("calls-table", shown.slice(0, MOST), open)]);
  byId("calls").hidden = shown.length === 0;
  return { shown: Math.min(shown.length, MOST), all };
}

// The panels beside the table: health checks, objectives, and the places that fill the log.

import { ask } from "./data.js";
import { byId, el, fill } from "./dom.js";
import * as format from "./format.js";

const WORDS = ["ok", "warn", "fail"];
const word = (status) => (WORDS.includes(status) ? status : "unknown");
const dot = (status) => el("span", { class: `dot ${word(status)}`, "aria-hidden": "true" });

/// Runs of the checks whose row is open, by name.
const runs = new Map();

function drawRuns(list) {
  const said = `last ${format.plural(list.length, "run")}: ${list.filter(([status]) => status !== "ok").length} not ok`;
  return el("span", { class: "runs", role: "img", "aria-label": said }, ...list.map(([status, at, took, output]) =>
    el("span", { class: `run ${word(status)}`, title: `${format.moment(at)}: ${status}, ${format.duration(took / 1000)}${output ? `: ${output}` : ""}` })));
}

/// Requests the runs of the checks whose row is open, and of no others.
export async function openRuns(store, all = byId("health")) {
  for (const details of all.querySelectorAll("details[open]")) {
    const check = store.checks.find((one) => one.name === details.dataset.check);
    if (!check) continue;
    runs.set(check.name, await ask(`page/data?check=${check.place}`));
    const list = runs.get(check.name);
    fill(details.querySelector(".past"), list, () => (list.length === 0 ? [el("span", { class: "quiet" }, "No run yet")] : [drawRuns(list)]));
  }
}

export function health(store, opened) {
  const key = store.checks.map(({ name, status, critical, output }) => [name, status, critical, output]);
  fill(byId("health"), [store.process, key], () => store.checks.length === 0
    ? [el("li", { class: "quiet" }, "No checks: Builder::check adds one")]
    : store.checks.map((check) => el("li", {}, row(check, opened))));
  for (const [place, item] of [...byId("health").querySelectorAll(".took")].entries()) {
    const { took } = store.checks[place];
    item.textContent = took === null ? "" : format.duration(took / 1000);
  }
}

function row(check, opened) {
  const details = el("details", { "data-key": `check ${check.name}`, "data-check": check.name },
    el("summary", { "data-key": `check ${check.name}` }, el("span", { class: "line" }, dot(check.status), el("b", {}, check.name),
      el("span", { class: `word ${word(check.status)}` }, word(check.status)),
      check.critical ? el("span", { class: "tag" }, "critical") : null,
      el("span", { class: "end took" }))),
    el("div", { class: "past" }));
  details.addEventListener("toggle", () => details.open && opened());
  return el("div", {}, details, check.output ? el("p", { class: "output" }, check.output) : null);
}

const UNITS = { s: 1, m: 60, h: 3600, d: 86400 };
const lengthOf = (window) => parseFloat(window) * (UNITS[window.at(-1)] ?? 1);

/// Shows burn rates by window. Windows longer than the process has run all cover the same time.
function burns(one, up) {
  const all = Object.entries(one.burn_rate ?? {}).sort(([a], [b]) => lengthOf(a) - lengthOf(b));
  const whole = all.filter(([window]) => lengthOf(window) <= up);
  const rest = all.slice(whole.length, whole.length + 1).map(([, rate]) => [`since the start, ${format.uptime(up)} ago`, rate]);
  return [...whole, ...rest];
}

/// Returns the promise of an objective: "Success rate 99.5%", "Latency ≤ 250 ms, 99%".
function promise(one) {
  const percent = `${one.target_percent}%`;
  if (one.threshold_seconds) return `Latency ≤ ${format.duration(one.threshold_seconds)}, ${percent}`;
  const kind = String(one.kind).replaceAll("_", " ");
  return `${kind[0].toUpperCase()}${kind.slice(1)} ${percent}`;
}

export function objectives(store) {
  const list = [...store.objectives].sort((a, b) => Number(b.alert === "page") - Number(a.alert === "page") || Number(Boolean(b.alert)) - Number(Boolean(a.alert))
    || (a.budget_left ?? 1) - (b.budget_left ?? 1) || a.name.localeCompare(b.name));
  byId("objectives").hidden = list.length === 0;
  const up = (store.at - store.began) / 1000;
  fill(byId("objectives-list"), [list, Math.floor(up / 60)], () => list.map((one) => {
    // Null before the first call: nothing has been spent.
    const left = Math.max(0, Math.min(1, one.budget_left ?? 1));
    const state = one.alert ? "fail" : left < 0.25 ? "warn" : "ok";
    const bar = el("span", {});
    bar.style.width = `${left * 100}%`;
    const windows = burns(one, up).map(([window, rate]) => el("li", { class: rate > 1 ? "bad" : null }, `${window} `, el("b", {}, rate === null ? "–" : format.times(rate))));
    return el("li", {},
      el("div", { class: "line" }, dot(state), el("b", {}, one.name), el("span", { class: "quiet" }, promise(one)),
        one.alert ? el("span", { class: "tag bad" }, String(one.alert)) : null,
        el("span", { class: left === 0 ? "end bad" : "end" }, one.budget_left === null ? "no calls yet" : `${format.percent(left)} left`)),
      el("div", { class: `budget ${state}`, role: "img", "aria-label": `${format.percent(left)} of the error budget is left` }, bar),
      el("ul", { class: "burns", "aria-label": "Burn rates" }, el("li", { class: "quiet" }, "Burn rate"), ...windows));
  }));
}

/// Shows the places that have written the most bytes of the log, with their share of all.
export function loudest(store) {
  const [all, places] = store.loudest;
  byId("loudest").hidden = places.length === 0;
  fill(byId("loudest-list"), store.loudest, () => places.map(([level, target, source, lines, bytes]) =>
    el("li", {},
      el("div", { class: "line" }, el("b", { title: target }, source), el("span", { class: "tag" }, level),
        el("span", { class: "end", title: `${format.bytes(bytes)} of ${format.bytes(all)} since the start` }, format.percent(bytes / all))),
      el("p", { class: "quiet" }, `${format.plural(lines, "line")} of ${target}`))));
}

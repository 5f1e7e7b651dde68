// The page: requests what is new, and passes it to its parts.

import { Address } from "./address.js";
import { Poll, Refused, ask, token } from "./data.js";
import { Detail } from "./detail.js";
import { byId, press, say, setText } from "./dom.js";
import { readColours } from "./draw.js";
import { failures } from "./failures.js";
import * as format from "./format.js";
import { IncidentView, incidents } from "./incident.js";
import { Level } from "./level.js";
import * as panels from "./panels.js";
import { Past, snapshot } from "./past.js";
import { requests } from "./requests.js";
import { Store } from "./store.js";
import * as stories from "./stories.js";
import { StoryView } from "./story.js";
import * as system from "./system.js";
import { Table } from "./table.js";
import * as troubles from "./troubles.js";

const store = new Store();
const address = new Address(() => take());
const past = new Past(store);
const table = new Table(store, open, (sorted) => change(sorted));
const detail = new Detail(store, close);
const story = new StoryView(store, open, () => change({ trace: "" }, true));
const incident = new IncidentView(store, story, open, openTrace, () => change({ incident: "" }, true));
const level = new Level(store, () => poll.wake());
let wrong = [];
let answered = Date.now();

const poll = new Poll(async () => {
  const document = await ask(`page/data?${store.query}`);
  // Keeps the numbers of the previous process before the new one replaces them.
  const before = store.process !== "" && store.process !== document.process ? snapshot(store, wrong, answered) : null;
  store.apply(document);
  answered = Date.now();
  if (before) restarted(before);
  show();
  await Promise.all([detail.update(), story.update(), incident.update(), lists(), panels.openRuns(store)].map((part) => part.catch(ignoreRefusal)));
}, problem);

/// Ignores a failed request: the next round asks again.
function ignoreRefusal(problem) {
  if (!(problem instanceof Refused)) throw problem;
}

const pathOf = (of) => `${of.module}::${of.name}`;

/// Opens a function; "back" closes it.
function open(of) {
  change({ fn: pathOf(of), trace: "", incident: "" }, true);
}

/// Opens a request by its trace id.
function openTrace(trace) {
  change({ trace, fn: "", incident: "" }, true);
}

function close() {
  const { of } = detail;
  change({ fn: "" }, true);
  if (of) table.focus(of);
}

/// Changes the state of the page, and its address.
function change(changes, push = false) {
  address.set(changes, push);
  take();
}

/// Shows the state in the address.
function take() {
  const { state } = address;
  table.set(state);
  for (const [group, key] of [["view", "view"], ["show", "show"], ["window", "w"]]) press(byId(group), key, state[key]);
  if (byId("filter").value !== state.q) byId("filter").value = state.q;
  const isFunctions = state.view === "functions";
  for (const id of ["table", "sort-label", "more"]) byId(id).hidden = !isFunctions;
  for (const id of ["requests", "kept"]) byId(id).hidden = state.view !== "requests";
  byId("calls").hidden = state.view !== "calls";
  for (const id of ["show", "window"]) byId(id).hidden = state.view === "calls";
  if (store.process === "") return;
  incident.show(state.incident).catch(ignoreRefusal);
  story.show(incident.isOpen ? "" : state.trace).catch(ignoreRefusal);
  const isCovered = story.isOpen || incident.isOpen;
  const of = state.fn === "" || isCovered ? null : (store.find(state.fn) ?? null);
  if (of !== detail.of) {
    detail.show(of);
    table.redraw(false);
  }
  document.body.classList.toggle("with-detail", of !== null || isCovered);
  if (state.fn !== "" && of === null) {
    say("This process has no such function");
    address.set({ fn: "" });
  }
  system.tiles(store, table.window);
  rows(true);
  lists().catch(ignoreRefusal);
}

/// Requests and shows the lists of the view.
async function lists() {
  const { view } = address.state;
  if (view === "requests") await stories.kept(table.words, openTrace);
  if (view !== "calls") return;
  const { shown, all } = await stories.calls(table.words, openTrace);
  if (address.state.view !== "calls") return;
  setText(byId("count"), shown === all ? `${format.whole(all)} in flight` : `${format.whole(shown)} of ${format.whole(all)} in flight`);
  byId("none").hidden = shown > 0;
  byId("clear").hidden = all === 0;
  setText(byId("none-text"), all === 0 ? "Nothing in flight" : "Nothing in flight matches");
}

function rows(isAsked) {
  if (address.state.view === "functions") {
    table.update(isAsked);
    return;
  }
  if (address.state.view === "calls") return;
  const { shown, all } = requests(store, table);
  setText(byId("count"), shown === all ? format.plural(all, "route") : `${shown} of ${format.plural(all, "route")}`);
  byId("none").hidden = shown > 0;
  byId("clear").hidden = all === 0;
  setText(byId("none-text"), all === 0 ? "No requests at the HTTP edge: monitor_runtime::http::layer counts them" : "No routes match");
}

function show() {
  const { name, version, commit, branch, pid } = store.service;
  setText(byId("service"), name);
  const build = [version && `v${version}`, commit && commit.slice(0, 12), branch, `pid ${pid}`];
  setText(byId("build"), build.filter(Boolean).join(" · "));
  setText(byId("zone"), `times in ${format.zone()}`);
  for (const id of ["token", "refused"]) byId(id).hidden = true;
  const isFirst = byId("main").hidden;
  byId("main").hidden = false;
  document.body.classList.remove("stale");
  connection(poll.paused ? "paused" : "live", poll.paused ? "paused" : "live");
  if (byId("banner").dataset.kind === "lost") banner("", "");
  wrong = troubles.troubles(store);
  troubles.show(store, wrong, open);
  incidents(store);
  system.tiles(store, table.window);
  system.system(store);
  panels.objectives(store);
  panels.loudest(store);
  failures(store, open);
  panels.health(store, () => panels.openRuns(store).catch(ignoreRefusal));
  level.show();
  if (isFirst) take();
  else rows(false);
}

function connection(kind, text) {
  byId("connection").className = kind;
  setText(byId("connection"), text);
}

let ticking = 0;

/// Shows a banner. If its text is a function, it is called every second.
function banner(kind, text, button = "", act = () => {}) {
  clearInterval(ticking);
  const said = () => (typeof text === "function" ? text() : text);
  byId("banner").dataset.kind = kind;
  byId("banner").hidden = text === "";
  setText(byId("banner-text"), said());
  if (typeof text === "function") ticking = setInterval(() => setText(byId("banner-text"), said()), 1000);
  setText(byId("banner-button"), button);
  byId("banner-button").onclick = act;
}

function restarted(before) {
  past.keep(before);
  banner("restarted", `Service restarted at ${format.clock(store.began)} (pid ${before.service.pid} → ${store.service.pid})`, "Dismiss", () => banner("", ""));
  table.redraw(true);
  detail.forget();
}

function problem(problem, pause) {
  const isDenied = problem.status === 401 || problem.status === 403;
  if (isDenied) {
    poll.stopped = true;
    askForToken(problem.status);
    return;
  }
  document.body.classList.add("stale");
  connection("lost", "no answer");
  troubles.title(`No answer · ${store.service.name ?? "monitor"}`, true);
  const again = Date.now() + pause;
  const why = problem.status > 0 ? ` (${problem.status} ${problem.message})` : "";
  const seconds = (to) => format.uptime(Math.max(1, to / 1000));
  banner("lost", () => `No answer for ${seconds(Date.now() - answered)}${why}. ${again > Date.now() ? `Trying again in ${seconds(again - Date.now())}.` : "Trying again."}`, "Try now", () => poll.wake());
}

function askForToken(status) {
  byId("main").hidden = true;
  connection("lost", "not allowed");
  banner("", "");
  const wasGiven = token.get() !== null;
  token.forget();
  // If the service has no token, entering one does not help.
  byId("refused").hidden = status !== 403;
  byId("token").hidden = status === 403;
  if (status === 403) return;
  if (wasGiven) setText(byId("token-why"), "Wrong token");
  byId("token-why").classList.toggle("bad", wasGiven);
  byId("token-value").focus();
}

byId("token").addEventListener("submit", (event) => {
  event.preventDefault();
  token.set(byId("token-value").value.trim());
  byId("token-value").value = "";
  poll.stopped = false;
  poll.wake();
});

byId("pause").addEventListener("click", () => {
  poll.paused = !poll.paused;
  setText(byId("pause"), poll.paused ? "Resume" : "Pause");
  if (poll.paused) connection("paused", "paused");
  poll.wake();
});

byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("filter").focus();
});
byId("filter").addEventListener("input", (event) => change({ q: event.target.value.slice(0, 500) }));
byId("clear").addEventListener("click", () => {
  change({ q: "", show: "all" });
  byId("filter").focus();
});
byId("more-button").addEventListener("click", () => {
  change({ rows: "all" });
  table.body.querySelector(".name")?.focus({ preventScroll: true });
});
byId("sort").addEventListener("change", ({ target }) => change({ sort: target.value, dir: target.value === "name" ? "up" : "down" }));
for (const [group, key] of [["view", "view"], ["show", "show"], ["window", "w"]]) {
  byId(group).addEventListener("click", ({ target }) => target.dataset[key] && change({ [key]: target.dataset[key] }, key === "view"));
}
addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, select, textarea");
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    byId("filter").focus();
  } else if (event.key === "Escape" && !isTyping && !event.defaultPrevented) {
    if (incident.isOpen) change({ incident: "" }, true);
    else if (story.isOpen) change({ trace: "" }, true);
    else if (detail.isOpen) close();
  }
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  readColours();
  table.redraw(false);
  table.render();
});
// Keeps the head of the table below the banner, at any height.
new ResizeObserver(() => document.documentElement.style.setProperty("--banner", `${byId("banner").offsetHeight}px`)).observe(byId("banner"));

readColours();
take();
poll.wake();

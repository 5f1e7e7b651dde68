// The page: asks for what is new, and hands it to its parts.

import { Poll, Refused, ask, token } from "./data.js";
import { Detail } from "./detail.js";
import { byId, press, setText } from "./dom.js";
import { readColours } from "./draw.js";
import * as format from "./format.js";
import * as panels from "./panels.js";
import { Store } from "./store.js";
import { Table } from "./table.js";

const store = new Store();
const detail = new Detail(store, (of) => of && table.focus(of));
const table = new Table(store, (of) => detail.open(of));

/// Pages of other parts: one the service does not have is asked for again after a restart only.
const others = [
  { path: "health?verbose", every: 2, any: true, show: panels.health },
  { path: "objectives", every: 5, show: panels.objectives },
  { path: "log-level", every: 5, show: panels.level },
].map((other) => ({ ...other, isMissing: false }));
let round = 0;
let answered = Date.now();

const poll = new Poll(async () => {
  const before = store.apply(await ask(`page/data?${store.query}`));
  answered = Date.now();
  if (before) restarted(before);
  show();
  await Promise.all([detail.update(), ...others.map(askOther)].map((part) => part.catch(ignoreRefusal)));
  round += 1;
}, problem);

/// What the numbers go on without, until the next round asks again.
function ignoreRefusal(problem) {
  if (!(problem instanceof Refused)) throw problem;
}

async function askOther(other) {
  if (other.isMissing || round % other.every !== 0) return;
  try {
    other.show(await ask(other.path, { any: other.any }));
  } catch (problem) {
    // 409: the log is somebody else's to set.
    if (problem.status === 404 || problem.status === 409) other.isMissing = true;
    throw problem;
  }
}

function show() {
  const { name, version, commit, branch, pid } = store.service;
  document.title = `${name} · monitor`;
  setText(byId("service"), name);
  const build = [version && `v${version}`, commit && commit.slice(0, 12), branch, `pid ${pid}`];
  setText(byId("build"), build.filter(Boolean).join(" · "));
  for (const id of ["token", "refused"]) byId(id).hidden = true;
  byId("main").hidden = false;
  document.body.classList.remove("stale");
  connection("live", "live");
  if (byId("banner").dataset.kind === "lost") banner("", "");
  panels.tiles(store, table.window);
  panels.failures(store, (of) => detail.open(of));
  table.update();
}

function connection(kind, text) {
  byId("connection").className = kind;
  setText(byId("connection"), text);
}

function banner(kind, text, button = "", act = () => {}) {
  byId("banner").dataset.kind = kind;
  byId("banner").hidden = text === "";
  setText(byId("banner-text"), text);
  setText(byId("banner-button"), button);
  byId("banner-button").onclick = act;
}

function restarted(before) {
  banner("restarted", `The service was started again at ${format.clock(store.began)}: pid ${store.service.pid}, before it was ${before.pid}.`, "Dismiss", () => banner("", ""));
  table.redraw(true);
  detail.forget();
  for (const other of others) other.isMissing = false;
  round = 0;
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
  const silent = format.uptime(Math.max(1, (Date.now() - answered) / 1000));
  const why = problem.status > 0 ? ` (${problem.status} ${problem.message})` : "";
  banner("lost", `No answer for ${silent}${why}. Trying again in ${format.uptime(pause / 1000)}.`, "Try now", () => poll.wake());
}

function askForToken(status) {
  byId("main").hidden = true;
  connection("lost", "not allowed");
  banner("", "");
  const wasGiven = token.get() !== null;
  token.forget();
  // Without a token in the service, no token helps.
  byId("refused").hidden = status !== 403;
  byId("token").hidden = status === 403;
  if (status === 403) return;
  if (wasGiven) setText(byId("token-why"), "That was not the token: the service refused it.");
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
  byId("pause").setAttribute("aria-pressed", String(poll.paused));
  if (poll.paused) connection("paused", "paused");
  poll.wake();
});

byId("filter").addEventListener("input", (event) => table.filter(event.target.value));
byId("show").addEventListener("click", ({ target }) => {
  if (!target.dataset.show) return;
  press(byId("show"), target);
  table.show = target.dataset.show;
  table.update(true);
});
byId("window").addEventListener("click", ({ target }) => {
  if (!target.dataset.window) return;
  press(byId("window"), target);
  table.window = Number(target.dataset.window);
  panels.tiles(store, table.window);
  table.update(true);
});
addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, select, textarea");
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    byId("filter").focus();
  } else if (event.key === "Escape" && detail.dialog.open) detail.dialog.close();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  readColours();
  table.redraw(false);
  table.render();
});
panels.levelForm(() => askOther({ ...others[2], isMissing: false, every: 1 }).catch(ignoreRefusal));

readColours();
poll.wake();

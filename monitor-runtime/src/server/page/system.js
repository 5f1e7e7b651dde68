// The summary: calls of all functions, and numbers of the process and its runtime.

import { byId, el, fill, setText } from "./dom.js";
import * as format from "./format.js";

export function tiles(store, window) {
  const sum = store.summary(window);
  setText(byId("tile-rate"), `${format.rate(sum.rate)} /s`);
  byId("tile-requests").parentElement.hidden = store.routes.length === 0;
  setText(byId("tile-requests"), `${format.rate(sum.requests)} /s`);
  setText(byId("tile-errors"), sum.calls === 0 ? "–" : format.percent(sum.errors / sum.calls));
  byId("tile-errors").classList.toggle("bad", sum.errors > 0);
  setText(byId("tile-flight"), format.whole(sum.flight));
  setText(byId("tile-functions"), `${format.whole(sum.active)} / ${format.whole(store.functions.length)}`);
  setText(byId("tile-failing"), format.whole(sum.failing));
  byId("tile-failing").classList.toggle("bad", sum.failing > 0);
  const [status] = store.health;
  setText(byId("tile-health"), status ?? "–");
  byId("tile-health").className = status ?? "";
  setText(byId("tile-up"), format.uptime((store.at - store.began) / 1000));
}

/// Returns how fast a counter of seconds grew between the last two documents, divided by `of`.
function share(store, key, of = 1) {
  const { system, systemBefore } = store;
  if (!systemBefore || system[key] === null || systemBefore[key] === null) return null;
  const seconds = (system.at - systemBefore.at) / 1000;
  return seconds > 0 ? Math.max(0, (system[key] - systemBefore[key]) / seconds / of) : null;
}

export function system(store) {
  const now = store.system;
  byId("system").hidden = !now;
  if (!now) return;
  const cpu = share(store, "cpu_seconds");
  const busy = share(store, "busy_seconds", Math.max(1, now.workers ?? 1));
  const isFull = now.max_fds !== null && now.open_fds > 0.8 * now.max_fds;
  const pairs = [
    ["CPU", cpu === null ? "–" : `${Math.round(cpu * 100)}%`, "Of one core"],
    ["Memory", now.resident_bytes === null ? null : format.bytes(now.resident_bytes), "Resident"],
    ["Descriptors", now.open_fds === null ? null : `${format.whole(now.open_fds)}${now.max_fds === null ? "" : ` / ${format.whole(now.max_fds)}`}`, "Open files and sockets, and the limit", isFull],
    ["Threads", now.threads === null ? null : format.whole(now.threads)],
    ["Tokio workers", now.workers === null ? null : `${format.whole(now.workers)}${busy === null ? "" : `, ${Math.round(Math.min(1, busy) * 100)}% busy`}`, "Of the runtime that started the monitor"],
    ["Tasks", now.tasks === null ? null : format.whole(now.tasks), "Alive in that runtime"],
    ["Queued", now.queued === null ? null : format.whole(now.queued), "Tasks in its global queue"],
  ].filter(([, value]) => value !== null);
  fill(byId("system"), pairs, () => pairs.map(([name, value, why, isBad]) =>
    el("div", { title: why }, el("dt", {}, name), el("dd", { class: isBad ? "bad" : null }, value))));
}

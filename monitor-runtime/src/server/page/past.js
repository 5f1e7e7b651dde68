// The last numbers of a process that ended, kept in this tab until they are dismissed.

import { byId, el, time } from "./dom.js";
import { kind } from "./failures.js";
import * as format from "./format.js";

const KEY = "monitor-past";
/// The most functions and failures that are kept, and the most characters.
const MOST = [40, 30];
const LONGEST = 400_000;

/// Keeps the numbers of the known process, before those of another process replace them.
export function snapshot(store, troubles, seen) {
  const [functions, failures] = MOST;
  const matters = (one) => one.flight > 0 || one.troubles?.length > 0 || store.isFailing(one);
  const kept = {
    process: store.process, service: store.service, began: store.began, seen,
    troubles: troubles.map(({ what, text }) => ({ what, text })).slice(0, functions),
    functions: store.functions.filter(matters).slice(0, functions)
      .map((one) => ({ name: one.name, module: one.module, total: one.total, flight: one.flight, oldest: store.oldest(one) })),
    failures: store.failures.slice(0, failures).map((failure) => ({ ...failure, of: { name: store.functions[failure.id].name, module: store.functions[failure.id].module } })),
  };
  return JSON.stringify(kept).length > LONGEST ? { ...kept, failures: kept.failures.slice(0, 5) } : kept;
}

export class Past {
  constructor(store) {
    this.store = store;
    try {
      this.kept = JSON.parse(sessionStorage.getItem(KEY));
    } catch {
      this.kept = null;
    }
    this.show();
  }

  keep(kept) {
    this.kept = kept;
    try {
      sessionStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // Without room in the tab's storage it is kept until a reload.
    }
    this.show();
  }

  dismiss() {
    this.kept = null;
    sessionStorage.removeItem(KEY);
    this.show();
  }

  show() {
    const element = byId("past");
    element.hidden = this.kept === null;
    if (this.kept === null) return element.replaceChildren();
    const { service, seen, began, troubles, functions, failures } = this.kept;
    const then = { service, links: this.store.links };
    element.replaceChildren(
      el("div", { class: "line" }, el("h2", { id: "past-title" }, `Before the restart: pid ${service.pid}`),
        el("button", { type: "button", class: "end", onclick: () => this.dismiss() }, "Dismiss")),
      el("p", { class: "quiet" }, `${service.name}${service.version ? ` v${service.version}` : ""}, last seen `, time(seen), `, it had run for ${format.uptime((seen - began) / 1000)}. These are the last numbers of that process.`),
      el("ul", {}, ...troubles.map(({ what, text }) => el("li", {}, el("b", {}, what), " ", text))),
      el("details", {}, el("summary", {}, `${format.plural(functions.length, "function")} that failed or had calls in flight`),
        el("table", { class: "plain" }, el("thead", {}, el("tr", {}, ...["Function", "ok", "error", "cancelled", "in flight"].map((name) => el("th", { scope: "col" }, name)))),
          el("tbody", {}, ...functions.map((one) => el("tr", {}, el("th", { scope: "row" }, `${one.module}::${one.name}`), ...one.total.map((calls) => el("td", { class: "number" }, format.whole(calls))),
            el("td", { class: "number" }, `${format.whole(one.flight)}${one.oldest >= 5 ? ` (≥ ${format.uptime(one.oldest)})` : ""}`)))))),
      el("details", {}, el("summary", {}, `${format.plural(failures.length, "kind")} of failure`),
        el("ol", { class: "list" }, ...failures.map((failure) => kind(then, failure, failure.of, null, true)))),
    );
  }
}

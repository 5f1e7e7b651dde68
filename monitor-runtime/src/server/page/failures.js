// Kinds of failure: the list of the process, and that of a function.

import { breakable, byId, copyButton, el, fill, time } from "./dom.js";
import * as format from "./format.js";
import { trace } from "./links.js";

const name = (of) => `${of.module}::${of.name}`;

/// Returns a kind as lines of text, for a chat or a ticket.
function asText(failure, of, store) {
  const { service } = store;
  const lines = [
    `${name(of)} failed ${format.plural(failure.times, "time")}${failure.class ? ` with ${failure.class}` : ""}`,
    ...failure.chain.map((link, place) => `${place > 0 ? "caused by " : ""}${link.type ? `${link.type}: ` : ""}${link.text}`),
    `last ${new Date(failure.at).toISOString()}, first ${new Date(failure.since).toISOString()}`,
    ...Object.entries(failure.fields).map(([field, value]) => `${field}=${value}`),
    failure.trace ? `trace ${failure.trace}` : "",
    `${service.name} ${service.version}, pid ${service.pid}`,
  ];
  return lines.filter(Boolean).join("\n");
}

const asJson = (failure, of, { service }) => JSON.stringify({ function: of.name, module: of.module, service, ...failure, id: undefined }, null, 2);

/// Shows the links of a chain, each caused by the next.
function chain(links, isOpen) {
  if (links.length === 0) return el("p", { class: "quiet" }, "Panic reported by another function");
  return el("ol", { class: `chain${isOpen ? "" : " short"}` }, ...links.map((link, place) =>
    el("li", {}, place > 0 ? el("span", { class: "quiet" }, "caused by ") : null,
      link.type ? el("code", {}, link.type) : null, link.type ? " " : null, link.text)));
}

export function facts(store, call, key) {
  const fields = Object.entries(call.fields).map(([field, value]) => el("span", { class: "field" }, el("i", {}, `${field}=`), value));
  const id = call.trace ? trace(store, call.trace, key, true) : null;
  return fields.length > 0 || id ? el("p", { class: "facts" }, ...fields, id) : null;
}

/// Shows one kind of failure. `open` makes its function a button; without it, `isNamed` shows the function's name.
export function kind(store, failure, of, open, isNamed = false) {
  const key = `${of.module} ${failure.kind}`;
  const head = el("div", { class: "line" },
    open ? el("button", { type: "button", class: "name", "data-key": key, title: name(of), onclick: () => open(of) }, ...breakable(of.name)) : null,
    isNamed ? el("code", {}, ...breakable(of.name)) : null,
    el("span", { class: failure.expected ? "tag" : "tag bad" }, failure.class || "unclassified"),
    failure.first ? null : el("span", { class: "tag" }, "passed on"),
    failure.expected ? el("span", { class: "tag" }, "expected") : null,
    el("span", { class: "times" }, `×${format.whole(failure.times)}`),
    failure.seconds === null ? null : el("span", { class: "quiet" }, `after ${format.duration(failure.seconds)}`),
    time(failure.at, { class: "end" }));
  const foot = el("p", { class: "copies" },
    failure.times > 1 ? el("span", { class: "quiet" }, "first at ", time(failure.since)) : null,
    copyButton("Copy text", () => asText(failure, of, store), { title: "Copy the failure as text", key: `text ${key}` }),
    copyButton("Copy JSON", () => asJson(failure, of, store), { title: "Copy the failure as JSON", key: `json ${key}` }));
  return el("li", {}, head, chain(failure.chain, !open), facts(store, failure, key), foot);
}

export function failures(store, open) {
  fill(byId("failures"), [store.process, store.failures], () => store.failures.length === 0
    ? [el("li", { class: "quiet" }, "None since the start")]
    : store.failures.map((failure) => kind(store, failure, store.functions[failure.id], open)));
}

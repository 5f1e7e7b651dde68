// Links from the templates of `MONITOR_TRACE_URL` and `MONITOR_SOURCE_URL`, and buttons that copy.

import { breakable, copyButton, el } from "./dom.js";

/// Returns the URL of a template; null if a placeholder is not known, or the result is not an `http` URL.
function from(template, values) {
  if (!template) return null;
  let isKnown = true;
  const text = template.replace(/\{(\w+)\}/g, (_, name) => {
    if (values[name] === undefined || values[name] === "") isKnown = false;
    return String(values[name] ?? "").split("/").map(encodeURIComponent).join("/");
  });
  if (!isKnown || !URL.canParse(text)) return null;
  const url = new URL(text);
  return ["https:", "http:"].includes(url.protocol) ? url.href : null;
}

const link = (href, title, ...inside) => el("a", { href, title, target: "_blank", rel: "noopener noreferrer" }, ...inside);

/// Shows a trace id, as text or a link, and a button that copies it; with `isElsewhere`, a link to its request.
export function trace(store, id, key, isElsewhere = false) {
  const href = from(store.links.trace, { trace_id: id });
  const code = el("code", {}, id);
  return el("span", { class: "field trace" }, el("i", {}, "trace "), href ? link(href, "Open the trace", code) : code, " ",
    copyButton("Copy", () => id, { title: "Copy the trace id", key: `copy trace ${key}` }),
    isElsewhere ? " " : null, isElsewhere ? el("a", { href: `#trace=${id}`, title: "Show the request" }, "Request") : null);
}

/// Shows a place in the source, with a link if it belongs to the service's own source.
export function source(store, file, line) {
  const isOwn = !/^([/\\]|[A-Za-z]:)/.test(file) && !file.split(/[/\\]/).includes("..");
  const { version, commit } = store.service;
  const href = isOwn ? from(store.links.source, { file: file.replaceAll("\\", "/"), line, version, commit }) : null;
  const code = el("code", {}, ...breakable(`${file}:${line}`));
  return href ? link(href, "Open the source", code) : code;
}

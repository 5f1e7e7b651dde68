// Links by the templates of `MONITOR_TRACE_URL` and `MONITOR_SOURCE_URL`, and buttons that copy.

import { breakable, copyButton, el } from "./dom.js";

/// A URL from a template whose placeholders are all known; null if one is not, or the result is no page.
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

/// A trace id: text, or a link; and a button that copies it.
export function trace(store, id, key) {
  const href = from(store.links.trace, { trace_id: id });
  const code = el("code", {}, id);
  return el("span", { class: "field trace" }, el("i", {}, "trace "), href ? link(href, "Open the trace", code) : code, " ",
    copyButton("Copy", () => id, { title: "Copy the trace id", key: `copy trace ${key}` }));
}

/// A place in the source. One outside of the service's own source has no link.
export function source(store, file, line) {
  const isOwn = !/^([/\\]|[A-Za-z]:)/.test(file) && !file.split(/[/\\]/).includes("..");
  const { version, commit } = store.service;
  const href = isOwn ? from(store.links.source, { file: file.replaceAll("\\", "/"), line, version, commit }) : null;
  const code = el("code", {}, ...breakable(`${file}:${line}`));
  return href ? link(href, "Open the source", code) : code;
}

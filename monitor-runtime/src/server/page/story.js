// One request in full: its calls as a tree with bars.

import { breakable, el, time } from "./dom.js";
import * as format from "./format.js";
import { trace } from "./links.js";
import { OpenedView } from "./opened.js";
import { outcome } from "./stories.js";

/// The depth beyond which a call is no longer shown further to the right, and has a number instead.
const DEEP = 9;

const seconds = (ms) => format.duration(ms / 1000);

/// The parts of a span's time: running, waiting, and scheduled, which is woken and not yet polled. Empty for code that is no future.
function spent(span) {
  if (span.waiting_ms === undefined) return [];
  const scheduled = span.scheduled_ms ?? 0;
  const parts = [["running", Math.max(0, span.duration_ms - span.waiting_ms)], ["waiting", span.waiting_ms - scheduled], ["scheduled", scheduled]];
  return parts.filter(([, ms]) => ms > 0);
}

export class StoryView extends OpenedView {
  /// `open` shows a function.
  constructor(store, open, close) {
    super("story", "requests", close);
    Object.assign(this, { store, open });
  }

  get noun() {
    return "request";
  }

  isOver({ requests }) {
    return requests.every(({ spans }) => spans.every((span) => span.outcome !== null));
  }

  titleOf({ requests }) {
    return breakable(requests[0].name);
  }

  parts({ requests }) {
    return requests.flatMap((request, place) => this.request(request, place));
  }

  request(request, place) {
    const end = Math.max(...request.spans.map((span) => span.start_ms + span.duration_ms), 0.001);
    const leftOut = [[request.spans_left_out, "call"], [request.details_left_out, "field or error"], [request.lines_left_out ?? 0, "earlier line"]].filter(([number]) => number > 0);
    return [
      place > 0 ? el("h3", {}, ...breakable(request.name)) : null,
      el("p", { class: "line" }, outcome(request.outcome, request.cancel_reason), request.reason ? el("span", { class: "tag" }, `kept: ${request.reason}`) : null,
        el("b", {}, seconds(request.duration_ms)), time(Date.parse(request.started), { class: "end" })),
      el("p", { class: "facts" }, trace(this.store, request.trace_id, `story ${place}`)),
      el("ol", { class: "waterfall", "aria-label": "Calls" }, ...request.spans.map((span) => this.span(span, end, place))),
      ...this.lines(request.lines ?? [], Date.parse(request.started), place),
      ...leftOut.map(([number, word]) => el("p", { class: "quiet" }, `${format.plural(number, word)} left out`)),
    ].filter(Boolean);
  }

  span(span, end, place) {
    const bar = el("span", { class: `span-bar ${span.outcome ?? "running"}` });
    bar.style.left = `${Math.min(99.5, (span.start_ms / end) * 100)}%`;
    bar.style.width = `${Math.max(0.5, Math.min(100, (span.duration_ms / end) * 100))}%`;
    const parts = spent(span);
    if (parts.length > 1) bar.append(...parts.filter(([name]) => name !== "running").map(([name, ms]) => {
      const part = el("i", { class: name });
      part.style.width = `${(ms / span.duration_ms) * 100}%`;
      return part;
    }));
    const head = el("summary", { "data-key": `span ${place} ${span.span_id}` },
      el("span", { class: "span-name" }, span.depth > DEEP ? el("span", { class: "quiet", title: "Calls around it" }, `${span.depth} ›`) : null, el("code", { class: span.kind }, ...breakable(span.name)), span.outcome === "ok" ? null : outcome(span.outcome, span.outcome === "cancelled" ? span.class : null)),
      el("span", { class: "track", "aria-hidden": "true" }, bar),
      el("span", { class: "took", title: [`own time ${seconds(span.own_ms)}`, ...parts.map(([name, ms]) => `${name} ${seconds(ms)}`)].join(", ") }, seconds(span.duration_ms)));
    head.style.setProperty("--depth", span.depth);
    const item = el("li", {}, el("details", { "data-key": `span ${place} ${span.span_id}` }, head, el("div", { class: "span-facts" }, ...this.facts(span))));
    if (span.error) item.append(el("p", { class: "output" }, span.error.map((link) => link.text).join(": ")));
    return item;
  }

  /// The log lines of the request; the log has not shown the quiet ones.
  lines(lines, started, place) {
    if (lines.length === 0) return [];
    const line = ({ timestamp, level, target, message, fields = {}, logged }) => {
      const pairs = Object.entries(fields).map(([key, value]) => el("span", { class: "field" }, el("i", {}, `${key}=`), String(value)));
      const late = Math.max(0, Date.parse(timestamp) - started);
      return el("li", { class: logged ? null : "unlogged" },
        el("span", { class: "age", title: timestamp }, `+${seconds(late)}`),
        el("span", { class: level === "ERROR" || level === "WARN" ? "tag bad" : "tag" }, level.toLowerCase()),
        el("span", { class: "said" }, message, ...pairs.flatMap((pair) => [" ", pair]), " ", el("code", { class: "quiet" }, ...breakable(target))));
    };
    const hidden = lines.filter(({ logged }) => !logged).length;
    return [
      el("h3", { id: `lines-${place}` }, "Log lines"),
      hidden > 0 ? el("p", { class: "quiet" }, `${format.plural(hidden, "line")} below the log's filter`) : null,
      el("ol", { class: "said-lines", "aria-labelledby": `lines-${place}` }, ...lines.map(line)),
    ].filter(Boolean);
  }

  facts(span) {
    const of = span.kind === "call" ? this.store.find(`${span.module}::${span.name}`) : undefined;
    const fields = Object.entries(span.fields ?? {}).map(([key, value]) => el("span", { class: "field" }, el("i", {}, `${key}=`), String(value)));
    const pairs = [
      ["Function", of ? [el("button", { type: "button", class: "name", onclick: () => this.open(of) }, ...breakable(of.name))] : null],
      ["Module", span.module ? [el("code", {}, ...breakable(span.module))] : null],
      ["Start", [`after ${seconds(span.start_ms)}`]],
      ["Own time", [`${seconds(span.own_ms)} of ${seconds(span.duration_ms)}`]],
      ["Time", spent(span).length > 1 ? [spent(span).map(([name, ms]) => `${seconds(ms)} ${name}`).join(", ")] : null],
      ["Class", span.class ? [span.class, span.expected ? " (expected)" : ""] : null],
      ["Slow", span.slow ? ["longer than its threshold"] : null],
      ["Fields", fields.length > 0 ? fields.flatMap((field) => [field, " "]) : null],
      ["Span", [el("code", {}, span.span_id)]],
      ["Around it", span.parent_left_out ? ["a call that was left out"] : null],
    ];
    const chain = (span.error ?? []).map((link) => el("li", {}, link.type ? el("code", {}, link.type) : null, link.type ? " " : null, link.text));
    return [
      el("dl", { class: "pairs" }, ...pairs.filter(([, value]) => value).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, ...value)])),
      chain.length > 0 ? el("ol", { class: "chain" }, ...chain) : null,
    ].filter(Boolean);
  }
}

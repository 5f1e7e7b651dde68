// The two pictures of a function, enlarged: with axes, and a value at each point for pointer and keyboard.

import { el, setAttribute, setText } from "./dom.js";
import { boundName, bucketsOf, describe, heat, highest, sizeOf, sparkline, summarize } from "./draw.js";
import * as format from "./format.js";

export class Figure {
  constructor() {
    this.parts = ["calls", "heat"].map((kind) => this.part(kind));
    this.value = el("p", { class: "value quiet", role: "status" });
    const legend = el("ul", { class: "legend", "aria-hidden": "true" },
      ...[["ok", "ok"], ["error", "failed"], ["cancelled", "cancelled"]].map(([kind, word]) => el("li", {}, el("span", { class: `key ${kind}` }), word)),
      el("li", {}, "below: call duration, stronger for more calls"));
    this.element = el("figure", { class: "pictures" }, ...this.parts.map((part) => part.element), legend, this.value);
  }

  part(kind) {
    const canvas = el("canvas", { class: kind, role: "img", tabindex: "0", "aria-label": "No calls" });
    const [top, bottom, from, to] = [1, 2, 3, 4].map(() => el("span", {}));
    const cursor = el("span", { class: "cursor", hidden: true });
    const element = el("div", { class: "axes" },
      el("div", { class: "y", "aria-hidden": "true" }, top, bottom), el("div", { class: "plot" }, canvas, cursor), el("div", { class: "x", "aria-hidden": "true" }, from, to));
    canvas.addEventListener("pointermove", (event) => this.point(Math.floor((event.offsetX / canvas.clientWidth) * this.time.span)));
    canvas.addEventListener("pointerleave", () => this.point(null));
    canvas.addEventListener("focus", () => this.point(this.time.span - 1));
    canvas.addEventListener("blur", () => this.point(null));
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -12, PageDown: 12, Home: -Infinity, End: Infinity }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      this.point(Math.min(this.time.span - 1, Math.max(0, (this.at ?? this.time.span - 1) + step)));
    });
    return { canvas, top, bottom, from, to, cursor, element };
  }

  /// Shows the value of a column, or nothing for null.
  point(at) {
    this.at = at;
    for (const { cursor } of this.parts) {
      cursor.hidden = at === null;
      if (at !== null) cursor.style.left = `${((at + 0.5) / this.time.span) * 100}%`;
    }
    setText(this.value, at === null || this.time.latest === undefined ? "" : describe(this.history, this.time, at, this.bounds));
  }

  draw(history, time, bounds) {
    Object.assign(this, { history, time, bounds });
    this.element.hidden = time.latest === undefined;
    if (this.element.hidden) return;
    const [calls, latency] = this.parts;
    sparkline(calls.canvas, sizeOf(calls.canvas), history, time);
    heat(latency.canvas, history, time, bounds);
    const most = highest(history);
    const [low, high] = bucketsOf(history, bounds);
    setText(calls.top, `${format.rate(most)}/s`);
    setText(calls.bottom, "0");
    setText(latency.top, bounds.length === 0 ? "" : boundName(bounds, high));
    setText(latency.bottom, bounds.length === 0 ? "" : low === 0 ? "0" : format.duration(bounds[low - 1]));
    const words = summarize(history, time, bounds);
    for (const part of this.parts) {
      setText(part.from, `${format.duration(time.span * time.length)} ago`);
      setText(part.to, format.clock(time.latest));
      setAttribute(part.canvas, "aria-label", words);
    }
    this.point(this.at ?? null);
  }
}

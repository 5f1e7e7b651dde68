// All about one function, in a panel of its own.

import { ask } from "./data.js";
import { byId, el, fill } from "./dom.js";
import { heat, sizeOf, sparkline } from "./draw.js";
import * as format from "./format.js";
import { chain, facts } from "./panels.js";

const NARROW = matchMedia("(max-width: 900px)");

export class Detail {
  constructor(store, closed) {
    Object.assign(this, { store, closed });
    this.dialog = byId("detail");
    this.content = el("div", { class: "content" });
    const close = el("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => this.dialog.close() }, "×");
    this.title = el("h2", { id: "detail-title", tabindex: "-1" });
    this.pictures = ["calls", "heat"].map((kind) => el("canvas", { class: kind, "aria-hidden": "true" }));
    const legend = el("p", { class: "quiet" }, "Calls over time, errors in red, cancelled ones in amber; below, how long they took, slower ones higher.");
    this.dialog.append(close, this.title, this.content, el("div", { class: "pictures" }, ...this.pictures, legend), this.rest = el("div", { class: "content" }));
    this.dialog.addEventListener("close", () => { const of = this.of; this.of = null; this.closed(of); });
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.preventDefault(); this.dialog.close(); }
    });
  }

  async open(of) {
    this.of = of;
    this.title.textContent = of.name;
    this.content.madeOf = this.rest.madeOf = undefined;
    this.content.replaceChildren(el("p", { class: "quiet" }, "Loading"));
    this.rest.replaceChildren();
    if (!this.dialog.open) {
      // Over a small screen it is all there is; beside a table one can go on with both.
      if (NARROW.matches) this.dialog.showModal();
      else this.dialog.show();
    }
    this.title.focus({ preventScroll: true });
    this.dialog.scrollTop = 0;
    this.described ??= ask("inventory").catch(() => null);
    await this.update().catch((problem) => this.content.replaceChildren(el("p", { class: "output" }, problem.message)));
  }

  /// Another process: ids mean other functions.
  forget() {
    this.described = null;
    if (!this.of) return;
    const { name, module } = this.of;
    const again = this.store.functions.find((one) => one.name === name && one.module === module);
    if (again) this.of = again;
    else this.dialog.close();
  }

  async update() {
    const of = this.of;
    if (!of) return;
    const [known, inventory] = await Promise.all([ask(`page/data?function=${of.id}`), this.described]);
    if (this.of !== of || known.process !== this.store.process) return;
    const listed = inventory?.functions?.find((one) => one.function === of.name && one.module === of.module);
    fill(this.content, [known, listed?.doc], () => this.about(known, listed));
    fill(this.rest, known, () => this.told(known));
    const { time } = this.store;
    if (time.latest !== undefined) {
      const history = this.store.history(of);
      sparkline(this.pictures[0], sizeOf(this.pictures[0]), history, time);
      heat(this.pictures[1], history, time, of.bounds);
    }
  }

  about(known, listed) {
    const places = known.places.map(([file, line]) => el("div", {}, el("code", {}, `${file}:${line}`)));
    const list = (names) => names.map((name) => el("code", {}, name)).flatMap((name) => [name, " "]);
    const pairs = [
      ["Module", [el("code", {}, known.module)]],
      ["Source", places],
      ["Labels", known.labels.length > 0 ? list(known.labels) : null],
      ["Fields", known.fields.length > 0 ? list(known.fields) : null],
      ["Slow", known.slow_seconds ? [`longer than ${format.duration(known.slow_seconds)}`] : null],
      ["Objective", listed?.objective ? [String(listed.objective.name ?? listed.objective)] : null],
    ];
    const { ok, error, cancelled } = known.results;
    const total = [["ok", ok], ["error", error], ["cancelled", cancelled]];
    const classes = Object.entries(known.errors).sort((a, b) => b[1] - a[1]);
    return [
      listed?.doc ? el("p", { class: "doc" }, listed.doc) : null,
      el("dl", { class: "pairs" }, ...pairs.filter(([, value]) => value).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, ...value)])),
      el("h3", {}, "Calls since the start"),
      el("ul", { class: "totals" }, ...total.map(([name, { calls }]) => el("li", { class: calls > 0 ? name : "quiet" }, el("b", {}, format.whole(calls)), ` ${name}`))),
      classes.length > 0 ? el("ul", { class: "classes" }, ...classes.map(([name, calls]) => el("li", {}, el("span", { class: "tag bad" }, name || "without a class"), ` ${format.whole(calls)}`))) : null,
    ].filter((part) => part !== null);
  }

  told(known) {
    return [...this.buckets(known), ...this.combinations(known), ...this.failed(known), ...this.slow(known)];
  }

  buckets({ bounds, minute }) {
    const [most, all] = [Math.max(...minute), minute.reduce((a, b) => a + b, 0)];
    if (all === 0 || bounds.length === 0) return [];
    const first = minute.findIndex((calls) => calls > 0);
    const last = minute.findLastIndex((calls) => calls > 0);
    const rows = minute.slice(first, last + 1).map((calls, offset) => {
      const bar = el("span", { class: "bar" });
      bar.style.width = `${(calls / most) * 100}%`;
      const bound = bounds[first + offset];
      const name = bound === undefined ? `> ${format.duration(bounds.at(-1))}` : `≤ ${format.duration(bound)}`;
      return el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: "bars" }, bar), el("td", { class: "number" }, format.whole(calls)));
    });
    return [el("h3", {}, "How long calls took, last minute"), el("table", { class: "buckets" }, el("tbody", {}, ...rows))];
  }

  combinations({ combinations }) {
    if (combinations.length === 0) return [];
    const head = ["Labels", "ok", "error", "cancelled", "in flight"];
    const rows = combinations.map((one) => el("tr", {},
      el("th", { scope: "row" }, Object.entries(one.labels).map(([name, value]) => `${name}=${value}`).join(" ")),
      ...[one.ok, one.error, one.cancelled, one.in_flight].map((number) => el("td", { class: "number" }, format.whole(number)))));
    return [el("h3", {}, "By labels, since the start"), el("table", { class: "plain" },
      el("thead", {}, el("tr", {}, ...head.map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, ...rows))];
  }

  failed({ failures }) {
    if (failures.length === 0) return [];
    const one = (failure) => el("li", {},
      el("div", { class: "line" }, failure.class ? el("span", { class: failure.expected ? "tag" : "tag bad" }, failure.class) : null,
        failure.first ? null : el("span", { class: "tag" }, "passed on"), failure.expected ? el("span", { class: "tag" }, "expected") : null,
        failure.times > 1 ? el("span", { class: "times" }, `×${format.whole(failure.times)}`) : null,
        failure.seconds === null ? null : el("span", { class: "quiet" }, `after ${format.duration(failure.seconds)}`),
        el("time", { class: "end", datetime: new Date(failure.at).toISOString() }, format.clock(failure.at))),
      chain(failure.chain, true), facts(failure));
    return [el("h3", {}, "Last failures"), el("ol", { class: "list" }, ...failures.map(one))];
  }

  slow({ slow }) {
    if (slow.length === 0) return [];
    const one = (call) => el("li", {},
      el("div", { class: "line" }, el("b", {}, format.duration(call.seconds)), call.result === "ok" ? null : el("span", { class: "tag bad" }, call.result),
        el("time", { class: "end", datetime: new Date(call.at).toISOString() }, format.clock(call.at))), facts(call));
    return [el("h3", {}, "Slowest calls of the last ten minutes"), el("ol", { class: "list" }, ...slow.map(one))];
  }
}

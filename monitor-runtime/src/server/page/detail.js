// The details of one function, beside the table; on a narrow screen in place of it.

import { ask } from "./data.js";
import { breakable, byId, copyButton, el, fill } from "./dom.js";
import * as evidence from "./evidence.js";
import { Figure } from "./figure.js";
import * as format from "./format.js";
import { source } from "./links.js";

export class Detail {
  constructor(store, close) {
    Object.assign(this, { store, close, of: null });
    this.element = byId("detail");
    this.title = el("h2", { id: "detail-title", tabindex: "-1" });
    const back = el("button", { type: "button", class: "close", onclick: close }, el("span", { "aria-hidden": "true" }, "×"), " Close");
    const path = () => `${this.of.module}::${this.of.name}`;
    const copies = el("p", { class: "copies" },
      copyButton("Copy path", path, { title: "Copy the path of the function" }),
      copyButton("Copy link", () => location.href, { title: "Copy the address of this view" }));
    [this.about, this.now, this.rest] = [0, 1, 2].map(() => el("div", {}));
    this.figure = new Figure();
    this.element.append(el("div", { class: "detail-head" }, this.title, back), copies, this.about, this.now, this.figure.element, this.rest);
  }

  get isOpen() {
    return this.of !== null;
  }

  /// Shows a function, or closes the details.
  async show(of) {
    if (of === this.of) return;
    this.of = of;
    this.element.hidden = of === null;
    if (of === null) return;
    this.title.replaceChildren(...breakable(of.name));
    for (const part of [this.about, this.now, this.rest]) {
      part.madeOf = undefined;
      part.replaceChildren();
    }
    this.about.append(el("p", { class: "quiet" }, "Loading"));
    this.element.scrollTop = 0;
    this.title.focus({ preventScroll: true });
    // In place of the table, its top may be scrolled out of sight.
    if (this.element.getBoundingClientRect().top < 0) this.element.scrollIntoView({ block: "start" });
    this.described ??= ask("inventory").catch(() => null);
    await this.update().catch((problem) => this.about.replaceChildren(el("p", { class: "output" }, problem.message)));
  }

  /// Closes the details of another process, whose ids mean other functions.
  forget() {
    this.described = null;
    if (!this.of) return;
    const again = this.store.find(`${this.of.module}::${this.of.name}`);
    if (again) this.of = again;
    else this.close();
  }

  async update() {
    const { of, store } = this;
    if (!of) return;
    const [known, inventory] = await Promise.all([ask(`page/data?function=${of.id}`), this.described]);
    if (this.of !== of || known.process !== store.process) return;
    const listed = inventory?.functions?.find((one) => one.function === of.name && one.module === of.module);
    fill(this.about, [known.places, known.fields, known.labels, listed?.doc], () => this.description(known, listed));
    fill(this.now, [of.windows, of.flight, of.since > 0 ? Math.floor(store.oldest(of) / 5) : 0, known.results, known.errors], () => this.numbers(known));
    const { process, id, function: name, ...rest } = known;
    fill(this.rest, rest, () => [...evidence.failed(store, of, known), ...evidence.slow(store, known), ...evidence.buckets(known), ...evidence.combinations(known)]);
    this.figure.draw(store.history(of), store.time, of.bounds);
  }

  description(known, listed) {
    const places = known.places.map(([file, line]) => el("div", {}, source(this.store, file, line), " ", copyButton("Copy", () => `${file}:${line}`, { title: "Copy the place", key: `copy ${file}:${line}` })));
    const list = (names) => names.map((name) => el("code", {}, name)).flatMap((name) => [name, " "]);
    const pairs = [
      ["Module", [el("code", {}, ...breakable(known.module))]],
      ["Source", places],
      ["Labels", known.labels.length > 0 ? list(known.labels) : null],
      ["Fields", known.fields.length > 0 ? list(known.fields) : null],
      ["Slow", known.slow_seconds ? [`longer than ${format.duration(known.slow_seconds)}`] : null],
      ["Objective", listed?.objective ? [String(listed.objective.name ?? listed.objective)] : null],
    ];
    const doc = listed?.doc ? format.paragraphs(listed.doc).map((parts) => el("p", { class: "doc" }, ...parts.map((part) => (part.code ? el("code", {}, part.code) : part)))) : [];
    return [...doc, el("dl", { class: "pairs" }, ...pairs.filter(([, value]) => value).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, ...value)]))];
  }

  numbers(known) {
    const { of, store } = this;
    const oldest = store.oldest(of);
    const age = oldest >= 5 ? `; the oldest has run for at least ${format.uptime(oldest)}` : "";
    return [
      ...(of.troubles ?? []).filter(({ rank }) => rank !== 2).map(({ text }) => el("p", { class: "output" }, text)),
      el("p", { class: of.flight > 0 ? "flight" : "quiet" }, el("b", {}, format.whole(of.flight)), ` in flight${age}`),
      evidence.windows(store, of),
      ...evidence.totals(known),
    ];
  }
}

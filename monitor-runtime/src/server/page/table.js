// The table of functions: sorted, filtered, and with only the visible rows in the document.

import { breakable, byId, el, say, setAttribute, setClass, setSplit, setText } from "./dom.js";
import { boundName, bucketsOf, heat, highest, sizeOf, sparkline, summarize } from "./draw.js";
import * as format from "./format.js";

const COLUMNS = [
  { key: "name", title: "Function", word: true },
  { key: "rate", title: "Calls/s" },
  { key: "errors", title: "Errors" },
  { key: "mean", title: "Mean" },
  { key: "p50", title: "p50" },
  { key: "p95", title: "p95" },
  { key: "p99", title: "p99" },
  { key: "flight", title: "In flight" },
];
const PICTURES = [
  ["Calls", "Calls per second: blue ok, red failed, amber cancelled; the number is the top of the picture"],
  ["Latency", "Call duration: the higher the slower, from teal for a millisecond to red for ten seconds; the stronger the more calls; the bound is the top of the picture"],
];

/// Up to so many rows, all are in the document, for find-in-page; and so many beyond the visible ones.
const ALL = 100;
/// Rows that are shown at first if the other parts of the page are below the table, not beside it.
const SOME = 40;
const BESIDE = matchMedia("(min-width: 1500px)");
const BEYOND = 8;

/// A quantile beyond the highest bound is negative: it sorts above all others.
const size = (seconds) => (seconds === null || seconds === undefined ? -1 : seconds < 0 ? 1e9 - seconds : seconds);

export class Table {
  constructor(store, open, sorted) {
    Object.assign(this, { store, open, sorted, window: 1, show: "all", words: [], sort: "trouble", down: true });
    this.order = [];
    this.made = new Map();
    this.free = [];
    this.body = byId("rows");
    this.spacers = [0, 1].map(() => el("tr", { class: "spacer", role: "presentation", "aria-hidden": "true" },
      el("td", { role: "presentation", colspan: "10" })));
    this.head();
    addEventListener("scroll", () => this.later(), { passive: true });
    addEventListener("resize", () => { this.redraw(false); this.later(); });
    this.body.addEventListener("keydown", (event) => this.key(event));
  }

  head() {
    for (const column of COLUMNS) {
      const button = el("button", { type: "button", onclick: () => this.sortBy(column.key) }, column.title);
      column.head = el("th", { role: "columnheader", scope: "col", class: column.word ? "word" : `number ${column.key}` }, button);
      byId("head").append(column.head);
      byId("sort").append(el("option", { value: column.key }, column.title));
    }
    this.pictures = PICTURES.map(([name, title]) => el("th", { role: "columnheader", scope: "col", class: `picture ${name.toLowerCase()}`, title }, name));
    byId("head").append(...this.pictures);
    byId("sort").addEventListener("change", (event) => this.sortBy(event.target.value));
  }

  /// Reports another order to the page, which returns it in the state of its address.
  sortBy(key) {
    const down = this.sort === key ? !this.down : key !== "name";
    this.sorted({ sort: key, dir: down ? "down" : "up" });
  }

  /// Takes the state of the page.
  set({ show, sort, dir, w, q, rows }) {
    const words = q.toLowerCase().split(/\s+/).filter((word) => word !== "");
    Object.assign(this, { show, sort, words, down: dir === "down", window: Number(w), isLong: rows === "all" });
    for (const { key, head } of COLUMNS) {
      if (key === sort) head.setAttribute("aria-sort", this.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    byId("sort").value = sort;
  }

  value(of) {
    if (this.sort === "flight") return of.flight;
    // Functions in trouble come first, then those that failed in the last ten minutes, then the most called.
    if (this.sort === "trouble") return 1e12 * (of.troubles?.[0]?.rank ?? 0) + (this.store.isFailing(of) ? 1e11 : 0) + (this.store.numbers(of, 1)?.calls ?? 0);
    const numbers = this.store.numbers(of, this.window);
    if (numbers === null) return -1;
    if (this.sort === "rate") return numbers.calls;
    if (this.sort === "errors") return numbers.errors / numbers.calls;
    return size(numbers[this.sort]);
  }

  /// Returns the functions to show, in order.
  arrange() {
    const { store, words, show } = this;
    const shown = store.functions.filter((one) =>
      (show === "all" || (show === "active" ? store.isActive(one) : store.isFailing(one)))
      && words.every((word) => one.text.includes(word)));
    const byName = (a, b) => a.name.localeCompare(b.name) || a.module.localeCompare(b.module);
    const sign = this.down ? -1 : 1;
    if (this.sort === "name") return shown.sort((a, b) => sign * byName(a, b));
    const values = new Map(shown.map((one) => [one, this.value(one)]));
    return shown.sort((a, b) => sign * (values.get(a) - values.get(b)) || byName(a, b));
  }

  /// Returns `true` while the pointer or the focus is on a row: rows that jump away are worse than an old order.
  get isHeld() {
    return this.body.matches(":hover") || this.body.contains(document.activeElement);
  }

  update(asked = false) {
    const sorted = this.arrange();
    if (asked || !this.isHeld) this.order = sorted;
    else {
      const shown = new Set(sorted);
      const kept = this.order.filter((one) => shown.delete(one));
      this.order = [...kept, ...sorted.filter((one) => shown.has(one))];
    }
    const all = this.store.functions.length;
    setText(byId("count"), sorted.length === all ? format.plural(all, "function") : `${format.whole(sorted.length)} of ${format.plural(all, "function")}`);
    // Announced only on demand: changing numbers would drown everything else.
    if (asked) say(byId("count").textContent);
    const none = byId("none");
    none.hidden = sorted.length > 0;
    setText(byId("none-text"), all === 0 ? "No function of this binary has #[monitored]" : "No functions match");
    byId("clear").hidden = all === 0;
    if (!this.isLong && !BESIDE.matches && this.order.length > SOME + 5) this.order = this.order.slice(0, SOME);
    byId("more").hidden = this.order.length === sorted.length;
    setText(byId("more-button"), `Show all ${format.plural(sorted.length, "function")}`);
    byId("table").setAttribute("aria-rowcount", String(this.order.length + 1));
    this.render();
  }

  later() {
    this.frame ??= requestAnimationFrame(() => { this.frame = null; this.render(); });
  }

  /// Returns the height of a row, which the style sheet sets; it differs on a phone.
  get height() {
    return (this.known ??= parseFloat(getComputedStyle(this.body).getPropertyValue("--row")) || 40);
  }

  /// Puts the visible rows into the document, with current numbers.
  render() {
    const rows = this.order;
    const height = this.height;
    const top = -this.body.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / height));
    const last = Math.min(rows.length, Math.ceil((top + innerHeight) / height));
    const [from, to] = rows.length <= ALL ? [0, rows.length]
      : [Math.max(0, first - BEYOND), Math.max(0, Math.min(rows.length, last + BEYOND))];
    const focused = this.body.contains(document.activeElement) ? document.activeElement : null;
    const wanted = new Map(rows.slice(from, to).map((one, place) => [one, from + place]));
    const standing = focused && this.rowOf(focused);
    for (const [one, row] of this.made) {
      // The row with the focus stays, even if it is scrolled out of sight.
      if (!wanted.has(one) && row !== standing) {
        this.made.delete(one);
        this.put(row);
      }
    }
    this.place(wanted, from, rows.length - to, height);
    const { time } = this.store;
    this.pictures.forEach((head, place) => setText(head, `${PICTURES[place][0]}, ${format.duration(time.span * time.length)}`));
    for (const [one, place] of wanted) this.fill(this.made.get(one), one, place);
    // After all text, because reading a size in between forces a layout of the page.
    for (const [one, place] of wanted) {
      if (place >= first - 1 && place <= last) this.draw(this.made.get(one), one, time);
    }
    if (focused && document.activeElement !== focused && focused.isConnected) focused.focus({ preventScroll: true });
  }

  rowOf(element) {
    return [...this.made.values()].find((row) => row.element.contains(element));
  }

  place(wanted, above, below, height) {
    const [before, after] = this.spacers;
    before.firstChild.style.height = `${above * height}px`;
    after.firstChild.style.height = `${below * height}px`;
    before.hidden = above === 0;
    after.hidden = below === 0;
    if (before.parentNode !== this.body) this.body.append(before, after);
    let next = before.nextSibling;
    for (const one of wanted.keys()) {
      const row = this.made.get(one) ?? this.make(one);
      if (row.element === next) next = next.nextSibling;
      else this.body.insertBefore(row.element, next);
    }
  }

  /// Removes a row from the document, so that another function can use it.
  put(row) {
    row.element.remove();
    this.free.push(row);
  }

  /// Returns a row for a function: one that has scrolled away, or a new one.
  make(one) {
    const row = this.free.pop() ?? this.makeRow();
    row.one = one;
    row.drawn = null;
    row.name.replaceChildren(...breakable(one.name));
    setText(row.module, one.module);
    row.name.title = `${one.module}::${one.name}\n${one.file}:${one.line}`;
    this.made.set(one, row);
    return row;
  }

  makeRow() {
    const cell = (kind, ...inside) => el("td", { role: "cell", class: kind }, ...inside);
    const beneath = () => el("span", { class: "beneath" });
    const row = { share: el("span"), cancelled: beneath(), flight: el("span"), age: beneath(), mean: el("span"), split: el("span", { class: "split", role: "img", hidden: true }, el("i")), module: el("span", { class: "module" }) };
    const name = el("button", { type: "button", class: "name", onclick: () => this.open(row.one) });
    const numbers = COLUMNS.slice(1).map(({ key, title }) => {
      const number = cell(`number ${key}`);
      number.dataset.title = title;
      return number;
    });
    const pictures = ["calls", "heat"].map((kind) => el("canvas", { class: kind, role: "img", "aria-label": "No calls" }));
    const tops = pictures.map(() => el("span", { class: "top-value", "aria-hidden": "true" }));
    const element = el("tr", { role: "row" }, cell("word", el("div", { class: "clip" }, name, row.module)), ...numbers,
      ...pictures.map((picture, place) => cell(`picture ${PICTURES[place][0].toLowerCase()}`, tops[place], picture)));
    numbers[1].append(row.share, row.cancelled);
    numbers[2].append(row.mean, row.split);
    numbers.at(-1).append(row.flight, row.age);
    return Object.assign(row, { element, name, numbers, pictures, tops });
  }

  fill(row, one, place) {
    const numbers = this.store.numbers(one, this.window);
    const [rate, , , p50, p95, p99, flight] = row.numbers;
    const index = String(place + 2);
    if (row.index !== index) row.element.setAttribute("aria-rowindex", (row.index = index));
    setText(rate, numbers ? format.rate(numbers.rate) : "0");
    setText(row.share, numbers ? format.percent(numbers.errors / numbers.calls) : "–");
    setText(row.cancelled, numbers?.cancelled > 0 ? `${format.percent(numbers.cancelled / numbers.calls)} cancelled` : "");
    setText(row.mean, numbers && one.bounds.length > 0 ? format.duration(numbers.mean) : "–");
    setSplit(row.split, numbers?.running ?? null, numbers && format.shares(numbers.running));
    setText(p50, format.quantile(numbers?.p50, one.bounds));
    setText(p95, format.quantile(numbers?.p95, one.bounds));
    setText(p99, format.quantile(numbers?.p99, one.bounds));
    setText(row.flight, format.whole(one.flight));
    const oldest = this.store.oldest(one);
    setText(row.age, oldest >= 5 ? `≥ ${format.uptime(oldest)}` : "");
    setClass(row.element, one.troubles?.length > 0 ? (one.troubles[0].rank > 1 ? "failing" : "slower") : numbers?.errors > 0 ? "failed" : numbers || one.flight > 0 ? "" : "idle");
    setClass(flight, one.flight > 0 ? "number flight busy" : "number flight");
  }

  draw(row, one, time) {
    const key = `${this.store.process} ${time.latest} ${this.drawn}`;
    if (row.drawn === key || time.latest === undefined) return;
    row.drawn = key;
    const history = this.store.history(one);
    this.size ??= sizeOf(row.pictures[0]);
    if (this.size.width === 0) return;
    sparkline(row.pictures[0], this.size, history, time);
    heat(row.pictures[1], history, time, one.bounds);
    const most = highest(history);
    setText(row.tops[0], most > 0 ? `${format.rate(most)}/s` : "");
    setText(row.tops[1], most > 0 && one.bounds.length > 0 ? boundName(one.bounds, bucketsOf(history, one.bounds)[1]) : "");
    const words = summarize(history, time, one.bounds);
    for (const picture of row.pictures) setAttribute(picture, "aria-label", words);
  }

  /// Forgets what was drawn, and the rows as well if the process is another one.
  redraw(isOther) {
    this.drawn = performance.now();
    this.size = this.known = null;
    if (isOther) {
      for (const row of this.made.values()) this.put(row);
      this.made.clear();
      this.order = [];
    }
  }

  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    const standing = this.rowOf(event.target);
    if (step === undefined || !standing || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const to = Math.min(this.order.length - 1, Math.max(0, this.order.indexOf(standing.one) + step));
    this.focus(this.order[to]);
  }

  focus(one) {
    const place = this.order.indexOf(one);
    if (place < 0) return;
    if (!this.made.has(one)) {
      scrollTo(0, this.body.getBoundingClientRect().top + scrollY + place * this.height - innerHeight / 2);
      this.render();
    }
    const name = this.made.get(one)?.name;
    name?.focus({ preventScroll: true });
    name?.scrollIntoView({ block: "nearest" });
  }
}

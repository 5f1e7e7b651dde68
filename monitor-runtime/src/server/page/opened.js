// What is opened beside the lists, and requested by its id until it is over; on a narrow screen in place of the lists.

import { ask } from "./data.js";
import { byId, copyButton, el, fill } from "./dom.js";

export class OpenedView {
  /// `place` is the id of its element, `path` the address of all that it can show. A view says what it shows (`noun`), when
  /// that is over (`isOver`), and what to draw (`titleOf`, `parts`).
  constructor(place, path, close) {
    Object.assign(this, { path, id: "" });
    this.element = byId(place);
    this.title = el("h2", { id: `${place}-title`, tabindex: "-1" });
    const back = el("button", { type: "button", class: "close", onclick: close }, el("span", { "aria-hidden": "true" }, "×"), " Close");
    const copies = el("p", { class: "copies" },
      copyButton("Copy JSON", () => JSON.stringify(this.known, null, 2), { title: `Copy the ${this.noun} as JSON` }),
      copyButton("Copy link", () => location.href, { title: "Copy the address of this view" }));
    this.body = el("div", {});
    this.element.append(el("div", { class: "detail-head" }, this.title, back), copies, this.body);
  }

  get isOpen() {
    return this.id !== "";
  }

  /// Shows one by its id, or closes the view.
  async show(id) {
    if (id === this.id) return;
    Object.assign(this, { id, known: null });
    this.element.hidden = id === "";
    if (id === "") return;
    this.title.textContent = this.noun[0].toUpperCase() + this.noun.slice(1);
    this.replace(el("p", { class: "quiet" }, "Loading"));
    this.title.focus({ preventScroll: true });
    if (this.element.getBoundingClientRect().top < 0) this.element.scrollIntoView({ block: "start" });
    await this.update();
  }

  /// Requests it again, until it is over.
  async update() {
    const { id, known } = this;
    if (id === "" || (known && this.isOver(known))) return;
    const next = await ask(`${this.path}/${encodeURIComponent(id)}`).catch((problem) => problem);
    if (this.id !== id) return;
    if (next instanceof Error) {
      this.replace(el("p", { class: "output" }, next.status === 404 ? `This ${this.noun} is no longer kept` : next.message));
      return;
    }
    this.known = next;
    this.title.replaceChildren(...this.titleOf(next));
    fill(this.body, next, () => this.parts(next).filter(Boolean));
  }

  replace(part) {
    this.body.madeOf = undefined;
    this.body.replaceChildren(part);
  }
}

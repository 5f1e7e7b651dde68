// The log's filter: shows it, sets another one for a time, and lists the targets it may name.

import { ask } from "./data.js";
import { byId, el, fill, setText } from "./dom.js";
import * as format from "./format.js";

const LEVELS = ["off", "error", "warn", "info", "debug", "trace"];
const field = byId("level-filter");

/// Returns `true` if a filter hides every line of all known targets.
export function silences(filter, targets) {
  const shows = (directive) => {
    const [target, level = ""] = directive.split(/=(.*)/s).map((part) => part.trim());
    const isLevel = LEVELS.includes(target.toLowerCase()) || /^\d$/.test(target);
    if (!directive.includes("=") && isLevel) return target.toLowerCase() !== "off" && target !== "0";
    return !["off", "0"].includes(level.toLowerCase()) && targets.some((known) => known.startsWith(target));
  };
  return !filter.split(",").map((directive) => directive.trim()).filter(Boolean).some(shows);
}

export class Level {
  /// `changed` reads the filter again.
  constructor(store, changed) {
    Object.assign(this, { store, changed, isTouched: false });
    field.addEventListener("input", () => {
      this.isTouched = true;
      this.say("", "");
      this.sure(false);
    });
    byId("level-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const filter = field.value.trim();
      if (silences(filter, store.targets)) {
        this.say("This filter shows no line of any target that the process is known to have.", "warn");
        this.sure(true);
      } else this.set(filter);
    });
    byId("level-anyway").addEventListener("click", () => this.set(field.value.trim()));
    byId("level-cancel").addEventListener("click", () => {
      this.say("", "");
      this.sure(false);
      field.focus();
    });
    byId("level-revert").addEventListener("click", () => this.send({ method: "DELETE" }, () => "Reverted to the default"));
    setInterval(() => this.tick(), 1000);
  }

  set(filter) {
    const lasting = byId("level-for");
    this.send({ method: "PUT", body: { filter, for: lasting.value } }, () => `Set for ${lasting.selectedOptions[0].text}`);
  }

  async send(options, done) {
    this.sure(false);
    try {
      const now = await ask("log-level", options);
      this.isTouched = false;
      this.say(now?.hint ? `${done()}, but ${now.hint}` : done(), now?.hint ? "warn" : "");
    } catch (problem) {
      this.say(`Not changed: ${problem.message}`, "bad");
    }
    this.changed();
  }

  say(text, kind) {
    setText(byId("level-said"), text);
    byId("level-said").className = kind;
    field.setAttribute("aria-invalid", String(kind === "bad"));
  }

  sure(isAsked) {
    byId("level-sure").hidden = !isAsked;
    if (isAsked) byId("level-cancel").focus();
  }

  show() {
    const { level, targets } = this.store;
    byId("level").hidden = !level;
    if (!level) return;
    if (!this.isTouched && document.activeElement !== field) field.value = level.filter;
    byId("level-revert").disabled = level.filter === level.default && !level.reverts_at;
    const suggested = [...LEVELS, ...targets.map((target) => `${level.default},${target}=debug`)];
    fill(byId("levels"), suggested, () => suggested.map((value) => el("option", { value })));
    fill(byId("targets-list"), targets, () => targets.map((target) => el("li", {}, el("button", {
      type: "button", title: `Add ${target}=debug to the filter`, "data-key": `target ${target}`, onclick: () => this.add(target),
    }, target))));
    this.tick();
  }

  add(target) {
    const kept = field.value.split(",").map((one) => one.trim()).filter((one) => one !== "" && one.split("=")[0] !== target);
    field.value = [...kept, `${target}=debug`].join(",");
    this.isTouched = true;
    field.focus();
  }

  tick() {
    const { level } = this.store;
    if (!level) return;
    const left = level.reverts_at ? Math.ceil((level.reverts_at - Date.now()) / 1000) : 0;
    setText(byId("level-now"), `${level.filter}${left > 0 ? `, back to ${level.default} in ${format.uptime(left)}` : ""}`);
  }
}

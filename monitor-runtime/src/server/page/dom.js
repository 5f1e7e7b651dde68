// Makes and changes elements without markup: data is always text.

import * as format from "./format.js";

export const byId = (id) => document.getElementById(id);

/// Makes an element with attributes and children. Strings become text; null is left out.
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "onclick") element.addEventListener("click", value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/// Changes a text only if it differs, because the browser lays out every element that is touched.
export function setText(element, text) {
  if (element.shown !== text) {
    element.shown = text;
    element.textContent = text;
  }
}

export function setClass(element, name) {
  if (element.className !== name) element.className = name;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/// Shows in a bar the part of the time in which calls ran, from 0 to 1; the rest they waited. Hides it for null.
export function setSplit(bar, running, words) {
  bar.hidden = running === null;
  if (running === null) return;
  for (const name of ["aria-label", "title"]) setAttribute(bar, name, words);
  bar.firstChild.style.width = `${running * 100}%`;
}

/// Replaces children, unless they were made from the same data.
export function fill(element, data, make) {
  const key = JSON.stringify(data);
  if (element.madeOf === key) return;
  element.madeOf = key;
  // Restores open elements and the focus.
  const open = new Set([...element.querySelectorAll("details[open]")].map((one) => one.dataset.key));
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  element.replaceChildren(...make());
  for (const details of element.querySelectorAll("details")) details.open = open.has(details.dataset.key);
  if (focused !== undefined) {
    const again = [...element.querySelectorAll("[data-key]")].filter((one) => one.dataset.key === focused);
    (again.find((one) => one.matches("button,summary,a")) ?? again[0])?.focus({ preventScroll: true });
  }
}

/// Marks one button of a group as pressed.
export function press(group, name, value) {
  for (const button of group.querySelectorAll("button")) {
    setAttribute(button, "aria-pressed", String(button.dataset[name] === value));
  }
}

/// Returns a name or path that may break behind each `::`, `.`, `/` and `_`.
export function breakable(text) {
  const parts = text.split(/(?<=::|[._/])/);
  return parts.flatMap((part, place) => (place === 0 ? [part] : [document.createElement("wbr"), part]));
}

/// Returns a time of day, with its zone and the date in its title.
export function time(at, attributes = {}) {
  return el("time", { datetime: new Date(at).toISOString(), title: format.moment(at), ...attributes }, format.clock(at));
}

/// Copies a text. A page from another machine has only the old clipboard interface.
async function copy(text) {
  if (navigator.clipboard?.writeText) {
    const done = await navigator.clipboard.writeText(text).then(() => true, () => false);
    if (done) return true;
  }
  const area = el("textarea", { class: "hidden", "aria-hidden": "true", readonly: true });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

/// Makes a button that copies the result of `text`, and confirms it in its label.
export function copyButton(label, text, { title = label, key } = {}) {
  const button = el("button", { type: "button", class: "copy", title, "data-key": key, onclick: async () => {
    const done = await copy(text());
    button.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => { button.textContent = label; }, 1500);
    button.focus({ preventScroll: true });
  } }, label);
  return button;
}

/// Announces to screen readers something that is visible elsewhere.
export const say = (text) => setText(byId("said"), text);

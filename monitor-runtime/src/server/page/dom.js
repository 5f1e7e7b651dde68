// Elements, made and changed without markup: data is only ever text.

export const byId = (id) => document.getElementById(id);

/// An element with attributes and children; strings are text, what is null is left out.
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    if (name === "onclick") element.addEventListener("click", value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/// Changes a text only where it is another one: the browser lays out what is touched.
export function setText(element, text) {
  if (element.shown !== text) {
    element.shown = text;
    element.textContent = text;
  }
}

export function setClass(element, name) {
  if (element.className !== name) element.className = name;
}

/// Replaces children, unless they were made from the same data.
export function fill(element, data, make) {
  const key = JSON.stringify(data);
  if (element.madeOf === key) return;
  element.madeOf = key;
  // Who had opened or focused something in it finds it so again.
  const open = new Set([...element.querySelectorAll("details[open]")].map((one) => one.dataset.key));
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  element.replaceChildren(...make());
  for (const details of element.querySelectorAll("details")) details.open = open.has(details.dataset.key);
  if (focused !== undefined) {
    const again = [...element.querySelectorAll("[data-key]")].filter((one) => one.dataset.key === focused);
    (again.find((one) => one.matches("button,summary")) ?? again[0])?.focus({ preventScroll: true });
  }
}

/// Marks one of a group of buttons as the pressed one.
export function press(group, pressed) {
  for (const button of group.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button === pressed));
  }
}

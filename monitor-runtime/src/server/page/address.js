// Keeps the state of the page in its address: it survives a reload, can be sent to others, and works with "back".

const ALLOWED = {
  view: ["functions", "requests", "calls"],
  show: ["all", "active", "failing"],
  sort: ["trouble", "name", "rate", "errors", "mean", "p50", "p95", "p99", "flight"],
  dir: ["down", "up"],
  w: ["1", "0"],
  rows: ["some", "all"],
};
/// Texts: the filter, the open function as `module::name`, and the open trace or incident by its id.
const TEXTS = ["q", "fn", "trace", "incident"];
const LONGEST = 500;

/// Reads a state. A part that is missing or invalid keeps its initial value.
function read() {
  const said = new URLSearchParams(location.hash.slice(1));
  const state = {};
  for (const [key, values] of Object.entries(ALLOWED)) state[key] = values.includes(said.get(key)) ? said.get(key) : values[0];
  for (const key of TEXTS) state[key] = (said.get(key) ?? "").slice(0, LONGEST);
  return state;
}

export class Address {
  /// `changed` is called with the state after "back", "forward", or a new address.
  constructor(changed) {
    this.state = read();
    addEventListener("popstate", () => {
      this.state = read();
      changed(this.state);
    });
  }

  /// Changes the state. With `push`, "back" returns to the previous one.
  set(changes, push = false) {
    Object.assign(this.state, changes);
    const said = new URLSearchParams();
    for (const [key, values] of Object.entries(ALLOWED)) if (this.state[key] !== values[0]) said.set(key, this.state[key]);
    for (const key of TEXTS) if (this.state[key] !== "") said.set(key, this.state[key]);
    const hash = said.size > 0 ? `#${said}` : location.pathname + location.search;
    if (hash === location.hash) return;
    history[push ? "pushState" : "replaceState"](null, "", hash);
  }
}

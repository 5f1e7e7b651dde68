// The state of the service, assembled from documents that contain only changes.

const COLUMNS = 120;

export class Store {
  constructor() {
    this.process = "";
    this.number = 0;
    this.functions = [];
    this.columns = [];
    this.failures = [];
    this.service = {};
    this.links = {};
    this.windows = [10, 60];
    this.reset();
  }

  /// Everything that a document updates.
  reset() {
    Object.assign(this, { routes: [], checks: [], health: [null, null], blocked: [], incidents: [], objectives: [], level: null, loudest: [0, []], targets: [], system: null, systemBefore: null });
  }

  get query() {
    return `process=${encodeURIComponent(this.process)}&since=${this.number}`;
  }

  /// Takes a document. Returns `true` if it comes from another process than the last one.
  apply(document) {
    const isOther = this.process !== "" && this.process !== document.process;
    if (document.functions) this.begin(document);
    if (document.links) this.links = document.links;
    for (const key of ["process", "number", "service", "began", "windows", "column"]) this[key] = document[key];
    this.before = this.at;
    this.at = document.at;
    for (const row of document.rows) this.applyRow(row);
    for (const column of document.columns) this.applyColumn(column);
    if (document.failures) this.applyFailures(document.failures);
    for (const [place, method, route, total, flight, ...windows] of document.routes ?? []) {
      this.routes[place] = { place, method, route, total, flight, windows, text: `${method} ${route}`.toLowerCase() };
    }
    for (const [place, name, status, critical, took, output] of document.checks ?? []) {
      this.checks[place] = { place, name, status, critical, took, output };
    }
    for (const key of ["health", "blocked", "incidents", "objectives", "level", "loudest", "targets"]) if (document[key] !== undefined) this[key] = document[key];
    // Unchanged values are not sent again.
    const system = document.system ?? this.system;
    if (system) Object.assign(this, { systemBefore: this.system, system: { ...system, at: document.at } });
    return isOther;
  }

  begin(document) {
    this.columns = [];
    this.failures = [];
    this.reset();
    this.routeBounds = document.bounds[0];
    this.functions = document.functions.map(([name, module, file, line, bounds], id) => ({
      id, name, module, file, line,
      bounds: document.bounds[bounds],
      text: `${module}::${name} ${file}`.toLowerCase(),
      total: [0, 0, 0], flight: 0, since: 0, windows: [0, 0], history: [],
    }));
  }

  applyRow([id, total, flight, since, ...windows]) {
    Object.assign(this.functions[id], { total, flight, since, windows });
  }

  applyColumn([number, at, seconds, entries]) {
    this.columns.push({ number, at, seconds });
    if (this.columns.length > COLUMNS) this.columns.shift();
    const oldest = this.columns[0].at;
    for (const [id, ok, error, cancelled, first, heat] of entries) {
      const { history } = this.functions[id];
      history.push({ at, seconds, ok, error, cancelled, first, heat });
      while (history.length > 0 && history[0].at < oldest) history.shift();
    }
  }

  /// An unchanged kind is sent as its number alone.
  applyFailures(list) {
    const known = new Map(this.failures.map((one) => [one.kind, one]));
    this.failures = list.map((one) => (typeof one === "number" ? known.get(one) : one)).filter(Boolean);
  }

  /// Returns the time that pictures cover; less for a service that has just started.
  get time() {
    const span = [24, 60, COLUMNS].find((columns) => columns >= this.columns.length) ?? COLUMNS;
    return { latest: this.columns.at(-1)?.at, length: this.column, span };
  }

  /// Returns the columns of a function that are recent enough to be shown.
  history(of) {
    const oldest = this.columns.length > 0 ? this.columns[0].at : 0;
    while (of.history.length > 0 && of.history[0].at < oldest) of.history.shift();
    return of.history;
  }

  /// Returns the numbers of a function or route in one of the two windows; null without calls.
  numbers(of, window) {
    const found = of.windows[window];
    if (!found) return null;
    const [calls, errors, cancelled, p50, p95, p99, mean, busy] = found;
    // Polls of calls that have not ended count, too.
    const running = busy === undefined || mean === 0 ? null : Math.min(1, busy / mean);
    return { calls, errors, cancelled, p50, p95, p99, mean, running, rate: calls / Math.max(1, this.windows[window]) };
  }

  /// Returns the time that a call of a function has run at least, in seconds; 0 if it is not known.
  oldest(of) {
    return of.flight > 0 && of.since > 0 ? Math.max(0, (this.at - of.since) / 1000) : 0;
  }

  isActive(of) {
    return of.flight > 0 || of.windows[1] !== 0;
  }

  /// Returns `true` if it failed in the last ten minutes.
  isFailing(of) {
    return (of.windows[1] !== 0 && of.windows[1][1] > 0) || this.history(of).some((column) => column.error > 0);
  }

  find(path) {
    return this.functions.find((one) => `${one.module}::${one.name}` === path);
  }

  /// Returns totals of all functions: calls per second, share of errors, calls in flight; and requests per second.
  summary(window) {
    const sum = { calls: 0, errors: 0, flight: 0, active: 0, failing: 0, requests: 0 };
    for (const one of this.functions) {
      const numbers = one.windows[window];
      if (numbers) {
        sum.calls += numbers[0];
        sum.errors += numbers[1];
      }
      sum.flight += one.flight;
      sum.active += this.isActive(one) ? 1 : 0;
      sum.failing += this.isFailing(one) ? 1 : 0;
    }
    for (const one of this.routes) sum.requests += one.windows[window] ? one.windows[window][0] : 0;
    const length = Math.max(1, this.windows[window]);
    return { ...sum, rate: sum.calls / length, requests: sum.requests / length };
  }
}

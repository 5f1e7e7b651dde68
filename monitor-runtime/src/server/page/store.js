// What is known of the service, put together from documents that say what is new.

const COLUMNS = 120;

export class Store {
  constructor() {
    this.process = "";
    this.number = 0;
    this.functions = [];
    this.columns = [];
    this.failures = [];
    this.service = {};
    this.windows = [10, 60];
  }

  get query() {
    return `process=${encodeURIComponent(this.process)}&since=${this.number}`;
  }

  /// Takes a document; says whether it is of another process than the last one, and of which.
  apply(document) {
    const before = this.process === "" || this.process === document.process ? null : this.service;
    if (document.functions) this.begin(document);
    this.process = document.process;
    this.number = document.number;
    this.service = document.service;
    this.at = document.at;
    this.began = document.began;
    this.windows = document.windows;
    this.column = document.column;
    for (const row of document.rows) this.applyRow(row);
    for (const column of document.columns) this.applyColumn(column);
    if (document.failures) {
      const known = new Map(this.failures.map((one) => [one.kind, one]));
      this.failures = document.failures.map((one) => (typeof one === "number" ? known.get(one) : one)).filter(Boolean);
    }
    return before;
  }

  begin(document) {
    this.columns = [];
    this.failures = [];
    this.functions = document.functions.map(([name, module, file, line, bounds], id) => ({
      id, name, module, file, line,
      bounds: document.bounds[bounds],
      text: `${name} ${module} ${file}`.toLowerCase(),
      total: [0, 0, 0], flight: 0, windows: [0, 0], history: [],
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

  /// The time that pictures are of: a service that has just begun has less to show.
  get time() {
    const span = [24, 60, COLUMNS].find((columns) => columns >= this.columns.length) ?? COLUMNS;
    return { latest: this.columns.at(-1)?.at, length: this.column, span };
  }

  /// Columns of a function that are not too old to be shown.
  history(of) {
    const oldest = this.columns.length > 0 ? this.columns[0].at : 0;
    while (of.history.length > 0 && of.history[0].at < oldest) of.history.shift();
    return of.history;
  }

  /// Numbers of a function in one of the two windows; null without calls.
  numbers(of, window) {
    const found = of.windows[window];
    if (!found) return null;
    const [calls, errors, cancelled, p50, p95, p99, mean] = found;
    return { calls, errors, cancelled, p50, p95, p99, mean, rate: calls / Math.max(1, this.windows[window]) };
  }

  isActive(of) {
    return of.flight > 0 || of.windows[1] !== 0;
  }

  /// Whether it failed in the last ten minutes.
  isFailing(of) {
    return (of.windows[1] !== 0 && of.windows[1][1] > 0) || this.history(of).some((column) => column.error > 0);
  }

  /// All functions together: calls a second, share of errors, calls in flight.
  summary(window) {
    const sum = { calls: 0, errors: 0, flight: 0, active: 0, failing: 0 };
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
    return { ...sum, rate: sum.calls / Math.max(1, this.windows[window]) };
  }
}

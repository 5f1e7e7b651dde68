// Data of a service that is no real one: names, texts and numbers that a page has to bear.

import { readFileSync } from "node:fs";

import * as stories from "./stories.mjs";

const NAMES = [
  ["CustomerOrderRepository::find_unpaid_orders_by_customer_id", "shop::persistence::repositories::customer_order"],
  ["CustomerOrderRepository::find_unpaid_orders_by_customer_name", "shop::persistence::repositories::customer_order"],
  ["<shop::storage::postgres::PooledConnection as Store<Order>>::load_with_all_of_its_positions", "shop::storage::postgres"],
  ["charge", "shop::payment"],
  ["stuck", "shop::jobs"],
  ["hello", "shop"],
  ["a_function_with_one_single_name_that_goes_on_and_on_without_any_sense_of_an_end", "shop"],
  ["<img src=x onerror=alert(1)>", "shop::<b>markup</b>"],
  ["\u202eright_to_left", "shop::\u0645\u0631\u062d\u0628\u0627"],
  ["\u{1f9e8}_boom_\u{1f468}\u200d\u{1f469}\u200d\u{1f467}", "shop::emoji"],
];
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ROUTES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const TRACE = "0af7651916cd43dd8448eb211c80319c";

const failure = (id, kind, name, at, more = {}) => ({
  id, kind, class: name, at, since: at - 90_000, times: 500, first: true, expected: false, seconds: 0.0123, trace: TRACE,
  chain: [{ type: "BankError", text: "the bank is unavailable" }, { type: "Io", text: "connection refused (os error 111)" }], fields: { "order.id": "4711" }, ...more,
});

/// A service with `functions` functions; `hostile` texts, and one thing wrong of each kind, unless it is `calm`.
export class Fixture {
  constructor({ functions = 10, calm = false, process = "1-1", pid = 14514, links = {}, checks = 3 } = {}) {
    Object.assign(this, { calm, process, pid, links, number: 0, at: Date.now(), checks });
    this.began = this.at - 3_600_000;
    this.names = Array.from({ length: functions }, (_, id) => NAMES[id] ?? [`part_${id % 50}::call_${id}`, `shop::part_${id % 50}`]);
    this.level = { filter: "info", default: "info", reverts_at: null };
  }

  row(id) {
    const n = this.number;
    const isBad = !this.calm && (id === 3 || id === 8);
    const calls = id === 4 || id === 6 ? 0 : 20 + ((id * 37 + n) % 900);
    const window = (calls) => (calls === 0 ? 0 : [calls, isBad ? Math.round(calls / 3) : 0, !this.calm && id === 5 ? calls : 0, ...(id === 1 && !this.calm ? [1.2, 4.1, 4.9, 1.9] : [0.0021, 0.0044, 0.0098, 0.003]), ...(id % 3 === 0 ? [0.0006] : [])]);
    const hangs = id === 4 && !this.calm;
    return [id, hangs ? [12, 0, 0] : [calls * 60, isBad ? 731 : 0, 0], hangs ? 3 : id % 3, hangs ? this.at - 250_000 : 0, window(Math.round(calls / 6)), window(calls)];
  }

  column(at) {
    const entries = this.names.map((_, id) => id).filter((id) => id !== 4 && id !== 6)
      .map((id) => [id, 1 + ((id * 7 + this.number + (at / 5000) % 17) % 60 | 0), !this.calm && id === 3 ? 9 : 0, !this.calm && id === 5 ? 8 : 0, 2, "1463"]);
    return [this.number, at, 5, entries];
  }

  failures() {
    const huge = "x".repeat(5000) + " <script>alert(1)</script> " + "\u202e\u0645\u0631".repeat(200) + "\u{1f525}".repeat(500) + "y".repeat(4000);
    return this.calm ? [] : [
      failure(3, 1, "BankDown", this.at - 3_000),
      failure(3, 2, "Declined", this.at - 40_000, { expected: true, times: 201 }),
      failure(8, 3, "panic", this.at - 12_000, { chain: [{ type: "", text: `panic: ${huge} at src/main.rs:19` }], trace: "", fields: { "<b>": "<i>markup</i>", rtl: "\u202egnp.exe", emoji: "\u{1f9e8}" } }),
      failure(0, 4, "", this.at - 400_000, { chain: [] }),
    ];
  }

  data(known) {
    const isFirst = known !== this.process;
    this.number += 1;
    this.at += isFirst ? 0 : 2000;
    const document = {
      process: this.process, number: this.number, at: this.at, began: this.began, column: 5, windows: [10.2, 60.1],
      service: { name: "shop", version: "1.4.2", commit: "0123456789abcdef", branch: "main", pid: this.pid },
      rows: this.names.map((_, id) => this.row(id)),
      columns: isFirst ? Array.from({ length: Math.min(120, Math.floor(100_000 / this.names.length)) }, (_, place, all) => this.column(this.at - (Math.min(120, Math.floor(100_000 / this.names.length)) - 1 - place) * 5000)) : this.number % 3 === 0 ? [this.column(this.at)] : [],
      routes: [[0, "GET", "/orders/{id}", [900, 40, 0], 2, [50, 4, 0, 0.003, 0.02, 0.09, 0.01], [300, this.calm ? 0 : 24, 3, 0.003, 0.02, 0.09, 0.01]], [1, "POST", "/customers/{customer}/orders/{order}/positions/{position}", [9, 0, 0], 0, 0, [9, 0, 0, 0.4, 0.9, -10, 0.5]]],
      system: { cpu_seconds: this.number * 0.31, resident_bytes: 48_300_000, open_fds: 112, max_fds: 1024, threads: 11, workers: 4, tasks: 37, queued: 0, busy_seconds: this.number * 0.4 },
    };
    if (isFirst) {
      Object.assign(document, {
        links: this.links, bounds: [ROUTES, BOUNDS], functions: this.names.map(([name, module], id) => [name, module, "src/payment/charge.rs", 10 + id, 1]),
        failures: this.failures(), health: [this.calm ? "ok" : "warn", null], level: this.level, targets: ["hyper", "shop", "shop::payment", "shop::jobs"],
        incidents: this.calm ? [] : stories.incidentLines(this.at),
        checks: Array.from({ length: this.checks }, (_, place) => [place, place === 0 ? "database" : `check-${place}`, place === 0 && !this.calm ? "warn" : "ok", place === 1, 12.5, place === 0 && !this.calm ? "no <b>answer</b> within 2 s" : null]),
        objectives: [["api", "success_rate", 99.5, null, 0.8, null], ["checkout", "latency", 99, 0.25, this.calm ? 0.5 : 0, this.calm ? null : "page"]].map(([name, kind, target_percent, threshold_seconds, budget_left, alert]) => ({
          name, kind, target_percent, threshold_seconds, functions: ["charge"], budget_left, burn_rate: alert ? { "1d": 71, "1h": 72.1, "2h": 71, "30m": 72.1, "3d": 0.2, "5m": 72.1, "6h": 71 } : { "5m": 0, "30m": 0.1, "1h": 0.3, "2h": 0.2, "6h": 0.2, "1d": 0.2, "3d": 0 }, alert,
        })),
      });
    }
    return document;
  }

  detail(id) {
    const [name, module] = this.names[id];
    const calls = (calls) => ({ calls, buckets: [] });
    return {
      process: this.process, id, function: name, module, places: [["src/payment/charge.rs", 10 + id], ["/build/registry/dep/src/lib.rs", 7]], fields: ["order.id"], labels: ["tier"], slow_seconds: 0.25, bounds: BOUNDS,
      results: { ok: calls(3000), error: calls(731), cancelled: calls(8) }, minute: [0, 3, 0, 0, 90, 20, 0, 0, 1, 0, 0, 0, 0, 0, 0],
      errors: { BankDown: 500, Declined: 201, "": 30 }, cancelled: { client: 12, shutdown: 1, "": 2 }, combinations: [{ labels: { tier: "paid" }, ok: 2, error: 3, cancelled: 0, in_flight: 0 }],
      failures: this.failures().filter((one) => one.id === id || id === 0), slow: [{ at: this.at - 60_000, seconds: 4.9, result: "ok", trace: TRACE, fields: { "order.id": "9" } }, { at: this.at - 90_000, seconds: 1.1, result: "error", trace: "", fields: {} }],
    };
  }

  /// Answers every request of the page, its files from `folder` where one is given.
  async serve(page, folder) {
    const json = (body) => ({ status: 200, contentType: "application/json", body: JSON.stringify(body) });
    await page.route("**/page/data?*", (route) => {
      const query = new URL(route.request().url()).searchParams;
      if (this.isGone) return route.abort("connectionrefused");
      if (query.has("function")) return route.fulfill(json(this.detail(Number(query.get("function")))));
      if (query.has("check")) return route.fulfill(json([["ok", this.at - 20_000, 3, null], ["warn", this.at - 10_000, 2000, "no <b>answer</b>"]]));
      return route.fulfill(json(this.data(query.get("process"))));
    });
    await page.route("**/requests", (route) => route.fulfill(json(stories.kept())));
    await page.route("**/calls", (route) => route.fulfill(json(stories.calls())));
    await page.route("**/requests/*", (route) => {
      const story = stories.whole(new URL(route.request().url()).pathname.split("/").at(-1));
      return route.fulfill(story ? json(story) : { status: 404, contentType: "text/plain", body: "no request of this trace\n" });
    });
    await page.route("**/incidents/*", (route) => {
      const incident = stories.incident(new URL(route.request().url()).pathname.split("/").at(-1));
      return route.fulfill(incident ? json(incident) : { status: 404, contentType: "text/plain", body: "no incident of this id\n" });
    });
    await page.route("**/inventory", (route) => route.fulfill(json({ functions: this.names.map(([name, module]) => ({ function: name, module, doc: "Charges a **card**, see [`Bank`](crate::Bank).\n\nCounts as `result=\"cancelled\"` when the *client* leaves <i>early</i>." })) })));
    if (!folder) return;
    const type = (file) => (file.endsWith(".css") ? "text/css" : file.endsWith(".html") ? "text/html" : "text/javascript");
    const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    await page.route(/\/(page\/[a-z]+\.(js|css))?$/, (route) => {
      const file = new URL(route.request().url()).pathname.replace(/^\/(page\/)?/, "") || "index.html";
      return route.fulfill({ status: 200, contentType: type(file), headers: { "content-security-policy": policy }, body: readFileSync(`${folder}/${file}`, "utf8") });
    });
  }
}

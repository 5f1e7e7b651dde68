// Looks at the live page in a real Chromium, as `live_page.rs` tells it to.
//
// `node live_page.mjs <scenario> <url> <json>`: prints a line when it waits for the test to do
// something, goes on at a line on standard input, and ends with 0 if all is as it should be.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { createRequire } from "node:module";

const modules = createRequire(process.env.NODE_TOOLS + "/");
const { chromium } = modules("playwright-core");
const [scenario, url, given = "{}"] = process.argv.slice(2);
const expected = JSON.parse(given);
const input = createInterface({ input: process.stdin });
const pictures = process.env.PICTURES;
mkdirSync(pictures, { recursive: true });

/// What the browser may complain of: pages that this service does not have, and what a scenario expects.
const harmless = [];
const complaints = [];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // Containers have little shared memory, and a page that finds none is gone.
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-quic", "--disable-background-networking", "--host-resolver-rules=MAP shop.example 127.0.0.1"],
});

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    const from = message.location().url.split("?")[0].split("/").at(-1);
    if (["error", "warning"].includes(message.type())) complaints.push(`${message.text()} ${from}`);
  });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  return page;
}

async function load(options) {
  const page = await open(options);
  await page.goto(url);
  await page.locator("#rows .name").first().waitFor();
  return page;
}

const row = (page, name) => page.locator("#rows tr", { has: page.getByRole("button", { name, exact: true }) });
const cell = (page, name, kind) => row(page, name).locator(`td.${kind}`).innerText();
const names = (page) => page.locator("#rows .name").allInnerTexts();
const shot = (page, name) => page.screenshot({ path: `${pictures}/${name}.png` });

/// Asks until it holds: the page asks the service every two seconds.
async function until(what, ask) {
  let last;
  for (let tries = 0; tries < 150; tries += 1) {
    try {
      return await ask();
    } catch (problem) {
      last = problem;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: ${last.message}`);
}

/// Lets the test do something, and waits until it has.
async function let_test(word) {
  const line = input[Symbol.asyncIterator]().next();
  console.log(word);
  await line;
}

async function accessible(page) {
  const source = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
  const said = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => `${node.html} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
  assert.deepEqual(said, []);
}

const fits = (page) => page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth);

const scenarios = {
  /// Calls that the test made, and nothing else.
  async numbers() {
    const page = await load();
    for (const [name, { ok, error, cancelled }] of Object.entries(expected)) {
      const calls = ok + error + cancelled;
      const share = (part) => `${Number(((part / calls) * 100).toFixed(part / calls >= 0.1 ? (part === calls ? 0 : 1) : 2))}%`;
      await until(`errors of ${name}`, async () => {
        const text = await cell(page, name, "errors");
        assert.equal(text.split("\n")[0], error === 0 ? "0%" : share(error));
        if (cancelled > 0) assert.match(text, new RegExp(`${share(cancelled)} cancelled`));
      });
      await until(`rate of ${name}`, async () => {
        const seconds = await page.evaluate(() => fetch("page/data").then((answer) => answer.json()).then((data) => data.windows[1]));
        const rate = Number(await cell(page, name, "rate"));
        assert.ok(rate <= calls / (seconds - 4) + 0.1 && rate >= calls / (seconds + 1) - 0.1, `${calls} calls in ${seconds} s are not ${rate}/s`);
      });
      await page.getByRole("button", { name, exact: true }).first().click();
      await until(`totals of ${name}`, async () => assert.deepEqual(await page.locator(".totals li").allInnerTexts(), [`${ok} ok`, `${error} error`, `${cancelled} cancelled`]));
      await page.keyboard.press("Escape");
    }
    assert.match(await cell(page, "hello", "p99"), /^<500 µs$|ms$/);
    assert.match(await cell(page, "<Memory as Store>::load", "p50"), /^\d[\d.]* ms$/);
    await page.locator('[data-show="failing"]').click();
    await until("failing functions", async () => assert.deepEqual((await names(page)).sort(), ["<Memory as Store>::load", "Orders::find", "explode"]));
    assert.equal(await page.locator("#tile-failing").innerText(), "3");
    await page.locator('[data-show="all"]').click();
    const failures = await page.locator("#failures").innerText();
    assert.match(failures, /no row with key 999/);
    assert.match(failures, /this is what a bug looks like/);
    assert.match(await page.locator("#build").innerText(), new RegExp(`pid ${expected_pid}`));
    assert.equal(await page.locator("#tile-health").innerText(), "ok");
    await until("runs of the check", async () => assert.ok(await page.locator("#health .run.ok").count() > 0));
    await accessible(page);
    await shot(page, "desktop");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.waitForTimeout(300);
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(15, 19, 26)");
    await accessible(page);
    await shot(page, "dark");
    return page;
  },

  /// By mouse and by keyboard.
  async use() {
    const page = await load();
    const first = await names(page);
    await page.locator("th button", { hasText: "Function" }).click();
    assert.equal(await page.locator("th[aria-sort]").getAttribute("aria-sort"), "ascending");
    const sorted = [...first].sort((a, b) => a.localeCompare(b));
    assert.deepEqual(await names(page), sorted);
    await page.locator("th button", { hasText: "Function" }).click();
    assert.deepEqual(await names(page), sorted.reverse());
    assert.equal(await page.locator("th[aria-sort]").count(), 1);

    await page.keyboard.press("Escape");
    await page.locator("body").press("/");
    await page.keyboard.type("STORE load");
    assert.deepEqual(await names(page), ["<Memory as Store>::load"]);
    assert.equal(await page.locator("#count").innerText(), `1 of ${first.length} functions`);
    await page.locator("#filter").fill("nothing like it");
    assert.equal(await page.locator("#none").innerText(), "No function fits the filter.");
    await page.locator("#filter").fill("");

    // Down to a row, into its detail and back, with every update in between.
    await page.locator("#rows .name").first().focus();
    await page.keyboard.press("ArrowDown");
    const focused = () => page.evaluate(() => document.activeElement.textContent);
    assert.equal(await focused(), sorted[1]);
    await page.keyboard.press("End");
    assert.equal(await focused(), sorted.at(-1));
    await page.waitForTimeout(5000);
    assert.equal(await focused(), sorted.at(-1), "an update took the focus away");
    await page.getByRole("button", { name: "Orders::find", exact: true }).first().focus();
    await page.keyboard.press("Enter");
    const detail = page.getByRole("dialog", { name: "Orders::find" });
    await detail.getByText("examples/quickstart.rs").waitFor();
    for (const text of ["order 999 cannot be read", "no row with key 999", "caused by", "order.id=999", "passed on", "Slowest calls of the last ten minutes"]) {
      assert.ok((await detail.innerText()).includes(text), `${text} in ${await detail.innerText()}`);
    }
    await accessible(page);
    await shot(page, "detail");
    await page.keyboard.press("Escape");
    await detail.waitFor({ state: "hidden" });
    assert.equal(await focused(), "Orders::find", "the focus comes back");

    // The log of this very service, and back.
    await page.getByLabel("Filter", { exact: true }).fill("info,quickstart=debug");
    await page.getByLabel("For", { exact: true }).selectOption("1m");
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await page.locator("#level-now").getByText(/^info,quickstart=debug, back to info in /).waitFor();
    await page.getByRole("button", { name: "Revert" }).click();
    await page.locator("#level-now").getByText(/^info$/).waitFor();

    await page.locator("#pause").click();
    const asked = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.waitForTimeout(3000);
    assert.deepEqual(asked, [], "paused");
    await page.locator("#pause").click();
    await until("requests again", () => assert.ok(asked.length > 0));
  },

  async phone() {
    const page = await load({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    assert.ok(await fits(page), "wider than the screen");
    assert.equal(await row(page, "Orders::find").first().getByRole("cell").first().isVisible(), true);
    await accessible(page);
    await shot(page, "phone");
    await page.getByRole("button", { name: "Orders::find", exact: true }).first().tap();
    await page.getByRole("dialog").getByText("examples/quickstart.rs").waitFor();
    assert.ok(await fits(page), "the detail is wider than the screen");
    await accessible(page);
    await shot(page, "phone-detail");
    await page.setViewportSize({ width: 320, height: 640 });
    await page.getByRole("button", { name: "Close" }).tap();
    assert.ok(await fits(page), "wider than a small screen");
    await page.locator("#sort").selectOption("name");
    assert.equal((await names(page))[0], "<Memory as Store>::load");
  },

  /// The test ends the service and starts it again.
  async restart() {
    harmless.push(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED/);
    const page = await load();
    await page.getByRole("button", { name: "hello", exact: true }).first().click();
    await page.getByRole("dialog").getByText("examples/quickstart.rs").waitFor();
    const build = await page.locator("#build").innerText();
    await let_test("stop");
    await page.locator("#banner-text").getByText(/^No answer for .* Trying again in/).waitFor();
    assert.equal(await page.locator("#connection").innerText(), "no answer");
    assert.ok(await page.locator("#rows .name").count() > 0, "the last numbers stay");
    await shot(page, "no-answer");
    await let_test("start");
    await page.locator("#banner-text").getByText(/The service was started again at .*: pid \d+, before it was \d+\./).waitFor();
    assert.notEqual(await page.locator("#build").innerText(), build);
    await until("live again", async () => assert.equal(await page.locator("#connection").innerText(), "live"));
    // The detail is of the function of the same name, whose counts begin again.
    await until("totals from 0", async () => assert.equal((await page.locator(".totals li").allInnerTexts())[0], "2 ok"));
    await page.keyboard.press("Escape");
    await until("its row", async () => assert.notEqual(await cell(page, "hello", "rate"), "0"));
    await page.getByRole("button", { name: "Dismiss" }).click();
    assert.equal(await page.locator("#banner").isVisible(), false);
  },

  /// `url` is of a name that is not this machine's own: a client from elsewhere, to the service.
  async token() {
    harmless.push(/401 \(Unauthorized\)/);
    const page = await open();
    await page.goto(url);
    await page.getByText("This service asks for its token").waitFor();
    assert.equal(await page.locator("#main").isVisible(), false);
    await accessible(page);
    await page.getByLabel("Token").fill("not-the-token-at-all");
    await page.getByRole("button", { name: "Show the page" }).click();
    await page.getByText("That was not the token").waitFor();
    await page.getByLabel("Token").fill(expected.token);
    await page.keyboard.press("Enter");
    await page.locator("#rows .name").first().waitFor();
    assert.ok(!page.url().includes(expected.token));
    await page.reload();
    await page.locator("#rows .name").first().waitFor();
    await until("health by the token", async () => assert.ok((await page.locator("#health").innerText()).includes("store")));
  },

  async refused() {
    harmless.push(/403 \(Forbidden\)/);
    const page = await open();
    await page.goto(url);
    await page.getByText("Only for requests of the service's own machine").waitFor();
    assert.equal(await page.locator("#token").isVisible(), false);
    await accessible(page);
  },

  /// Pages of other parts, as their contracts have them.
  async panels() {
    harmless.push(/503 .* health$/);
    const page = await open();
    const json = (body) => ({ status: 200, contentType: "application/json", body: JSON.stringify(body) });
    const runs = ["ok", "ok", "fail", "ok"].map((status, place) => ({ status, time: `2026-01-01T00:00:0${place}Z`, durationMs: 3, output: status === "ok" ? undefined : "no <b>answer</b>" }));
    await page.route("**/health?verbose", (route) => route.fulfill({ ...json({ status: "warn", checks: { database: [{ status: "warn", critical: true, output: "no <b>answer</b>", durationMs: 12, history: runs }] } }), status: 503, contentType: "application/health+json" }));
    await page.route("**/objectives", (route) => route.fulfill(json([{ name: "api", kind: "latency", target_percent: 99, threshold_seconds: 0.25, functions: 3, budget_left: 0.42, burn_rate: { "5m": 1.5, "1h": 0.2, "6h": null, "3d": 0 }, alert: null }])));
    await page.route("**/inventory", (route) => route.fulfill(json({ functions: [{ function: "hello", module: "quickstart", doc: "Says hello to <i>you</i>." }] })));
    let level = { filter: "info", default: "info", reverts_in_seconds: null };
    const changes = [];
    await page.route("**/log-level", (route) => {
      const method = route.request().method();
      if (method === "PUT") {
        changes.push(route.request().postDataJSON());
        level = { filter: changes.at(-1).filter, default: "info", reverts_in_seconds: 600 };
      } else if (method === "DELETE") {
        changes.push("DELETE");
        level = { filter: "info", default: "info", reverts_in_seconds: null };
      }
      return route.fulfill(json(level));
    });
    await page.goto(url);
    await page.locator("#health").getByText("no <b>answer</b>").waitFor();
    assert.equal(await page.locator("#tile-health").innerText(), "warn");
    assert.equal(await page.locator("#health .run").count(), 4);
    assert.equal(await page.getByRole("img", { name: "last 4 runs: 1 not ok" }).count(), 1);
    const objective = await page.locator("#objectives").innerText();
    for (const text of ["api", "latency < 250 ms, 99%", "42% left", "5m 1.5×, 1h 0.2×, 6h –"]) assert.ok(objective.includes(text), `${text} in ${objective}`);
    await page.getByRole("button", { name: "hello", exact: true }).first().click();
    await page.getByText("Says hello to <i>you</i>.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByLabel("Filter", { exact: true }).fill("debug");
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await page.locator("#level-now").getByText("debug, back to info in 10 min").waitFor();
    await page.getByRole("button", { name: "Revert" }).click();
    await page.locator("#level-now").getByText(/^info$/).waitFor();
    assert.deepEqual(changes, [{ filter: "debug", for: "10m" }, "DELETE"]);
    await accessible(page);
    await shot(page, "panels");
  },

  /// More functions than a screen has room for, all of them called all the time.
  async many() {
    for (const functions of [1000, 5000]) {
      const page = await open();
      let number = 0;
      const column = (at) => [number, at, 5, Array.from({ length: functions }, (_, id) => [id, 1 + ((id * 7 + number) % 90), id % 5 === 0 ? 1 : 0, 0, 2, "1463"])];
      await page.route("**/page/data?*", (route) => {
        const isFirst = number === 0;
        number += 1;
        const now = 1_700_000_000_000 + number * 5000;
        const data = {
          process: "1-1", number, at: now, began: 1_700_000_000_000, column: 5, windows: [10, 60],
          service: { name: "many", version: "1", commit: "", branch: "", pid: 1 },
          rows: Array.from({ length: functions }, (_, id) => [id, [number * id, number, 0], id % 3, [id + number, id % 5 === 0 ? 1 : 0, 0, 0.002, 0.004, 0.01, 0.003], [6 * id + number, id % 5 === 0 ? 6 : 0, 0, 0.002, 0.004, 0.01, 0.003]]),
          columns: isFirst ? Array.from({ length: Math.floor(100_000 / functions) }, (_, place) => column(now - (Math.floor(100_000 / functions) - place) * 5000)) : [column(now)],
        };
        if (isFirst) Object.assign(data, { bounds: [[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 1]], failures: [], functions: Array.from({ length: functions }, (_, id) => [`<img src=x onerror=alert(${id})>::call_${id}`, `shop::part_${id % 50}`, "src/lib.rs", id, 0]) });
        return route.fulfill({ status: 200, contentType: "application/json", body: JSON.stringify(data) });
      });
      await page.addInitScript(() => {
        window.long = [];
        new PerformanceObserver((list) => window.long.push(...list.getEntries().map((entry) => Math.round(entry.duration)))).observe({ type: "longtask", buffered: true });
      });
      await page.goto(url);
      await page.locator("#rows .name").first().waitFor();
      const made = await page.evaluate(() => window.long.splice(0));
      await page.waitForTimeout(9000);
      const updating = await page.evaluate(() => window.long.splice(0));
      const frames = await page.evaluate(() => new Promise((resolve) => {
        const times = [];
        const step = (time) => {
          times.push(time);
          scrollBy(0, 97);
          if (times.length < 180) requestAnimationFrame(step);
          else resolve(times.slice(1).map((time, place) => time - times[place]).sort((a, b) => a - b));
        };
        requestAnimationFrame(step);
      }));
      const scrolling = await page.evaluate(() => window.long.splice(0));
      const frame = { p50: Math.round(frames[90]), p95: Math.round(frames[170]), worst: Math.round(frames.at(-1)) };
      console.log(`# ${functions} functions: long tasks at the start ${JSON.stringify(made)} ms, in 9 s of updates ${JSON.stringify(updating)} ms, while scrolling ${JSON.stringify(scrolling)} ms; frames ${JSON.stringify(frame)} ms`);
      const rows = await page.locator("#rows tr").count();
      assert.ok(rows < 100, `${rows} rows in the document`);
      assert.equal(await page.locator("#rows img").count(), 0, "data became markup");
      assert.equal(await page.locator("#table").getAttribute("aria-rowcount"), String(functions + 1));
      // A machine that is busy with other things may be late; a page that draws all rows takes seconds.
      assert.ok(Math.max(0, ...updating, ...scrolling) < 500, "the page does not keep up");
      await page.evaluate(() => scrollTo(0, 0));
      await page.locator("#filter").fill("call_777");
      await until("the one", async () => assert.equal((await names(page))[0].endsWith("call_777"), true));
      await page.locator("#filter").fill("");
      await page.locator("#rows .name").first().focus();
      await page.keyboard.press("End");
      await until("the last row", async () => assert.equal(await page.evaluate(() => document.activeElement.closest("tr")?.getAttribute("aria-rowindex")), String(functions + 1)));
      if (functions === 1000) await shot(page, "many");
      assert.deepEqual(await page.evaluate(() => window.violations), []);
      await page.unrouteAll({ behavior: "ignoreErrors" });
      await page.context().close();
    }
  },
};

const expected_pid = process.env.SERVICE_PID;
let failed = 0;
try {
  await scenarios[scenario]();
  for (const context of browser.contexts()) {
    for (const page of context.pages()) assert.deepEqual(await page.evaluate(() => window.violations), [], "the policy was violated");
  }
  assert.deepEqual(complaints.filter((text) => !harmless.some((known) => known.test(text))), [], "the console is clean");
} catch (problem) {
  failed = 1;
  console.error(problem.stack);
  for (const context of browser.contexts()) {
    for (const page of context.pages()) await page.screenshot({ path: `${pictures}/failed-${scenario}.png` }).catch(() => {});
  }
}
await browser.close();
process.exit(failed);

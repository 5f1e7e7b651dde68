// Scenarios of a service that runs, with calls that the test made.

import assert from "node:assert/strict";

import { accessible, button, cell, fits, harmless, let_test, names, open, row, shot, until } from "./browser.mjs";

async function load(url, options) {
  const page = await open(options);
  await page.goto(url);
  await page.locator("#rows .name").first().waitFor();
  return page;
}

export const real = {
  /// Calls that the test made, and nothing else.
  async numbers(url, expected) {
    const page = await load(url);
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
      await button(page, name).click();
      await until(`totals of ${name}`, async () => assert.deepEqual(await page.locator(".totals li").allInnerTexts(), [`${ok} ok`, `${error} error`, `${cancelled} cancelled`]));
      if (cancelled > 0) {
        assert.deepEqual(await page.locator(".classes li").allInnerTexts(), [`client ${cancelled}`]);
        await page.locator("#detail", { hasText: "cancelled: client" }).waitFor();
        await shot(page, "cancelled");
      }
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
    assert.match(await page.locator("#build").innerText(), new RegExp(`pid ${process.env.SERVICE_PID}`));
    await until("the process", async () => assert.match(await page.locator("#system").innerText(), /CPU\s+\d+%[^]*Memory[^]*MiB[^]*Threads[^]*Tokio workers/));
    // The runs of a check are asked for when it is opened.
    const asked = [];
    page.on("request", (request) => asked.push(new URL(request.url()).search));
    await page.locator("#health summary", { hasText: "store" }).click();
    await until("runs of the check", async () => assert.ok(await page.locator("#health .run.ok").count() > 0));
    assert.ok(asked.some((query) => query.startsWith("?check=")));
    // Requests of the edge, by route.
    await page.locator('[data-view="requests"]').click();
    const route = page.locator("#requests tr", { hasText: "/orders/{id}" });
    await until("the route", async () => assert.match(await route.innerText(), /GET \/orders\/\{id\}\s+[\d.]+\s+[\d.]+%/));
    assert.match(await page.locator("#requests tr", { hasText: "/panic" }).innerText(), /100%/);
    assert.match(await page.locator("#requests tr", { hasText: "/slow" }).innerText(), /100% cancelled/);
    // A kept one that its client left, with the reason on the request and on the call.
    await page.locator("#kept tr", { hasText: "cancelled: client" }).locator(".name", { hasText: "/slow" }).first().click();
    const left = page.getByRole("region", { name: "GET /slow" });
    await until("its reasons", async () => assert.equal(await left.getByText("cancelled: client", { exact: true }).count(), 3));
    await accessible(page);
    await shot(page, "request-cancelled");
    await page.keyboard.press("Escape");
    // A kept one, with the panic in it, its function, and the way back from the failure.
    await page.locator("#kept .name", { hasText: "/panic" }).first().click();
    const story = page.getByRole("region", { name: "GET /panic" });
    await until("its calls", async () => assert.match(await story.innerText(), /kept: failed[^]*explode[^]*this is what a bug looks like/));
    await accessible(page);
    await shot(page, "request");
    await story.locator("summary", { hasText: "explode" }).click();
    await story.locator("details[open] .name").click();
    await page.locator("#detail").getByText("examples/quickstart.rs").first().waitFor();
    await page.locator("#detail a", { hasText: "Request" }).first().click();
    await story.waitFor();
    await page.keyboard.press("Escape");
    await page.locator('[data-view="calls"]').click();
    await page.getByText("Nothing in flight", { exact: true }).waitFor();
    await page.locator('[data-view="requests"]').click();
    await accessible(page);
    await page.locator('[data-view="functions"]').click();
    await accessible(page);
    await shot(page, "desktop");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.waitForTimeout(300);
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(15, 19, 26)");
    await accessible(page);
    await shot(page, "dark");
  },

  /// An objective pages: the incident is on the page, and its requests can be read.
  async incident(url) {
    const page = await load(url);
    const list = page.getByRole("region", { name: "Incidents" });
    await list.locator("a").first().waitFor();
    assert.match(await list.innerText(), /objective `orders` \(success rate\) burns \d+ times its budget/);
    await list.locator("a").first().focus();
    await page.keyboard.press("Enter");
    const view = page.getByRole("region", { name: "Incident", exact: true });
    await view.locator(".changed > li").first().waitFor();
    assert.match(await view.locator(".changed > li").first().innerText(), /<Memory as Store>::load\s+15 of 20 calls failed/);
    assert.match(await view.innerText(), /no hour before to compare with[^]*no row with key 999[^]*store/);
    await view.locator(".evidence-requests summary").first().click();
    await until("its calls", async () => assert.match(await view.locator(".waterfall").first().innerText(), /Orders::find[^]*<Memory as Store>::load/));
    await accessible(page);
    await shot(page, "incident");
    await page.reload();
    await view.locator(".changed > li").first().waitFor();
    await page.keyboard.press("Escape");
    await view.waitFor({ state: "hidden" });
    assert.equal(await page.evaluate(() => location.hash), "");
  },

  /// By mouse and by keyboard.
  async use(url) {
    const page = await load(url);
    await page.locator("th button", { hasText: "Function" }).click();
    assert.equal(await page.locator("th[aria-sort]").getAttribute("aria-sort"), "ascending");
    const first = await names(page);
    const sorted = [...first].sort((a, b) => a.localeCompare(b));
    assert.deepEqual(await names(page), sorted);
    await page.locator("th button", { hasText: "Function" }).click();
    assert.deepEqual(await names(page), sorted.reverse());
    assert.equal(await page.locator("th[aria-sort]").count(), 1);

    await page.locator("body").press("/");
    await page.keyboard.type("STORE load");
    assert.deepEqual(await names(page), ["<Memory as Store>::load"]);
    assert.equal(await page.locator("#count").innerText(), `1 of ${first.length} functions`);
    await page.locator("#filter").fill("nothing like it");
    assert.equal(await page.locator("#none-text").innerText(), "No functions match");
    await page.getByRole("button", { name: "Clear filter" }).click();
    assert.equal((await names(page)).length, first.length);

    // Down to a row, into its detail and back, with every update in between.
    await page.locator("#rows .name").first().focus();
    await page.keyboard.press("ArrowDown");
    const focused = () => page.evaluate(() => document.activeElement.textContent);
    assert.equal(await focused(), sorted[1]);
    await page.keyboard.press("End");
    assert.equal(await focused(), sorted.at(-1));
    await page.waitForTimeout(5000);
    assert.equal(await focused(), sorted.at(-1), "an update took the focus away");
    await button(page, "Orders::find").focus();
    await page.keyboard.press("Enter");
    const detail = page.getByRole("region", { name: "Orders::find" });
    await detail.getByText("examples/quickstart.rs").waitFor();
    for (const text of ["order 999 cannot be read", "no row with key 999", "caused by", "order.id=999", "passed on", "Slowest calls of the last ten minutes", "0 in flight"]) {
      await until(text, async () => assert.ok((await detail.innerText()).includes(text), await detail.innerText()));
    }
    await accessible(page);
    await shot(page, "detail");
    await page.keyboard.press("Escape");
    await detail.waitFor({ state: "hidden" });
    assert.equal(await focused(), "Orders::find", "the focus comes back");

    // The log of this very service, and back.
    const filter = page.locator("#level-filter");
    assert.equal(await filter.inputValue(), "info", "what holds now");
    await page.getByText("Known targets").click();
    await page.locator("#targets-list").getByRole("button", { name: "quickstart", exact: true }).click();
    assert.equal(await filter.inputValue(), "info,quickstart=debug");
    await page.getByLabel("For", { exact: true }).selectOption("1m");
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await page.locator("#level-now").getByText(/^info,quickstart=debug, back to info in (\d+ s|1 min)/).waitFor();
    await page.getByRole("button", { name: "Revert" }).click();
    await page.locator("#level-now").getByText(/^info$/).waitFor();
    await filter.fill("quickstart=debgu");
    harmless.push(/400 \(Bad Request\)/);
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await page.locator("#level-said.bad").getByText(/did you mean `quickstart=debug`/).waitFor();
    assert.equal(await filter.getAttribute("aria-invalid"), "true");
    await filter.fill("nosuchcrate=debug");
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await page.getByText("This filter shows no line of any target").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    assert.equal(await page.locator("#level-now").innerText(), "info", "it asks first");

    await page.locator("#pause").click();
    assert.equal(await page.locator("#pause").innerText(), "Resume");
    const asked = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.waitForTimeout(3000);
    assert.deepEqual(asked, [], "paused");
    await page.locator("#pause").click();
    await until("requests again", () => assert.ok(asked.length > 0));
  },

  async phone(url) {
    const page = await load(url, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    assert.ok(await fits(page), "wider than the screen");
    assert.equal(await row(page, "Orders::find").first().getByRole("cell").first().isVisible(), true);
    await accessible(page);
    await shot(page, "phone");
    await button(page, "Orders::find").tap();
    await page.locator("#detail").getByText("examples/quickstart.rs").waitFor();
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
  async restart(url) {
    harmless.push(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED/);
    const page = await load(url);
    await button(page, "hello").click();
    await page.locator("#detail").getByText("examples/quickstart.rs").waitFor();
    await until("its failures", async () => assert.match(await page.locator("#failures").innerText(), /no row with key 999/));
    const build = await page.locator("#build").innerText();
    await let_test("stop");
    const banner = page.locator("#banner-text");
    await banner.getByText(/^No answer for .* Trying again in/).waitFor();
    assert.equal(await page.locator("#connection").innerText(), "no answer");
    assert.match(await page.title(), /^No answer/);
    assert.ok(await page.locator("#rows .name").count() > 0, "the last numbers stay");
    // Nothing lies on the alarm, and it counts down.
    const button_box = await page.locator("#banner-button").boundingBox();
    const topmost = await page.evaluate(({ x, y, width, height }) => document.elementFromPoint(x + width / 2, y + height / 2).id, button_box);
    assert.equal(topmost, "banner-button");
    const said = new Set();
    for (let second = 0; second < 3; second += 1) {
      said.add(await banner.innerText());
      await page.waitForTimeout(1000);
    }
    assert.ok(said.size > 1, `it stands still: ${[...said]}`);
    await shot(page, "no-answer");
    await let_test("start");
    await banner.getByText(/^Service restarted at .* \(pid \d+ → \d+\)$/).waitFor();
    assert.notEqual(await page.locator("#build").innerText(), build);
    await until("live again", async () => assert.equal(await page.locator("#connection").innerText(), "live"));
    // The detail is of the function of the same name, whose counts begin again.
    await until("totals from 0", async () => assert.equal((await page.locator(".totals li").allInnerTexts())[0], "2 ok"));
    await page.locator("#banner-button").click();
    assert.equal(await page.locator("#banner").isVisible(), false);
    await page.keyboard.press("Escape");
    await until("its row", async () => assert.notEqual(await cell(page, "hello", "rate"), "0"));

    // What was known of the process that died is there, also after a reload, until it is dismissed.
    const past = page.locator("#past");
    const pid = build.match(/pid \d+/)[0];
    assert.match(await page.locator("#past-title").innerText(), new RegExp(pid));
    await past.getByText(/kinds? of failure/).click();
    assert.match(await past.innerText(), /no row with key 999/);
    await accessible(page);
    await shot(page, "restarted");
    await page.reload();
    await page.locator("#rows .name").first().waitFor();
    assert.match(await page.locator("#past-title").innerText(), new RegExp(pid));
    await past.getByRole("button", { name: "Dismiss" }).click();
    assert.equal(await past.isVisible(), false);
    await page.reload();
    await page.locator("#rows .name").first().waitFor();
    assert.equal(await past.isVisible(), false);
  },

  /// `url` is of a name that is not this machine's own: a client from elsewhere, to the service.
  async token(url, { token }) {
    harmless.push(/401 \(Unauthorized\)/);
    const page = await open();
    await page.goto(url);
    await page.getByText("Token required").waitFor();
    assert.equal(await page.locator("#main").isVisible(), false);
    await accessible(page);
    await page.getByLabel("Token").fill("not-the-token-at-all");
    await page.getByRole("button", { name: "Show the page" }).click();
    await page.getByText("Wrong token").waitFor();
    await page.getByLabel("Token").fill(token);
    await page.keyboard.press("Enter");
    await page.locator("#rows .name").first().waitFor();
    assert.ok(!page.url().includes(token));
    await page.reload();
    await page.locator("#rows .name").first().waitFor();
    await until("health by the token", async () => assert.ok((await page.locator("#health").innerText()).includes("store")));
  },

  async refused(url) {
    harmless.push(/403 \(Forbidden\)/);
    const page = await open();
    await page.goto(url);
    await page.getByText("Local access only").waitFor();
    assert.equal(await page.locator("#token").isVisible(), false);
    await accessible(page);
  },
};

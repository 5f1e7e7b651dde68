// Scenarios of a service that is made up, with the page's files from a real one: what no quick service has.

import assert from "node:assert/strict";

import { accessible, button, cell, fits, harmless, names, open, policyHolds, row, shot, until } from "./browser.mjs";
import { Fixture } from "./fixture.mjs";
import { incidents } from "./incidents.mjs";
import { requests } from "./requests.mjs";

export const WIDTHS = [320, 390, 640, 768, 1024, 1280, 1440, 1920];
const LINKS = { trace: "https://jaeger.example.com/trace/{trace_id}", source: "https://git.example.com/shop/blob/v{version}/{file}#L{line}" };
const CHARGE = "fn=shop%3A%3Apayment%3A%3Acharge";

export async function load(url, fixture, { hash = "", ...options } = {}) {
  const page = await open(options);
  await fixture.serve(page);
  await page.goto(url + hash);
  await page.locator("#troubles, #verdict-title").first().waitFor({ state: "attached" });
  await page.locator("#main").waitFor();
  await page.locator("#verdict-title").getByText(/wrong/).waitFor();
  return page;
}

/// Names are readable at each width, nothing is wider than the screen or covers the alarm, and axe finds nothing.
async function widths(url) {
  for (const colorScheme of ["light", "dark"]) {
    const page = await load(url, new Fixture({ links: LINKS }), { colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(150);
      const what = `${width} px, ${colorScheme}`;
      assert.ok(await fits(page), `${what}: wider than the screen`);
      const found = await page.evaluate(() => [...document.querySelectorAll("#rows .name")].slice(0, 10).map((name) => ({
        text: name.textContent, room: name.closest("td").clientWidth, isCut: name.scrollHeight > name.clientHeight + 2 || name.scrollWidth > name.clientWidth + 1,
        height: name.closest("tr").getBoundingClientRect().height, row: parseFloat(getComputedStyle(name).getPropertyValue("--row")),
      })));
      for (const { text, room, isCut, height, row } of found) {
        assert.ok(room >= 224, `${what}: ${room} px for a name`);
        assert.ok(!isCut || text.length > 80, `${what}: ${text} is cut`);
        assert.ok(Math.abs(height - row) < 1.5, `${what}: a row of ${height} px, not ${row}`);
      }
      const [one, other] = ["id", "name"].map((what) => found.find(({ text }) => text.endsWith(`by_customer_${what}`)));
      assert.ok(one && other && !one.isCut && !other.isCut);
      await accessible(page);
      await shot(page, `width-${width}-${colorScheme}`);
    }
    assert.equal(await page.locator("#rows img, #failures i b, #failures script, #health b b").count(), 0, "data became markup");
    await policyHolds(page);
    await page.context().close();
  }
}

/// The first line says what is wrong, or that nothing is; order, title and icon agree.
async function wrong(url) {
  const page = await load(url, new Fixture());
  const text = await page.locator("#verdict").innerText();
  for (const said of [/^6 things are wrong/, /checkout error budget burning at 72×; 0% left/, /Check database no <b>answer<\/b> within 2 s/,
    /charge 3\d[.\d]*% of \d+ calls failed in the last minute: BankDown/, /stuck 3 calls in flight, the oldest for at least 4 min/, /by_customer_name slower than before: p95 4.1 s, it was at most 25 ms/]) assert.match(text, said);
  assert.match(await page.title(), /^\(6\) shop/);
  assert.match(await page.locator("#icon").getAttribute("href"), /d3342c/);
  const order = await names(page);
  const place = (name) => order.findIndex((one) => one.endsWith(name));
  assert.ok(place("charge") < 2 && place("stuck") === 2 && place("by_customer_name") === 3, order.join(" "));
  assert.match(await cell(page, "stuck", "flight"), /^3\n≥ 4 min/);
  const objectives = await page.locator("#objectives-list").innerText();
  assert.match(objectives, /^checkout/, "the burning one first");
  assert.match(objectives, /Latency ≤ 250 ms, 99%[^]*Success rate 99.5%/);
  await page.locator("#troubles").getByRole("button", { name: "stuck" }).click();
  await page.locator("#detail").getByText("3 in flight; the oldest has run for at least 4 min").waitFor();
  // An hour of which the process has run is all that windows beyond it are of.
  assert.match(objectives, /5m 72×\s+30m 72×\s+1h 72×\s+since the start, 1 h ago 71×/);
  await page.context().close();

  const calm = await load(url, new Fixture({ calm: true }));
  assert.equal(await calm.locator("#verdict-title").innerText(), "Nothing is wrong");
  assert.equal(await calm.title(), "shop · monitor");
  assert.doesNotMatch(await calm.locator("#icon").getAttribute("href"), /d3342c/);
  await accessible(calm);
  await calm.context().close();
}

/// The state of the page is in its address.
async function address(url) {
  const page = await load(url, new Fixture({ links: LINKS }));
  await page.locator("#filter").fill("customer");
  await page.locator('[data-show="active"]').click();
  await page.locator('[data-w="0"]').click();
  await page.locator("th.p99 button").click();
  const state = async () => ({
    filter: await page.locator("#filter").inputValue(), names: (await names(page)).length, sort: await page.locator("#sort").inputValue(),
    window: await page.locator('#window [aria-pressed="true"]').innerText(), show: await page.locator('#show [aria-pressed="true"]').innerText(),
    open: await page.locator("#detail").isVisible(), view: await page.locator('#view [aria-pressed="true"]').innerText(),
  });
  const list = { filter: "customer", names: 2, sort: "p99", window: "10 s", show: "Active", open: false, view: "Functions" };
  assert.deepEqual(await state(), list);
  await button(page, "CustomerOrderRepository::find_unpaid_orders_by_customer_id").click();
  await page.locator("#detail").getByText("src/payment/charge.rs:10").waitFor();
  assert.deepEqual(await state(), { ...list, open: true });
  const shared = page.url();
  await page.reload();
  await page.locator("#detail").getByText("src/payment/charge.rs:10").waitFor();
  assert.deepEqual(await state(), { ...list, open: true });
  await page.goBack();
  await until("closed again", async () => assert.deepEqual(await state(), list));
  await page.goForward();
  await until("open again", async () => assert.deepEqual(await state(), { ...list, open: true }));
  assert.equal(page.url(), shared);
  await page.locator("#detail .close").click();
  await page.locator("#filter").fill("");
  await page.locator('[data-view="requests"]').click();
  assert.match(await page.locator("#requests").innerText(), /GET \/orders\/\{id\}\s+4.9\s+8%/);
  assert.match(page.url(), /view=requests/);
  assert.match(await page.locator("#count").innerText(), /^2 routes$/);
  await page.setViewportSize({ width: 320, height: 640 });
  assert.ok(await fits(page), "routes are wider than the screen");
  await accessible(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goBack();
  await until("functions again", async () => assert.equal((await state()).view, "Functions"));
  assert.equal(await page.locator(".split:visible").first().getAttribute("aria-label"), "20% running, 80% waiting");
  // What an address says wrongly is as at the start, and is never run.
  await page.goto(`${url}#view=x&sort=__proto__&w=7&fn=javascript:alert(1)&q=%3Cimg%20src=x%3E`);
  await page.locator("#none-text").getByText("No functions match").waitFor();
  assert.equal(await page.locator("#sort").inputValue(), "trouble");
  await policyHolds(page);
  await page.context().close();
}

/// Links by templates, what is copied, pictures with values, and a histogram that draws nothing for nothing.
async function detail(url) {
  const fixture = new Fixture({ links: LINKS });
  const page = await load(url, fixture, { hash: `#${CHARGE}` });
  const panel = page.locator("#detail");
  await panel.getByText("Charges a card, see").waitFor();
  assert.ok(!(await panel.innerText()).includes("`") && !(await panel.innerText()).includes("**"));
  assert.deepEqual(await panel.locator(".doc code").allInnerTexts(), ["Bank", 'result="cancelled"']);
  assert.equal(await panel.getByRole("link", { name: /charge\.rs/ }).getAttribute("href"), "https://git.example.com/shop/blob/v1.4.2/src/payment/charge.rs#L13");
  assert.equal(await panel.getByRole("link", { name: /registry/ }).count(), 0, "not the service's own");
  assert.equal(await panel.locator(".trace a").first().getAttribute("href"), "https://jaeger.example.com/trace/0af7651916cd43dd8448eb211c80319c");
  assert.match(await panel.locator(".trace a").first().getAttribute("rel"), /noopener/);
  for (const name of ["Copy path", "Copy the trace id", "Copy the failure as text", "Copy the failure as JSON", "Copy the place", "Copy the address of this view"]) await panel.getByTitle(name).or(panel.getByRole("button", { name, exact: true })).first().click();
  const [path, trace, text, json, place, link] = await page.evaluate(() => window.copied);
  assert.deepEqual([path, trace, place, link], ["shop::payment::charge", "0af7651916cd43dd8448eb211c80319c", "src/payment/charge.rs:13", page.url()]);
  assert.match(text, /^shop::payment::charge failed 500 times with BankDown\nBankError: the bank is unavailable\ncaused by Io: connection refused/);
  assert.equal(JSON.parse(json).function, "charge");
  assert.equal(JSON.parse(json).times, 500);
  const widths = await panel.locator(".buckets tr").evaluateAll((rows) => rows.map((row) => [row.querySelector(".number").textContent, row.querySelector(".bar").getBoundingClientRect().width]));
  for (const [calls, width] of widths) assert.ok(calls === "0" ? width === 0 : width >= 2, `${calls} calls: ${width} px`);
  assert.match(await panel.locator(".windows").innerText(), /Mean\s+3 ms\s+3 ms/);
  assert.match(await panel.locator(".windows").innerText(), /Running\s+20%\s+20%\s+Waiting\s+80%\s+80%/);
  const picture = panel.locator(".plot canvas").first();
  assert.match(await picture.getAttribute("aria-label"), /^Last 10 min: at most [\d.]+ calls\/s, [\d,]+ errors, 0 cancelled, from /);
  await picture.focus();
  await page.keyboard.press("ArrowLeft");
  await panel.locator(".value").getByText(/^\d\d:\d\d:\d\d: [\d.]+ calls\/s, 9 errors, 1 ms to 25 ms$/).waitFor();
  await picture.hover({ position: { x: 20, y: 20 } });
  await panel.locator(".value").getByText(/calls\/s/).waitFor();
  assert.match(await panel.locator("time").first().getAttribute("title"), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
  assert.match(await page.locator("#zone").innerText(), /^times in UTC/);
  await accessible(page);
  // On a phone too: cancelled calls are where all others are.
  await page.setViewportSize({ width: 390, height: 844 });
  assert.deepEqual(await panel.locator(".totals li").allInnerTexts(), ["3,000 ok", "731 error", "8 cancelled"]);
  assert.ok(await fits(page));
  await panel.getByRole("button", { name: "Close" }).click();
  assert.match(await row(page, "hello").locator("td.errors").innerText(), /100% cancelled/);
  await page.context().close();
}

/// An alarm while a function is open: its line, its button and the state of the connection are on top at any width.
async function alarm(url) {
  harmless.push(/ERR_CONNECTION_REFUSED/);
  const fixture = new Fixture();
  const page = await load(url, fixture, { hash: `#${CHARGE}` });
  await page.locator("#detail .totals").waitFor();
  fixture.isGone = true;
  await page.locator("#banner-text").getByText(/^No answer/).waitFor();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    const covered = await page.evaluate(() => ["banner-button", "banner-text", "connection", "pause"].filter((id) => {
      const box = document.getElementById(id).getBoundingClientRect();
      return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)?.id !== id;
    }));
    assert.deepEqual(covered, [], `at ${width} px`);
  }
  await page.context().close();
}

/// More functions than a screen has room for, all of them called all the time.
async function many(url) {
  for (const functions of [1000, 5000]) {
    const page = await load(url, new Fixture({ functions }));
    await page.locator("#rows .name").first().waitFor();
    // What stands below the table can be reached, until all rows are asked for.
    assert.ok(await page.evaluate(() => document.getElementById("failures").getBoundingClientRect().top) < 4000);
    await page.getByRole("button", { name: /^Show all \d,000 functions$/ }).click();
    assert.match(page.url(), /rows=all/);
    const made = await page.evaluate(() => window.long.splice(0));
    await page.waitForTimeout(6500);
    const updating = await page.evaluate(() => window.long.splice(0));
    const frames = await page.evaluate(() => new Promise((resolve) => {
      const times = [];
      const step = (time) => {
        times.push(time);
        scrollBy(0, 97);
        if (times.length < 120) requestAnimationFrame(step);
        else resolve(times.slice(1).map((time, place) => time - times[place]).sort((a, b) => a - b));
      };
      requestAnimationFrame(step);
    }));
    const scrolling = await page.evaluate(() => window.long.splice(0));
    const frame = { p50: Math.round(frames[60]), p95: Math.round(frames[113]), worst: Math.round(frames.at(-1)) };
    console.log(`# ${functions} functions: long tasks at the start ${JSON.stringify(made)} ms, in 6.5 s of updates ${JSON.stringify(updating)} ms, while scrolling ${JSON.stringify(scrolling)} ms; frames ${JSON.stringify(frame)} ms`);
    const rows = await page.locator("#rows tr").count();
    assert.ok(rows < 100, `${rows} rows in the document`);
    assert.equal(await page.locator("#table").getAttribute("aria-rowcount"), String(functions + 1));
    // A machine that is busy with other things may be late; a page that draws all rows takes many seconds.
    assert.ok(Math.max(0, ...updating, ...scrolling) < 2000, "the page does not keep up");
    await page.evaluate(() => scrollTo(0, 0));
    await page.locator("#filter").fill("call_777");
    await until("the one", async () => assert.equal((await names(page))[0].endsWith("call_777"), true));
    await page.locator("#filter").fill("");
    await page.locator("#rows .name").first().focus();
    await page.keyboard.press("End");
    await until("the last row", async () => assert.equal(await page.evaluate(() => document.activeElement.closest("tr")?.getAttribute("aria-rowindex")), String(functions + 1)));
    if (functions === 1000) await shot(page, "many");
    await policyHolds(page);
    await page.context().close();
  }
}

export async function madeUp(url) {
  for (const scenario of [widths, wrong, address, detail, requests, incidents, alarm, many]) await scenario(url);
}

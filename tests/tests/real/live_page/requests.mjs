// Scenarios of kept requests and those in flight, of a service that is made up.

import assert from "node:assert/strict";

import { accessible, fits, harmless, policyHolds, shot } from "./browser.mjs";
import { Fixture } from "./fixture.mjs";
import { WIDTHS, load } from "./made_up.mjs";
import { LONG } from "./stories.mjs";

/// Kept requests, one of them with 200 calls and hostile names, and those in flight, at each width.
export async function requests(url) {
  harmless.push(/404/);
  for (const colorScheme of ["light", "dark"]) {
    const page = await load(url, new Fixture(), { hash: "#view=requests", colorScheme });
    await page.locator("#kept .name", { hasText: "orders" }).click();
    const story = page.getByRole("region", { name: "GET /orders/{id}" });
    await story.locator(".waterfall > li").nth(199).waitFor();
    assert.equal(await story.locator(".waterfall > li").count(), 200);
    await story.locator("summary", { has: page.locator(".tag.bad") }).click();
    const text = await story.innerText();
    for (const said of ["kept: failed", "BankDown", "<i>markup</i>", "12 calls left out", "1 field or error left out", "the bank <script>alert(1)</script> is",
      "1 line below the log's filter", "3 earlier lines left out", "about to charge <script>alert(2)</script>", "order=2"]) assert.ok(text.includes(said), said);
    assert.equal(await story.locator(".took").first().getAttribute("title"), "own time 1.5 ms, running 100 ms, waiting 350 ms, scheduled 50 ms");
    assert.equal(await story.locator(".span-bar").first().locator(".waiting, .scheduled").count(), 2);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(100);
      assert.ok(await fits(page), `${width} px, ${colorScheme}: a request is wider than the screen`);
      assert.ok(await page.evaluate(() => [...document.querySelectorAll(".waterfall .track")].every((track) => track.clientWidth >= 50)), `${width} px: room for the bars`);
      const room = await page.evaluate(() => Math.min(...[...document.querySelectorAll(".waterfall .span-name")].map((name) => name.clientWidth - parseFloat(getComputedStyle(name).paddingLeft))));
      assert.ok(room >= 60, `${width} px: ${room} px for a name`);
      assert.ok(await page.evaluate(() => [...document.querySelectorAll(".said-lines .tag")].every((tag) => tag.clientHeight < 30)), `${width} px: a level on one line`);
      if ([390, 1440].includes(width)) await shot(page, `request-${width}-${colorScheme}`);
    }
    await accessible(page);
    // An update keeps an open call open, and the focus.
    await page.waitForTimeout(2500);
    assert.equal(await story.locator("details[open]").count(), 1);
    // To the function of a call, and back.
    await story.locator("summary", { hasText: "charge" }).first().click();
    await story.locator("details[open] .name", { hasText: "charge" }).first().click();
    await page.locator("#detail").getByText("src/payment/charge.rs").first().waitFor();
    assert.ok(await story.isHidden());
    await page.goBack();
    await story.waitFor();
    await page.keyboard.press("Escape");
    await story.waitFor({ state: "hidden" });
    // A request that has left.
    await page.locator("#kept .name", { hasText: "img" }).click();
    await page.getByText("This request is no longer kept").waitFor();
    await page.keyboard.press("Escape");

    await page.locator('[data-view="calls"]').click();
    await page.locator("#calls tbody tr").nth(199).waitFor();
    assert.equal(await page.locator("#count").innerText(), "200 of 1,300 in flight");
    assert.match(await page.locator("#calls tbody tr").first().innerText(), /POST [^]*80 s[^]*charge[^]*id=0[^]*1.5 min/);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(100);
      assert.ok(await fits(page), `${width} px, ${colorScheme}: requests in flight are wider than the screen`);
    }
    await accessible(page);
    await page.locator("#filter").fill("nothing like it");
    await page.getByText("Nothing in flight matches").waitFor();
    assert.equal(await page.locator("#story img, #kept img, #calls img, #story script").count(), 0, "data became markup");
    await policyHolds(page);
    await page.context().close();
  }
  // From a failure to its request.
  const page = await load(url, new Fixture(), { hash: `#trace=${LONG}` });
  await page.locator(".waterfall > li").first().waitFor();
  assert.ok((await page.locator("#failures a", { hasText: "Request" }).first().getAttribute("href")).startsWith("#trace="));
  await page.context().close();
}

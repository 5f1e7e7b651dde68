// Scenarios of incidents, of a service that is made up.

import assert from "node:assert/strict";

import { accessible, fits, harmless, policyHolds, shot } from "./browser.mjs";
import { Fixture } from "./fixture.mjs";
import { WIDTHS, load } from "./made_up.mjs";

/// The list, and an incident with hostile names and many requests, at each width.
export async function incidents(url) {
  harmless.push(/404/);
  for (const colorScheme of ["light", "dark"]) {
    const page = await load(url, new Fixture(), { colorScheme });
    const list = page.getByRole("region", { name: "Incidents" });
    assert.equal(await list.locator("li").count(), 3);
    assert.match(await list.locator("li").first().innerText(), /burns 22 times its budget[^]*open/);
    if (colorScheme === "light") await shot(page, "incidents");
    await list.locator("a").first().click();
    const view = page.locator("#incident");
    await view.locator(".changed > li").nth(3).waitFor();
    const text = await view.innerText();
    for (const said of ["objective `api` burns 22 times its budget", "also", "Changed in the last 62 s, against the hour before", "errors 40 × those of the hour before, class `BankDown`", "<img src=x onerror=alert(1)>", "In flight when it began: 1,300", "1,200 younger requests left out", "BankDown", "no <b>answer</b> within 2 s", "critical"]) assert.ok(text.includes(said), `${said}: ${text}`);
    assert.match(await view.locator(".changed > li").first().innerText(), /charge/);
    await view.locator(".evidence-requests summary").first().click();
    await view.locator(".waterfall > li").nth(199).waitFor();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(100);
      assert.ok(await fits(page), `${width} px, ${colorScheme}: an incident is wider than the screen`);
      if ([390, 1440].includes(width)) {
        await view.locator("h2").evaluate((title) => title.scrollIntoView());
        await shot(page, `incident-${width}-${colorScheme}`);
      }
    }
    await accessible(page);
    // An update keeps what is open.
    await page.waitForTimeout(2500);
    assert.equal(await view.locator(".evidence-requests details[open]").count(), 1);
    // To a function, and back.
    await view.locator(".changed .name", { hasText: "charge" }).click();
    await page.locator("#detail").getByText("src/payment/charge.rs").first().waitFor();
    assert.ok(await view.isHidden());
    await page.goBack();
    await view.waitFor();
    await page.keyboard.press("Escape");
    await view.waitFor({ state: "hidden" });
    // One that was pushed out.
    await list.locator("a").last().click();
    await page.getByText("This incident is no longer kept").waitFor();
    await page.getByRole("button", { name: "Close" }).last().click();
    assert.equal(await page.locator("#incident img, #incidents img, #incident script").count(), 0, "data became markup");
    await policyHolds(page);
    await page.context().close();
  }
  const calm = await load(url, new Fixture({ calm: true }));
  assert.ok(await calm.locator("#incidents").isHidden());
  await calm.context().close();
}

// Looks at the live page in a real Chromium, as `live_page.rs` tells it to.
//
// `node main.mjs <scenario> <url> <json>`: prints a line when it waits for the test to do something, goes on at a
// line on standard input, and ends with 0 if all is as it should be.

import assert from "node:assert/strict";

import { browser, complaints, harmless, pictures, policyHolds } from "./browser.mjs";
import { madeUp } from "./made_up.mjs";
import { real } from "./real.mjs";

const [scenario, url, given = "{}"] = process.argv.slice(2);
let failed = 0;
try {
  await ({ ...real, madeUp }[scenario])(url, JSON.parse(given));
  for (const context of browser.contexts()) {
    for (const page of context.pages()) await policyHolds(page);
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

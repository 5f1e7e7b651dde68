// A headless Chromium, and what every scenario does with it.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { createRequire } from "node:module";

const modules = createRequire(process.env.NODE_TOOLS + "/");
const { chromium } = modules("playwright-core");
const input = createInterface({ input: process.stdin });
export const pictures = process.env.PICTURES;
mkdirSync(pictures, { recursive: true });

/// What the browser may complain of: what a scenario expects.
export const harmless = [];
export const complaints = [];

export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // Containers have little shared memory, and a page that finds none is gone.
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-quic", "--disable-background-networking", "--host-resolver-rules=MAP shop.example 127.0.0.1"],
});

export async function open(options = {}) {
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
    window.long = [];
    new PerformanceObserver((list) => window.long.push(...list.getEntries().map((entry) => Math.round(entry.duration)))).observe({ type: "longtask", buffered: true });
    // What the page copies.
    window.copied = [];
    Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied.push(text); } } });
  });
  return page;
}

export const row = (page, name) => page.locator("#rows tr", { has: page.getByRole("button", { name, exact: true }) });
export const cell = (page, name, kind) => row(page, name).locator(`td.${kind}`).innerText();
export const names = (page) => page.locator("#rows .name").allInnerTexts();
export const shot = (page, name) => page.screenshot({ path: `${pictures}/${name}.png` });
export const fits = (page) => page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth);
export const button = (page, name) => page.locator("#rows").getByRole("button", { name, exact: true }).first();

/// Asks until it holds: the page asks the service every two seconds.
export async function until(what, ask) {
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
export async function let_test(word) {
  const line = input[Symbol.asyncIterator]().next();
  console.log(word);
  await line;
}

const axe = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8");

export async function accessible(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  // Rows from the fortieth on are like those before them, and hundreds of them take axe ten seconds.
  const { violations } = await page.evaluate(() => window.axe.run(
    { exclude: [".waterfall > li:nth-child(n + 40)", "#calls tbody tr:nth-child(n + 40)"] },
    { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], resultTypes: ["violations"] },
  ));
  const said = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => `${node.html} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
  assert.deepEqual(said, []);
}

export const policyHolds = async (page) => assert.deepEqual(await page.evaluate(() => window.violations), [], "the policy was violated");

// Beside the table: health checks, objectives, what failed last, the log level.

import { ask } from "./data.js";
import { byId, el, fill, setText } from "./dom.js";
import * as format from "./format.js";

const WORDS = { ok: "ok", pass: "ok", warn: "warn", fail: "fail" };
const word = (status) => WORDS[status] ?? "unknown";
const dot = (status) => el("span", { class: `dot ${word(status)}`, "aria-hidden": "true" });

export function tiles(store, window) {
  const sum = store.summary(window);
  setText(byId("tile-rate"), `${format.rate(sum.rate)} /s`);
  setText(byId("tile-errors"), sum.calls === 0 ? "–" : format.percent(sum.errors / sum.calls));
  byId("tile-errors").classList.toggle("bad", sum.errors > 0);
  setText(byId("tile-flight"), format.whole(sum.flight));
  setText(byId("tile-functions"), `${format.whole(sum.active)} / ${format.whole(store.functions.length)}`);
  setText(byId("tile-failing"), format.whole(sum.failing));
  byId("tile-failing").classList.toggle("bad", sum.failing > 0);
  setText(byId("tile-up"), format.uptime((store.at - store.began) / 1000));
}

/// `{name: [{status, output, observedValue, history}]}` of health+json as a list of checks.
function checksOf(report) {
  return Object.entries(report?.checks ?? {}).map(([name, check]) => {
    const [entry] = Array.isArray(check) ? check : [check];
    return { name, ...entry };
  });
}

function history(runs) {
  const shown = runs.slice(-20);
  const said = `last ${format.plural(shown.length, "run")}: ${shown.filter((run) => word(run.status) !== "ok").length} not ok`;
  const marks = shown.map((run) => {
    const took = run.durationMs === undefined ? "" : `, ${format.duration(run.durationMs / 1000)}`;
    return el("span", { class: `run ${word(run.status)}`, title: `${run.time ?? ""} ${run.status}${took}${run.output ? `: ${run.output}` : ""}` });
  });
  return el("span", { class: "runs", role: "img", "aria-label": said }, ...marks);
}

export function health(report) {
  const status = word(report?.status);
  setText(byId("tile-health"), report ? `${status}${report.output ? ` (${report.output})` : ""}` : "–");
  byId("tile-health").className = status;
  const checks = checksOf(report);
  fill(byId("health"), report?.checks ?? null, () => checks.length === 0
    ? [el("li", { class: "quiet" }, "No checks: Builder::check adds one.")]
    : checks.map((check) => {
      const took = check.durationMs ?? check.observedValue;
      return el("li", {},
        el("div", { class: "line" }, dot(check.status), el("b", {}, check.name),
          el("span", { class: `word ${word(check.status)}` }, word(check.status)),
          check.critical ? el("span", { class: "tag" }, "critical") : null,
          el("span", { class: "end" }, took === undefined ? "" : format.duration(took / 1000))),
        check.output ? el("p", { class: "output" }, check.output) : null,
        check.history?.length > 0 ? history(check.history) : null);
    }));
}

/// The links of a chain, each caused by the next.
export function chain(links, open) {
  if (links.length === 0) return el("p", { class: "quiet" }, "A panic that another function told of.");
  return el("ol", { class: `chain${open ? "" : " short"}` }, ...links.map((link, place) =>
    el("li", {}, place > 0 ? el("span", { class: "quiet" }, "caused by ") : null,
      link.type ? el("code", {}, link.type) : null, " ", link.text)));
}

export function facts(call) {
  const fields = Object.entries(call.fields).map(([name, value]) => el("span", { class: "field" }, el("i", {}, `${name}=`), value));
  const trace = call.trace ? el("span", { class: "field trace" }, el("i", {}, "trace "), el("code", {}, call.trace)) : null;
  return fields.length > 0 || trace ? el("p", { class: "facts" }, ...fields, trace) : null;
}

export function failures(store, open) {
  fill(byId("failures"), [store.process, store.failures], () => store.failures.length === 0
    ? [el("li", { class: "quiet" }, "None since the start.")]
    : store.failures.map((failure) => {
      const of = store.functions[failure.id];
      const key = `${failure.id} ${failure.class} ${failure.chain[0]?.text}`;
      const head = el("div", { class: "line" },
        el("button", { type: "button", class: "name", "data-key": key, onclick: () => open(of) }, of.name),
        failure.class ? el("span", { class: failure.expected ? "tag" : "tag bad" }, failure.class) : null,
        failure.times > 1 ? el("span", { class: "times" }, `×${format.whole(failure.times)}`) : null,
        el("time", { class: "end", datetime: new Date(failure.at).toISOString() }, format.clock(failure.at)));
      return el("li", {}, head, chain(failure.chain, false), facts(failure));
    }));
}

export function objectives(list) {
  byId("objectives").hidden = !Array.isArray(list) || list.length === 0;
  if (byId("objectives").hidden) return;
  fill(byId("objectives-list"), list, () => list.map((one) => {
    // Null before the first call: nothing has been spent.
    const left = Math.max(0, Math.min(1, one.budget_left ?? 1));
    const state = one.alert ? "fail" : left < 0.25 ? "warn" : "ok";
    const bar = el("span", {});
    bar.style.width = `${left * 100}%`;
    const burn = Object.entries(one.burn_rate ?? {}).map(([window, rate]) => `${window} ${rate === null ? "–" : `${Number(rate.toPrecision(2))}×`}`);
    const kind = one.threshold_seconds ? `${one.kind} < ${format.duration(one.threshold_seconds)}` : one.kind;
    return el("li", {},
      el("div", { class: "line" }, dot(state), el("b", {}, one.name), el("span", { class: "quiet" }, `${kind}, ${one.target_percent}%`),
        one.alert ? el("span", { class: "tag bad" }, String(one.alert === true ? "alert" : one.alert)) : null,
        el("span", { class: "end" }, one.budget_left === null ? "no calls yet" : `${format.percent(left)} left`)),
      el("div", { class: `budget ${state}`, role: "img", "aria-label": `${format.percent(left)} of the error budget is left` }, bar),
      el("p", { class: "quiet" }, `burn rate: ${burn.join(", ")}`));
  }));
}

export function level(now) {
  byId("level").hidden = !now;
  if (!now) return;
  const reverts = now.reverts_in_seconds ? `, back to ${now.default} in ${format.uptime(now.reverts_in_seconds)}` : "";
  setText(byId("level-now"), `${now.filter}${reverts}`);
  byId("level-revert").disabled = !now.reverts_in_seconds && now.filter === now.default;
}

/// Lets the form set the level; `changed` is told to look at it again.
export function levelForm(changed) {
  const said = byId("level-said");
  const send = async (options, done) => {
    try {
      await ask("log-level", options);
      setText(said, done);
    } catch (problem) {
      setText(said, `Not changed: ${problem.message}`);
    }
    changed();
  };
  byId("level-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const body = { filter: byId("level-filter").value.trim(), for: byId("level-for").value };
    send({ method: "PUT", body }, `Set to ${body.filter} for ${body.for}.`);
  });
  byId("level-revert").addEventListener("click", () => send({ method: "DELETE" }, "Back to the default."));
}

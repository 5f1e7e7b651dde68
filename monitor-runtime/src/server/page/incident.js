// Incidents: their list, and one in full.

import { breakable, byId, el, fill, time } from "./dom.js";
import { kind } from "./failures.js";
import * as format from "./format.js";
import { OpenedView } from "./opened.js";
import { inFlight, outcome } from "./stories.js";

const seconds = (ms) => format.duration(ms / 1000);
const leftOut = (number, word) => (number > 0 ? el("p", { class: "quiet" }, `${format.plural(number, word)} left out`) : null);

/// Shows the incidents that are kept, each as a link to it.
export function incidents(store) {
  byId("incidents").hidden = store.incidents.length === 0;
  fill(byId("incidents-list"), store.incidents, () => store.incidents.map(([id, at, said, isOpen]) => el("li", {},
    time(at), " ", el("a", { href: `#incident=${id}`, "data-key": `incident ${id}` }, said), " ", isOpen ? el("span", { class: "tag bad" }, "open") : null)));
}

export class IncidentView extends OpenedView {
  /// `story` draws requests; `open` shows a function, `openTrace` a request.
  constructor(store, story, open, openTrace, close) {
    super("incident", "incidents", close);
    Object.assign(this, { store, story, open, openTrace });
  }

  get noun() {
    return "incident";
  }

  /// Closed, and its trigger has ended.
  isOver(one) {
    return !one.open && one.ended !== null;
  }

  titleOf() {
    return ["Incident"];
  }

  parts(one) {
    const { period, service } = one;
    const minutes = Math.round(period.before_seconds / 60);
    const against = period.before_seconds === null ? "no hour before to compare with" : `against the ${minutes < 55 ? `${minutes} min` : "hour"} before`;
    return [
      el("p", { class: "said" }, one.trigger.said),
      el("p", { class: "line" }, one.open ? el("span", { class: "tag bad" }, "open") : null,
        el("span", {}, "began ", time(Date.parse(one.began))),
        el("span", {}, ...(one.ended === null ? ["has not ended"] : ["ended ", time(Date.parse(one.ended))])),
        el("span", { class: "quiet" }, `${service.name} ${service.version}, ${service.host}, pid ${service.pid}`)),
      one.joined.length > 0 ? el("ul", { "aria-label": "Further triggers" }, ...one.joined.map((also) => el("li", {}, "also ", time(Date.parse(also.at)), ` ${also.said}`))) : null,
      el("h3", {}, `Changed in the last ${Math.round(period.seconds)} s, ${against}`),
      one.changed.length > 0 ? el("ol", { class: "changed" }, ...one.changed.map((changed) => this.changed(changed))) : el("p", { class: "quiet" }, "No function"),
      leftOut(one.changed_left_out, "function"),
      el("h3", {}, "Requests around that time"),
      one.requests.length > 0 ? el("ol", { class: "evidence-requests" }, ...one.requests.map((request, place) => this.request(request, place))) : el("p", { class: "quiet" }, "None was kept"),
      leftOut(one.requests_left_out, "request"),
      el("h3", {}, `In flight when it began: ${format.whole(one.calls.in_flight)}`),
      one.calls.requests.length > 0 ? inFlight("incident-calls", one.calls.requests, this.openTrace) : null,
      leftOut(one.calls.left_out, "younger request"),
      el("h3", {}, "Last failures"),
      one.failures.length > 0 ? el("ol", { class: "list" }, ...one.failures.map((failure, place) => this.failure(failure, place))) : el("p", { class: "quiet" }, "None"),
      leftOut(one.failures_left_out, "kind of failure"),
      el("h3", {}, "Checks"),
      one.checks.length > 0 ? el("ul", {}, ...one.checks.map(check)) : el("p", { class: "quiet" }, "None"),
      leftOut(one.checks_left_out, "check"),
    ];
  }

  changed({ function: name, module, changes }) {
    const of = this.store.find(`${module}::${name}`);
    const title = `${module}::${name}`;
    const shown = of ? el("button", { type: "button", class: "name", title, "data-key": `changed ${title}`, onclick: () => this.open(of) }, ...breakable(name)) : el("code", { title }, ...breakable(name));
    return el("li", {}, shown, el("ul", {}, ...changes.map(({ said }) => el("li", {}, said))));
  }

  request(request, place) {
    const key = `request ${request.trace_id} ${request.started}`;
    return el("li", {}, el("details", { "data-key": key },
      el("summary", { "data-key": key }, el("span", { class: "line" }, el("code", {}, ...breakable(request.name)), outcome(request.outcome),
        el("b", {}, seconds(request.duration_ms)), time(Date.parse(request.started), { class: "end" }))),
      el("div", {}, ...this.story.request(request, place).filter(Boolean))));
  }

  failure(failure, place) {
    const shown = {
      ...failure, kind: `incident ${place}`, at: Date.parse(failure.at), since: Date.parse(failure.since), first: !failure.passed_on,
      seconds: null, trace: failure.trace_id ?? "", fields: failure.fields ?? {}, chain: failure.error,
    };
    return kind(this.store, shown, { name: failure.function, module: failure.module }, null, true);
  }
}

function check({ name, status, critical, output }) {
  const word = ["ok", "warn", "fail"].includes(status) ? status : "unknown";
  return el("li", {}, el("span", { class: "line" }, el("span", { class: `dot ${word}`, "aria-hidden": "true" }), el("b", {}, name), el("span", { class: `word ${word}` }, word),
    critical ? el("span", { class: "tag" }, "critical") : null), output ? el("p", { class: "output" }, output) : null);
}

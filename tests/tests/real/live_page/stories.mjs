// A made-up service's requests: hostile names, a tree of 200 calls, and requests in flight.

const TRACE = "0af7651916cd43dd8448eb211c80319c";
export const LONG = "4bf92f3577b34da6a3ce929d0e0e4736";
const HOSTILE = ["<img src=x onerror=alert(1)>", "\u202eright_to_left", "\u{1f9e8}_boom", "a_function_with_one_single_name_that_goes_on_and_on_without_any_sense_of_an_end", "charge"];
const SPANS = 200;

const started = "2026-01-02T03:04:05.678901Z";
const id = (number) => number.toString(16).padStart(16, "0");

/// Returns a tree whose calls lie one within the other up to forty deep, then beside each other.
function spans() {
  return Array.from({ length: SPANS }, (_, place) => ({
    span_id: id(place + 1), parent_id: place === 0 ? null : id(Math.min(place, 40)), depth: Math.min(place, 40), kind: place === 0 ? "request" : place % 9 === 3 ? "span" : "call",
    name: place === 0 ? "GET /orders/{id}" : HOSTILE[place % HOSTILE.length], module: "shop::payment", start_ms: place, duration_ms: place === 199 ? 1 : 500 - place, own_ms: 1.5, ...(place === 0 ? { waiting_ms: 400, scheduled_ms: 50 } : place % 2 === 0 ? { waiting_ms: 150 } : {}),
    outcome: place === 199 ? null : place === 77 ? "error" : place === 78 ? "cancelled" : "ok", class: place === 77 ? "BankDown" : "", fields: place === 77 ? { "<b>": "<i>markup</i>", rtl: "\u202egnp.exe" } : undefined,
    error: place === 77 ? [{ type: "BankError", text: `the bank <script>alert(1)</script> is unavailable ${"x".repeat(400)}` }] : undefined,
  }));
}

const lines = ["DEBUG", "INFO", "ERROR", "TRACE"].map((level, place) => ({
  timestamp: `2026-01-02T03:04:05.${700 + place}000Z`, span_id: id(place + 1), level, target: "shop::a_module_with_a_name_that_goes_on_and_on::payment", logged: level !== "DEBUG",
  message: place === 0 ? `about to charge <script>alert(2)</script> ${"y".repeat(300)}` : `line ${place}`, fields: { order: place, "<b>": "\u202egnp.exe" },
}));

const head = (trace_id, more) => ({ trace_id, name: "GET /orders/{id}", reason: "failed", started, duration_ms: 512.5, outcome: "error", ...more });

export const kept = () => ({ requests: [head(LONG, {}), head(TRACE, { name: "GET /<img src=x onerror=alert(1)>", reason: "slow", outcome: "ok" })] });

export const calls = () => ({
  in_flight: 1300, left_out: 100, requests: Array.from({ length: 1200 }, (_, place) => ({
    trace_id: id(place).repeat(2), name: "POST /customers/{customer}/orders/{order}/positions/{position}", age_ms: 90_000 - place,
    calls: HOSTILE.map((name, depth) => ({ name, depth: depth + 1, age_ms: 80_000 - place, fields: { id: place } })),
  })),
});

const INCIDENT = "20260102T030405Z-1";

export const incidentLines = (at) => [
  [INCIDENT, at - 5_000, "objective `api` burns 22 times its budget over 1h (limit 14.4)", true],
  ["20260102T010203Z-2", at - 900_000, "check `<img src=x onerror=alert(1)>` fails: no route to host", false],
  ["20260102T000102Z-3", at - 4_000_000, `\`${HOSTILE[3]}\` has a call open for 612 s`, false],
];

const failures = (more) => ({ function: "charge", module: "shop::payment", class: "BankDown", times: 500, since: started, at: started, passed_on: false, expected: false, error: [{ type: "BankError", text: "the bank <script>alert(1)</script> is unavailable" }], ...more });

/// Returns an incident with all that one can have; null for one that is no longer kept.
export const incident = (id) => (id === INCIDENT ? {
  id, open: true, began: started, ended: null,
  trigger: { kind: "objective", name: "api (success rate)", said: "objective `api` burns 22 times its budget over 1h (limit 14.4)", at: started },
  joined: [{ kind: "check", name: "database", said: `check \`database\` fails: ${"x".repeat(300)}`, at: started }],
  service: { name: "shop", version: "1.4.2", commit: "0123456789abcdef", host: "shop-7d9f8b6c5-x2x4z", pid: 14514 }, period: { seconds: 62, before_seconds: 3600 },
  changed: [["charge", "shop::payment"], ...HOSTILE.slice(0, 4).map((name) => [name, "shop"])].map(([name, module]) => ({
    function: name, module,
    changes: [{ kind: "errors", now: 120, before: 3, ratio: 40, class: "BankDown", said: "errors 40 × those of the hour before, class `BankDown`" }, { kind: "duration", now: 812, before: 101, ratio: 8, said: "mean duration 8 × that of the hour before (812.0 ms, 101.0 ms before)" }],
  })),
  changed_left_out: 0, requests: [whole(LONG).requests[0], { ...whole(LONG).requests[0], ...head(TRACE, { name: "GET /<img src=x onerror=alert(1)>", outcome: "ok" }), spans: spans().slice(0, 3) }], requests_left_out: 7,
  calls: { ...calls(), left_out: 1200, requests: calls().requests.slice(0, 100) }, failures: [failures({ fields: { "<b>": "<i>markup</i>" }, trace_id: LONG }), failures({ function: "find", class: "", passed_on: true })], failures_left_out: 0,
  health: { status: "warn", output: null }, checks: [{ name: "database", status: "fail", critical: true, output: "no <b>answer</b> within 2 s" }, { name: "cache", status: "ok", critical: false }], checks_left_out: 0,
} : null);

export const whole = (trace_id) => (trace_id === LONG
  ? { trace_id, requests: [{ ...head(trace_id, {}), spans_left_out: 12, details_left_out: 1, spans: spans(), lines, lines_left_out: 3 }] }
  : null);

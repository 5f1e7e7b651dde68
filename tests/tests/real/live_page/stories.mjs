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
    name: place === 0 ? "GET /orders/{id}" : HOSTILE[place % HOSTILE.length], module: "shop::payment", start_ms: place, duration_ms: place === 199 ? 1 : 500 - place, own_ms: 1.5,
    outcome: place === 199 ? null : place === 77 ? "error" : place === 78 ? "cancelled" : "ok", class: place === 77 ? "BankDown" : "", fields: place === 77 ? { "<b>": "<i>markup</i>", rtl: "\u202egnp.exe" } : undefined,
    error: place === 77 ? [{ type: "BankError", text: `the bank <script>alert(1)</script> is unavailable ${"x".repeat(400)}` }] : undefined,
  }));
}

const head = (trace_id, more) => ({ trace_id, name: "GET /orders/{id}", reason: "failed", started, duration_ms: 512.5, outcome: "error", ...more });

export const kept = () => ({ requests: [head(LONG, {}), head(TRACE, { name: "GET /<img src=x onerror=alert(1)>", reason: "slow", outcome: "ok" })] });

export const calls = () => ({
  in_flight: 1300, left_out: 100, requests: Array.from({ length: 1200 }, (_, place) => ({
    trace_id: id(place).repeat(2), name: "POST /customers/{customer}/orders/{order}/positions/{position}", age_ms: 90_000 - place,
    calls: HOSTILE.map((name, depth) => ({ name, depth: depth + 1, age_ms: 80_000 - place, fields: { id: place } })),
  })),
});

export const whole = (trace_id) => (trace_id === LONG
  ? { trace_id, requests: [{ ...head(trace_id, {}), spans_left_out: 12, details_left_out: 1, spans: spans() }] }
  : null);

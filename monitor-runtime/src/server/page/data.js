// Sends requests with the token, if there is one, and a time-out, and repeats them later without an answer.

const TOKEN = "monitor-token";
const EVERY = 2000;
const LONGEST = 15000;
const PATIENCE = 10000;

export const token = {
  get: () => sessionStorage.getItem(TOKEN),
  set: (value) => sessionStorage.setItem(TOKEN, value),
  forget: () => sessionStorage.removeItem(TOKEN),
};

/// The reason why a request has no data; `status` is 0 without an answer.
export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

/// Sends a request and returns the JSON of its answer; with `any`, for every status.
export async function ask(path, { method = "GET", body, any = false } = {}) {
  const headers = { Accept: "application/json" };
  if (token.get()) headers.Authorization = `Bearer ${token.get()}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, {
      method, headers, cache: "no-store", credentials: "omit",
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch (problem) {
    throw new Refused(0, problem.name === "TimeoutError" ? "no answer within 10 s" : "no answer");
  }
  const isJson = /[/+]json/.test(answer.headers.get("Content-Type") ?? "");
  const isDenied = answer.status === 401 || answer.status === 403;
  if (!answer.ok && !(any && isJson && !isDenied)) {
    throw new Refused(answer.status, (await answer.text().catch(() => "")).trim());
  }
  // A service that ends in the middle of its answer has not answered.
  const text = await answer.text().catch(() => null);
  if (text === null) throw new Refused(0, "half an answer");
  return text === "" ? null : isJson ? JSON.parse(text) : text;
}

/// Repeats a request while the page is visible, at growing intervals without an answer.
export class Poll {
  constructor(round, waiting) {
    this.round = round;
    this.waiting = waiting;
    this.failures = 0;
    this.paused = false;
    this.stopped = false;
    document.addEventListener("visibilitychange", () => this.wake());
  }

  get isResting() {
    return this.paused || this.stopped || document.hidden;
  }

  wake() {
    clearTimeout(this.timer);
    if (!this.running && !this.isResting) this.run();
  }

  async run() {
    this.running = true;
    let pause = EVERY;
    try {
      await this.round();
      this.failures = 0;
    } catch (problem) {
      if (!(problem instanceof Refused)) console.error(problem);
      pause = Math.min(LONGEST, 1000 * 2 ** this.failures);
      this.failures += 1;
      this.waiting(problem, pause);
    }
    this.running = false;
    if (!this.isResting) this.timer = setTimeout(() => this.wake(), pause);
  }
}

// Formats numbers, times and texts for people.

const digits = (value) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);
const short = (value) => String(Number(value.toFixed(digits(value))));

/// Formats a duration: "850 µs", "1.25 ms", "3.2 s", "4 min".
export function duration(seconds) {
  if (seconds >= 5400) return `${short(seconds / 3600)} h`;
  if (seconds >= 90) return `${short(seconds / 60)} min`;
  if (seconds >= 1) return `${short(seconds)} s`;
  if (seconds >= 0.001) return `${short(seconds * 1000)} ms`;
  return seconds === 0 ? "0" : `${short(seconds * 1e6)} µs`;
}

/// Formats a quantile. Below the first bound and beyond the last one, only that is known.
export function quantile(seconds, bounds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 0) return `>${duration(-seconds)}`;
  if (seconds <= bounds[0]) return `<${duration(bounds[0])}`;
  return duration(seconds);
}

export function rate(perSecond) {
  if (perSecond === 0) return "0";
  if (perSecond >= 1e6) return `${short(perSecond / 1e6)} M`;
  if (perSecond >= 1e4) return `${short(perSecond / 1e3)} k`;
  return perSecond < 0.01 ? "<0.01" : short(perSecond);
}

const grouped = new Intl.NumberFormat("en");
export const whole = (number) => (number < 1000 ? String(number) : grouped.format(number));

export function percent(share) {
  if (share === 0) return "0%";
  return share < 0.001 ? "<0.1%" : `${short(share * 100)}%`;
}

/// Formats the share of the time in which calls ran: "12% running, 88% waiting".
export const shares = (running) => `${percent(running)} running, ${percent(1 - running)} waiting`;

/// Formats bytes: "512 KiB", "48.2 MiB".
export function bytes(number) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, number)) / 10));
  return `${short(number / 1024 ** unit)} ${units[unit]}`;
}

const two = (number) => String(number).padStart(2, "0");
const date = (time) => `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
const hours = (time) => `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;

/// Returns the zone of the browser's times: "UTC", "UTC+05:30".
export function zone(at = Date.now()) {
  const minutes = -new Date(at).getTimezoneOffset();
  if (minutes === 0) return "UTC";
  return `UTC${minutes < 0 ? "-" : "+"}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

/// Formats milliseconds since 1970 as the time of day, with the date if it is not today's.
export function clock(at) {
  const time = new Date(at);
  const isToday = time.toDateString() === new Date().toDateString();
  return isToday ? hours(time) : `${date(time)} ${hours(time)}`;
}

/// Formats the time with date and zone, and as in the log.
export function moment(at) {
  const time = new Date(at);
  const utc = time.toISOString();
  const here = `${date(time)} ${hours(time)} ${zone(at)}`;
  return zone(at) === "UTC" ? here : `${here} (${utc.slice(0, 10)} ${utc.slice(11, 19)} UTC)`;
}

/// Formats a running time: "4 d 3 h", "2 h 5 min", "12 s".
export function uptime(seconds) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  let rest = Math.max(0, Math.floor(seconds));
  const said = [];
  for (const [length, unit] of parts) {
    const number = Math.floor(rest / length);
    rest %= length;
    if (number > 0) said.push(`${number} ${unit}`);
    if (said.length === 2 || (said.length === 1 && number === 0)) break;
  }
  return said.join(" ") || "0 s";
}

export const plural = (number, word) => `${whole(number)} ${word}${number === 1 ? "" : "s"}`;

/// Formats a factor: "72×", "1.5×".
export const times = (factor) => `${Number(factor.toPrecision(2))}×`;

/// Splits a doc comment into paragraphs of text without Markdown; code in it is `{ code }`.
export function paragraphs(markdown) {
  const blocks = markdown.replace(/^```.*$/gm, "").split(/\n\s*\n/).map((block) => block.trim()).filter(Boolean);
  return blocks.map((block) => {
    const text = block
      .replace(/^#{1,6}\s+/gm, "")
      .replace(/^\s*[*-]\s+/gm, "• ")
      .replace(/\[([^\][]+)\](?:\([^)]*\)|\[[^\]]*\])?/g, "$1")
      .replace(/(\*\*|__)(?=\S)(.+?)\1/g, "$2")
      .replace(/(^|\s)[*_](?=\S)([^*_]+)[*_](?=\W|$)/g, "$1$2");
    return text.split(/(`[^`]+`)/).filter(Boolean).map((part) =>
      (part.length > 2 && part.startsWith("`") && part.endsWith("`") ? { code: part.slice(1, -1) } : part.replaceAll("`", "")));
  });
}

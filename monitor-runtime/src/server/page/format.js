// Numbers as a person reads them.

const digits = (value) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);
const short = (value) => String(Number(value.toFixed(digits(value))));

/// A duration: "850 µs", "1.25 ms", "3.2 s", "4 min".
export function duration(seconds) {
  if (seconds >= 5400) return `${short(seconds / 3600)} h`;
  if (seconds >= 90) return `${short(seconds / 60)} min`;
  if (seconds >= 1) return `${short(seconds)} s`;
  if (seconds >= 0.001) return `${short(seconds * 1000)} ms`;
  return `${short(seconds * 1e6)} µs`;
}

/// A quantile: below the first bound and beyond the last one knows no more than that.
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

/// Milliseconds since 1970 as the time of day.
export function clock(at) {
  const time = new Date(at);
  const two = (number) => String(number).padStart(2, "0");
  const day = time.toDateString() === new Date().toDateString();
  const hours = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return day ? hours : `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${hours}`;
}

/// How long something has gone on: "4 d 3 h", "2 h 5 min", "12 s".
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

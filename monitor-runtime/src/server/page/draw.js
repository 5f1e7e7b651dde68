// Draws the pictures of calls and durations over ten minutes, and describes their points.

import * as format from "./format.js";

const colours = {};

/// Reads the colours of the style sheet: at the start, and when the scheme changes.
export function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ok", "error", "cancelled", "grid"]) colours[name] = style.getPropertyValue(`--${name}`).trim();
  colours.light = parseFloat(style.getPropertyValue("--heat-light"));
  colours.buckets = new Map();
}

/// Returns the size of a canvas in CSS pixels. Reading it makes the browser lay out all changes, so
/// it is read once for many canvases of one kind.
export const sizeOf = (canvas) => ({ width: canvas.clientWidth, height: canvas.clientHeight });

/// Clears a canvas and scales it, so that drawing uses CSS pixels.
function prepare(canvas, { width, height }, ratio) {
  const [wide, high] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/// Returns the position of a column; the newest is at the right.
const place = (column, { latest, length, span }) => span - 1 - Math.round((latest - column.at) / 1000 / length);

/// Returns a digit of the heat: the number of bits of a bucket's calls.
export function bitsOf(heat, offset) {
  const code = heat.charCodeAt(offset);
  return code < 58 ? code - 48 : code - 87;
}

const callsOf = (column) => column.ok + column.error + column.cancelled;
const rateOf = (column) => callsOf(column) / column.seconds;

/// Returns the highest rate of a history, which is the top of its picture.
export const highest = (history) => history.reduce((most, column) => Math.max(most, rateOf(column)), 0);

export function sparkline(canvas, size, history, time) {
  const context = prepare(canvas, size, devicePixelRatio || 1);
  const { width, height } = size;
  const step = width / time.span;
  const wide = Math.max(0.8, step - (step > 3 ? 0.8 : 0.15));
  const most = highest(history);
  context.fillStyle = colours.grid;
  context.fillRect(0, height - 1, width, 1);
  // Stacked, and each colour in one pass.
  const tops = history.map(() => height - 1);
  for (const name of ["error", "cancelled", "ok"]) {
    context.fillStyle = colours[name];
    history.forEach((column, index) => {
      if (column[name] === 0) return;
      const all = Math.max(1.5, (rateOf(column) / most) * (height - 2));
      const part = Math.max(name === "ok" ? 0 : 2, (all * column[name]) / callsOf(column));
      tops[index] -= part;
      context.fillRect(place(column, time) * step, tops[index], wide, part);
    });
  }
}

/// Returns a colour from teal for a millisecond to red for ten seconds and more, as red, green and blue.
function heatColour(seconds) {
  const slow = Math.min(1, Math.max(0, (Math.log10(seconds) + 3) / 4));
  const [hue, light] = [190 - 190 * slow, colours.light];
  // CSS Color 4, 7.1: HSL to sRGB.
  const part = (n) => {
    const k = (n + hue / 30) % 12;
    return 255 * (light - 0.72 * Math.min(light, 1 - light) * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [part(0), part(8), part(4)];
}

/// Returns the buckets of a picture of latencies, from the lowest to the highest.
export function bucketsOf(history, bounds) {
  let [low, high] = [Infinity, 0];
  for (const column of history) {
    low = Math.min(low, column.first);
    high = Math.max(high, column.first + column.heat.length - 1);
  }
  // A function without calls has no used buckets.
  if (history.length === 0) [low, high] = [0, 0];
  // A small number of buckets would be drawn as thick bars, and look like many calls.
  while (high - low < 5 && (low > 0 || high < bounds.length)) {
    if (low > 0) low -= 1;
    if (high - low < 5 && high < bounds.length) high += 1;
  }
  return [low, high];
}

/// Draws one point per column and bucket, which the style sheet enlarges.
export function heat(canvas, history, time, bounds) {
  const [low, high] = bucketsOf(history, bounds);
  let most = 1;
  for (const column of history) for (let offset = 0; offset < column.heat.length; offset += 1) most = Math.max(most, bitsOf(column.heat, offset));
  const rows = Math.max(1, high - low + 1);
  const context = prepare(canvas, { width: time.span, height: rows }, 1);
  const points = context.createImageData(time.span, rows);
  const all = coloursOf(bounds);
  for (const column of history) {
    const x = place(column, time);
    if (x < 0 || x >= time.span) continue;
    for (let offset = 0; offset < column.heat.length; offset += 1) {
      const bits = bitsOf(column.heat, offset);
      if (bits === 0) continue;
      const bucket = column.first + offset;
      const [red, green, blue] = all[bucket];
      const at = 4 * ((rows - 1 - (bucket - low)) * time.span + x);
      points.data[at] = red;
      points.data[at + 1] = green;
      points.data[at + 2] = blue;
      points.data[at + 3] = 255 * (0.25 + (0.75 * bits) / most);
    }
  }
  context.putImageData(points, 0, 0);
}

/// Returns the colours of a list of bounds, computed once.
function coloursOf(bounds) {
  const all = colours.buckets.get(bounds) ?? [...bounds, 2 * (bounds.at(-1) ?? 1)].map(heatColour);
  colours.buckets.set(bounds, all);
  return all;
}

/// Returns the upper bound of a bucket: "≤5 ms", ">10 s" for the last one.
export const boundName = (bounds, bucket) => (bounds[bucket] === undefined ? `>${format.duration(bounds.at(-1) ?? 0)}` : `≤${format.duration(bounds[bucket])}`);

/// Returns the bounds between which the calls of a column were: "1 ms to 5 ms".
function spread(column, bounds) {
  const used = [...column.heat].map((digit, offset) => (digit === "0" ? -1 : column.first + offset)).filter((bucket) => bucket >= 0);
  if (used.length === 0 || bounds.length === 0) return "";
  const from = used[0] === 0 ? "0" : format.duration(bounds[used[0] - 1]);
  const to = bounds[used.at(-1)] === undefined ? `more than ${format.duration(bounds.at(-1))}` : format.duration(bounds[used.at(-1)]);
  return `, ${from} to ${to}`;
}

/// Describes a column of a picture; columns count from the left.
export function describe(history, time, at, bounds) {
  const column = history.find((column) => place(column, time) === at);
  const ended = time.latest - (time.span - 1 - at) * time.length * 1000;
  const when = `${format.clock(ended)}: `;
  if (!column) return `${when}no calls`;
  const parts = [`${format.rate(rateOf(column))} calls/s`, column.error > 0 ? format.plural(column.error, "error") : "", column.cancelled > 0 ? `${format.whole(column.cancelled)} cancelled` : ""];
  return when + parts.filter(Boolean).join(", ") + spread(column, bounds);
}

/// Describes a whole history, as the alternative text of both pictures.
export function summarize(history, time, bounds) {
  const span = format.duration(time.span * time.length);
  if (history.length === 0) return `No calls in the last ${span}`;
  const sum = (name) => history.reduce((all, column) => all + column[name], 0);
  const [low, high] = history.reduce(([low, high], column) => [Math.min(low, column.first), Math.max(high, column.first + column.heat.length - 1)], [Infinity, 0]);
  const took = bounds.length === 0 ? "" : `, from ${low === 0 ? "0" : format.duration(bounds[low - 1])} to ${bounds[high] === undefined ? `more than ${format.duration(bounds.at(-1))}` : format.duration(bounds[high])}`;
  return `Last ${span}: at most ${format.rate(highest(history))} calls/s, ${format.plural(sum("error"), "error")}, ${format.whole(sum("cancelled"))} cancelled${took}`;
}

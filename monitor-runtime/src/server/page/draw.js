// The pictures in a row: calls over ten minutes, and how long they took.

const colours = {};

/// Reads the colours of the style sheet: at the start, and when the scheme changes.
export function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ok", "error", "cancelled", "grid"]) colours[name] = style.getPropertyValue(`--${name}`).trim();
  colours.light = parseFloat(style.getPropertyValue("--heat-light"));
  colours.buckets = new Map();
}

/// The size of a canvas in CSS pixels. To ask makes the browser lay out all that has changed, so
/// it is asked once for many canvases of one kind.
export const sizeOf = (canvas) => ({ width: canvas.clientWidth, height: canvas.clientHeight });

/// A canvas of so many points, emptied; what is drawn counts in CSS pixels.
function prepare(canvas, { width, height }, ratio) {
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/// Where a column stands: the newest at the right.
const place = (column, { latest, length, span }) => span - 1 - Math.round((latest - column.at) / 1000 / length);

export function sparkline(canvas, size, history, time) {
  const context = prepare(canvas, size, devicePixelRatio || 1);
  const { width, height } = size;
  const step = width / time.span;
  const wide = Math.max(0.8, step - (step > 3 ? 0.8 : 0.15));
  const rate = (column) => (column.ok + column.error + column.cancelled) / column.seconds;
  const most = history.reduce((most, column) => Math.max(most, rate(column)), 0);
  context.fillStyle = colours.grid;
  context.fillRect(0, height - 1, width, 1);
  // One on top of the other, and each colour in one go.
  const tops = history.map(() => height - 1);
  for (const name of ["error", "cancelled", "ok"]) {
    context.fillStyle = colours[name];
    history.forEach((column, index) => {
      if (column[name] === 0) return;
      const all = Math.max(1.5, (rate(column) / most) * (height - 2));
      const part = Math.max(name === "ok" ? 0 : 2, (all * column[name]) / (column.ok + column.error + column.cancelled));
      tops[index] -= part;
      context.fillRect(place(column, time) * step, tops[index], wide, part);
    });
  }
}

/// From teal for a millisecond to red for ten seconds and more, as red, green and blue.
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

/// A point per column and bucket, which the style sheet makes as large as they have to be.
export function heat(canvas, history, time, bounds) {
  let [low, high, most] = [Infinity, 0, 1];
  for (const column of history) {
    low = Math.min(low, column.first);
    high = Math.max(high, column.first + column.heat.length - 1);
    for (const digit of column.heat) most = Math.max(most, parseInt(digit, 36));
  }
  // A function that was not called has no buckets to speak of.
  if (history.length === 0) [low, high] = [0, 0];
  // Few buckets would be as thick as bars, and look like many calls.
  while (high - low < 5 && (low > 0 || high < bounds.length)) {
    if (low > 0) low -= 1;
    if (high - low < 5 && high < bounds.length) high += 1;
  }
  const rows = Math.max(1, high - low + 1);
  const context = prepare(canvas, { width: time.span, height: rows }, 1);
  const points = context.createImageData(time.span, rows);
  for (const column of history) {
    const x = place(column, time);
    if (x < 0 || x >= time.span) continue;
    for (let offset = 0; offset < column.heat.length; offset += 1) {
      const bits = parseInt(column.heat[offset], 36);
      if (bits === 0) continue;
      const bucket = column.first + offset;
      const alpha = 255 * (0.25 + (0.75 * bits) / most);
      points.data.set([...colourOf(bounds, bucket), alpha], 4 * ((rows - 1 - (bucket - low)) * time.span + x));
    }
  }
  context.putImageData(points, 0, 0);
}

/// The colours of a list of bounds, worked out once.
function colourOf(bounds, bucket) {
  const all = colours.buckets.get(bounds) ?? [...bounds, 2 * (bounds.at(-1) ?? 1)].map(heatColour);
  colours.buckets.set(bounds, all);
  return all[bucket];
}

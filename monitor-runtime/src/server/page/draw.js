// The pictures in a row: calls over ten minutes, and how long they took.

const colours = {};

/// Reads the colours of the style sheet: at the start, and when the scheme changes.
export function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ok", "error", "cancelled", "grid"]) colours[name] = style.getPropertyValue(`--${name}`).trim();
  colours.light = style.getPropertyValue("--heat-light").trim();
}

/// A canvas as sharp as the screen, emptied; what is drawn counts in CSS pixels.
function prepare(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/// Where a column stands: the newest at the right.
const place = (column, { latest, length, span }) => span - 1 - Math.round((latest - column.at) / 1000 / length);

export function sparkline(canvas, history, time) {
  const { context, width, height } = prepare(canvas);
  const step = width / time.span;
  const rate = (column) => (column.ok + column.error + column.cancelled) / column.seconds;
  const most = history.reduce((most, column) => Math.max(most, rate(column)), 0);
  context.fillStyle = colours.grid;
  context.fillRect(0, height - 1, width, 1);
  if (most === 0) return;
  for (const column of history) {
    const x = place(column, time) * step;
    let y = height - 1;
    const all = column.ok + column.error + column.cancelled;
    const whole = Math.max(1.5, (rate(column) / most) * (height - 2));
    for (const [name, calls] of [["error", column.error], ["cancelled", column.cancelled], ["ok", column.ok]]) {
      if (calls === 0) continue;
      const part = Math.max(name === "ok" ? 0 : 2, (whole * calls) / all);
      context.fillStyle = colours[name];
      context.fillRect(x, y - part, Math.max(0.8, step - (step > 3 ? 0.8 : 0.15)), part);
      y -= part;
    }
  }
}

/// From teal for a millisecond to red for ten seconds and more.
function heatColour(seconds, density) {
  const slow = Math.min(1, Math.max(0, (Math.log10(seconds) + 3) / 4));
  return `hsl(${190 - 190 * slow} 72% ${colours.light} / ${0.25 + 0.75 * density})`;
}

export function heat(canvas, history, time, bounds) {
  const { context, width, height } = prepare(canvas);
  let [low, high, most] = [Infinity, 0, 1];
  for (const column of history) {
    low = Math.min(low, column.first);
    high = Math.max(high, column.first + column.heat.length - 1);
    for (const digit of column.heat) most = Math.max(most, parseInt(digit, 36));
  }
  context.fillStyle = colours.grid;
  context.fillRect(0, height - 1, width, 1);
  if (low > high) return;
  // Few buckets would be as thick as bars, and look like many calls.
  while (high - low < 5 && (low > 0 || high < bounds.length)) {
    if (low > 0) low -= 1;
    if (high - low < 5 && high < bounds.length) high += 1;
  }
  const rows = high - low + 1;
  const [step, thick] = [width / time.span, (height - 2) / rows];
  for (const column of history) {
    const x = place(column, time) * step;
    [...column.heat].forEach((digit, offset) => {
      const bits = parseInt(digit, 36);
      if (bits === 0) return;
      const bucket = column.first + offset;
      context.fillStyle = heatColour(bounds[bucket] ?? bounds.at(-1) * 2 ?? 1, bits / most);
      context.fillRect(x, height - 1 - (bucket - low + 1) * thick, Math.max(0.9, step), Math.max(1, thick - 0.3));
    });
  }
}

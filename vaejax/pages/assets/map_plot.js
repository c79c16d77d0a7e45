// What is seen: the part of the map, the songs in it, and above them, on a canvas of its
// own, what follows the pointer and the keyboard.

const above = byId("map");
const plot = byId("plot");
const view = { x: 0.5, y: -0.5, scale: 1, whole: 1, moved: false }; // pixels a unit
let size = { width: 0, height: 0, ratio: 1 }; // of the plot in CSS pixels
let paint = { groups: [], of: new Uint8Array(0) };
let queue = new Uint32Array(0); // songs that are drawn, from the bottom to the top
let stamp = new Uint8Array(0); // which colour a song has: its group's, or faint
let path = null; // of the lasso under way: [[x, y], ...] in CSS pixels
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// Songs are drawn in an order that has nothing to do with theirs, so that of two that
// overlap no cluster is always the upper one.
const SHUFFLED = Uint32Array.from(Array(N).keys()).sort(
  (a, b) => (Math.imul(a + 1, 2654435761) >>> 0) - (Math.imul(b + 1, 2654435761) >>> 0),
);

const toX = (x) => (x - view.x) * view.scale + size.width / 2;
const toY = (y) => (y - view.y) * view.scale + size.height / 2;

/** The radius of a disc in CSS pixels: smaller in a crowd, larger near by. */
function radius() {
  const still = Math.min(6, Math.max(2, 240 / Math.sqrt(N)));
  const closer = Math.min(2.4, Math.max(0.8, (view.scale / view.whole) ** 0.4));
  return Math.round(4 * still * closer) / 4;
}

/** Chooses what is drawn, in which colour and order; for a change of what is shown. */
function arrange() {
  const lit = standingOut();
  const faint = paint.groups.length;
  const layers = [[], [], []]; // below: what is not meant; then grey; then colours
  stamp = new Uint8Array(N);
  for (const i of SHUFFLED) {
    if (!shown[i]) continue;
    const dim = lit && !lit.has(i);
    const grey = isGrey(paint.groups[paint.of[i]]);
    stamp[i] = dim ? faint : paint.of[i];
    layers[dim ? 0 : grey ? 1 : 2].push(i);
  }
  queue = Uint32Array.from(layers.flat());
  redraw();
}

const isGrey = (group) => group.colour === OTHER || group.colour === ASIDE[mode()];

let waiting = false;

/** Draws both canvases at the next frame, once however often it is asked for. */
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    drawPoints();
    drawAbove();
  });
}

/** Rings about the song at the pointer, at the keyboard, in the panel; the lasso. */
function drawAbove() {
  const context = above.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  const [ink, ground] = ["--ink", "--paper"].map((name) =>
    style.getPropertyValue(name),
  );
  const accent = style.getPropertyValue("--accent");
  context.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  const { selected, focused } = state;
  if (selected >= 0 && shown[selected]) {
    for (const i of nearest(selected)) drawLine(context, selected, i, accent);
    for (const i of nearest(selected))
      if (shown[i]) drawRing(context, i, 2, 1.5, accent);
    drawRing(context, selected, 4, 5, ground);
    drawRing(context, selected, 4, 3, ink);
  }
  if (focused >= 0 && shown[focused] && focused !== selected) {
    drawRing(context, focused, 3, 4.5, ground);
    drawRing(context, focused, 3, 2.5, accent);
  }
  if (hovered >= 0) drawRing(context, hovered, 2, 2, ink);
  if (path) drawLasso(context, accent);
}

function drawRing(context, song, gap, width, colour) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  context.arc(toX(X[song]), toY(Y[song]), radius() + gap, 0, 2 * Math.PI);
  context.stroke();
}

function drawLine(context, a, b, colour) {
  if (!shown[b]) return;
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(toX(X[a]), toY(Y[a]));
  context.lineTo(toX(X[b]), toY(Y[b]));
  context.stroke();
}

function drawLasso(context, colour) {
  context.beginPath();
  for (const [x, y] of path) context.lineTo(x, y);
  context.closePath();
  context.globalAlpha = 0.12;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.stroke();
  context.setLineDash([]);
}

/** Makes the canvases as large as their place, in pixels of the screen. */
function resize() {
  const { clientWidth: width, clientHeight: height } = plot;
  size = { width, height, ratio: devicePixelRatio || 1 };
  for (const canvas of [points, above]) {
    canvas.width = Math.round(width * size.ratio);
    canvas.height = Math.round(height * size.ratio);
  }
  view.moved ? redraw() : fit();
}

/** Shows the whole map. */
function fit() {
  const span = (values) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const [wide, high] = [span(X), span(Y)];
  const margin = 2 * Math.min(32, size.width / 10);
  const scale = Math.min((size.width - margin) / wide, (size.height - margin) / high);
  const whole = isFinite(scale) && scale > 0 ? scale : 1;
  Object.assign(view, { x: wide / 2, y: -high / 2, scale: whole, whole, moved: false });
  redraw();
}

/** Zooms by a factor about a place of the screen, which stays where it is. */
function zoom(factor, x = size.width / 2, y = size.height / 2) {
  const scale = Math.min(
    200 * view.whole,
    Math.max(0.5 * view.whole, view.scale * factor),
  );
  const shift = 1 / view.scale - 1 / scale;
  view.x += (x - size.width / 2) * shift;
  view.y += (y - size.height / 2) * shift;
  view.scale = scale;
  view.moved = true;
  redraw();
}

/** Moves what is seen by so many pixels. */
function pan(x, y) {
  view.x -= x / view.scale;
  view.y -= y / view.scale;
  view.moved = true;
  redraw();
}

/** Brings a song into the middle, unless it is well inside already. */
function bringIn(song) {
  const [x, y] = [toX(X[song]), toY(Y[song])];
  const [w, h] = [size.width, size.height];
  if (x > 0.1 * w && x < 0.9 * w && y > 0.1 * h && y < 0.9 * h) return;
  glide(w / 2 - x, h / 2 - y);
}

/** Pans in a quarter of a second, or at once for who wants no motion. */
function glide(x, y) {
  if (calm.matches) return pan(x, y);
  const start = performance.now();
  let done = 0;
  const step = (now) => {
    const t = Math.min(1, Math.max(0, now - start) / 250);
    const share = t * (2 - t);
    pan(x * (share - done), y * (share - done));
    done = share;
    if (t < 1) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

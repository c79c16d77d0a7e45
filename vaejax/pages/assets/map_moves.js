// The pointer and the keyboard on the map.

const TOUCH = { mouse: 7, pen: 9, touch: 16 }; // pixels about a point that still hit it
const pointers = new Map(); // those that are down: {id: [x, y]}
let start = null; // where the only pointer went down: [x, y]
let dragging = false;
let lassoing = false; // whether the next drag is a lasso

/** The song that is shown nearest to a place within `reach` pixels of its edge; or -1. */
function songAt(x, y, reach) {
  let best = -1;
  let least = (radius() + reach) ** 2;
  for (let i = 0; i < N; i++) {
    if (!shown[i]) continue;
    const distance = (toX(X[i]) - x) ** 2 + (toY(Y[i]) - y) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

/** The nearest song that lies more in this direction than aside of it; or -1. */
function songBeyond(song, [dx, dy]) {
  let best = -1;
  let least = Infinity;
  for (let i = 0; i < N; i++) {
    const ahead = (X[i] - X[song]) * dx + (Y[i] - Y[song]) * dy;
    const aside = Math.abs((X[i] - X[song]) * dy) + Math.abs((Y[i] - Y[song]) * dx);
    if (!shown[i] || ahead <= 0 || aside > ahead) continue;
    const distance = ahead * ahead + 2 * aside * aside;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

/** The songs shown within a closed path of the screen, by the even-odd rule. */
function songsWithin(polygon) {
  const inside = new Set();
  for (let i = 0; i < N; i++) {
    const [x, y] = [toX(X[i]), toY(Y[i])];
    let odd = false;
    polygon.forEach(([ax, ay], j) => {
      const [bx, by] = polygon.at(j - 1);
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
    });
    if (odd && shown[i]) inside.add(i);
  }
  return inside;
}

function setLasso(on) {
  lassoing = on;
  byId("lasso").setAttribute("aria-pressed", on);
  above.classList.toggle("lasso", on);
}

function place(event) {
  const box = above.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

above.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  above.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, place(event));
  hover(-1);
  dragging = pointers.size > 1;
  start = place(event);
  path = pointers.size === 1 && (lassoing || event.shiftKey) ? [start] : null;
});

above.addEventListener("pointermove", (event) => {
  const here = place(event);
  const before = pointers.get(event.pointerId);
  if (!before) {
    if (!pointers.size) hover(songAt(...here, TOUCH.mouse), event);
    return;
  }
  if (pointers.size === 2) pinch(event.pointerId, before, here);
  else if (dragging || Math.hypot(here[0] - start[0], here[1] - start[1]) > 4) {
    drag(dragging ? before : start, here);
  } else return;
  pointers.set(event.pointerId, here);
});

function drag([fromX, fromY], [x, y]) {
  dragging = true;
  if (path) {
    path.push([x, y]);
    return redraw();
  }
  above.classList.add("moving");
  pan(x - fromX, y - fromY);
}

/** Two fingers: zooms by their distance, about the one that rests, and moves along. */
function pinch(id, before, here) {
  path = null;
  const [, other] = [...pointers].find(([key]) => key !== id);
  const apart = ([x, y]) => Math.max(8, Math.hypot(x - other[0], y - other[1]));
  zoom(apart(here) / apart(before), ...other);
}

function lift(event) {
  if (!pointers.delete(event.pointerId)) return;
  above.classList.remove("moving");
  if (pointers.size) return;
  if (path && dragging) {
    gather(songsWithin(path));
  } else if (!dragging && event.type === "pointerup") {
    const song = songAt(...place(event), TOUCH[event.pointerType] ?? TOUCH.mouse);
    if (song >= 0) select(song, "song");
  }
  path = null;
  redraw();
}
above.addEventListener("pointerup", lift);
above.addEventListener("pointercancel", lift);
above.addEventListener("pointerleave", () => hover(-1));

above.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const lines = event.deltaMode ? 30 : 1; // Firefox counts a wheel in lines
    const speed = event.ctrlKey ? 0.01 : 0.0016; // a pinch on a touchpad has ctrlKey
    const turn = Math.max(-240, Math.min(240, event.deltaY * lines));
    zoom(Math.exp(-turn * speed), ...place(event));
  },
  { passive: false },
);

/** Shows the tooltip of the song under the pointer. */
function hover(song, event) {
  above.classList.toggle("over", song >= 0);
  showTip(song, event?.clientX, event?.clientY);
  if (song === hovered) return;
  hovered = song;
  requestAnimationFrame(drawAbove);
}

const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const KEYS = {
  Enter: () => state.focused >= 0 && select(state.focused, "song"),
  " ": () => state.focused >= 0 && pick(state.focused),
  Home: fit,
  "+": () => zoom(1.4),
  "=": () => zoom(1.4),
  "-": () => zoom(1 / 1.4),
};

above.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const arrow = ARROWS[event.key];
  if (arrow && event.shiftKey) pan(-60 * arrow[0], -60 * arrow[1]);
  else if (arrow) step(arrow);
  else if (KEYS[event.key]) KEYS[event.key]();
  else return;
  event.preventDefault();
});

/** Goes to the next song in a direction, from the middle of the map at first. */
function step(arrow) {
  const here = state.focused;
  const lost = here < 0 || !shown[here];
  const next = lost
    ? songAt(size.width / 2, size.height / 2, 1e6)
    : songBeyond(here, arrow);
  if (next < 0) return say("No song further that way.");
  state.focused = next;
  bringIn(next);
  redraw();
  const box = above.getBoundingClientRect();
  const ring = radius() + 4;
  showTip(next, box.left + toX(X[next]) + ring, box.top + toY(Y[next]) + ring);
  say(spoken(next));
}

above.addEventListener("blur", () => hover(-1));

// The points. A canvas does not draw twenty thousand discs in the time of a frame, so
// they are written into its pixels: a disc is a list of offsets, at its edge with a share
// of the pixel that it covers.

const points = byId("points");
const PHASES = 2; // places within a pixel, along either axis, at which a disc may stand
const FULL = 128; // the share of a pixel that is covered whole; 255 * 65537 * 128 < 2^31
let sheet = { image: new ImageData(1, 1), pixels: new Uint32Array(1) };
let discs = { key: "", phases: [] };

/** Draws the songs of the queue, later ones above earlier ones. */
function drawPoints() {
  const r = radius() * size.ratio;
  const reach = Math.ceil(r) + 1;
  const margin = 2 * reach; // outside of the canvas, so that no disc has to be cut
  const { image, pixels } = sheetOf(
    points.width + 2 * margin,
    points.height + 2 * margin,
  );
  const { width, height } = image;
  const phases = discsOf(r, reach, width);
  const colours = [...paint.groups.map((group) => group.colour), FAINT[mode()]].map(
    packed,
  );
  const scale = view.scale * size.ratio;
  const left = width / 2 - view.x * scale;
  const top = height / 2 - view.y * scale;
  pixels.fill(packed(paper()));
  for (let i = 0; i < queue.length; i++) {
    const song = queue[i];
    const x = X[song] * scale + left;
    const y = Y[song] * scale + top;
    if (x < reach || y < reach || x >= width - reach || y >= height - reach) continue;
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const phase =
      Math.floor((y - row) * PHASES) * PHASES + Math.floor((x - column) * PHASES);
    put(pixels, row * width + column, phases[phase], colours[stamp[song]]);
  }
  points.getContext("2d", { alpha: false }).putImageData(image, -margin, -margin);
}

/** Writes one disc about a pixel. */
function put(pixels, at, { inner, edge, shares }, colour) {
  for (let i = 0; i < inner.length; i++) pixels[at + inner[i]] = colour;
  const [redBlue, green] = [colour & 0xff00ff, colour & 0xff00];
  for (let i = 0; i < edge.length; i++) {
    const below = pixels[at + edge[i]];
    // Two channels at a time: they lie far enough apart not to run into each other.
    const [rb, g] = [below & 0xff00ff, below & 0xff00];
    const mixedRb = (rb + (((redBlue - rb) * shares[i]) >> 7)) & 0xff00ff;
    const mixedG = (g + (((green - g) * shares[i]) >> 7)) & 0xff00;
    pixels[at + edge[i]] = 0xff000000 | mixedRb | mixedG;
  }
}

/** Pixels of that size; the same ones until the size changes. */
function sheetOf(width, height) {
  if (sheet.image.width !== width || sheet.image.height !== height) {
    const image = new ImageData(width, height);
    sheet = { image, pixels: new Uint32Array(image.data.buffer) };
  }
  return sheet;
}

/** A disc of radius r for every phase, as offsets into rows of `width` pixels. */
function discsOf(r, reach, width) {
  const key = `${r} ${width}`;
  if (discs.key === key) return discs.phases;
  const phases = [];
  for (let phase = 0; phase < PHASES * PHASES; phase++) {
    const middle = (i) => (i + 0.5) / PHASES - 0.5; // from the middle of the pixel
    phases.push(
      disc(r, reach, width, middle(phase % PHASES), middle((phase / PHASES) | 0)),
    );
  }
  discs = { key, phases };
  return phases;
}

function disc(r, reach, width, middleX, middleY) {
  const [inner, edge, shares] = [[], [], []];
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const covered = r + 0.5 - Math.hypot(x - middleX, y - middleY);
      const share = Math.round(FULL * Math.min(1, Math.max(0, covered)));
      if (share === FULL) inner.push(y * width + x);
      else if (share > 0) {
        edge.push(y * width + x);
        shares.push(share);
      }
    }
  }
  return { inner: Int32Array.from(inner), edge: Int32Array.from(edge), shares };
}

/** #rrggbb as a pixel is stored: red in the lowest byte. */
function packed(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
}

function paper() {
  return getComputedStyle(document.documentElement).getPropertyValue("--paper").trim();
}

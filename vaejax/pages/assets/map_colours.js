// Colours: of classes, after Okabe & Ito 2008, and of numbers, after viridis.

// The first seven are Okabe and Ito's; the others are those that were farthest from all
// before them (in OKLab, as seen with and without red-green deficiency) among colours
// with a contrast of 1.75 to white and to the dark paper.
const HUES = [
  ..."#0072b2 #d55e00 #009e73 #cc79a7 #e69f00 #56b4e9 INK".split(" "),
  ..."#882255 #6633ee #775500 #66cc88 #cc1144 #dd11cc #8877ff #553399 #b5a600".split(
    " ",
  ),
];
const INK = { light: "#111111", dark: "#f4f4f4" }; // in place of their black
const OTHER = "#8c8c8c"; // the rare classes
const ASIDE = { light: "#c9cdd2", dark: "#4b525b" }; // unknown, and noise
const FAINT = { light: "#e3e6e9", dark: "#2b3037" }; // what is not searched for
const SCALE = {
  light: ["#440154", "#414487", "#2a788e", "#22a884", "#7ad151"],
  dark: ["#5a5cae", "#2a788e", "#22a884", "#7ad151", "#fde725"],
};
const STEPS = 32; // of a scale

const darkness = matchMedia("(prefers-color-scheme: dark)");
const mode = () => (darkness.matches ? "dark" : "light");

/** How a column colours songs: {groups: [{name, codes, count, colour}], of, ends}.
 *
 * `of` holds the group of every song. A scale has STEPS groups without names, and the
 * numbers at its `ends`.
 */
function colouring(column) {
  return COLUMNS[column].classes ? byClass(column) : byNumber(column);
}

function byClass(column) {
  const { classes, codes } = COLUMNS[column];
  const counts = new Array(classes.length).fill(0);
  let unknown = 0;
  for (const code of codes) code < 0 ? unknown++ : counts[code]++;
  const noise = column === CLUSTER ? classes.indexOf("noise") : -1;
  const order = classes.map((_, code) => code).filter((code) => code !== noise);
  order.sort((a, b) => counts[b] - counts[a] || a - b);
  const groups = inOrder(classes, order.slice(0, HUES.length)).map((code, i) => ({
    name: className(column, code),
    codes: [code],
    colour: HUES[i] === "INK" ? INK[mode()] : HUES[i],
  }));
  const rest = order.slice(HUES.length);
  if (rest.length) {
    groups.push({ name: `other (${rest.length})`, codes: rest, colour: OTHER });
  }
  const aside = ASIDE[mode()];
  if (noise >= 0) groups.push({ name: "noise", codes: [noise], colour: aside });
  if (unknown) groups.push({ name: "unknown", codes: [-1], colour: aside });
  const groupOf = new Map(groups.flatMap((g, i) => g.codes.map((code) => [code, i])));
  for (const group of groups) {
    group.count = group.codes.reduce((sum, c) => sum + (counts[c] ?? unknown), 0);
  }
  return { groups, of: Uint8Array.from(codes, (code) => groupOf.get(code)) };
}

/** By size; by value if all are numbers. */
function inOrder(classes, codes) {
  const numbers = codes.every(
    (code) => classes[code].trim() && isFinite(classes[code]),
  );
  return numbers ? [...codes].sort((a, b) => classes[a] - classes[b]) : codes;
}

/** From the second to the ninety-eighth percentile, so that no outlier takes it all. */
function byNumber(column) {
  const { values } = COLUMNS[column];
  const sorted = values.filter((v) => v !== null).sort((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  let [low, high] = [at(0.02), at(0.98)];
  if (low === high) [low, high] = [at(0), at(1)];
  const groups = Array.from({ length: STEPS }, (_, i) => ({
    colour: scaleColour(i / (STEPS - 1)),
    codes: [0],
  }));
  const unknown = values.length - sorted.length;
  groups.push({
    name: "unknown",
    codes: [-1],
    count: unknown,
    colour: ASIDE[mode()],
  });
  const step = (v) => ((v - low) / (high - low || 1)) * STEPS;
  const of = Uint8Array.from(values, (v) =>
    v === null ? STEPS : Math.max(0, Math.min(STEPS - 1, Math.floor(step(v)))),
  );
  const mark = (v, sign, end) => (v === end ? "" : sign) + rounded(v);
  const ends = [
    mark(low, "≤ ", at(0)),
    rounded((low + high) / 2),
    mark(high, "≥ ", at(1)),
  ];
  return { groups, of, ends };
}

/** The colour at a share of the scale, as #rrggbb. */
function scaleColour(share) {
  const stops = SCALE[mode()];
  const at = share * (stops.length - 1);
  const left = Math.min(Math.floor(at), stops.length - 2);
  const channel = (i) => {
    const [a, b] = [stops[left], stops[left + 1]];
    const value = (stop) => parseInt(stop.slice(1 + 2 * i, 3 + 2 * i), 16);
    const mixed = value(a) + (value(b) - value(a)) * (at - left);
    return Math.round(mixed).toString(16).padStart(2, "0");
  };
  return `#${channel(0)}${channel(1)}${channel(2)}`;
}

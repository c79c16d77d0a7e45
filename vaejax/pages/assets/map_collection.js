// The collection: one entry a song in every array, and which songs are meant and shown.

const DATA = JSON.parse(byId("data").textContent);
const N = DATA.ids.length;
const M = N ? DATA.neighbours.length / N : 0;
const COLUMNS = DATA.columns;
const CLUSTER = 0; // the first column
// Both axes on one scale; the longer is 1, and y runs down as on the screen.
const X = Float32Array.from(DATA.x, (x) => x / 65535);
const Y = Float32Array.from(DATA.y, (y) => -y / 65535);

const state = {
  column: 0, // that colours the songs
  hidden: COLUMNS.map(() => new Set()), // codes of the classes that are not shown
  focused: -1, // where the keyboard is
  selected: -1, // what the panel tells about
  picked: null, // a Set: the playlist, by lasso or one by one
  query: "",
  found: null, // a Set: songs that match the query
};
const shown = new Uint8Array(N).fill(1);

/** The value of a song in a column as text; "" is unknown. */
function valueOf(column, song) {
  const { classes, codes, values } = COLUMNS[column];
  if (classes) return codes[song] < 0 ? "" : classes[codes[song]];
  return values[song] === null ? "" : String(values[song]);
}

function titleOf(song) {
  return DATA.titles[song] || DATA.ids[song];
}

/** {cluster: the name on its card}. */
const CARD_NAMES = new Map(DATA.cards.map((card) => [card.cluster, card.name]));

/** A class as people read it: a cluster with the name on its card. */
function className(column, code) {
  if (code < 0) return "unknown";
  const name = COLUMNS[column].classes[code];
  const card = column === CLUSTER ? CARD_NAMES.get(name) : "";
  return card && card !== name ? `${name} · ${card}` : name;
}

/** [name, text] of every column of a song, as people read it; "" is unknown. */
function facts(song) {
  return COLUMNS.map(({ name, codes, values }, c) => {
    if (values) return [name, values[song] === null ? "" : rounded(values[song])];
    return [name, codes[song] < 0 ? "" : className(c, codes[song])];
  });
}

/** Three digits, or all before the point; no 0 before it. */
function rounded(number) {
  const text = Math.abs(number) < 1000 ? number.toPrecision(3) : number.toFixed(0);
  return String(Number(text)).replace(/^(-?)0\./, "$1.");
}

/** The neighbours of a song, nearest first. */
function nearest(song) {
  return DATA.neighbours.slice(song * M, (song + 1) * M).filter((i) => i >= 0);
}

/** Brings `shown` up to date with the classes that are hidden. */
function refilter() {
  shown.fill(1);
  state.hidden.forEach((codes, c) => {
    if (!codes.size) return;
    const of = COLUMNS[c].codes || COLUMNS[c].values.map((v) => (v === null ? -1 : 0));
    for (let i = 0; i < N; i++) if (codes.has(of[i])) shown[i] = 0;
  });
}

// Letters that Unicode does not decompose, but that people type without the stroke, and
// Arabic letters that spellings exchange.
const ALIKE = { ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th" };
Object.assign(ALIKE, { ı: "i", ى: "ي", ة: "ه", ک: "ك", ی: "ي" });
// Accents, Hebrew points, Arabic vowel signs and tatweel, the nuktas, and characters that
// only format. The vowel signs of Indic scripts are letters: they stay.
const MARKS =
  /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u093c\u09bc\u0a3c\p{Cf}]/gu;

/** Text as search compares it: no case, no accents, one form of each letter. */
function folded(text) {
  const plain = text.normalize("NFKD").toLowerCase().replace(MARKS, "");
  return plain.replace(/[ßæœøłđðþıىةکی]/g, (letter) => ALIKE[letter]);
}

let foldedSongs = null;

/** The songs whose title and artist hold every word of the query; null for no query. */
function search(query) {
  const wanted = folded(query).split(/\s+/).filter(Boolean);
  if (!wanted.length) return null;
  foldedSongs ??= DATA.titles.map((title, i) => folded(`${title} ${DATA.artists[i]}`));
  const found = new Set();
  foldedSongs.forEach((text, i) => {
    if (wanted.every((word) => text.includes(word))) found.add(i);
  });
  return found;
}

/** The songs that stand out: matches of the search, or else the playlist; or null. */
function standingOut() {
  return state.found ?? state.picked;
}

/** The songs of the list, in their order: those that stand out, or all that is shown. */
function listed() {
  const all = [...(standingOut() ?? Array(N).keys())];
  return all.filter((i) => shown[i]).sort((a, b) => a - b);
}

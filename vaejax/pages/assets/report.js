// Tables that sort and filter, pictures that enlarge.

const LONG = 12; // rows; a table with more can be filtered
const names = new Intl.Collator(undefined, { numeric: true });

/** What a cell sorts by: its number, or its text; null where it says nothing. */
function keyOf(cell) {
  if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
  return cell.textContent === "–" ? null : cell.textContent;
}

/** Orders two keys: numbers, then texts; what is missing comes last either way. */
function compare(a, b, way) {
  const rank = (key) =>
    typeof key === "number" ? (isNaN(key) ? 2 : 0) : key === null ? 2 : 1;
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (rank(a) === 2) return 0;
  return way * (typeof a === "number" ? a - b : names.compare(a, b));
}

/** Sorts by a column: numbers from the top, text from A; again turns, then undoes it. */
function sortBy(table, rows, header) {
  const first = header.classList.contains("number") ? "descending" : "ascending";
  const second = first === "ascending" ? "descending" : "ascending";
  const now = header.getAttribute("aria-sort");
  const next = { [first]: second, [second]: null }[now] ?? (now ? null : first);
  table.querySelectorAll("th").forEach((th) => th.removeAttribute("aria-sort"));
  let order = rows;
  if (next) {
    header.setAttribute("aria-sort", next);
    const way = next === "ascending" ? 1 : -1;
    const keyed = rows.map((row) => [keyOf(row.cells[header.cellIndex]), row]);
    order = keyed.sort(([a], [b]) => compare(a, b, way)).map(([, row]) => row);
  }
  table.tBodies[0].append(...order);
}

/** An input that leaves the rows that hold every word of it. */
function filterOf(rows) {
  const input = make("input", { type: "search", placeholder: "words", dir: "auto" });
  const total = make("span", { class: "note", role: "status" }, `${rows.length} rows`);
  let texts = null; // of the rows, once they are needed
  input.addEventListener("input", () => {
    texts ??= rows.map((row) => row.textContent.normalize("NFKC").toLowerCase());
    const words = input.value.normalize("NFKC").toLowerCase().split(/\s+/);
    let left = 0;
    rows.forEach((row, i) => {
      row.hidden = !words.every((word) => texts[i].includes(word));
      left += !row.hidden;
    });
    total.textContent =
      left < rows.length ? `${left} of ${rows.length} rows` : `${rows.length} rows`;
  });
  return make(
    "div",
    { class: "filter" },
    make("label", {}, "Filter rows ", input),
    total,
  );
}

for (const table of document.querySelectorAll("table")) {
  const rows = [...table.tBodies[0].rows];
  for (const header of table.querySelectorAll("th")) {
    header.firstChild.addEventListener("click", () => sortBy(table, rows, header));
  }
  if (rows.length > LONG) table.parentElement.before(filterOf(rows));
}

const pictures = [...document.querySelectorAll("figure")];
const large = byId("large");
let current = 0;

/** Shows a picture in the window; after the last comes the first. */
function enlarge(i) {
  current = (i + pictures.length) % pictures.length;
  const image = pictures[current].querySelector("img");
  byId("large-image").src = image.src;
  byId("large-image").alt = image.alt;
  const title = pictures[current].querySelector("figcaption").firstChild.textContent;
  const rest = pictures[current].querySelector("figcaption").childNodes[1].textContent;
  byId("large-title").textContent = title + rest;
  if (!large.open) large.showModal();
}

pictures.forEach((figure, i) => {
  figure.querySelector("button").addEventListener("click", () => enlarge(i));
});
byId("before").addEventListener("click", () => enlarge(current - 1));
byId("after").addEventListener("click", () => enlarge(current + 1));
byId("close").addEventListener("click", () => large.close());
large.addEventListener("click", (event) => event.target === large && large.close());
large.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (way) enlarge(current + way);
});

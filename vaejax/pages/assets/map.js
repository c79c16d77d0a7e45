// What a person can do, and the start of the page.

/** Goes to a song, tells about it and plays it; `tab` is brought to the front. */
function select(song, tab) {
  state.selected = state.focused = song;
  if (!shown[song]) showEverything();
  bringIn(song);
  showSong();
  if (tab) openTab(tab);
  markCurrent();
  play(song);
  redraw();
  say(`Playing ${spoken(song)}`);
}

/** Puts a song into the playlist, or takes it out. */
function pick(song) {
  const songs = new Set(state.picked);
  if (!songs.delete(song)) songs.add(song);
  setPicked(songs.size ? songs : null);
  showSong();
}

/** Makes these songs the playlist; during a search, those of them that it found. */
function gather(songs) {
  const kept = [...songs].filter((i) => state.found?.has(i) ?? true);
  setLasso(false);
  byId("query").value = state.query = "";
  state.found = null;
  setPicked(kept.length ? new Set(kept) : null);
  openTab("list");
}

function setPicked(songs) {
  state.picked = songs;
  say(songs ? `Playlist of ${count(songs.size)}.` : "No playlist.");
  showList();
  arrange();
}

/** Brings map, legend and list up to date after classes were hidden or shown. */
function filtered() {
  refilter();
  arrange();
  showLegend();
  showCards();
  showList();
  say(byId("shown").textContent);
}

function toggle(column, codes) {
  const hidden = state.hidden[column];
  const show = codes.every((code) => hidden.has(code));
  for (const code of codes) show ? hidden.delete(code) : hidden.add(code);
  filtered();
}

/** Every code of a column, and -1 for what is unknown. */
function allCodes(column) {
  const { classes } = COLUMNS[column];
  return [-1, ...(classes ?? [""]).keys()];
}

function isAlone(column, codes) {
  const hidden = state.hidden[column];
  const open = allCodes(column).filter((code) => !hidden.has(code));
  return (
    hidden.size > 0 &&
    open.length === codes.length &&
    open.every((c) => codes.includes(c))
  );
}

/** Shows these classes of a column alone; all, if they are alone already. */
function isolate(column, codes) {
  const others = allCodes(column).filter((code) => !codes.includes(code));
  state.hidden[column] = new Set(isAlone(column, codes) ? [] : others);
  filtered();
}

function showEverything() {
  for (const codes of state.hidden) codes.clear();
  filtered();
}

/** Colours the songs by a column. */
function colourBy(column) {
  state.column = column;
  paint = colouring(column);
  showLegend();
  arrange();
}

function searchFor(query) {
  state.query = query;
  state.found = search(query);
  if (state.found) {
    openTab("list");
    say(`${count(state.found.size)} found.`);
  }
  showList();
  arrange();
}

/** Escape: the lasso under way, or else search, playlist and selection. */
function clear() {
  if (path || lassoing) {
    path = null;
    setLasso(false);
    return redraw();
  }
  byId("query").value = "";
  Object.assign(state, { query: "", found: null, focused: -1, selected: -1 });
  hover(-1);
  showSong();
  markCurrent();
  setPicked(null);
  say("Cleared.");
}

function wireTabs() {
  TABS.forEach((name) =>
    byId(`tab-${name}`).addEventListener("click", () => openTab(name)),
  );
  document.querySelector(".tabs").addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!way) return;
    const open = TABS.filter((name) => !byId(`tab-${name}`).hidden);
    const now = open.findIndex((name) => event.target.id === `tab-${name}`);
    const next = open.at((now + way) % open.length);
    openTab(next);
    byId(`tab-${next}`).focus();
  });
}

function wire() {
  COLUMNS.forEach((column, i) => {
    byId("colour").append(make("option", { value: i }, column.name));
  });
  byId("colour").addEventListener("change", (event) =>
    colourBy(Number(event.target.value)),
  );
  byId("query").addEventListener("input", (event) => searchFor(event.target.value));
  byId("query").addEventListener("keydown", (event) => {
    const first = event.key === "Enter" && state.found ? listed()[0] : undefined;
    if (first !== undefined) select(first);
  });
  byId("lasso").addEventListener("click", () => setLasso(!lassoing));
  byId("everything").addEventListener("click", showEverything);
  byId("closer").addEventListener("click", () => zoom(1.4));
  byId("farther").addEventListener("click", () => zoom(1 / 1.4));
  byId("whole").addEventListener("click", fit);
  // The link that skips the map leads to the list, which may not be open.
  document.querySelector(".skip").addEventListener("click", () => openTab("list"));
  document.addEventListener("keydown", (event) => event.key === "Escape" && clear());
  darkness.addEventListener("change", () => {
    colourBy(state.column);
    showCards();
  });
  wireTabs();
}

wire();
colourBy(0);
showCards();
showSong();
openTab(DATA.cards.length ? "cards" : "song");
new ResizeObserver(resize).observe(plot);

// The panel and the legend: a song, the list of songs, the clusters; what is announced.

const PAGE = 100; // rows of the list that are made at a time
const TABS = ["song", "list", "cards"];
const player = byId("audio");
let hovered = -1;

/** Says it to who listens to the page. */
function say(text) {
  byId("said").textContent = text;
}

function count(n, what = "song") {
  return `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
}

/** Brings one tab to the front. */
function openTab(name) {
  for (const tab of TABS) {
    byId(tab).hidden = tab !== name;
    byId(`tab-${tab}`).setAttribute("aria-selected", tab === name);
    byId(`tab-${tab}`).tabIndex = tab === name ? 0 : -1;
  }
  if (name === "list") showList();
}

/** A button with title and artist that goes to a song and plays it. */
function songButton(song) {
  const label = [words(titleOf(song))];
  if (DATA.artists[song])
    label.push(make("span", { class: "by" }, words(DATA.artists[song])));
  const button = make("button", { type: "button", class: "row" }, ...label);
  button.dataset.song = song;
  button.addEventListener("click", () => select(song));
  return button;
}

function factList(song) {
  const list = make("dl");
  for (const [name, text] of facts(song)) {
    list.append(make("dt", {}, words(name)), words(text || "–", "dd"));
  }
  return list;
}

/** Tells about the selected song, or how to find one. */
function showSong() {
  const song = state.selected;
  const panel = byId("song");
  if (song < 0) {
    const how = "Click a point to hear its song, and to see what is near it.";
    const keys = "With the keyboard: Tab to the map, arrows, Enter.";
    refill(
      panel,
      make("p", {}, N ? how : "The collection has no songs."),
      make("p", { class: "quiet" }, keys),
    );
    return;
  }
  const inside = state.picked?.has(song);
  const add = make(
    "button",
    { type: "button" },
    inside ? "Remove from playlist" : "Add to playlist",
  );
  add.addEventListener("click", () => pick(song));
  const near = nearest(song).map((i) => make("li", {}, songButton(i)));
  refill(
    panel,
    words(titleOf(song), "h2"),
    make("p", { class: "artist" }, words(DATA.artists[song])),
    add,
    factList(song),
    make("h3", {}, near.length ? "Nearest songs" : ""),
    make("ol", { class: "near" }, ...near),
  );
  panel.scrollTop = 0;
}

/** Fills the list: the playlist, or what the search found, or all that is shown. */
function showList() {
  if (byId("list").hidden) return;
  const songs = listed();
  let what = `${count(songs.length)} shown`;
  if (state.picked) what = `Playlist of ${count(songs.length)}`;
  if (state.found) what = `${count(songs.length)} with “${state.query.trim()}”`;
  const head = ["Song", COLUMNS[CLUSTER].name].map((t) =>
    make("th", { scope: "col" }, t),
  );
  const body = make("tbody");
  const table = make(
    "table",
    {},
    make("caption", {}, words(what)),
    make("thead", {}, make("tr", {}, ...head)),
    body,
  );
  const more = make("button", { type: "button" });
  let made = 0;
  const extend = () => {
    body.append(...songs.slice(made, made + PAGE).map(listRow));
    made = Math.min(made + PAGE, songs.length);
    more.hidden = made === songs.length;
    more.textContent = `Show more (${count(songs.length - made)} left)`;
  };
  more.addEventListener("click", extend);
  extend();
  refill(byId("list"), listActions(songs), table, more);
  markCurrent();
}

function listRow(song) {
  const cluster = words(valueOf(CLUSTER, song) || "–", "td");
  return make("tr", {}, make("td", {}, songButton(song)), cluster);
}

function listActions(songs) {
  const button = (text, act) => make("button", { type: "button", onclick: act }, text);
  const actions = make("div", { class: "actions" });
  if (songs.length) {
    actions.append(button("Save as CSV", () => save("playlist.csv", asCsv(songs))));
    actions.append(button("Save as M3U", () => saveM3u(songs)));
  }
  if (state.picked && !state.found) {
    actions.append(button("Clear playlist", () => setPicked(null)));
  }
  return actions;
}

/** Marks the selected song wherever it is listed. */
function markCurrent() {
  for (const row of document.querySelectorAll(".row")) {
    row.setAttribute("aria-current", Number(row.dataset.song) === state.selected);
  }
}

/** Loads a song into the player and starts it. */
function play(song) {
  const previews = DATA.previews.length ? DATA.previews : DATA.audio;
  const source = previews[song] || DATA.audio[song];
  byId("player").hidden = false;
  byId("playing").replaceChildren(words(titleOf(song)));
  byId("trouble").textContent = source ? "" : "There is no audio of this song.";
  player.hidden = !source;
  player.pause();
  if (!source) return player.removeAttribute("src");
  player.setAttribute("src", source);
  player.play().catch(() => {}); // what went wrong, "error" says; a new song is nothing
}

player.addEventListener("error", () => {
  if (!player.hasAttribute("src")) return;
  const source = player.getAttribute("src");
  const name = source.startsWith("data:") ? "The preview" : readable(source);
  byId("trouble").replaceChildren(
    words(name),
    " cannot be played: it is not there, or the browser does not know its format.",
  );
});

/** An address as its file's name is written. */
function readable(address) {
  try {
    return decodeURIComponent(address);
  } catch {
    return address; // bytes of a name that is no UTF-8
  }
}

/** The legend of the column that colours the songs, and how many are shown. */
function showLegend() {
  const scale = "ends" in paint;
  byId("legend-title").replaceChildren(words(COLUMNS[state.column].name));
  byId("scale").hidden = !scale;
  if (scale) {
    const stops = paint.groups.slice(0, STEPS).map((group) => group.colour);
    byId("gradient").style.background = `linear-gradient(to right, ${stops.join()})`;
    const ends = byId("scale").querySelectorAll(".ends span");
    paint.ends.forEach((text, i) => (ends[i].textContent = text));
  }
  const groups = paint.groups.filter((group) => group.name && group.count);
  refill(byId("classes"), ...groups.map(legendEntry));
  showCounts();
}

function showCounts() {
  const n = shown.reduce((sum, one) => sum + one, 0);
  const hidden = state.hidden.some((codes) => codes.size);
  byId("shown").textContent = hidden
    ? `${count(n)} of ${count(N)} shown`.replace(" songs of", " of")
    : count(N);
  byId("everything").hidden = !hidden;
}

function legendEntry(group) {
  const visible = !group.codes.every((code) => state.hidden[state.column].has(code));
  const alone = isAlone(state.column, group.codes);
  const box = make("input", { type: "checkbox" });
  box.checked = visible;
  box.addEventListener("change", () => toggle(state.column, group.codes));
  const only = make("button", { type: "button", "aria-pressed": alone }, "only");
  only.setAttribute("aria-label", `only ${group.name}`);
  only.addEventListener("click", () => isolate(state.column, group.codes));
  const name = words(group.name);
  name.title = group.name;
  const total = make("span", { class: "count" }, group.count.toLocaleString("en"));
  const entry = make(
    "li",
    {},
    make("label", {}, box, dot(group.colour), name, total),
    only,
  );
  entry.classList.toggle("hidden", !visible);
  return entry;
}

function dot(colour) {
  const disc = make("span", { class: "dot" });
  disc.style.background = colour;
  return disc;
}

/** The cards of the clusters; a click shows that cluster alone. */
function showCards() {
  byId("tab-cards").hidden = !DATA.cards.length;
  if (!DATA.cards.length) return;
  const colours = colouring(CLUSTER);
  refill(
    byId("cards"),
    ...DATA.cards.map((card) => {
      const code = COLUMNS[CLUSTER].classes.indexOf(card.cluster);
      const colour = colours.groups.find((group) => group.codes.includes(code))?.colour;
      const alone = isAlone(CLUSTER, [code]);
      const button = make(
        "button",
        { type: "button", "aria-pressed": alone },
        dot(colour ?? OTHER),
        words(code < 0 ? card.name : className(CLUSTER, code)),
        make("span", { class: "count" }, count(card.size)),
      );
      button.disabled = code < 0; // no song is in it
      button.addEventListener("click", () => isolate(CLUSTER, [code]));
      const lines = card.lines.map((line) => words(line, "p"));
      return make("article", { class: "card" }, button, ...lines);
    }),
  );
}

/** The tooltip of a song, beside a place of the window. */
function showTip(song, x, y) {
  const tip = byId("tip");
  tip.hidden = song < 0;
  if (song < 0) return;
  tip.replaceChildren(words(titleOf(song), "strong"));
  if (DATA.artists[song])
    tip.append(make("span", { class: "by" }, words(DATA.artists[song])));
  tip.append(tipFacts(song));
  const { offsetWidth: width, offsetHeight: height } = tip;
  const left = x + 14 + width > innerWidth ? x - 14 - width : x + 14;
  const top = y + 14 + height > innerHeight ? y - 14 - height : y + 14;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.max(4, top)}px`;
}

/** Cluster, the next two columns, the confidence, and what colours the map. */
function tipFacts(song) {
  const list = make("dl");
  const told = facts(song);
  const wanted = new Set([
    0,
    1,
    2,
    state.column,
    COLUMNS.findIndex((c) => c.name === "confidence"),
  ]);
  told.forEach(([name, text], c) => {
    if (wanted.has(c))
      list.append(make("dt", {}, words(name)), words(text || "–", "dd"));
  });
  return list;
}

/** A song as one sentence, for who does not see it. */
function spoken(song) {
  const named = [titleOf(song), DATA.artists[song]].filter(Boolean).join(", by ");
  const told = facts(song).filter(([, text]) => text);
  return [named, ...told.slice(0, 4).map(([name, text]) => `${name} ${text}`)].join(
    "; ",
  );
}

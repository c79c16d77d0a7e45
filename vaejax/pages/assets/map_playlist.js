// Songs -> files that spreadsheets and players open.

/** Every column of the songs; UTF-8 with the mark that Excel wants. */
function asCsv(songs) {
  const head = [
    "id",
    "title",
    "artist",
    ...COLUMNS.map((column) => column.name),
    "file",
  ];
  const rows = songs.map((i) => [
    DATA.ids[i],
    DATA.titles[i],
    DATA.artists[i],
    ...COLUMNS.map((_, c) => valueOf(c, i)),
    DATA.audio[i].startsWith("data:") ? "" : readable(DATA.audio[i]),
  ]);
  const lines = [head, ...rows].map((cells) => cells.map(csvCell).join(","));
  return "\ufeff" + lines.map((line) => line + "\r\n").join("");
}

/** A cell that no spreadsheet takes for a formula; numbers stay as they are. */
function csvCell(text) {
  const number = /^-?\d+(\.\d+)?(e-?\d+)?$/.test(text);
  const safe = !number && /^['"\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A playlist that works wherever it is saved: entries are whole addresses. */
function asM3u(songs) {
  const oneLine = (text) => text.replace(/\s+/g, " ").trim();
  const entries = songs.map((i) => {
    const name = [DATA.artists[i], titleOf(i)].filter(Boolean).join(" - ");
    return `#EXTINF:-1,${oneLine(name)}\n${new URL(DATA.audio[i], document.baseURI).href}\n`;
  });
  return `#EXTM3U\n#EXTENC:UTF-8\n${entries.join("")}`;
}

/** Saves those of the songs that are files; previews inside the page are none. */
function saveM3u(songs) {
  const files = songs.filter(
    (i) => DATA.audio[i] && !DATA.audio[i].startsWith("data:"),
  );
  save("playlist.m3u", asM3u(files));
  const left = songs.length - files.length;
  if (left) say(`${count(left)} without an audio file left out.`);
}

/** Hands a text to the browser as a download. */
function save(name, text) {
  const address = URL.createObjectURL(
    new Blob([text], { type: "text/plain;charset=utf-8" }),
  );
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
